"""All entries: the words and questions of the notes, and the questions that the lessons answer."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import lru_cache

from ui.chapters import lesson_words
from ui.lessons.glossary import (
    attention,
    basics,
    classifier,
    gpt,
    instructions,
    loading,
    text,
    training,
    vectors,
)
from ui.lessons.glossary.entry import Entry

OWN: tuple[Entry, ...] = (
    *basics.ENTRIES,
    *text.ENTRIES,
    *vectors.ENTRIES,
    *attention.ENTRIES,
    *gpt.ENTRIES,
    *training.ENTRIES,
    *loading.ENTRIES,
    *classifier.ENTRIES,
    *instructions.ENTRIES,
)


@lru_cache(maxsize=4096)  # more than four for each entry
def fold(words: str) -> str:
    """The words without accents, capitals, signs and markdown, separated by single spaces."""
    plain = unicodedata.normalize("NFKD", words)
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()
    return " ".join(re.findall(r"[^\W_]+(?:_[^\W_]+)*", plain))


def name_of(entry: Entry) -> str:
    """The entry's name in links: its title, folded, with hyphens."""
    return fold(entry.title).replace(" ", "-")


def all_entries() -> list[Entry]:
    """Every entry once, in the order of the notes, and after each chapter what its lessons answer.

    Where a lesson answers a question of the same title, its answer is taken: it is the one that the lesson shows.
    """
    entries = {name_of(entry): entry for entry in OWN}
    answered: set[str] = set()
    for chapter, lesson, words in lesson_words():
        for title, answer in words.questions().items():
            asked = Entry(title, answer, chapter, lesson.slug)
            name = name_of(asked)
            if name in answered:
                continue  # two lessons answer it; the first is the one that introduces it
            answered.add(name)
            entries[name] = (
                replace(entries[name], answer=answer, lesson=lesson.slug, at={}) if name in entries else asked
            )
    return sorted(entries.values(), key=lambda entry: (entry.chapter, "." not in entry.place, entry.place))


def search(entries: list[Entry], words: str) -> list[Entry]:
    """The entries in which every word is found, those with the words in their title first.

    words  what somebody typed; accents, capitals and signs do not matter, and beginnings of words are enough
    """
    wanted = fold(words).split()
    if not wanted:
        return entries
    found = []
    for entry in entries:
        title, also = fold(entry.title), fold(entry.also)
        everything = f" {title} {also} {fold(entry.answer)} {fold(entry.notes)}"
        if all(f" {word}" in everything for word in wanted):
            in_title = all(f" {word}" in f" {title}" for word in wanted)
            in_names = in_title or all(f" {word}" in f" {title} {also}" for word in wanted)
            found.append((title != " ".join(wanted), not in_title, not in_names, entry))
    return [entry for *_, entry in sorted(found, key=lambda one: one[:3])]
