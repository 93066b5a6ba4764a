"""Balancing classes, and cutting a table into training, validation and test parts that share nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engine.datasets.labelled import create_balanced_dataset, random_split
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
        _check_seed(self.seed)


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
        _check_seed(self.seed)
        if not min(self.train, self.validation, 1 - self.train - self.validation) >= 0.009:
            raise InputError(
                f"the shares {self.train:g} for training and {self.validation:g} for validation leave a part of less "
                "than 1%; each of the three needs some rows."
            )


def _check_seed(seed: int) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise InputError(f"the seed is {seed!r}; give a whole number from 0 to {2**31 - 1:,}.")


def balance_table(table: pd.DataFrame, balance: Balance) -> pd.DataFrame:
    """The rows that are used, under the numbers that they have in the table's index; a column is "label".

    Undersampled, they come in the order in which the notes' create_balanced_dataset gives them, so that with its
    seed and random_split the parts are the book's. Otherwise the table's order stays.
    """
    if table.empty:
        return table
    if balance.how == "undersample":
        table = create_balanced_dataset(table, "label", balance.seed)
    if not balance.most or balance.most >= table["label"].value_counts().max():
        return table
    drawn = table.sample(frac=1, random_state=balance.seed)
    return table.loc[table.index.isin(drawn.groupby("label").head(balance.most).index)]


def class_weights(rows: Sequence[int]) -> list[float]:
    """The weight of a text of each class in the loss, with which every class counts the same and a text 1 on average.

    rows  of each class in the training part

    N / (C n) for a class with n of N rows in C classes, scikit-learn's class_weight="balanced", after King and Zeng
    2001, "Logistic regression in rare events data".
    """
    return [sum(rows) / (len(rows) * max(1, n)) for n in rows]


def split_table(
    table: pd.DataFrame, split: Split, alike: Sequence[int] | NDArray[np.int64] | None = None
) -> dict[str, pd.DataFrame]:
    """The three parts, "train", "validation" and "test"; together they hold every row once.

    table  columns label and, for how="group", group; an empty group is one of its own
    alike  for each row the number of the cluster of look-alikes that it is in; used when split.together

    Raises InputError when a part would have no row, or there is no group to go by.
    """
    if split.how == "random":
        parts = dict(zip(PARTS, random_split(table, split.train, split.validation), strict=True))
    else:
        part_of = assign(table["label"].to_list(), units(table, split, alike), split)
        parts = {name: table[part_of == i] for i, name in enumerate(PARTS)}
    for name, rows in parts.items():
        if rows.empty:
            raise InputError(
                f"the {name} part has no rows: {len(table):,} rows in {_count(table, split)} cannot be cut "
                "like this; use more rows or other shares."
            )
    return {name: rows.reset_index(drop=True) for name, rows in parts.items()}


def leaked(parts: Mapping[str, pd.DataFrame], units: pd.Series) -> pd.DataFrame:
    """The rows to choose with and to test on that share a unit with a row to learn from, as a table.

    parts  as `split_table` gives them, with a column row
    units  for each number in row what must not be torn apart: a cluster of look-alikes, or a group

    The columns of the parts, part (validation or test), and twin, the first such row of the training part.
    """
    train = parts[PARTS[0]]["row"]
    twins = train.groupby(units.reindex(train).to_numpy()).first()
    found = [
        parts[name].assign(part=name, twin=units.reindex(parts[name]["row"]).map(twins).to_numpy())
        for name in PARTS[1:]
    ]
    every = pd.concat(found, ignore_index=True)
    every = every[every["twin"].notna()]
    return every.astype({"twin": "int64"}).reset_index(drop=True)


def _count(table: pd.DataFrame, split: Split) -> str:
    if split.how == "group":
        return f"{table['group'].nunique():,} groups"
    return f"{table['label'].nunique():,} classes"


def units(
    table: pd.DataFrame, split: Split, alike: Sequence[int] | NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """For each row the number of what is not torn apart: its group, its look-alikes, both by way of each other, itself.

    Arguments and errors as of `split_table`.
    """
    found = np.arange(len(table))
    if split.how == "group":
        if "group" not in table:
            raise InputError("no column says which rows belong together; choose one as the group, or split otherwise.")
        codes = pd.factorize(table["group"])[0]
        found = np.where(table["group"].str.strip() == "", len(table) + found, codes)
    if split.how != "random" and split.together and alike is not None:
        found = _joined(found, np.asarray(alike))
    return pd.factorize(found)[0]


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
        missed = sum(n * wanted[:, c] / np.maximum(shares, 1e-9) for c, n in counts.items())
        best = int(np.argmax(missed))
        part_of[rows] = best
        for c, n in counts.items():
            wanted[best, c] -= n
    return part_of
