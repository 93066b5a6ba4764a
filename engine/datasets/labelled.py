"""Texts with labels: our own messages, made balanced and cut into training, validation and test parts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

MESSAGES = Path(__file__).resolve().parents[2] / "data" / "messages.csv"
# The notes' own seed: with it, the same rows are kept as in the book.
BOOK_SEED = 123


def load_messages() -> pd.DataFrame:
    """Our own spam and ham messages: columns label ("ham" or "spam") and text. Source: data/README.md."""
    return pd.read_csv(MESSAGES, dtype=str, keep_default_na=False)


def in_order(classes: Iterable[str]) -> list[str]:
    """Names of classes, sorted, the numbers in them by their value: -1, 0, 2, 10 and not -1, 0, 10, 2."""

    def key(name: str) -> tuple[list[str | float], str]:
        pieces = re.split(r"((?:(?<!\S)-)?\d+(?:\.\d+)?)", name)  # every second one is a number
        return [float(piece) if i % 2 else piece for i, piece in enumerate(pieces)], name

    return sorted(classes, key=key)


def create_balanced_dataset(df: pd.DataFrame, label: str = "Label", seed: int = BOOK_SEED) -> pd.DataFrame:
    """Undersample: drop rows at random until every class is as small as the smallest (notes, section 6.2).

    df     one row a text
    label  the column with the class
    seed   which rows are kept
    returns  the larger classes' sampled rows first, the smallest class's own rows last

    Raises InputError when there is no such column or not one row.
    """
    if label not in df.columns or df.empty:
        raise InputError(f"give a table with rows and a column {label!r}; its columns are {list(df.columns)}.")
    counts = df[label].value_counts()
    smallest = counts.index[-1]
    larger = [df[df[label] == name] for name in counts.index[:-1]]
    sampled = [rows.sample(counts.min(), random_state=seed) for rows in larger]
    return pd.concat([*sampled, df[df[label] == smallest]])


def random_split(
    df: pd.DataFrame, train_frac: float, validation_frac: float
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Shuffle the rows and cut them in three: training, validation and test (notes, section 6.2).

    train_frac, validation_frac  shares of all rows, 0 to 1, together at most 1

    Raises InputError for shares out of range.
    """
    if min(train_frac, validation_frac) < 0 or train_frac + validation_frac > 1 + 1e-9:
        raise InputError(
            f"the shares {train_frac} and {validation_frac} must be at least 0 and together at most 1; "
            "what is left is the test part."
        )
    shuffled = df.sample(frac=1, random_state=BOOK_SEED).reset_index(drop=True)
    train_end = int(len(shuffled) * train_frac)
    validation_end = train_end + int(len(shuffled) * validation_frac)
    return shuffled[:train_end], shuffled[train_end:validation_end], shuffled[validation_end:]
