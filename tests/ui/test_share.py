from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from ui.share import LINK_TEXT_BYTES, WAITING, as_text, clamp, clean_text, number_reader, read_bool


def page() -> None:
    import streamlit as st

    from ui.share import PageState, left_out_of_link

    state = PageState("page")
    st.write(
        {
            "slider": state.slider("t", "T", 0.0, 2.0, 1.0, 0.1),
            "number": state.number("n", "N", 1, 10, 3),
            "choice": state.choice("c", "C", ["a", "b"], "a"),
            "select": state.select("s", "S", ["x", "y"], "x"),
            "toggle": state.toggle("on", "On"),
            "text": state.text("text", "Text", "hello"),
            "cell": state.value("cell", "0-0"),
        }
    )
    st.button("Reset", key="reset", on_click=state.reset)
    st.button("Set", key="set", on_click=state.set, kwargs={"cell": "1-2", "t": 0.5})
    state.sync()
    st.caption(left_out_of_link() or "all")


DEFAULTS = {"slider": 1.0, "number": 3, "choice": "a", "select": "x", "toggle": False, "text": "hello", "cell": "0-0"}


def run(query: dict[str, str] | None = None) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    for name, value in (query or {}).items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def values(app: AppTest) -> dict[str, object]:
    import json

    return json.loads(app.json[0].value)


def url(app: AppTest) -> dict[str, str]:
    # AppTest keeps what the page wrote as a string, and what a test wrote as a list.
    return {name: value if isinstance(value, str) else value[-1] for name, value in app.query_params.items()}


def test_defaults_stay_out_of_the_url():
    app = run()
    assert values(app) == DEFAULTS
    assert url(app) == {}


def test_a_link_gives_the_same_state():
    app = run()
    app.slider[0].set_value(1.7)
    app.number_input[0].set_value(7)
    app.text_input[0].set_value("héllo & <b>🤖?=#")
    app.toggle[0].set_value(True)
    app.selectbox[0].set_value("y")
    app.run()
    app.button(key="set").click().run()
    there = run(url(app))
    assert values(there) == values(app)
    assert values(there)["text"] == "héllo & <b>🤖?=#"
    assert values(there)["cell"] == "1-2"
    assert url(there) == url(app)


@pytest.mark.parametrize(
    ("query", "name", "expected"),
    [
        ({"t": "99"}, "slider", 2.0),
        ({"t": "nan"}, "slider", 1.0),
        ({"t": "1e999"}, "slider", 1.0),
        ({"n": "-5"}, "number", 1),
        ({"n": "2.9"}, "number", 2),
        ({"n": "x"}, "number", 3),
        ({"c": "<script>"}, "choice", "a"),
        ({"s": ""}, "select", "x"),
        ({"on": "maybe"}, "toggle", False),
        ({"on": "1"}, "toggle", True),
        ({"text": ""}, "text", ""),
    ],
)
def test_values_in_a_url_are_checked(query, name, expected):
    assert values(run(query))[name] == expected


def test_reset_brings_every_default_back_and_empties_the_url():
    app = run({"t": "1.5", "n": "9", "c": "b", "s": "y", "on": "1", "text": "x", "cell": "4-4"})
    assert values(app) != DEFAULTS
    app.button(key="reset").click().run()
    assert values(app) == DEFAULTS
    assert url(app) == {}


def test_long_text_is_kept_but_left_out_of_the_link_with_a_sentence():
    app = run()
    long = "word " * 20_000
    app.text_input[0].set_value(long).run()
    assert values(app)["text"] == long
    assert url(app) == {}
    assert "text (100,000 characters)" in app.caption[0].value


def test_text_of_two_thousand_characters_is_in_the_link():
    app = run({"text": "a b" * 700})
    assert values(app)["text"] == "a b" * 700
    assert app.caption[0].value == "all"


@given(st.text(st.characters(), max_size=50))
def test_clean_text_can_always_be_encoded(text):
    assert clean_text(text).encode("utf-8").decode("utf-8") == clean_text(text)


def test_clean_text_leaves_good_text_alone_and_mends_broken():
    assert clean_text("שלום 🤖") == "שלום 🤖"
    assert clean_text("a\ud83d") == "a?"


@given(st.floats(), st.floats(-10, 0), st.floats(0, 10))
def test_clamp_stays_within(value, low, high):
    clamped = clamp(value, low, high, low)
    assert low <= clamped <= high


def test_clamp_refuses_what_is_no_number():
    assert clamp("7", 0, 10, 3) == 3
    assert clamp(True, 0, 10, 3) == 3
    assert clamp(None, 0, 10, 3) == 3
    assert clamp(math.inf, 0, 10, 3) == 3
    assert isinstance(clamp(4.0, 0, 10, 3), int)


@given(st.floats(-5, 5))
def test_numbers_survive_the_url(value):
    assert number_reader(-5.0, 5.0)(as_text(value)) == pytest.approx(value, abs=1e-12)


def test_as_text():
    assert [as_text(v) for v in (True, False, 1.0, 0.1, 0.30000000000000004, 7)] == ["1", "0", "1", "0.1", "0.3", "7"]


def test_read_bool():
    assert read_bool("TRUE")
    assert not read_bool("0")
    with pytest.raises(ValueError, match="yes"):
        read_bool("yes")


def test_the_limit_leaves_room_for_a_request_line():
    assert 6_000 <= LINK_TEXT_BYTES <= 16_000


@pytest.mark.parametrize("waiting", [True, False])
def test_what_waits_for_the_visitors_key_stays_in_the_link(waiting):
    """Controls that are drawn once the key is known find their values there; at other times leftovers go."""
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state[WAITING] = waiting
    app.query_params["entries"], app.query_params["n"] = "2", "5"
    app.run()
    assert url(app) == ({"entries": "2", "n": "5"} if waiting else {"n": "5"})
