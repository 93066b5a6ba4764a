"""The lesson on the feed-forward: what it shows is what the engine computes, for any setting, text and link."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.analysis.feed_forward import active_share, hidden_units, unit_pushes
from engine.experiments.bends import BENDS, bend, lowest_point
from engine.experiments.curve_fit import fit_curve
from engine.experiments.dead_units import count_dead_units
from engine.tokenizers.pretrained import encode_text, token_text
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, components, frames, open_page, words
from ui.code import notebook
from ui.figures.feed_forward import bend_lines, error_by_width
from ui.figures.hidden_units import all_numbers, rows_of
from ui.labels import visible
from ui.lessons.feed_forward import bends, dead, fit, inside
from ui.lessons.feed_forward.words import TEXT, experiments, questions
from ui.numbers import fmt, percent

HOSTILE = [
    "👩‍🚀🇫🇷 é",
    "שלום, مرحبا नमस्ते ไทย",
    "<script>alert(1)</script> $a$ `b` :red[c] <|endoftext|>",
    "word " * 10_000,
]


@pytest.mark.parametrize("x", [-6.0, 0.0, 1.25, 6.0])
def test_values_and_slopes_are_the_engines(x: float) -> None:
    app = open_page("feed_forward", {"x": str(x), "axis": "log" if x == 0 else "plain"})
    assert not app.exception
    assert not app.error
    said = words(app)
    for name in BENDS:
        at = bend(name, np.array([x]))
        assert f"**{fmt(float(at.value[0]))}**" in said
        assert f"**{fmt(float(at.slope[0]))}**" in said
    assert f"x = {fmt(lowest_point()[0], 4)}" in said
    assert ("takes 0" in said) == (x == 0)
    values, slopes = frames(app)
    expected = np.concatenate([bend(name, bends.X).value for name in BENDS])
    np.testing.assert_allclose(values["value"], expected)
    expected = np.concatenate([bend(name, bends.X).slope for name in BENDS])
    if x == 0:
        expected = np.where(np.abs(expected) > 1e-12, np.abs(expected), np.nan)
    np.testing.assert_allclose(slopes["value"], expected)


@pytest.mark.parametrize(("rate", "seed"), [("0.003", 0), ("1", 99_999)])
def test_dead_units_are_the_engines(rate: str, seed: int) -> None:
    app = open_page("feed_forward", {"part": "dead", "rate": rate, "dead_seed": str(seed)})
    assert not app.exception
    runs = {name: count_dead_units(name.lower(), float(rate), seed) for name in ("ReLU", "GELU")}
    said = words(app)
    assert f"**{runs['ReLU'].dead[-1]} of 64**" in said
    assert f"**{runs['GELU'].dead[-1]}** with GELU" in said
    counts, losses, relu, gelu = frames(app)
    for name, run in runs.items():
        assert counts[counts["bend"] == name]["value"].tolist() == run.dead.tolist()
        np.testing.assert_allclose(losses[losses["bend"] == name]["value"], run.loss)
    assert relu["dead"].sum() == runs["ReLU"].dead[-1]
    assert gelu["dead"].sum() == runs["GELU"].dead[-1]


@pytest.mark.parametrize(("curve", "snapshot", "start"), [("wave", 20, 0), ("bell", 0, 2)])
def test_the_fits_are_the_engines(curve: str, snapshot: int, start: int) -> None:
    query = {"part": "fit", "curve": curve, "snapshot": str(snapshot), "start": str(start)}
    app = open_page("feed_forward", query)
    assert not app.exception
    found = fit_curve(curve, 123)
    shown = frames(app)
    for which, frame in enumerate(shown[:4]):
        expected = np.concatenate([found.target, found.fits[snapshot, which, start]])
        np.testing.assert_allclose(frame["y"], expected)
        assert f"error {fmt(float(found.errors[snapshot, which, start]))}" in words(app)
    np.testing.assert_allclose(shown[4]["error"], found.errors[snapshot].ravel())
    first, last = np.median(found.errors[-1], axis=1)[[0, -1]]
    assert f"**{fmt(first / last)} times**" in words(app)


def test_a_linear_network_however_wide_is_a_straight_line() -> None:
    """What the arithmetic says of a network without a bend."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(1, 32), torch.nn.Linear(32, 1)).double()
    out = net(torch.linspace(-1, 1, 9, dtype=torch.float64)[:, None])[:, 0]
    torch.testing.assert_close(out.diff(), out.diff().mean().expand(8))


