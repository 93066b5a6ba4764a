"""The lesson on the loss: its numbers are the engine's, for any text, unit and link."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engine.evaluation.loss import score_text
from engine.evaluation.loss_steps import loss_steps
from engine.tokenizers.pretrained import encode_text
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.pages.test_heads import frames
from tests.ui.helpers import components, open_page, words
from ui.code import notebook
from ui.figures.loss import loss_bars, minus_log, surprise_bars
from ui.lessons.loss import readings
from ui.lessons.loss.words import START, experiments
from ui.numbers import fmt

if TYPE_CHECKING:
    from engine.evaluation.loss_steps import LossSteps


@pytest.fixture(scope="module")
def pocket() -> tuple:
    return load_pocket()


@pytest.fixture(scope="module")
def steps(pocket: tuple) -> LossSteps:
    model, tokenizer = pocket
    return loss_steps(model, torch.tensor([tokenizer.eot_token, *encode_text(tokenizer, START)]))


@pytest.mark.parametrize(("unit", "nats"), [("nats", 1.0), ("bits", math.log(2))])
def test_the_numbers_on_screen(pocket: tuple, steps: LossSteps, unit: str, nats: float) -> None:
    at = open_page("loss", {"unit": unit, "place": "3"})
    assert not at.exception
    said, score = words(at), score_text(*pocket, START)
    assert f"Loss **{fmt(score.loss / nats)} {unit}** a token" in said
    assert f"perplexity **{fmt(score.perplexity)}**" in said
    assert f"**{fmt(score.bits_per_byte)} bits** a byte" in said
    assert np.allclose(frames(at)[0]["surprise"], steps.surprises / nats, atol=1e-4)
    (strip,) = [c for c in components(at) if "chips" in c]
    top = max(steps.surprises.max().item(), math.log(8192))
    assert [c["shade"] for c in strip["chips"]] == pytest.approx((steps.surprises / top).tolist(), abs=1e-4)
    assert strip["legend"] == [f"surprise, {unit}", "0", fmt(top / nats)]


def test_the_tables_are_the_steps(steps: LossSteps) -> None:
    at = open_page("loss", {"place": "4"})
    logits, soft, targets, logs, mean, minus, power = (table.value for table in at.dataframe)
    row = steps.logits[4].double()
    assert logits["logit"].tolist()[:4] == pytest.approx(row.topk(4).values.tolist(), rel=1e-4)
    assert soft["probability"].sum() == pytest.approx(1, abs=1e-9)
    assert soft["token"].iloc[-1] == "all others"
    assert soft["probability"].tolist()[:4] == pytest.approx(row.softmax(-1).topk(4).values.tolist(), rel=1e-4)
    assert targets["place"].tolist() == logs["place"].tolist() == [2, 3, 4, 5, 6]
    assert targets["probability"].tolist() == pytest.approx(steps.probabilities[2:7].tolist(), rel=1e-4)
    assert logs["ln(probability)"].tolist() == pytest.approx((-steps.surprises[2:7]).tolist(), rel=1e-4)
    assert mean["mean"].item() == pytest.approx(-steps.loss, rel=1e-5)
    assert minus["ours"].item() == pytest.approx(minus["torch"].item(), abs=1e-5)
    assert power["perplexity"].item() == pytest.approx(steps.perplexity, rel=1e-5)


def test_an_untrained_model_on_demand() -> None:
    at = open_page("loss")
    at.button(key="untrained-go").click().run()
    assert not at.exception
    assert at.query_params["untrained"] == "1"
    shown = frames(at)[-1].set_index("name")["loss"]
    assert shown["ln(vocabulary)"] == pytest.approx(math.log(8192))
    assert shown["untrained"] == pytest.approx(math.log(8192), abs=0.5)
    assert shown["this model"] < shown["untrained"]


EXTREMES = {
    "empty": ("", "give a longer text"),
    "one token": ("a", "From logits"),
    "emoji": ("👩‍🚀🇫🇷", "From logits"),
    "right to left": ("שלום עולם مرحبا", "From logits"),
    "10,000 words": ("word " * 10_000, "Only the first 128"),
    "hostile": ("<script>alert(1)</script> `x` $y$ :red[z] <|endoftext|>", "From logits"),
}


@pytest.mark.parametrize(("text", "sentence"), EXTREMES.values(), ids=EXTREMES)
def test_any_text(text: str, sentence: str) -> None:
    at = open_page("loss", {"unit": "bits", "place": "9999"})
    at.text_area(key="loss.text").set_value(text).run()
    assert not at.exception
    assert sentence in words(at) + "\n".join(h.value for h in at.header)
    assert at.radio(key="loss-check-1")


@pytest.mark.parametrize("query", [{"place": "-1"}, {"place": "²"}, {"unit": "x", "untrained": "2"}])
def test_forged_links(query: dict[str, str]) -> None:
    at = open_page("loss", query)
    assert not at.exception
    assert not at.error


def test_what_the_experiments_say(pocket: tuple) -> None:
    """Another order costs more; a repetition costs less; nothing before a change moves."""
    shuffled, repeated, absurd = (e.setup["text"] for e in experiments())
    assert score_text(*pocket, shuffled).loss > score_text(*pocket, START).loss + 0.5
    ids = [encode_text(pocket[1], text) for text in (START, absurd)]
    same = next(i for i, (a, b) in enumerate(zip(*ids, strict=False)) if a != b)
    first, second = (loss_steps(pocket[0], torch.tensor([pocket[1].eot_token, *i])).surprises for i in ids)
    assert torch.allclose(first[:same], second[:same], atol=1e-4)
    rounds = loss_steps(pocket[0], torch.tensor([pocket[1].eot_token, *encode_text(pocket[1], repeated)])).surprises
    third = len(rounds) // 3
    assert rounds[-third:].mean() < rounds[:third].mean()


def test_experiments_can_be_set_up() -> None:
    at = open_page("loss")
    at.button(key="loss-setup-2").click().run()
    assert not at.exception
    assert at.text_area(key="loss.text").value == experiments()[1].setup["text"]


def test_the_notebook_prints_the_loss(steps: LossSteps) -> None:
    out = run_notebook(notebook(readings.code(START, "pocket", 6), "loss"))
    assert f"loss {steps.loss:.4f}"[:-1] in out
    assert f"{steps.surprises[2].item():.4f} nats" in out


def test_figures_by_hand() -> None:
    frame, spec = surprise_bars([" a", "b"], [1.0, 3.0], 2.5, "nats", 1)
    assert frame["token"].tolist() == ["·a", "b"]
    assert [line["at"] for line in spec["layer"][1]["data"]["values"]] == [2.0, 2.5]
    _, spec = minus_log(["a"], [0.5], [1.0], "bits", 0)
    curve = spec["layer"][0]["data"]["values"]
    assert curve[-1]["s"] == 0
    assert all(point["s"] == pytest.approx(-math.log2(point["p"])) for point in curve)
    assert loss_bars(["x", "y"], [2.0, 1.0], "nats")[0]["chosen"].tolist() == [False, True]
