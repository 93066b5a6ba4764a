"""Generated tasks: instructions whose right answer is known, so that a model's answer can be checked by a program.

Tasks for training and tasks held out never share what they ask about, whatever their seeds and wordings: a tenth of
all words, numbers and lists of each kind are kept for held-out tasks. A held-out plural is of a noun whose plural was
never trained on; a held-out list is made of known words in a company that is new. What cannot be known from other
examples, such as which group a word belongs to, is held out as a combination only.

For training a small model: the kinds take turns, some of them more often (TURNS); answers are one word to one
short sentence. Kinds that change a sentence (past_tense, join, report) are learned first; those that need a word's
spelling (upper, count_letters, last_letter) last. An entry's "kind" is for statistics; prompts leave it out.
"""

from __future__ import annotations

import random
import re
import zlib
from typing import TYPE_CHECKING

from engine.datasets.task_kinds import KINDS, MAKERS
from engine.datasets.task_wordings import WORDINGS
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.datasets.instructions import Entry

MOST_TASKS = 200_000
HELD_OUT_IN = 10  # one of so many things that a kind can ask about is held out
# Tasks for training of kinds that are learned slowly, for one of any other.
TURNS = (
    dict.fromkeys(("plural", "count_letters", "word_at", "reverse", "sort_words", "sort_numbers", "add", "subtract"), 4)
    | dict.fromkeys(("opposite", "upper", "lower", "odd_one_out"), 4)
    | dict.fromkeys(("first_letter", "last_letter", "earlier_word", "larger", "title", "group", "count_words"), 2)
    | dict.fromkeys(("next_number", "units", "replace", "several", "present_tense", "add_word", "find_quality"), 2)
    | dict.fromkeys(("last_word", "leave_out_of", "replace_in", "longest", "even_numbers", "capital_and_stop"), 2)
)
TRIES = 200  # draws of one kind without a new task before it counts as used up
KEEP_CASE = ("upper", "lower", "title", "punctuate", "capital_and_stop")  # kinds where capitals are what is asked
KEEP_MARKS = ("quotation", "speech")  # and where quotation marks are


def make_tasks(n: int, seed: int, held_out: bool = False) -> list[Entry]:
    """So many different tasks, with the keys instruction, input, output and kind, in mixed order.

    n         1 to MOST_TASKS; the first tasks are the same for any n
    seed      the same seed gives the same tasks
    held_out  ask only about what is never asked about without it, all kinds as often; False: only about the rest,
              in TURNS

    Raises InputError for n out of range.
    """
    if not 1 <= n <= MOST_TASKS:
        raise InputError(f"{n:,} tasks cannot be made; ask for 1 to {MOST_TASKS:,}.")
    tasks = _all_tasks(random.Random(f"{seed} {held_out}"), held_out)
    return [task for task, _ in zip(tasks, range(n), strict=False)]


def _all_tasks(rng: random.Random, held_out: bool) -> Iterator[Entry]:
    """Tasks without end, none twice."""
    seen: set[tuple[str, str]] = set()
    kinds = [kind for kind in KINDS for _ in range(1 if held_out else TURNS.get(kind, 1))]
    while kinds:
        rng.shuffle(kinds)
        used_up = set()
        for kind in kinds:
            if (task := _new_task(kind, rng, held_out, seen)) is not None:
                yield task
            else:
                used_up.add(kind)  # everything that it can ask has been asked
        kinds = [kind for kind in kinds if kind not in used_up]


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
    they are what is asked, as quotation marks may be.
    """
    if entry["kind"] in KEEP_MARKS:
        return answer.strip(". \n").split() == entry["output"].strip(". ").split()
    keep = entry["kind"] in KEEP_CASE
    return _bare(answer, keep) == _bare(entry["output"], keep)


def _bare(text: str, keep_case: bool) -> str:
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    text = re.sub(r"\s*,\s*", ", ", " ".join(text.split()))
    text = text.strip("\"'“”‘’ ").rstrip(". ").strip("\"'“”‘’ ")
    return text if keep_case else text.casefold()