@pytest.mark.parametrize("unit", [None, 5])
def test_the_hidden_units_are_the_models(unit: int | None) -> None:
    query = {"part": "inside", "layer": "3", "token": "2", **({} if unit is None else {"unit": str(unit)})}
    app = open_page("feed_forward", query)
    assert not app.exception
    assert not app.error
    model, tokenizer = load_pocket()
    ids = torch.tensor(encode_text(tokenizer, TEXT))
    found = hidden_units(model, ids, 3)
    best = found.additions()[2].topk(8)
    unit = int(best.indices[0]) if unit is None else unit
    said = words(app)
    active = int((found.sums[2] > 0).sum())
    assert f"**{active} of 1,024** units are active ({percent(active / 1024)})" in said
    assert f"**{fmt(found.sums[2, unit].item())}**" in said
    assert f"= **{fmt(found.hidden[2, unit].item())}**" in said
    assert f"length **{fmt(found.additions()[2, unit].item())}**" in said
    shares, cells, sums, top, raised, lowered = frames(app)
    np.testing.assert_allclose(shares["value"], active_share(model, ids)[:, 2].numpy(), rtol=1e-6)
    expected = torch.cat([found.x[2], found.hidden[2], found.out[2]]).numpy()
    np.testing.assert_allclose(cells["value"], expected, rtol=1e-4, atol=1e-6)
    assert cells[cells["chosen"]]["unit"].tolist() == [unit]
    assert sums["count"].sum() == 1024
    np.testing.assert_allclose(top["value"], best.values.numpy(), rtol=1e-4)
    pushes = unit_pushes(model, 3, unit)
    np.testing.assert_allclose(raised["value"], pushes.topk(8).values.abs().numpy(), rtol=1e-4)
    np.testing.assert_allclose(lowered["value"], (-pushes).topk(8).values.abs().numpy(), rtol=1e-4)
    assert raised["label"][0] == visible(token_text(tokenizer, int(pushes.argmax())))
    (strip,) = [data for data in components(app) if "chips" in data]
    assert [chip["note"] for chip in strip["chips"]] == [fmt(v, 2) for v in found.hidden[:, unit].tolist()]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text(text: str) -> None:
    app = open_page("feed_forward", {"part": "inside", "token": "999", "unit": "99999", "layer": "5"})
    app.text_area[0].set_value(text).run()
    assert not app.exception
    assert not app.error
    assert len(charts(app)) == 6
    app.text_area[0].set_value("").run()
    assert not app.exception
    assert "write a text" in app.error[0].value


def test_figures() -> None:
    assert [rows_of(width) for width in (256, 768, 1600, 7)] == [16, 24, 40, 1]
    cells, _ = all_numbers(np.zeros(4), np.arange(16.0), np.ones(4), 15)
    assert cells["x"].max() - cells["x"].min() == 2 + 8 + 2 + 2 * 2 - 1
    assert cells[cells["chosen"]]["value"].tolist() == [15]
    frame, _ = bend_lines(np.array([0.0, 1.0]), {"ReLU": np.array([0.0, -1.0])}, 0.0, "slope", log=True)
    assert frame["value"].isna().tolist() == [True, False]
    frame, _ = error_by_width([4, 8], np.array([[1.0, 3.0, 2.0], [0.1, 0.2, 0.3]]), 1)
    assert frame["middle"].tolist() == pytest.approx([2] * 3 + [0.2] * 3)


@pytest.mark.parametrize(
    "query",
    [{"part": "x"}, {"x": "nan"}, {"part": "dead", "rate": "7"}, {"part": "inside", "unit": "²", "token": "-1"}],
)
def test_forged_urls_fall_back(query: dict) -> None:
    app = open_page("feed_forward", query)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number: int) -> None:
    app = open_page("feed_forward")
    app.button(key=f"feed_forward-setup-{number + 1}").click().run()
    assert not app.exception
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"feed_forward.{name}"] == value


def test_every_notebook_runs() -> None:
    """All in one process, which loads PyTorch once; each prints what its part shows."""
    cells = [
        *bends.code(-0.75),
        *dead.code(0.1, 3),
        *fit.code("zigzag", 3, 5, 1),
        *inside.code("pocket", TEXT, 3, 2, 5),
    ]
    out = run_notebook(notebook(cells, "feed_forward"))
    assert str(lowest_point()) in out
    assert f"relu {count_dead_units('relu', 0.1, 3).dead.tolist()}" in out
    assert str(fit_curve("zigzag", 3).errors[5, 0, 1]) in out
    model, tokenizer = load_pocket()
    found = hidden_units(model, torch.tensor(encode_text(tokenizer, TEXT)), 3)
    assert f"{int((found.sums[2] > 0).sum())} active units" in out


def test_margin_questions_are_answered() -> None:
    asked = " ".join(questions())
    for part in ("What is ReLU, and what is GELU", "non-zero gradient", "higher dimension", "richer"):
        assert part in asked
