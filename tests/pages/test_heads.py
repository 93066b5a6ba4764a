"""The lesson on heads: what it shows is what the engine computes, for any text and any link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
import torch

from engine.analysis import heads
from engine.tokenizers.pretrained import encode_text, token_text
from engine.trace import ablated_logits, trace
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.ui.helpers import components, open_page, words
from ui.code import notebook
from ui.figures.heads import REST, before_after, products, ranking, softmax_row
from ui.lessons.heads import readings
from ui.numbers import fmt, percent

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

TEXT = "The cat saw the dog and the dog saw the cat"


@pytest.fixture(scope="module")
def pocket() -> tuple:
    return load_pocket()


def ids_of(pocket: tuple, text: str = TEXT) -> torch.Tensor:
    return torch.tensor(encode_text(pocket[1], text))


def frames(app: AppTest) -> list:
    """The data of every chart on the page, in order."""
    protos = [chart.proto for chart in app.get("vega_lite_chart")]
    raw = [(p.datasets[0].data if p.datasets else p.data).data for p in protos]
    return [pa.ipc.open_stream(data).read_pandas() for data in raw]


def test_the_map_shows_the_engines_weights(pocket: tuple) -> None:
    at = open_page("heads", {"text": TEXT, "head": "previous.3.5"})
    assert not at.exception
    kept = trace(pocket[0], ids_of(pocket), layers=[3])
    cells = frames(at)[1]
    size = len(kept.ids)
    assert len(cells) == size * (size + 1) // 2
    expected = kept.weights[3][5].numpy()
    assert np.allclose(cells["value"], [expected[q, k] for q, k in zip(cells["q"], cells["k"], strict=True)], atol=1e-5)


def test_the_ranking_is_the_engines(pocket: tuple) -> None:
    at = open_page("heads", {"text": TEXT})
    weights = heads.attention_weights(pocket[0], ids_of(pocket))
    best = heads.find_heads(heads.previous_token_score(weights))
    shown = frames(at)[0]
    assert list(zip(shown["layer"], shown["head"], strict=True)) == [(h.layer, h.head) for h in best]
    assert shown["score"].tolist() == pytest.approx([h.score for h in best], abs=1e-5)
    size = len(weights[0, 0])
    assert shown["even"].iloc[0] == pytest.approx(np.mean([1 / n for n in range(2, size + 1)]), abs=1e-6)
    assert f"**Layer {best[0].layer}, head {best[0].head}**" in words(at)


def test_every_job_is_measured(pocket: tuple) -> None:
    ids = ids_of(pocket)
    random = heads.repeated_random_ids(8191, readings.RANDOM_TOKENS, seed=1)
    at = open_page("heads", {"text": TEXT})
    for name, job in readings.JOBS.items():
        at.selectbox(key="heads.job").set_value(name).run()
        assert not at.exception
        function = getattr(heads, job.function)
        if name == "effect":
            scores = function(pocket[0], ids)
        elif job.repeats:
            scores = function(heads.attention_weights(pocket[0], random), random)
        else:
            scores = function(heads.attention_weights(pocket[0], ids))
        best = [h.score for h in heads.find_heads(scores)]
        assert frames(at)[0]["score"].tolist() == pytest.approx(best, rel=1e-3, abs=1e-6)


def test_the_arithmetic_is_that_of_the_cell(pocket: tuple) -> None:
    at = open_page("heads", {"text": TEXT, "head": "previous.2.4", "cell": "7-3"})
    kept = trace(pocket[0], ids_of(pocket), layers=[2])
    product = (kept.q[2][4, 7] @ kept.k[2][4, 3]).item()
    said = words(at)
    assert f"= **{fmt(product)}**" in said
    assert f"the score **{fmt(product / 32**0.5)}**" in said
    assert f"The attention weight is **{fmt(kept.weights[2][4, 7, 3].item())}**" in said
    terms, row = frames(at)[2:4]
    assert terms["product"].sum() == pytest.approx(product, rel=1e-4)
    assert row["weight"].sum() == pytest.approx(1, abs=1e-5)
    assert len(row) == 8


def test_switching_a_head_off(pocket: tuple) -> None:
    at = open_page("heads", {"text": TEXT, "head": "previous.1.6"})
    whole = frames(at)[-1]
    assert set(whole["model"]) == {"whole model"}
    at.button(key="switch").click().run()
    assert not at.exception
    assert at.query_params["off"] == "1.6"
    before, after = (ablated_logits(pocket[0], ids_of(pocket), off)[-1] for off in ([], [(1, 6)]))
    assert f"**{fmt(heads.kl_divergence(before, after).item())} bits**" in words(at)
    assert percent(after.softmax(-1).max().item()) in words(at)
    both = frames(at)[-1]
    for name, logits in (("whole model", before), ("heads off", after)):
        bars = both[both["model"] == name]
        assert bars["probability"].sum() == pytest.approx(1, abs=1e-5)
        assert bars["token"].iloc[-1] == REST
        assert bars["probability"].iloc[0] == pytest.approx(logits.softmax(-1)[before.argmax()].item(), abs=1e-5)
    at.button(key="switch").click().run()
    assert "off" not in at.query_params
    assert set(frames(at)[-1]["model"]) == {"whole model"}


def test_random_tokens_are_read_twice() -> None:
    at = open_page("heads", {"on": "random", "view": "lines"})
    assert not at.exception
    tokens = next(c["tokens"] for c in components(at) if "weights" in c)
    assert len(tokens) == 32
    assert [t["text"] for t in tokens[:16]] == [t["text"] for t in tokens[16:]]


EXTREMES = {
    "empty": ("", "give at least one"),
    "one token": ("a", "give at least two"),
    "emoji": ("🤖🌍", "The arithmetic"),
    "10,000 words": ("word " * 10_000, "Only the first 64 were read"),
    "html": ("<script>alert(1)</script> `x` $y$ :red[z]", "The arithmetic"),
}


@pytest.mark.parametrize(("text", "sentence"), EXTREMES.values(), ids=EXTREMES)
def test_any_text(text: str, sentence: str) -> None:
    at = open_page("heads")
    at.text_area(key="heads.text").set_value(text).run()
    assert not at.exception
    headers = "\n".join(h.value for h in at.header)
    assert sentence in words(at) + headers


@pytest.mark.parametrize(
    "query",
    [
        {"head": "previous.99.0"},
        {"head": "previous.-1.0"},
        {"head": "x", "cell": "9" * 5_000, "off": "1.99,,a.b,1.2.3"},
        {"cell": "3-9", "job": "nonsense", "on": "?", "view": "x"},
    ],
)
def test_a_forged_link_shows_the_lesson(query: dict[str, str]) -> None:
    at = open_page("heads", {"text": TEXT, **query})
    assert not at.exception
    assert not at.error
    assert "Off now" not in words(at)


@pytest.mark.parametrize(
    ("seed", "job", "off"), [(None, "previous", []), (1, "induction", [(0, 1), (2, 2)]), (None, "effect", [])]
)
def test_the_code_runs(pocket: tuple, seed: int | None, job: str, off: list) -> None:
    cells = readings.code(TEXT, seed, readings.JOBS[job], (1, 2), off, "pocket")
    printed = run_notebook(notebook(cells, "heads"))
    ids = ids_of(pocket) if seed is None else heads.repeated_random_ids(8191, 16, seed)
    before, after = (ablated_logits(pocket[0], ids, h)[-1] for h in ([], off or [(1, 2)]))
    assert f"{heads.kl_divergence(before, after).item():.4f}"[:5] in printed


def test_figures_by_hand() -> None:
    frame, _ = products(np.array([1.0, 2.0, -1.0]), np.array([3.0, 0.5, 2.0]))
    assert frame["product"].tolist() == [3, 1, -2]
    frame, _ = ranking([(2, 1, 0.5), (0, 3, 0.25)], "score", None, (0, 3))
    assert frame["chosen"].tolist() == [False, True]
    assert frame["name"].tolist() == ["layer 2, head 1", "layer 0, head 3"]
    frame, _ = softmax_row([" a", "b"], np.array([0.0, 0.0]), np.array([0.5, 0.5]), 1)
    assert frame["token"].tolist() == ["·a", "b"]
    before, after = np.array([0.5, 0.2, 0.2, 0.1]), np.array([0.1, 0.2, 0.1, 0.6])
    frame, _ = before_after(lambda i: "abcd"[i], before, after, top=1)
    assert frame["token"].tolist() == ["a", "d", REST] * 2
    assert frame["probability"].tolist() == pytest.approx([0.5, 0.1, 0.4, 0.1, 0.6, 0.3])


def test_a_tokens_name_in_the_bars(pocket: tuple) -> None:
    frame, spec = before_after(lambda i: token_text(pocket[1], i), np.full(8192, 1 / 8192), None)
    assert len(frame) == 7
    assert spec["layer"][0]["encoding"]["color"]["legend"] is None


def test_the_page_says_when_no_head_stands_out(pocket: tuple) -> None:
    random = heads.repeated_random_ids(8191, readings.RANDOM_TOKENS, seed=1)
    weights = heads.attention_weights(pocket[0], random)
    best = heads.induction_score(weights, random).max().item()
    at = open_page("heads", {"job": "induction"})
    even = frames(at)[0]["even"].iloc[0]
    assert ("No head of this model stands out" in words(at)) == (best < 2 * even)
