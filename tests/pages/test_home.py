"""The home page: real numbers at every stop, no torch before the first run, any text."""

from __future__ import annotations

import re
import subprocess
import sys
from html import escape

import numpy as np
import pytest
import torch

from engine.tokenizers.pretrained import encode_text, load_tokenizer, token_text
from engine.trace import trace
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.ui.helpers import open_page, words
from ui.catalog import ROOT
from ui.code import notebook
from ui.figures import home as draw
from ui.lessons.home import journey
from ui.lessons.home.stops import STOPS, THERE
from ui.numbers import fmt, percent

TEXT = "The captain went to the"


@pytest.fixture(scope="module")
def pocket() -> tuple:
    return load_pocket()


def html(app) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_no_torch_before_the_first_run() -> None:
    """In a process of its own: the tests around this one have torch long since."""
    script = """
import sys
from tests.ui.helpers import open_page
at = open_page("home", {"text": "A quiet evening"})
assert not at.exception, at.exception
heavy = {"torch", "transformers", "tensorflow", "sklearn", "altair", "plotly.express"} & set(sys.modules)
assert not heavy, heavy
at.button(key="follow").click().run()
assert not at.exception, at.exception
assert "torch" in sys.modules
assert at.query_params["go"] == "1"
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_first_screen_shows_real_tokens_and_the_invitation() -> None:
    at = open_page("home", {"text": TEXT})
    ids = encode_text(load_tokenizer("pocket"), TEXT)
    shown = html(at)
    for i in ids:
        assert f"<bdi>{i}</bdi>" in shown
    assert at.button(key="follow").label == "Follow it"
    assert "%" not in words(at)
    links = [link.proto.label for link in at.get("page_link")]
    assert [THERE[slug].title for _, slug in STOPS.values()] == links[: len(STOPS)]


def test_every_number_is_the_models(pocket: tuple) -> None:
    model, tokenizer = pocket
    at = open_page("home", {"text": TEXT, "go": "1"})
    assert not at.exception
    kept = trace(model, torch.tensor(encode_text(tokenizer, TEXT)))
    probabilities = kept.logits[-1].softmax(-1)
    top = probabilities.topk(5)
    shown, said = html(at), words(at)
    for p, i in zip(top.values.tolist(), top.indices.tolist(), strict=True):
        assert percent(p) in shown
        assert draw.visible(token_text(tokenizer, i)) in shown
    assert percent(1 - top.values.sum().item()) in shown
    assert f"The highest, {fmt(kept.logits[-1].max().item())}" in said
    norms = [kept.attn_out[0][-1].norm().item(), kept.mlp_out[0][-1].norm().item()]
    assert f"Block 0: {fmt(norms[0])} and {fmt(norms[1])}" in said
    layer, head = map(int, re.search(r"layer (\d+), head (\d+)", said).groups())
    back = torch.stack([kept.weights[at_layer][:, -1, 1:-1].amax(-1) for at_layer in kept.layers])
    assert divmod(int(back.argmax()), back.shape[1]) == (layer, head)
    assert f"with weight {fmt(kept.weights[layer][head, -1].max().item())}" in said
    assert f"number 0: {kept.resid_pre[0][-1, 0].item():.6g}" in shown


def test_next_token_appends_and_repeats(pocket: tuple) -> None:
    model, tokenizer = pocket
    ids = encode_text(tokenizer, TEXT)
    at = open_page("home", {"text": TEXT, "go": "1"})
    assert at.button(key="back").disabled
    for _ in range(3):
        ids.append(int(trace(model, torch.tensor(ids), layers=()).logits[-1].argmax()))
        at.button(key="next").click().run()
        assert not at.exception
    added = at.query_params["added"]
    assert added.split(".")[1:] == [str(i) for i in ids[-3:]]
    assert f"<mark>{escape(tokenizer.decode(ids[-3:]))}</mark>" in html(at)
    again = open_page("home", {"text": TEXT, "go": "1", "added": added})
    assert html(again) == html(at)
    at.button(key="back").click().run()
    assert at.query_params["added"].split(".")[1:] == [str(i) for i in ids[-3:-1]]


def test_another_token_can_be_taken(pocket: tuple) -> None:
    model, tokenizer = pocket
    at = open_page("home", {"text": TEXT, "go": "1"})
    logits = trace(model, torch.tensor(encode_text(tokenizer, TEXT)), layers=()).logits[-1]
    third = int(logits.argsort(descending=True)[2])
    at.button(key="take-1").click().run()
    assert at.query_params["added"].split(".")[1:] == [str(third)]


def test_a_new_prompt_drops_what_was_added_to_the_old_one() -> None:
    at = open_page("home", {"text": TEXT, "go": "1"})
    at.button(key="next").click().run()
    assert "<mark>" in html(at)
    at.text_input(key="home.text").set_value("Something else").run()
    assert "<mark>" not in html(at)
    at.button(key="example-1").click().run()
    assert not at.exception
    assert "I do not know" in html(at)


EXTREMES = {
    "empty": ("", "there is no text to follow"),
    "one token": ("a", "1 of the 8,192"),
    "emoji": ("🤖🌍", "bytes"),
    "10,000 words": ("word " * 10_000, "reads the last 256 of them"),
    "html": ("<script>alert(1)</script><img src=x onerror=alert(1)> `x` $y$ :red[z]", "characters"),
}


@pytest.mark.parametrize(("text", "sentence"), EXTREMES.values(), ids=EXTREMES)
@pytest.mark.parametrize("running", ["", "1"])
def test_any_text(text: str, sentence: str, running: str) -> None:
    at = open_page("home", {"go": running} if running else None)
    at.text_input(key="home.text").set_value(text).run()
    assert not at.exception
    if running or "256" not in sentence:
        assert sentence.lower() in words(at).lower().replace("\\", "")
    assert "<script" not in html(at)
    assert "<img" not in html(at)


@pytest.mark.parametrize("added", ["x", "1.2.3", "00000000.5", "0.99999999", "....", "a" * 9000])
def test_a_forged_link_shows_the_page(added: str) -> None:
    at = open_page("home", {"text": TEXT, "go": "1", "added": added})
    assert not at.exception
    assert "<mark>" not in html(at)


def test_added_tokens_survive_the_url() -> None:
    written = journey.write_added("Hallo ☕", (3, 8191))
    assert journey.read_added("Hallo ☕", written, 8192) == (3, 8191)
    assert journey.read_added("Hallo", written, 8192) == ()
    assert journey.read_added("Hallo ☕", written, 8191) == ()
    assert journey.write_added("x", ()) == ""


def test_pictures_by_hand() -> None:
    page = draw.probabilities(np.array([0.5, 0.25, 0.125, 0.125]), lambda i: "<a>"[i % 3], top=2)
    assert page.count(">all others<") == 1
    assert "&lt;" in page
    assert ["50.0%" in page, "25.0%" in page] == [True, True]
    pair = draw.blocks(np.array([1.0, 2.0]), np.array([4.0, 0.0]))
    assert "block 1, attention: 2" in pair
    assert f"height:{draw.PLOT / 2:.1f}px" in pair
    scores = draw.logits(np.array([-1.0, 0.0, 0.0, 3.0]))
    assert "2 tokens from" in scores
    assert "the highest: 3" in scores
    long = draw.said("x" * 1000, "new")
    assert "… " in long
    assert "<mark>new</mark>" in long
    strip = draw.chips([str(i) for i in range(30)], 10, 1, "IDs")
    assert "26 before" in strip
    assert strip.count("chip new") == 1


def test_the_code_runs(pocket: tuple) -> None:
    model, tokenizer = pocket
    printed = run_notebook(notebook(journey.code(TEXT, (5,), "pocket"), "home"))
    ids = [*encode_text(tokenizer, TEXT), 5]
    best = trace(model, torch.tensor(ids), layers=()).logits[-1].softmax(-1).max().item()
    assert str(ids) in printed
    assert f"{best:.4f}" in printed
