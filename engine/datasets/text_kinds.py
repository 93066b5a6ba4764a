"""Kinds of generated tasks about words and sentences of a real text: most of the work is to copy the right ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.datasets.asked import Asked
from engine.datasets.task_texts import text_sentences, text_words
from engine.datasets.task_words import NOUNS

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


def any_words(rng: random.Random, number: int) -> list[str]:
    """Different words, of the text or nouns of our own."""
    return rng.sample(text_words() if rng.random() < 0.6 else NOUNS, number)


def longest(rng: random.Random) -> Asked:
    """Of dog, window, hat the longest: window; or the shortest."""
    while True:
        words = any_words(rng, rng.randint(2, 4))
        lengths = sorted(map(len, words))
        short = rng.random() < 0.5
        if lengths[0] < lengths[1] if short else lengths[-1] > lengths[-2]:
            break
    which = {True: "shortest", False: "longest"}[short]
    output = min(words, key=len) if short else max(words, key=len)
    return Asked(" ".join(sorted(words)), ", ".join(words), output, words={"which": which})


def beginning_with(rng: random.Random) -> Asked:
    """Of dog, window, door those with d: dog, door."""
    words = any_words(rng, rng.randint(3, 5))
    letter = rng.choice(words)[0]
    output = ", ".join(word for word in words if word[0] == letter)
    return Asked(" ".join(sorted(words)), ", ".join(words), output, words={"letter": letter})


def last_word(rng: random.Random) -> Asked:
    """Of "He was quite dead.": dead."""
    said = rng.choice(text_sentences())
    return Asked(said, said, said[:-1].split()[-1])


def leave_out_of(rng: random.Random) -> Asked:
    """Of "He was quite dead.", without "quite": He was dead."""
    said = rng.choice(text_sentences())
    words = said[:-1].split()
    gone = rng.choice(words[1:])
    at = words.index(gone)
    rest = words[:at] + words[at + 1 :]
    return Asked(f"{said} {gone}", said, " ".join(rest) + ".", words={"word": gone.strip(",")})


def replace_in(rng: random.Random) -> Asked:
    """Of "He was quite dead.", "very" for "quite": He was very dead."""
    said, new = rng.choice(text_sentences()), any_words(rng, 1)[0]
    words = said[:-1].split()
    old = rng.choice(words[1:])
    at = words.index(old)
    words[at] = old.replace(old.strip(","), new)
    return Asked(f"{said} {old}", said, " ".join(words) + ".", words={"old": old.strip(","), "new": new})


def capital_and_stop(rng: random.Random) -> Asked:
    """Of "he was quite dead": He was quite dead."""
    said = rng.choice(text_sentences())
    return Asked(said, said[0].lower() + said[1:-1], said)


def speech(rng: random.Random) -> Asked:
    """Of "He was quite dead, said she.": the same with quotation marks around what she said."""
    said, name = rng.choice(text_sentences())[:-1], rng.choice(["he", "she", "the doctor", "my friend", "the boy"])
    return Asked(f"{said} {name}", f"{said}, said {name}.", f'"{said}," said {name}.')


def twice(rng: random.Random) -> Asked:
    """Of "He was was quite dead.": He was quite dead."""
    said = rng.choice(text_sentences())
    words = said.split()
    at = rng.randrange(1, len(words) - 1)
    return Asked(f"{said} {at}", " ".join([*words[: at + 1], words[at].strip(","), *words[at + 1 :]]), said)


def even_numbers(rng: random.Random) -> Asked:
    """Of 3, 8, 10 the even ones: 8, 10; or the odd one: 3."""
    while True:
        numbers = rng.sample(range(1, 60), rng.randint(3, 5))
        rest = rng.randrange(2)
        chosen = [n for n in numbers if n % 2 == rest]
        if chosen:
            break
    which = "odd" if rest else "even"
    text = ", ".join(map(str, numbers))
    return Asked(" ".join(map(str, sorted(numbers))), text, ", ".join(map(str, chosen)), words={"which": which})


TEXT_MAKERS: dict[str, Callable[[random.Random], Asked]] = {
    make.__name__: make
    for make in (
        *(longest, beginning_with, last_word, leave_out_of, replace_in, capital_and_stop, speech, twice),
        even_numbers,
    )
}
