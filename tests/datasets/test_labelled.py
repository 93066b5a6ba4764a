"""Balancing and splitting, as the notes' section 6.2 has them."""

from __future__ import annotations

import pandas as pd
import pytest

from engine.datasets.labelled import create_balanced_dataset, in_order, random_split
from engine.errors import InputError


@pytest.fixture
def table() -> pd.DataFrame:
    labels = ["spam" if i % 7 == 0 else "ham" for i in range(100)]
    return pd.DataFrame({"Label": labels, "Text": [f"message {i}" for i in range(100)]})


def test_balanced_keeps_all_of_the_smallest_class(table: pd.DataFrame) -> None:
    balanced = create_balanced_dataset(table)
    spam = table[table["Label"] == "spam"]
    assert balanced["Label"].value_counts().to_dict() == {"ham": len(spam), "spam": len(spam)}
    assert balanced.tail(len(spam)).equals(spam)


def test_balanced_keeps_the_rows_that_the_book_keeps(table: pd.DataFrame) -> None:
    """The book samples as many ham rows as there are spam rows, with pandas' seed 123."""
    ham = table[table["Label"] == "ham"].sample(15, random_state=123)
    assert create_balanced_dataset(table).head(15).equals(ham)


def test_balanced_with_three_classes_and_another_column() -> None:
    table = pd.DataFrame({"kind": list("aaaabbbcc"), "Text": range(9)})
    assert create_balanced_dataset(table, "kind")["kind"].value_counts().to_dict() == {"a": 2, "b": 2, "c": 2}


def test_numbers_in_the_names_of_classes_are_sorted_by_their_value() -> None:
    assert in_order(["10", "2", "-1", "0", "2.5", "1"]) == ["-1", "0", "1", "2", "2.5", "10"]
    assert in_order(["spam", "class 10", "class 9", "ham", "2024-10", "2024-9"]) == [
        "2024-9", "2024-10", "class 9", "class 10", "ham", "spam",
    ]  # fmt: skip
    assert in_order(["01", "1", "", "٣", "9" * 400]) == ["", "01", "1", "٣", "9" * 400]


def test_balanced_needs_the_column_and_rows(table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="'Label'"):
        create_balanced_dataset(table.rename(columns={"Label": "label"}))
    with pytest.raises(InputError):
        create_balanced_dataset(table[:0])


def test_split_gives_every_row_once(table: pd.DataFrame) -> None:
    parts = random_split(table, 0.7, 0.1)
    assert [len(part) for part in parts] == [70, 10, 20]
    assert sorted(pd.concat(parts)["Text"]) == sorted(table["Text"])
    assert list(pd.concat(parts)["Text"]) == list(table.sample(frac=1, random_state=123)["Text"])


@pytest.mark.parametrize("shares", [(0.8, 0.3), (-0.1, 0.5), (0.5, -0.5)])
def test_split_needs_shares(table: pd.DataFrame, shares: tuple[float, float]) -> None:
    with pytest.raises(InputError):
        random_split(table, *shares)
