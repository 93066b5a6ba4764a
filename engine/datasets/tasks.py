"""Generated tasks: instructions whose right answer is known, so that a model's answer can be checked by a program.

Tasks for training and tasks held out never share what they ask about, whatever their seeds and wordings: a tenth of
all words, numbers and lists of each kind are kept for held-out tasks. A held-out plural is of a noun whose plural was
never trained on; a held-out list is made of known words in a company that is new. What cannot be known from other
examples, such as which group a word belongs to, is held out as a combination only.

For training a small model: the kinds take turns, so that every one has the same share; answers are one word to one
short sentence. Copying kinds (word_at, replace, group, larger) are learned first; those that need a word's spelling
(upper, count_letters, last_letter) last. An entry's "kind" is for statistics; prompts leave it out.
"""

from __future__ import annotations

import random
import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.datasets.task_wordings import WORDINGS
from engine.datasets.task_words import (
    ACTIONS,
    ADJECTIVES,
    GROUPS,
    NOUNS,
    OPPOSITE_OF,
    PLACES,
    UNITS,
    plural_of,
)
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.datasets.instructions import Entry

MOST_TASKS = 200_000
HELD_OUT_IN = 10  # one of so many things that a kind can ask about is held out
TRIES = 200  # draws of one kind without a new task before it counts as used up
ORDINALS = ("first", "second", "third")
KEEP_CASE = ("upper", "lower", "title")  # kinds where capitals are what is asked


@dataclass(frozen=True)
class Asked:
    """What one task asks about, before it is put into words.

    about    what may not be both trained on and held out
    x        the material: becomes the entry's input, or stands inside the instruction
    output   the right answer
    wording  whose wordings it takes, when not the kind's own
    words    what else the wording mentions
    """

    about: str
    x: str
    output: str
    wording: str = ""
    words: dict[str, str] = field(default_factory=dict)


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
    words = rng.sample(NOUNS, rng.randint(3, 5))
    place = rng.randrange(4)
    which = ORDINALS[place] if place < 3 else "last"
    return Asked(_set(words), ", ".join(words), words[place if place < 3 else -1], words={"which": which})


def reverse(rng: random.Random) -> Asked:
    """Of "dog hat tree": tree hat dog."""
    words = rng.sample(NOUNS, rng.randint(2, 4))
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


MAKERS: dict[str, Callable[[random.Random], Asked]] = {
    make.__name__: make
    for make in (
        *(plural, count_words, count_letters, first_letter, last_letter, word_at, reverse, sort_words, earlier_word),
        *(sort_numbers, larger, next_number, add, subtract, units, opposite, upper, lower, title, group),
        *(odd_one_out, replace),
    )
}
KINDS = tuple(MAKERS)


def make_tasks(n: int, seed: int, held_out: bool = False) -> list[Entry]:
    """So many different tasks, with the keys instruction, input, output and kind; all kinds as often, in mixed order.

    n         1 to MOST_TASKS; the first tasks are the same for any n
    seed      the same seed gives the same tasks
    held_out  ask only about what is never asked about without it; False: only about the rest

    Raises InputError for n out of range.
    """
    if not 1 <= n <= MOST_TASKS:
        raise InputError(f"{n:,} tasks cannot be made; ask for 1 to {MOST_TASKS:,}.")
    tasks = _all_tasks(random.Random(f"{seed} {held_out}"), held_out)
    return [task for task, _ in zip(tasks, range(n), strict=False)]


def _all_tasks(rng: random.Random, held_out: bool) -> Iterator[Entry]:
    """Tasks without end, none twice."""
    seen: set[tuple[str, str]] = set()
    kinds = list(KINDS)
    while kinds:
        rng.shuffle(kinds)
        for kind in list(kinds):
            task = _new_task(kind, rng, held_out, seen)
            if task is None:
                kinds.remove(kind)  # everything that it can ask has been asked
            else:
                yield task


def _new_task(kind: str, rng: random.Random, held_out: bool, seen: set[tuple[str, str]]) -> Entry | None:
    for _ in range(TRIES):
        asked = MAKERS[kind](rng)
        if is_held_out(kind, asked.about) != held_out:
            continue
        wording = rng.choice(WORDINGS[asked.wording or kind])
        instruction = wording.format(x=asked.x, **asked.words)
        given = "" if "{x}" in wording else asked.x
        if (instruction, given) not in seen:
            seen.add((instruction, given))
            return {"instruction": instruction, "input": given, "output": asked.output, "kind": kind}
    return None


def is_held_out(kind: str, about: str) -> bool:
    """Whether tasks of this kind about this are kept away from training; the same on every machine."""
    return zlib.crc32(f"{kind}: {about}".encode()) % HELD_OUT_IN == 0


def check(entry: Entry, answer: str) -> bool:
    """Whether this answers the task.

    Spaces, a final full stop and quotation marks do not matter, nor commas in 1,000; nor do capitals, except where
    they are what is asked.
    """
    keep = entry["kind"] in KEEP_CASE
    return _bare(answer, keep) == _bare(entry["output"], keep)


def _bare(text: str, keep_case: bool) -> str:
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    text = re.sub(r"\s*,\s*", ", ", " ".join(text.split()))
    text = text.strip("\"'“”‘’ ").rstrip(". ").strip("\"'“”‘’ ")
    return text if keep_case else text.casefold()


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
    """Nouns that their first letters alone put in order."""
    while True:
        words = rng.sample(NOUNS, number)
        if len({word[0] for word in words}) == number:
            return words


def _set(members: list[str] | list[int]) -> str:
    """The same text for the same things in any order."""
    return " ".join(map(str, sorted(members)))
