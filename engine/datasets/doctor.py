"""What may be wrong with the rows of a table of labelled texts; see finding.py for what a finding is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.datasets import repairs
from engine.datasets.doctor_classes import classes, misspelt, spellings
from engine.datasets.finding import Finding, Fix, some
from engine.datasets.markup import HTML
from engine.datasets.repairs import REPAIRS, comparable

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

FORMULA = r"^\s*[=+@\t]|^\s*-[^\s\d]"


def examine_table(table: pd.DataFrame, alike: NDArray[np.int64], other_labels: dict[str, int]) -> list[Finding]:
    """What is to be said about the rows, as they are after the repairs made so far.

    table         row, text, label
    alike         for each row the number of its cluster, as alike.clusters gives them
    other_labels  columns that could be the label instead, and how many classes they would give
    """
    texts = comparable(table["text"])
    found = [
        _rows(table, "missing", "must", repairs.missing(table), "no text or no label", NOT_THERE),
        _rows(table, "zeros", "should", table["text"].str.contains("\0", regex=False), "zero characters", ZEROS),
        _rows(table, "placeholders", "should", _placeholders(table), "a word for “nothing”", PLACEHOLDER),
        spellings(table),
        *misspelt(table),
        _rows(table, "html", "should", table["text"].str.contains(HTML, regex=True), "HTML", MARKUP),
        _contradictions(table, texts),
        _duplicates(table, texts),
        _alike(table, texts, alike),
        *classes(table, other_labels),
        _rows(table, "formulas", "note", table["text"].str.contains(FORMULA, regex=True), "a formula's sign", FORMULAS),
    ]
    return [finding for finding in found if finding is not None]


NOT_THERE = "A classifier can learn nothing from them, so nothing goes on before they are left out or mended."
ZEROS = "No writing uses them; they come from damaged files. The model would read each as a character."
PLACEHOLDER = (
    "Words like NA, null or ? are mostly written where something is missing. If it is meant as a text or as a class, "
    "leave it."
)
MARKUP = (
    "Tags and entities such as &amp; tell a classifier where a text was copied from rather than what it says. A "
    "classifier trained after this takes them out of every text it is given, also in use."
)
FORMULAS = (
    "They begin with =, +, @ or -. Here they are texts like others. In the files that you download from here, they "
    "are written so that a spreadsheet does not run them."
)


def _rows(table: pd.DataFrame, kind: str, level: str, which: pd.Series, have: str, why: str) -> Finding | None:
    numbers = table["row"][which].to_list()
    if not numbers:
        return None
    fixes = [Fix(REPAIRS[kind][0], {"repair": kind})] if kind in REPAIRS else []
    return Finding(kind, level, f"{some(len(numbers), 'row has', 'rows have')} {have}.", why, numbers, fixes)


def _placeholders(table: pd.DataFrame) -> pd.Series:
    return repairs.placeholders(table) & ~repairs.missing(table)


def _contradictions(table: pd.DataFrame, texts: pd.Series) -> Finding | None:
    against = repairs.contradicting(table, texts) & ~repairs.missing(table)
    if not against.any():
        return None
    texts = texts[against]
    rows = table["row"].loc[texts.sort_values(kind="stable").index].to_list()
    return Finding(
        "contradictions",
        "should",
        f"{some(texts.nunique(), 'text comes', 'texts come')} with different labels, in {some(len(rows), 'row')}.",
        "At most one of the labels is right, and the file does not say which.",
        rows,
        [Fix(REPAIRS["contradictions"][0], {"repair": "contradictions"})],
    )


def _duplicates(table: pd.DataFrame, texts: pd.Series) -> Finding | None:
    again = repairs.repeated(table, texts) & ~repairs.missing(table)
    if not again.any():
        return None
    concerned = texts[texts.isin(set(texts[again]))].sort_values(kind="stable")
    return Finding(
        "duplicates",
        "should",
        f"{some(int(again.sum()), 'row repeats', 'rows repeat')} an earlier one word for word.",
        "Learned from twice they count twice; with one in training and one in the test, the answer is known before.",
        table["row"].loc[concerned.index].to_list(),
        [Fix(REPAIRS["duplicates"][0], {"repair": "duplicates"})],
    )


def _alike(table: pd.DataFrame, texts: pd.Series, alike: NDArray[np.int64]) -> Finding | None:
    size = np.bincount(alike, minlength=len(table))[alike] if len(alike) else alike
    first_texts = texts.to_numpy()[alike] if len(alike) else texts.to_numpy()
    later = (alike != np.arange(len(table))) & (texts.to_numpy() != first_texts)
    if not later.any():
        return None
    places = np.flatnonzero((size > 1) & np.isin(alike, alike[later]))
    order = places[np.argsort(alike[places], kind="stable")]
    return Finding(
        "alike",
        "should",
        f"{some(int(later.sum()), 'row is', 'rows are')} nearly the same as an earlier one.",
        "Only a few letters or digits differ. The split keeps such rows in one part, so the test stays honest; "
        "leaving them out keeps one text from counting many times.",
        table["row"].to_numpy()[order].tolist(),
        [Fix(REPAIRS["alike"][0], {"repair": "alike"})],
    )


def examine_lengths(table: pd.DataFrame, lengths: NDArray[np.int64], limit: int) -> list[Finding]:
    """Which texts are longer than the model's context, and how much of them would be cut.

    lengths  tokens of each row's text
    limit    tokens that the model reads at most
    """
    longer = lengths > limit
    if not longer.any():
        return []
    order = np.argsort(-lengths, kind="stable")[: int(longer.sum())]
    cut = int((lengths[longer] - limit).sum())
    share = 100 * cut / int(lengths.sum())
    return [
        Finding(
            "long",
            "note",
            f"{some(int(longer.sum()), 'text is', 'texts are')} longer than the {limit:,} tokens that the model reads.",
            f"What follows is cut: {some(cut, 'token')} of {int(lengths.sum()):,}, "
            f"{f'{share:.1f}%' if share >= 0.1 else 'less than 0.1%'} of all. The longest come first.",
            table["row"].to_numpy()[order].tolist(),
        )
    ]
