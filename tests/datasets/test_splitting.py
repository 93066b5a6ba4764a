"""Balancing and cutting: the book's own rows where the notes are followed, nothing torn apart where asked not to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from engine.datasets.labelled import create_balanced_dataset, load_messages, random_split
from engine.datasets.splitting import (
    BALANCES,
    PARTS,
    Balance,
    Split,
    balance_table,
    class_weights,
    leaked,
    split_table,
    units,
)
from engine.errors import InputError


def table(labels: list[str], groups: list[str] | None = None) -> pd.DataFrame:
    """A row for each label, numbered from 2 as in a file with a header."""
    frame = pd.DataFrame({"row": range(2, len(labels) + 2), "text": [f"text {i}" for i in range(len(labels))]})
    frame = frame.assign(label=labels).astype({"text": "str", "label": "str"})
    return frame if groups is None else frame.assign(group=groups).astype({"group": "str"})


MIXED = table(["ham"] * 70 + ["spam"] * 20 + ["odd"] * 10)


def test_undersampled_and_random_is_the_book() -> None:
    """Rows, order and parts as create_balanced_dataset and random_split of the notes give them."""
    used = balance_table(MIXED, Balance("undersample"))
    assert used.equals(create_balanced_dataset(MIXED, "label"))
    parts = split_table(used, Split("random", 0.7, 0.1))
    for mine, theirs in zip(parts.values(), random_split(used, 0.7, 0.1), strict=True):
        assert mine.equals(theirs.reset_index(drop=True))


@pytest.mark.parametrize(
    ("balance", "counts"),
    [
        (Balance(), {"ham": 70, "spam": 20, "odd": 10}),
        (Balance(most=15), {"ham": 15, "spam": 15, "odd": 10}),
        (Balance("undersample"), {"ham": 10, "spam": 10, "odd": 10}),
        (Balance("undersample", most=4), {"ham": 4, "spam": 4, "odd": 4}),
        (Balance("training"), {"ham": 70, "spam": 20, "odd": 10}),
        (Balance(most=1_000), {"ham": 70, "spam": 20, "odd": 10}),
    ],
)
def test_rows_of_each_class(balance: Balance, counts: dict[str, int]) -> None:
    used = balance_table(MIXED, balance)
    assert used["label"].value_counts().to_dict() == counts
    assert used.equals(MIXED.loc[used.index])  # each under its own number
    assert balance_table(MIXED[:0], balance).empty


def test_weights_of_the_classes_are_scikit_learns() -> None:
    assert class_weights([30, 10]) == pytest.approx([40 / 60, 40 / 20])
    for rows in ([95, 5], [1, 1, 1], [7, 300, 2, 40]):
        labels = np.repeat(np.arange(len(rows)), rows)
        expected = compute_class_weight("balanced", classes=np.arange(len(rows)), y=labels)
        assert class_weights(rows) == pytest.approx(expected.tolist())


def test_another_seed_draws_other_rows() -> None:
    one, other = (set(balance_table(MIXED, Balance("undersample", seed=seed))["row"]) for seed in (1, 2))
    assert one != other
    assert one == set(balance_table(MIXED, Balance("undersample", seed=1))["row"])


def test_stratified_within_one_row_of_the_shares() -> None:
    parts = split_table(MIXED, Split(train=0.7, validation=0.1))
    assert sorted(pd.concat(parts.values())["row"]) == MIXED["row"].tolist()
    for part, share in zip(parts.values(), (0.7, 0.1, 0.2), strict=True):
        counts = part["label"].value_counts()
        for label, rows in MIXED["label"].value_counts().items():
            assert abs(counts[label] - share * rows) < 1, label
    few = split_table(table(["a"] * 3 + ["b"] * 3), Split())
    assert [sorted(part["label"]) for part in few.values()] == [["a", "b"]] * 3


def test_groups_stay_together() -> None:
    groups = [f"u{i % 13}" for i in range(90)] + [""] * 10
    frame = table(["ham", "spam"] * 50, groups)
    parts = split_table(frame, Split("group"))
    homes = pd.concat([rows.assign(part=name) for name, rows in parts.items()])
    named = homes[homes["group"] != ""]
    assert (named.groupby("group")["part"].nunique() == 1).all()
    groups_of = pd.Series(frame["group"][:90].to_numpy(), index=frame["row"][:90])
    assert leaked(parts, groups_of).empty
    torn = leaked(split_table(frame, Split("random")), groups_of)
    assert (torn["group"] != "").all()
    assert not torn.empty
    # Two groups with a look-alike in both are one piece; where nothing stays together, every row is.
    alike = np.arange(100)
    alike[1] = 0
    sizes = [np.bincount(units(frame, Split(how), alike)).max() for how in ("group", "stratified", "random")]
    assert sizes == [(named["group"] == "u0").sum() + (named["group"] == "u1").sum(), 2, 1]
    # An empty group is no bond.
    loose = split_table(table(["ham", "spam"] * 50, [""] * 100), Split("group"))
    assert [len(rows) for rows in loose.values()] == [70, 10, 20]


def test_look_alikes_stay_together_or_are_found() -> None:
    frame = table(["ham", "spam"] * 30)
    alike = np.arange(60)
    alike[[1, 31, 59]] = 1
    alike[[4, 40]] = 4
    parts = split_table(frame, Split(), alike)
    clusters = pd.Series(alike, index=frame["row"])
    assert leaked(parts, clusters).empty
    by_hand = {
        "train": frame.iloc[[0, 1, 4, 5]],
        "validation": frame.iloc[[31, 6]],
        "test": frame.iloc[[59, 40, 7]],
    }
    found = leaked(by_hand, clusters)
    assert found[["part", "row", "twin"]].values.tolist() == [["validation", 33, 3], ["test", 61, 3], ["test", 42, 6]]


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=40),
    st.lists(st.sampled_from(["", "u", "v", "w"]), min_size=40, max_size=40),
    st.lists(st.integers(0, 12), min_size=40, max_size=40),
    st.sampled_from(["stratified", "group", "random"]),
    st.floats(0.01, 0.98),
    st.floats(0.01, 0.98),
)
def test_every_row_once_and_no_unit_torn(
    labels: list[str], groups: list[str], drawn: list[int], how: str, train: float, validation: float
) -> None:
    frame = table(labels, groups[: len(labels)])
    alike = np.array([drawn[: len(labels)].index(one) for one in drawn[: len(labels)]])
    try:
        parts = split_table(frame, Split(how, train, validation), alike)
    except InputError:
        return
    assert tuple(parts) == PARTS
    assert sorted(pd.concat(parts.values())["row"]) == frame["row"].tolist()
    if how != "random":
        assert leaked(parts, pd.Series(alike, index=frame["row"])).empty


def test_what_cannot_be_cut_gets_a_sentence() -> None:
    with pytest.raises(InputError, match="the validation part has no rows: 2 rows in 2 classes"):
        split_table(table(["a", "b"]), Split("random"))
    with pytest.raises(InputError, match="no column says which rows belong together"):
        split_table(MIXED, Split("group"))
    with pytest.raises(InputError, match="in 2 groups"):
        split_table(table(["a", "b"] * 9, ["x"] * 9 + ["y"] * 9), Split("group"))
    for bad in (
        {"how": "by hand"},
        {"train": 0.95, "validation": 0.05},
        {"train": float("nan")},
        {"seed": -1},
        {"seed": 0.5},
    ):
        with pytest.raises(InputError):
            Split(**bad)
    for bad in ({"how": "all"}, {"most": -1}, {"seed": 2**31}):
        with pytest.raises(InputError):
            Balance(**bad)


def test_our_own_messages_have_no_look_alikes_in_any_split() -> None:
    from engine.datasets.alike import clusters

    messages = load_messages().assign(row=lambda table: range(2, 2 + len(table)))
    alike = pd.Series(clusters(messages["text"].to_list()), index=messages["row"])
    for how in ("stratified", "random"):
        assert leaked(split_table(messages, Split(how)), alike).empty
    assert set(BALANCES) == {"none", "undersample", "training"}
