"""HTML out of texts: by hand, and once is enough."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.datasets.markup import ROUNDS, plain_text

PIECES = ["&", "amp;", "lt;", "gt;", "#38;", "<b>", "</b>", "<!-- x -->", "<", ">", " ", "word", "é"]


def test_by_hand() -> None:
    assert plain_text("<p class='x'>Tom &amp; <i>Ann</i></p><!-- no -->") == "Tom & Ann"
    assert plain_text("1 < 2 and 3 > 2, a<b") == "1 < 2 and 3 > 2, a<b"
    assert plain_text("two  spaces stay") == "two  spaces stay"
    assert plain_text("&amp;amp;lt;b&amp;amp;gt;bold") == "bold"
    assert plain_text("<br>") == ""


@given(st.lists(st.sampled_from(PIECES), max_size=ROUNDS - 1).map("".join))
def test_once_is_enough(text: str) -> None:
    assert plain_text(plain_text(text)) == plain_text(text)


def test_a_text_escaped_for_ever_takes_no_time() -> None:
    assert plain_text("&" + "amp;" * 50_000) == "&" + "amp;" * (50_000 - ROUNDS)
