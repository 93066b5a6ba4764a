"""The decoding lesson through the router: its numbers are the engine's, at extremes and on bad input too."""

from __future__ import annotations

import ast
import random
import re
from typing import TYPE_CHECKING

import pytest
import torch

from engine.decoding import DecodingSettings, stages, stream, text_to_token_ids
from engine.fast import fast_forward
from engine.tokenizers.pretrained import token_text
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, components, open_page, words
from ui import models
from ui.code import notebook
from ui.labels import short
from ui.lessons.decoding.controls import PROMPT
from ui.next_token import pack, text_mark, unpack
from ui.numbers import percent

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

SETTINGS = DecodingSettings(max_new_tokens=6, temperature=0.8, top_k=10, seed=1)


def table(app: AppTest) -> dict:
    return next(data for data in components(app) if "rest" in data)


def bars(app: AppTest) -> dict:
    return next(data for data in components(app) if "bars" in data)


def tree(app: AppTest) -> dict:
    return next(data for data in components(app) if "nodes" in data)


def strip(app: AppTest) -> list[str]:
    return [chip["text"] for chip in next(data for data in components(app) if "chips" in data)["chips"]]


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def model_stages(settings: DecodingSettings) -> dict[str, torch.Tensor]:
    loaded = models.load("pocket")
    ids = text_to_token_ids(PROMPT, loaded.tokenizer)
    with torch.inference_mode():
        return dict(stages(fast_forward(loaded.model, ids)[0, -1], settings, ids[0]))


def test_every_number_in_the_table_is_the_engines() -> None:
    app = open_page("decoding", {"top_p": "0.7", "min_p": "0.05", "penalty": "1.2"})
    assert not app.exception
    shown = table(app)
    settings = DecodingSettings(temperature=0.8, top_k=10, top_p=0.7, min_p=0.05, repetition_penalty=1.2)
    expected = model_stages(settings)
    assert len(shown["columns"]) == len(expected) == 6
    for row in shown["rows"]:
        for cell, probs in zip(row["cells"], expected.values(), strict=True):
            assert float(cell["full"]) == pytest.approx(float(probs[row["id"]]), rel=1e-4, abs=1e-12)
    own = [row["id"] for row in shown["rows"]]
    for cell, probs in zip(shown["rest"]["cells"], expected.values(), strict=True):
        assert float(cell["full"]) == pytest.approx(1 - float(probs[own].sum()), abs=1e-5)


def test_draw_and_steps_are_those_of_stream() -> None:
    loaded = models.load("pocket")
    steps = list(stream(loaded.model, text_to_token_ids(PROMPT, loaded.tokenizer), SETTINGS))
    app = open_page("decoding")
    for step in steps[:3]:
        assert bars(app)["number"] == pytest.approx(float(step.draw.numbers))
        assert [row["id"] for row in table(app)["rows"] if row["drawn"]] == step.ids.tolist()
        press(app, "Next token")
    new = [short(token_text(loaded.tokenizer, int(step.ids)), 99) for step in steps]
    assert strip(app)[-3:] == new[:3]
    press(app, "Back")
    assert strip(app)[-2:] == new[:2]
    press(app, "10 more")
    assert strip(app)[-10:-6] == new[2:6]
    press(app, "Start again")
    assert len(strip(app)) == len(text_to_token_ids(PROMPT, loaded.tokenizer)[0])


def test_other_prompt_drops_the_added_tokens() -> None:
    app = press(open_page("decoding"), "Next token")
    app.text_area(key="decoding.text").set_value("Quite another").run()
    assert "".join(strip(app)).replace("·", " ") == "Quite another"


def test_temperature_zero_is_argmax_whatever_the_number() -> None:
    app = open_page("decoding", {"temperature": "0"})
    best = int(model_stages(SETTINGS)["model"].argmax())
    for _ in range(3):
        (drawn,) = [row for row in table(app)["rows"] if row["drawn"]]
        assert (drawn["id"], drawn["cells"][-1]["shown"]) == (best, "100%")
        press(app, "Draw again")
    assert "argmax" in words(app)


def test_arithmetic_and_margin_answers_use_the_numbers_on_screen() -> None:
    app = open_page("decoding")
    expected = model_stages(SETTINGS)
    best = int(expected["model"].argmax())
    said = words(app)
    assert percent(float(expected["temperature"][best])) in said
    assert f"argmax(logits) = **{best}**, argmax(softmax(logits)) = **{best}**" in said


def test_two_settings_share_the_numbers() -> None:
    app = open_page("decoding", {"part": "two"})
    ours, theirs = (data["chips"] for data in components(app) if "chips" in data)
    assert [chip["note"] for chip in ours] == [chip["note"] for chip in theirs]
    assert len(bars(app)["bars"]) == 2
    app.slider(key="decoding.temperature_b").set_value(0.8)
    app.select_slider(key="decoding.top_k_b").set_value("10").run()
    ours, theirs = (data["chips"] for data in components(app) if "chips" in data)
    assert ours == theirs
    assert "do not part" in words(app)


def test_counts_are_hidden_until_guessed() -> None:
    app = open_page("decoding", {"part": "many"})
    assert charts(app) == []
    press(app, "About that often, but not exactly")
    assert not app.exception
    assert len(charts(app)) == 1
    assert "Yes" in words(app)
    app.slider(key="decoding.temperature").set_value(0.0).run()
    assert "It came 1,000 times" in words(app)


