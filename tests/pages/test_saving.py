"""The lesson on saving: what it shows is what the engine computes, for any setting, text and link."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.analysis.saving import losses_by_mode, state_entries, totals
from engine.experiments.resuming import ResumeSettings, resume
from engine.tokenizers.pretrained import encode_text
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.ui.helpers import frames, open_page, words
from ui.code import notebook
from ui.lessons.saving import modes, resuming, table
from ui.lessons.saving.words import TEXT, experiments
from ui.numbers import count, fmt


def test_the_table_is_the_state_dict() -> None:
    app = open_page("saving", {"row": "1"})
    assert not app.exception
    assert not app.error
    entries = state_entries(load_pocket()[0])
    shown = app.dataframe[0].value
    assert shown["name"].tolist() == [e.name for e in entries]
    assert shown["bytes"].tolist() == [e.bytes for e in entries]
    said = words(app)
    assert f"**{entries[1].name}** begins" in said
    assert count(totals(entries).parameters) in said
    assert count(resume(ResumeSettings(5)).optimizer_bytes) in said


@pytest.mark.parametrize(("saved_at", "rate"), [(5, "0.001"), (50, "0.03")])
def test_the_curves_are_the_engines(saved_at: int, rate: str) -> None:
    app = open_page("saving", {"part": "resume", "saved_at": str(saved_at), "rate": rate})
    assert not app.exception
    found = resume(ResumeSettings(saved_at, float(rate)))
    curves = [found.whole, found.exact, found.new_optimizer, found.weights_only]
    np.testing.assert_array_equal(frames(app)[0]["loss"], np.concatenate(curves))
    assert "never stopped: **0**" in words(app)
    assert f"**{fmt(float(found.new_optimizer[1] - found.whole[saved_at + 1]))}**" in words(app)


def test_the_dots_are_the_models_for_any_text() -> None:
    app = open_page("saving", {"part": "modes", "drop": "0.5"})
    model, tokenizer = load_pocket()
    found = losses_by_mode(model, torch.tensor(encode_text(tokenizer, TEXT)[:64]), 0.5, 20, 1)
    np.testing.assert_allclose(frames(app)[0]["loss"], np.concatenate(found), rtol=1e-5)
    for text in ("👩‍🚀🇫🇷 é", "שלום, مرحبا", "<script>alert(1)</script> $a$ <|endoftext|>", "word " * 10_000):
        app.text_area[0].set_value(text).run()
        assert not app.exception
        assert not app.error
    app.text_area[0].set_value("").run()
    assert not app.exception
    assert app.error


@pytest.mark.parametrize("query", [{"part": "x"}, {"row": "²"}, {"part": "resume", "saved_at": "999", "rate": "9"}])
def test_forged_urls_fall_back(query: dict) -> None:
    app = open_page("saving", query)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number: int) -> None:
    app = open_page("saving")
    app.button(key=f"saving-setup-{number + 1}").click().run()
    assert not app.exception
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"saving.{name}"] == value


def test_every_notebook_prints_what_is_shown() -> None:
    cells = [*table.code("pocket", "tok_emb.weight"), *resuming.code(45, 0.01, 1), *modes.code("pocket", TEXT, 0.1, 1)]
    out = run_notebook(notebook(cells, "saving"))
    assert str(state_entries(load_pocket()[0])[0]) in out
    assert "\n0.0\n" in out
    found = resume(ResumeSettings(45, 0.01))
    assert str((found.new_optimizer - found.whole[45:]).tolist()) in out
