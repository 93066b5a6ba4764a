"""The kinds of generated tasks: each draws one question and works out its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.datasets.asked import Asked
from engine.datasets.sentence_kinds import SENTENCE_MAKERS
from engine.datasets.task_words import ACTIONS, ADJECTIVES, GROUPS, NOUNS, OPPOSITE_OF, PLACES, UNITS, plural_of
from engine.datasets.text_kinds import TEXT_MAKERS, any_words

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

ORDINALS = ("first", "second", "third")


def plural(rng: random.Random) -> Asked:
    """Of "dog": dogs."""
    noun = rng.choice(NOUNS)
    return Asked(noun, noun, plural_of(noun))


def count_words(rng: random.Random) -> Asked:
    """Of "the old dog": 3."""
    words = _phrase(rng)
    return Asked(" ".join(words), " ".join(words), str(len(words)))


def count_letters(rng: random.Random) -> Asked:
    """Of "river": 5."""
    noun = rng.choice(NOUNS)
    return Asked(noun, noun, str(len(noun)))


def first_letter(rng: random.Random) -> Asked:
    """Of "river": r."""
    noun = rng.choice(NOUNS)
    return Asked(noun, noun, noun[0])


def last_letter(rng: random.Random) -> Asked:
    """Of "river": r."""
    noun = rng.choice(NOUNS)
    return Asked(noun, noun, noun[-1])


def word_at(rng: random.Random) -> Asked:
    """The second of dog, hat, tree: hat."""
    words = any_words(rng, rng.randint(3, 5))
    place = rng.randrange(4)
    which = ORDINALS[place] if place < 3 else "last"
    return Asked(_set(words), ", ".join(words), words[place if place < 3 else -1], words={"which": which})


def reverse(rng: random.Random) -> Asked:
    """Of "dog hat tree": tree hat dog."""
    words = any_words(rng, rng.randint(2, 4))
    return Asked(_set(words), " ".join(words), " ".join(reversed(words)))


def sort_words(rng: random.Random) -> Asked:
    """tree, dog, hat: dog, hat, tree."""
    words = _different_initials(rng, 3)
    return Asked(_set(words), ", ".join(words), ", ".join(sorted(words)))


def earlier_word(rng: random.Random) -> Asked:
    """Of tree and dog, dog comes first in a dictionary."""
    words = _different_initials(rng, 2)
    return Asked(_set(words), ", ".join(words), min(words))


def sort_numbers(rng: random.Random) -> Asked:
    """41, 7, 23: 7, 23, 41; or downwards."""
    numbers = rng.sample(range(1, 100), 3)
    down = rng.random() < 0.5
    x, output = (", ".join(map(str, values)) for values in (numbers, sorted(numbers, reverse=down)))
    return Asked(_set(numbers), x, output, "sort_down" if down else "sort_up")


def larger(rng: random.Random) -> Asked:
    """Of 41 and 7, 41 is larger; or 7 smaller."""
    numbers = rng.sample(range(1, 200), 2)
    small = rng.random() < 0.5
    output = min(numbers) if small else max(numbers)
    return Asked(_set(numbers), ", ".join(map(str, numbers)), str(output), "smaller" if small else "larger")


def next_number(rng: random.Random) -> Asked:
    """41: 42."""
    number = rng.randint(1, 998)
    return Asked(str(number), str(number), str(number + 1))


def add(rng: random.Random) -> Asked:
    """7 + 5: 12."""
    a, b = rng.randint(1, 30), rng.randint(1, 30)
    return Asked(_set([a, b]), f"{a} + {b}", str(a + b))


def subtract(rng: random.Random) -> Asked:
    """12 - 5: 7."""
    b, rest = rng.randint(1, 30), rng.randint(1, 30)
    return Asked(f"{b + rest} {b}", f"{b + rest} - {b}", str(rest))


def units(rng: random.Random) -> Asked:
    """7 kilometres: 7000 metres; or back."""
    large, small, zeros = rng.choice(UNITS)
    number = rng.randint(2, 99)
    many, few = f"{number * 10**zeros} {small}", f"{number} {large}"
    x, output, unit = (many, few, large) if rng.random() < 0.5 else (few, many, small)
    return Asked(few, x, output, words={"unit": unit})


def opposite(rng: random.Random) -> Asked:
    """The soup is hot: The soup is cold."""
    noun, word = rng.choice(NOUNS), rng.choice(list(OPPOSITE_OF))
    sentence = f"The {noun} is {{}}."
    other = OPPOSITE_OF[word]
    return Asked(f"{noun} {_set([word, other])}", sentence.format(word), sentence.format(other), words={"word": word})


def upper(rng: random.Random) -> Asked:
    """Of "old dog": OLD DOG."""
    words = _few(rng)
    return Asked(_set(words), " ".join(words), " ".join(words).upper())


def lower(rng: random.Random) -> Asked:
    """Of "OLD DOG": old dog."""
    words = _few(rng)
    return Asked(_set(words), " ".join(words).upper(), " ".join(words))


def title(rng: random.Random) -> Asked:
    """Of "the old dog": The Old Dog."""
    words = ["the", *_few(rng), rng.choice(ACTIONS)]
    return Asked(" ".join(words), " ".join(words), " ".join(words).title())


def group(rng: random.Random) -> Asked:
    """Which of hat, dog, pear is an animal? dog."""
    name, *others = rng.sample(list(GROUPS), 3)
    answer = rng.choice(GROUPS[name])
    words = [answer, *(rng.choice(GROUPS[other]) for other in others)]
    rng.shuffle(words)
    return Asked(_set(words), ", ".join(words), answer, words={"group": name})


def odd_one_out(rng: random.Random) -> Asked:
    """dog, cat, pear, cow: pear."""
    name, other = rng.sample(list(GROUPS), 2)
    odd = rng.choice(GROUPS[other])
    words = [odd, *rng.sample(GROUPS[name], 3)]
    rng.shuffle(words)
    return Asked(_set(words), ", ".join(words), odd)


def replace(rng: random.Random) -> Asked:
    """The dog slept at home, dog by cat: The cat slept at home."""
    old, new = rng.sample(NOUNS, 2)
    sentence = f"The {{}} {rng.choice(ACTIONS)} {rng.choice(PLACES)}."
    return Asked(sentence.format(old), sentence.format(old), sentence.format(new), words={"old": old, "new": new})


def _phrase(rng: random.Random) -> list[str]:
    """One to eight words such as: the little dog slept near the gate."""
    words = [*rng.sample(ADJECTIVES, rng.randint(0, 2)), rng.choice(NOUNS)]
    if rng.random() < 0.7:
        words = ["the", *words]
    if rng.random() < 0.6:
        words += [rng.choice(ACTIONS), *rng.choice(PLACES).split()]
    return words


def _few(rng: random.Random) -> list[str]:
    """One or two words."""
    return [*rng.sample(ADJECTIVES, rng.randint(0, 1)), rng.choice(NOUNS)]


def _different_initials(rng: random.Random, number: int) -> list[str]:
    """Words that their first letters alone put in order."""
    while True:
        words = any_words(rng, number)
        if len({word[0] for word in words}) == number:
            return words


def _set(members: list[str] | list[int]) -> str:
    """The same text for the same things in any order."""
    return " ".join(map(str, sorted(members)))


WORD_MAKERS: dict[str, Callable[[random.Random], Asked]] = {
    make.__name__: make
    for make in (
        *(plural, count_words, count_letters, first_letter, last_letter, word_at, reverse, sort_words, earlier_word),
        *(sort_numbers, larger, next_number, add, subtract, units, opposite, upper, lower, title, group),
        *(odd_one_out, replace),
    )
}
MAKERS = WORD_MAKERS | SENTENCE_MAKERS | TEXT_MAKERS
KINDS = tuple(MAKERS)