def test_tree_opens_closes_and_continues_the_text() -> None:
    app = open_page("decoding", {"part": "tree"})
    loaded = models.load("pocket")
    nodes = tree(app)["nodes"]
    probs = model_stages(SETTINGS)["top-k"]
    for node in (node for node in nodes if node["depth"] == 1 and not node["others"]):
        assert node["share"] == pytest.approx(float(probs[node["path"][0]]), rel=1e-4)
    second = next(node for node in nodes if node["depth"] == 1 and not node["open"])
    mark = text_mark(loaded.tokenizer, f"{PROMPT}|()")
    path = tuple(second["path"])
    app = open_page("decoding", {"part": "tree", "tree": pack(mark, [path, path])})
    (opened,) = [node for node in tree(app)["nodes"] if node["open"] and node["depth"] == 1]
    assert opened["path"] == second["path"]
    press(app, "Continue the text from here")
    assert strip(app)[-1] == short(token_text(loaded.tokenizer, path[0]), 99)


@pytest.mark.parametrize(
    "query",
    [
        {"temperature": "2", "top_k": "all", "seed": "99999"},
        {"temperature": "0.05", "top_k": "5000", "top_p": "0.05", "min_p": "0.5", "penalty": "2"},
        {"top_k": "1", "part": "many", "guess": "0", "draws": "10000"},
        {"top_k": "123456", "part": "tree", "tree": "zz.1-x"},
        {"added": "deadbeef.1-2-3", "token": "9999999999", "part": "two", "temperature_b": "0"},
        {"text": "| `*$` <b> \n\t\u202e ✨", "part": "tree"},
        {"text": "| `*$` <b> \n\t\u202e ✨", "penalty": "1.5"},
    ],
)
def test_extremes(query: dict[str, str]) -> None:
    app = open_page("decoding", query)
    assert not app.exception
    assert not app.error
    assert components(app)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("temperature", "-1", "temperature is -1.0; give 0 (always the best token) or a number above 0"),
        ("top_k", "0", "top_k is 0; give a whole number of at least 1"),
        ("top_p", "0", "top_p is 0.0; give a number above 0 and up to 1"),
        ("min_p", "7", "min_p is 7.0; give a number from 0 to 1"),
        ("penalty", "nan", "repetition_penalty is nan"),
        ("temperature", "5", "this page goes from 0 to 2.00"),
        ("top_k", "many", "top_k is no number"),
    ],
)
def test_a_link_with_a_value_that_cannot_be(name: str, value: str, sentence: str) -> None:
    app = open_page("decoding", {name: value})
    assert not app.exception
    assert [sentence in str(warning.value) for warning in app.warning] == [True]
    assert table(app)["rows"]
    press(app, "Draw again")
    assert not app.warning


def test_empty_prompt_gets_a_sentence_and_loses_nothing() -> None:
    app = open_page("decoding", {"temperature": "1.3"})
    app.text_area(key="decoding.text").set_value("").run()
    assert not app.exception
    assert [str(error.value) for error in app.error if "prompt is empty" in str(error.value)]
    assert app.slider(key="decoding.temperature").value == 1.3
    assert any(expander.label == "What is the argmax function?" for expander in app.expander)
    app.text_area(key="decoding.text").set_value("Once").run()
    assert not app.error


def test_long_prompt_slides_and_says_so() -> None:
    letters = random.Random(1)
    text = "".join(letters.choices("abcdefgh ", k=100_000))
    app = open_page("decoding")
    app.text_area(key="decoding.text").set_value(text).run()
    assert not app.exception
    assert re.search(r"has [\d,]+ tokens and this model looks at [\d,]+\. The window slides", words(app))
    press(app, "Next token")
    assert not app.exception


def test_the_shown_code_runs_and_agrees() -> None:
    """All four parts in one notebook, because starting PyTorch is what takes the time."""
    app = press(open_page("decoding"), "Next token")
    cells, pages = [], {}
    for part in ("one", "two", "many", "tree"):
        app.session_state["decoding.part"] = part
        app.run()
        code = next(str(block.value) for block in app.code if "stream" in str(block.value))
        cells += [f"print('PART')\n{code}"]
        pages[part] = components(app)
    one, two, many, tree_text = run_notebook(notebook(cells, "decoding"), seconds=300).split("PART\n")[1:]
    (drawn,) = [row["id"] for data in pages["one"] if "rest" in data for row in data["rows"] if row["drawn"]]
    assert repr(token_text(models.load("pocket").tokenizer, drawn)) in one
    assert str(next(data["number"] for data in pages["one"] if "bars" in data)) in one
    texts = ["".join(chip["text"] for chip in data["chips"]) for data in pages["two"] if "chips" in data]
    printed = [re.sub(r"\s", "", ast.literal_eval(line)) for line in two.splitlines()]
    assert printed == [re.sub(r"[·⏎␍⇥]", "", text) for text in texts]
    assert sum(int(n) for n in re.findall(r"drawn +(\d+)", many)) == 1000
    best = next(data["nodes"][1] for data in pages["tree"] if "nodes" in data)
    assert tree_text.splitlines()[0].endswith(f"{best['share']:.2%}")


def test_paths_in_links_are_checked() -> None:
    assert unpack(pack("ab", [(1, 2), (3,)]), "ab", 10) == [(1, 2), (3,)]
    for value in ("cd.1", "ab.10", "ab.-1", "ab.x", "ab.", "ab.1--2"):
        assert unpack(value, "ab", 10) is None
