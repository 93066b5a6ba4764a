"""The token strip, the clickable heat map, the small matrices: what they send to the browser."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.components.token_strip import Chip, chip_data
from ui.figures.matrices import Matrix, clamp_cell, matrix_data
from ui.figures.matrix import heat_map, picked_cell
from ui.palette import DIVERGING, SEQUENTIAL, token_hue


def test_chip_shows_text_id_and_bytes():
    data = chip_data(9, Chip(" hé", 345, " hé".encode(), note="0.5"))
    assert data["text"] == "·hé"
    assert data["about"] == "token 9  ·  id 345  ·  bytes 20 68 C3 A9"
    assert data["note"] == "0.5"
    assert data["hue"] == token_hue(1)


def test_chip_of_many_bytes_is_cut():
    assert str(chip_data(0, Chip("a" * 99, None, b"a" * 99))["about"]).endswith("61 …")


def strip_page() -> None:
    import streamlit as st

    from ui.components.token_strip import Chip, token_strip

    chosen: list[int] = st.session_state.setdefault("chosen", [])
    words = ["a", "<img src=x onerror=alert(1)>", "שלום", "🤖"] * 600
    index = token_strip([Chip(w) for w in words], "strip", selected=7_000, on_select=chosen.append)
    st.write(f"index {index}")


def test_strip_cuts_long_texts_and_refuses_an_index_outside():
    from streamlit.testing.v1 import AppTest

    from tests.ui.helpers import components

    app = AppTest.from_function(strip_page, default_timeout=60).run()
    assert not app.exception
    (data,) = components(app)
    assert len(data["chips"]) == 2_000
    assert data["more"] == 400
    assert data["selected"] is None
    assert app.markdown[0].value == "index None"


def test_heat_map_holds_every_number():
    values = np.array([[0.1, 0.9], [0.25, 0.75]])
    frame, spec = heat_map(values, ["a", " b"], ["a", "a"], value_name="weight", chosen=(1, 0))
    assert frame["value"].tolist() == [0.1, 0.9, 0.25, 0.75]
    assert frame["shown"].tolist() == ["0.100", "0.900", "0.250", "0.750"]
    assert frame["chosen"].tolist() == [False, False, True, False]
    assert frame["row"].tolist() == ["a", "a", "·b", "·b"]
    scale = spec["layer"][0]["encoding"]["color"]["scale"]
    assert scale["range"] == SEQUENTIAL
    assert scale["domain"] == [0, 0.9]
    assert len(spec["layer"]) == 2


def test_heat_map_signed_is_centred_and_hidden_cells_are_left_out():
    values = np.array([[-2.0, 9.0], [0.5, 1.0]])
    hidden = np.array([[False, True], [False, False]])
    frame, spec = heat_map(values, ["a", "b"], ["a", "b"], value_name="score", signed=True, hidden=hidden)
    assert len(frame) == 3
    scale = spec["layer"][0]["encoding"]["color"]["scale"]
    assert scale["range"] == DIVERGING
    assert scale["domain"] == [-2.0, 2.0]


def test_heat_map_of_zeros_and_of_many_cells():
    frame, spec = heat_map(np.zeros((64, 64)), ["x"] * 64, ["y"] * 64, value_name="w")
    assert len(frame) == 4096
    assert len(spec["layer"]) == 1
    assert spec["layer"][0]["encoding"]["color"]["scale"]["domain"] == [0, 1.0]


@pytest.mark.parametrize(
    ("event", "cell"),
    [
        ({"selection": {"pick": [{"q": 2, "k": 1}]}}, (2, 1)),
        ({"selection": {"pick": []}}, None),
        ({"selection": {"pick": [{"x": 1}]}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_picked_cell(event, cell):
    assert picked_cell(event) == cell


def test_matrix_data_shows_three_digits_and_signed_shades():
    data = matrix_data(Matrix("m", np.array([[0.12345, -4.0]]), ["r"], ["a", "b"]))
    assert data["shown"] == [["0.123", "−4.00"]]
    assert data["shade"] == [[0.031, -1.0]]
    assert matrix_data(Matrix("m", np.zeros((1, 1)), ["r"], ["a"]))["shade"] == [[0.0]]


@given(st.text(max_size=12))
def test_clamp_cell_never_leaves_the_matrix(text):
    row, column = clamp_cell(text, 3, 2)
    assert 0 <= row < 3
    assert 0 <= column < 2


def test_clamp_cell():
    assert clamp_cell("1-1", 3, 2) == (1, 1)
    assert clamp_cell("9-9", 3, 2) == (2, 1)
    assert clamp_cell("-1-0", 3, 2) == (0, 0)
    assert clamp_cell("²-1", 3, 2) == (0, 0)
