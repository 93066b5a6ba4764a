"""Numbers, labels, palette, catalog, code."""

from __future__ import annotations

import math
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.notebooks import run_notebook
from ui import palette
from ui.catalog import ALL, HIDDEN, ROOT, find, lessons, neighbours
from ui.code import notebook
from ui.labels import one_line, quote, short, visible
from ui.numbers import count, fmt, percent

THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.13854756, "0.139"),
        (0.99999, "1.00"),
        (12.345, "12.3"),
        (1234.5, "1,234"),
        (163_009_536.0, "163,009,536"),
        (-0.0042, "−0.00420"),
        (4.6e-7, "4.60·10⁻⁷"),
        (0.0, "0"),
        (-0.0, "0"),
        (1e12, "1.00·10¹²"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "not a number"),
    ],
)
def test_fmt(value, text):
    assert fmt(value) == text


@given(st.floats(1e-4, 9e8))
def test_fmt_is_within_three_digits(value):
    assert float(fmt(value).replace(",", "")) == pytest.approx(value, rel=5.01e-3)


def test_percent_and_count():
    assert percent(0.13854756) == "13.9%"
    assert percent(1.2e-8) == "1.20·10⁻⁶%"
    assert count(163009536) == "163,009,536"


@pytest.mark.parametrize(
    ("text", "shown"),
    [(" a", "·a"), ("a b", "a b"), ("  ", "··"), ("\n", "⏎"), ("\r\n\t", "␍⏎⇥"), ("a ", "a·"), ("", "")],
)
def test_visible(text, shown):
    assert visible(text) == shown


def test_a_quoted_word_cannot_end_its_code():
    assert quote(" a`b\n") == "`·aˋb⏎`"
    assert quote("") == "`␀`"


def test_line_ends_in_a_longer_text_are_seen():
    assert one_line("a, \n b\n\nc\td") == "a, ⏎ b ⏎⏎ c d"
    assert one_line("the" + 38 * "\n") == "the ⏎ × 38"


def test_short_cuts_long_labels():
    assert short("a" * 40) == "a" * 13 + "…"
    assert short(" word") == "·word"


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["QUERY", "KEY", "VALUE", "TRAINING", "NEUTRAL", "CHANGED"])
def test_lines_and_bars_are_visible_in_both_themes(theme, name):
    assert contrast(getattr(palette, name), THEME[theme]["backgroundColor"]) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["blue", "orange", "green", "violet"])
def test_coloured_words_are_readable(theme, name):
    assert contrast(THEME[theme][f"{name}TextColor"], THEME[theme]["backgroundColor"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ramps_run_from_the_background_to_the_strong_end(theme):
    ground = THEME[theme]["backgroundColor"]
    steps = [contrast(colour, ground) for colour in THEME[theme]["chartSequentialColors"]]
    assert len(steps) == 10
    assert steps == sorted(steps)
    signed = [contrast(colour, ground) for colour in THEME[theme]["chartDivergingColors"]]
    assert signed[:5] == sorted(signed[:5], reverse=True)
    assert signed[5:] == sorted(signed[5:])


def test_theme_and_palette_name_the_same_colours():
    expected = [palette.TRAINING, palette.VALIDATION, palette.VALUE, palette.CHOSEN, palette.KEY]
    assert THEME["chartCategoricalColors"][:5] == expected


def test_eight_tints_then_again():
    assert len(set(palette.TOKEN_HUES)) == 8
    assert palette.token_hue(9) == palette.token_hue(1)


def test_every_page_is_in_the_catalog():
    files = {path.stem for path in (ROOT / "pages").glob("*.py")}
    assert {lesson.slug for lesson in lessons()} | set(HIDDEN) == files
    assert len({lesson.slug for lesson in ALL}) == len(ALL)


def test_neighbours_follow_the_order():
    order = lessons()
    assert neighbours(order[0].slug)[0] is None
    assert neighbours(order[-1].slug)[1] is None
    for before, after in zip(order, order[1:], strict=False):
        assert neighbours(before.slug)[1] == after
        assert neighbours(after.slug)[0] == before


def test_unknown_lesson():
    with pytest.raises(KeyError):
        find("no_such_lesson")


def test_notebook_runs_from_the_root_and_from_a_folder_inside(tmp_path):
    book = notebook(["from engine.errors import InputError\nx = 'a\\n\"b'", "print(x, InputError.__name__)"], "a_b")
    assert run_notebook(book) == 'a\n"b InputError\n'
    assert run_notebook(book, ROOT / "tests" / "ui") == 'a\n"b InputError\n'
    with pytest.raises(AssertionError, match="Move this notebook into the Glassbox folder"):
        run_notebook(book, tmp_path)


def test_notebook_is_the_same_each_time_and_a_failing_one_fails():
    assert notebook(["1"], "t") == notebook(["1"], "t")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run_notebook(notebook(["1 / 0"], "t"))
