"""The numbers behind the decoding pictures, on distributions small enough to check by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.branching import Node
from engine.sampling import DecodingSettings, draw, stages
from ui.figures.alternatives import counts_against_theory, spread, tree_nodes, whole_vocabulary
from ui.figures.decoding import Piece, arithmetic, bar_data, bar_pieces, ranking, shown_ids, stage_table
from ui.palette import NEUTRAL, token_hue

PROBS = np.array([0.125, 0.5, 0.25, 0.125], dtype=np.float32)
SOME_SCORES = arrays(np.float32, 40, elements=st.floats(-30, 30, width=32))


def test_equal_tokens_are_ranked_by_id() -> None:
    assert ranking(PROBS).tolist() == [1, 2, 0, 3]


@pytest.mark.parametrize(("also", "shown"), [([], [1, 2]), ([2], [1, 2]), ([3], [1, 3]), ([3, 0, 3], [3, 0])])
def test_wanted_tokens_take_the_last_rows(also: list[int], shown: list[int]) -> None:
    assert shown_ids(PROBS, also, rows=2) == shown


def test_table_has_real_numbers_and_the_rest() -> None:
    cut = np.array([0, 2 / 3, 1 / 3, 0], dtype=np.float32)
    table = stage_table(["the model", "top-k 2"], np.stack([PROBS, cut]), [1, 0], [" a", "b"], drawn=1, chosen=0)
    assert [column["kept"] for column in table["columns"]] == ["", "keeps 2"]
    first, second = table["rows"]
    assert [cell["shown"] for cell in first["cells"]] == ["50.0%", "66.7%"]
    assert [cell["shown"] for cell in second["cells"]] == ["12.5%", "out"]
    assert (first["label"], first["rank"], second["rank"]) == ("·a", "1", "3")
    assert (first["drawn"], second["chosen"]) == (True, True)
    assert [cell["shown"] for cell in table["rest"]["cells"]] == ["37.5%", "33.3%"]
    assert first["cells"][1]["length"] == 1
    assert first["cells"][0]["length"] == pytest.approx(0.75, abs=1e-3)
    assert table["rest"]["label"] == "rest: 2 tokens"


def test_temperature_keeps_all_and_zero_keeps_one() -> None:
    sharp = np.array([0, 1, 0, 0], dtype=np.float32)
    table = stage_table(["the model", "temperature 0"], np.stack([PROBS, sharp]), [1], ["a"], drawn=1, chosen=1)
    assert table["columns"][1]["kept"] == "keeps 1"
    assert table["rest"]["cells"][1]["shown"] == "out"
    table = stage_table(["the model", "temperature 0.05"], np.stack([PROBS, sharp]), [1], ["a"], drawn=1, chosen=1)
    assert table["columns"][1]["kept"] == ""
    assert table["rest"]["cells"][1]["shown"] == "0%"


def test_a_bar_never_leaves_its_column() -> None:
    flat = np.full(100, 0.01, dtype=np.float32)
    table = stage_table(["the model"], flat[None], [0, 1], ["a", "b"], drawn=0, chosen=0)
    assert (table["rest"]["cells"][0]["length"], table["rest"]["cells"][0]["beyond"]) == (1, True)
    assert not table["rows"][0]["cells"][0]["beyond"]


def test_bar_is_laid_out_as_the_draw_sees_it() -> None:
    assert bar_pieces(PROBS, [1, 2], drawn=3) == [
        Piece(1, 0.0, 0.5),
        Piece(2, 0.5, 0.75),
        Piece(None, 0.75, 0.875, 1),
        Piece(3, 0.875, 1.0),
    ]


@given(SOME_SCORES, st.floats(0, 1, exclude_max=True), st.sampled_from([None, 1, 5, 40]))
def test_bar_covers_everything_and_the_drawn_piece_is_the_engines(scores: np.ndarray, number: float, k: int) -> None:
    probs = stages(torch.from_numpy(scores), DecodingSettings(top_k=k))[-1][1]
    drawn = draw(probs[None], torch.tensor([number], dtype=torch.float64))
    pieces = bar_pieces(probs.numpy(), ranking(probs.numpy())[:5].tolist(), int(drawn.ids))
    assert pieces[0].start == 0
    assert pieces[-1].end == pytest.approx(1)
    assert all(a.end == pytest.approx(b.start) for a, b in zip(pieces, pieces[1:], strict=False))
    assert sum(piece.tokens for piece in pieces) == int((probs > 0).sum())
    (own,) = [piece for piece in pieces if piece.id == int(drawn.ids)]
    assert (own.start, own.end) == pytest.approx((float(drawn.start), float(drawn.end)))
    assert own.start <= number < own.end + 1e-12


def test_bar_data_keeps_the_tokens_colours() -> None:
    data = bar_data("A", bar_pieces(PROBS, [1], drawn=1), 1, {1: " a"}, {1: token_hue(0)})
    assert [(p["label"], p["hue"], p["drawn"]) for p in data["pieces"]] == [
        ("·a", token_hue(0), True),
        ("3 others", NEUTRAL, False),
    ]
    assert data["pieces"][0]["range"] == "0 to 0.5000"


@given(SOME_SCORES, st.integers(0, 39), st.floats(0.05, 2))
def test_arithmetic_is_the_engines_softmax(scores: np.ndarray, token: int, temperature: float) -> None:
    spelled = arithmetic(scores, token, temperature)
    engine = stages(torch.from_numpy(scores), DecodingSettings(temperature=temperature))[-1][1]
    assert spelled.probability == pytest.approx(float(engine[token]), rel=1e-3, abs=1e-30)
    assert spelled.divided == pytest.approx((spelled.score - spelled.best) / temperature)
    assert spelled.exponential == pytest.approx(math.exp(spelled.divided))


def test_whole_vocabulary_goes_from_the_best_to_the_last_that_is_left() -> None:
    before = np.full(1000, 0.0005, dtype=np.float32)
    before[7] = 0.5005
    after = np.zeros(1000, dtype=np.float32)
    after[7], after[3] = 0.9, 0.1
    frame, spec = whole_vocabulary(before, after)
    kept = frame[frame["of"] == "you draw from"]
    assert list(kept["rank"]) == [1, 2]
    assert list(kept["probability"]) == pytest.approx([0.9, 0.1])
    assert frame[frame["of"] == "the model"]["rank"].max() == 1000
    assert spec["encoding"]["x"]["scale"]["domain"] == [1, 1000]


def test_counts_stand_beside_their_expectation() -> None:
    frame, _ = counts_against_theory(["a", "rest"], ["#111", "#222"], [0.9, 0.1], [95, 5], 100)
    assert list(frame["expected"]) == pytest.approx([90, 10])
    assert spread(0.9, 100) == pytest.approx(3)
    assert list(frame["low"]) == pytest.approx([84, 4])
    assert list(frame["high"]) == pytest.approx([96, 16])


def test_a_range_of_counts_stays_between_none_and_all() -> None:
    frame, _ = counts_against_theory(["a", "b"], ["", ""], [0.99, 0.01], [10, 0], 10)
    assert frame["low"].min() >= 0
    assert frame["high"].max() <= 10


def test_tree_has_a_line_for_every_leaf_and_parents_between() -> None:
    leaf = Node((1, 5), 0.5, 0.3)
    root = Node((), 1.0, 1.0, (Node((1,), 0.6, 0.6, (leaf,), 0.5), Node((2,), 0.4, 0.4)), 0.0)
    nodes = tree_nodes(root, str, (1, 5))
    by_path = {tuple(node["path"]): node for node in nodes if not node["others"]}
    assert [(node["label"], node["line"]) for node in nodes if not node["open"]] == [
        ("5", 0),
        ("all others", 1),
        ("2", 2),
    ]
    assert by_path[(1,)]["line"] == 0.5
    assert by_path[()]["line"] == pytest.approx(1.25)
    assert [by_path[path]["chosen"] for path in ((1,), (1, 5), (2,))] == [True, True, False]
    assert by_path[(1, 5)]["together"] == "30.0%"
    assert all(node["parent"] < place for place, node in enumerate(nodes))
