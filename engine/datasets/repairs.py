"""What can be done to a table of labelled texts: each repair by name, done only when asked for.

Undoing one means doing the others alone: nothing is ever changed in the file. A table has the columns row (its
number in the upload), text, label, and group where there is one.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engine.datasets.alike import clusters
from engine.datasets.markup import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

LEAST_ROWS = 3  # of a class: one for each part
MOST_CLASSES = 50
PLACEHOLDERS = {"na", "n/a", "nan", "null", "none", "-", "--", "?", "#n/a", "nil", "missing"}


@dataclass(frozen=True)
class Done:
    """What one repair has done.

    name     its name in REPAIRS
    changed  numbers of the rows whose text or label is another now
    dropped  numbers of the rows that are left out
    """

    name: str
    changed: list[int]
    dropped: list[int]


def spelling(label: str) -> str:
    """What two spellings of one class have in common: no capitals, no spaces around, 1.0 is 1."""
    plain = " ".join(label.split()).casefold()
    return re.sub(r"^(-?\d+)\.0+$", r"\1", plain)


def main_spelling(labels: pd.Series) -> dict[str, str]:
    """For each label the spelling of its class that comes most often; spaces around it are never part of it."""
    trimmed = {label: " ".join(label.split()) for label in labels.unique()}
    counts = Counter(labels.map(trimmed))
    best: dict[str, str] = {}
    for label, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        best.setdefault(spelling(label), label)
    return {label: best[spelling(label)] for label in trimmed}


def comparable(texts: pd.Series) -> pd.Series:
    """Texts as they are compared: one space between words, none around."""
    return pd.Series([" ".join(text.split()) for text in texts], texts.index, dtype=texts.dtype)  # faster than a regex


def missing(table: pd.DataFrame) -> pd.Series:
    """Which rows have no text or no label."""
    return (table["text"].str.strip() == "") | (table["label"].str.strip() == "")


def placeholders(table: pd.DataFrame) -> pd.Series:
    """Which rows have a word for "nothing" as text or label."""
    return table["text"].str.strip().str.lower().isin(PLACEHOLDERS) | table["label"].str.strip().str.lower().isin(
        PLACEHOLDERS
    )


def repeated(table: pd.DataFrame, texts: pd.Series | None = None) -> pd.Series:
    """Which rows say the same, under the same label, as an earlier one; texts: `comparable` ones, if they are known."""
    texts = comparable(table["text"]) if texts is None else texts
    return pd.DataFrame({"text": texts, "label": table["label"]}).duplicated()


def contradicting(table: pd.DataFrame, texts: pd.Series | None = None) -> pd.Series:
    """Which rows have the text of another row and a different label; texts as in `repeated`."""
    texts = comparable(table["text"]) if texts is None else texts
    return table.groupby(texts)["label"].transform("nunique") > 1


def later_alike(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows are nearly the same as an earlier one; among those that are left, not one is found to be."""
    texts = table["text"].to_numpy()
    kept, first = np.arange(len(texts)), np.zeros(len(texts), dtype=bool)
    while not first.all():  # with fewer rows, pairs are compared that were not before
        first = clusters(list(texts[kept])) == np.arange(len(kept))
        kept = kept[first]
    later = np.ones(len(texts), dtype=bool)
    later[kept] = False
    return later


def rare(table: pd.DataFrame) -> pd.Series:
    """Which rows are of a class with fewer than three."""
    return table.groupby("label")["label"].transform("size") < LEAST_ROWS


def beyond_most(table: pd.DataFrame) -> pd.Series:
    """Which rows are of none of the fifty most frequent classes."""
    return ~table["label"].isin(table["label"].value_counts().index[:MOST_CLASSES])


def _without(which: Callable[[pd.DataFrame], pd.Series]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table[~which(table)]


def _with_text(change: Callable[[str], str]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(text=table["text"].map(change).astype("str"))


def _one_spelling(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(label=table["label"].map(main_spelling(table["label"])).astype("str"))


def _no_zeros(table: pd.DataFrame) -> pd.DataFrame:
    named = {name: table[name].str.replace("\0", "", regex=False) for name in ("text", "label")}
    return table.assign(**named)


# In the order in which they are done, whatever the order in which they were chosen.
REPAIRS: dict[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "zeros": ("Take out the zero characters", _no_zeros),
    "html": ("Take out the HTML", _with_text(plain_text)),
    "missing": ("Leave these rows out", _without(missing)),
    "placeholders": ("Leave these rows out", _without(placeholders)),
    "spellings": ("Use one spelling for each class", _one_spelling),
    "names": ("Give classes other names", lambda table: table),
    "contradictions": ("Leave all of them out", _without(contradicting)),
    "duplicates": ("Keep the first of each", _without(repeated)),
    "alike": ("Keep the first of each", _without(lambda table: pd.Series(later_alike(table), table.index))),
    "too_many": (f"Keep the {MOST_CLASSES} most frequent classes", _without(beyond_most)),
    "rare": ("Leave these classes out", _without(rare)),
}


def repair(
    table: pd.DataFrame, names: Sequence[str], called: Mapping[str, str] | None = None
) -> tuple[pd.DataFrame, list[Done]]:
    """The table with these repairs made, in the order of REPAIRS, and what each has done.

    called  other names for some classes, given in the place of the repair "names"
    """
    done: list[Done] = []
    for name, (_, change) in REPAIRS.items():
        if name == "names" and called:
            after = table.assign(label=table["label"].map(lambda label: called.get(label, label)).astype("str"))
        elif name in names:
            after = change(table)
        else:
            continue
        same = table.loc[after.index]
        changed = after["row"][(after["text"] != same["text"]) | (after["label"] != same["label"])]
        done.append(Done(name, changed.to_list(), table["row"][~table.index.isin(after.index)].to_list()))
        table = after
    return table.reset_index(drop=True), done
