"""Balancing classes, and cutting a table into training, validation and test parts that share nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engine.datasets.labelled import random_split
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PARTS = ("train", "validation", "test")
BALANCES = ("none", "undersample", "training")
SPLITS = ("stratified", "group", "random")


@dataclass(frozen=True)
class Balance:
    """How many rows of each class are used.

    how   none: as they are; undersample: every class as small as the smallest; training: the same, but only in
          the training part, so that validation and test keep the classes as they come
    most  rows that a class may have at most; 0: any number
    seed  which rows are drawn
    """

    how: str = "none"
    most: int = 0
    seed: int = 123

    def __post_init__(self) -> None:
        if self.how not in BALANCES:
            raise InputError(f"there is no balance {self.how!r}; choose one of {', '.join(BALANCES)}.")
        if self.most < 0:
            raise InputError(f"a class cannot have at most {self.most} rows; give 0 for any number.")


@dataclass(frozen=True)
class Split:
    """How the rows are cut.

    how         stratified: each class in the same shares; group: rows of one group stay in one part;
                random: the notes' random_split, shuffled and cut
    train       share of the rows to learn from
    validation  share to choose settings with; the rest is the test part
    together    rows that are alike stay in one part, so that no answer is known before the test
    seed        which rows go where; the random split always takes the book's own, 123
    """

    how: str = "stratified"
    train: float = 0.7
    validation: float = 0.1
    together: bool = True
    seed: int = 123

    def __post_init__(self) -> None:
        if self.how not in SPLITS:
            raise InputError(f"there is no split {self.how!r}; choose one of {', '.join(SPLITS)}.")
        if min(self.train, self.validation, 1 - self.train - self.validation) < 0.009:
            raise InputError(
                f"the shares {self.train:g} for training and {self.validation:g} for validation leave a part of less "
                "than 1%; each of the three needs some rows."
            )


def balance_table(table: pd.DataFrame, balance: Balance) -> pd.DataFrame:
    """The rows that are used, in the table's order; columns as given, "label" among them."""
    most = balance.most or len(table)
    if balance.how == "undersample" and len(table):
        most = min(most, int(table["label"].value_counts().min()))
    if not len(table) or most >= table["label"].value_counts().max():
        return table
    kept = [rows.sample(min(most, len(rows)), random_state=balance.seed) for _, rows in table.groupby("label")]
    return table.loc[pd.concat(kept).index.sort_values()]


def split_table(table: pd.DataFrame, split: Split, alike: Sequence[int] | None = None) -> dict[str, pd.DataFrame]:
    """The three parts, "train", "validation" and "test"; together they hold every row once.

    table  columns label and, for how="group", group; an empty group is one of its own
    alike  for each row the number of the cluster of look-alikes that it is in; used when split.together

    Raises InputError when a part would have no row, or there is no group to go by.
    """
    if split.how == "random":
        parts = dict(zip(PARTS, random_split(table, split.train, split.validation), strict=True))
    else:
        part_of = assign(table["label"].to_list(), _units(table, split, alike), split)
        parts = {name: table[part_of == i] for i, name in enumerate(PARTS)}
    for name, rows in parts.items():
        if rows.empty:
            raise InputError(
                f"the {name} part has no rows: {len(table):,} rows in {_count(table, split)} cannot be cut "
                "like this; use more rows or other shares."
            )
    return {name: rows.reset_index(drop=True) for name, rows in parts.items()}


def _count(table: pd.DataFrame, split: Split) -> str:
    if split.how == "group":
        return f"{table['group'].nunique():,} groups"
    return f"{table['label'].nunique():,} classes"


def _units(table: pd.DataFrame, split: Split, alike: Sequence[int] | None) -> NDArray[np.int64]:
    """For each row the number of what cannot be torn apart: its group, its look-alikes, or itself alone."""
    units = np.arange(len(table))
    if split.how == "group":
        if "group" not in table:
            raise InputError("no column says which rows belong together; choose one as the group, or split otherwise.")
        codes = pd.factorize(table["group"])[0]
        units = np.where(table["group"].str.strip() == "", len(table) + units, codes)
    if split.together and alike is not None:
        units = _joined(units, np.asarray(alike))
    return pd.factorize(units)[0]


def _joined(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """The finest grouping in which rows equal in a or in b are together."""
    joined = a.copy()
    while True:
        smallest = pd.Series(joined).groupby(b).transform("min").to_numpy()
        smallest = pd.Series(smallest).groupby(a).transform("min").to_numpy()
        if np.array_equal(smallest, joined):
            return joined
        joined = smallest


def assign(labels: Sequence[str], units: NDArray[np.int64], split: Split) -> NDArray[np.int64]:
    """For each row the number of its part: unit by unit, large ones first, to where its classes are missed most.

    With units of one row each this is a stratified split: every class is cut in the shares asked for.
    """
    shares = np.array([split.train, split.validation, 1 - split.train - split.validation])
    classes = pd.factorize(pd.Series(labels))[0]
    rows_of: dict[int, list[int]] = {}
    for row in np.random.default_rng(split.seed).permutation(len(labels)).tolist():
        rows_of.setdefault(int(units[row]), []).append(row)
    wanted = shares[:, None] * np.bincount(classes)[None, :]  # (3, C) rows that a part still misses
    part_of = np.zeros(len(labels), dtype=np.int64)
    for rows in sorted(rows_of.values(), key=len, reverse=True):
        counts = Counter(classes[rows].tolist())
        # Relative to the part's size: a small part is missed by one row more than a large one.
        missed = sum(n * wanted[:, c] / np.maximum(shares * 1.0, 1e-9) for c, n in counts.items())
        best = int(np.argmax(missed))
        part_of[rows] = best
        for c, n in counts.items():
            wanted[best, c] -= n
    return part_of
