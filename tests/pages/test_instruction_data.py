"""The lesson on instruction data: its steps end in the engine's own batch, and every number is the engine's."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
import torch
import torch.nn.functional as F

from engine.config import GPTConfig
from engine.datasets import instruction_sets as sets
from engine.datasets.instructions import load_own_instructions, split_instructions
from engine.finetune.instructions import InstructionDataset, custom_collate_fn
from engine.jobs.spec import owner_of
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, frames, open_page, words
from ui import models, owner
from ui.code import notebook
from ui.figures.instruction_data import batch_picture
from ui.lessons.instruction_data import batches
from ui.lessons.instruction_data.words import CAPTIONS, experiments

if TYPE_CHECKING:
    from pathlib import Path

OWN = load_own_instructions()
TOKENIZER = load_tokenizer("pocket")
HOSTILE = [
    {"instruction": "👩‍🚀 שלום <|endoftext|> $a$ [x](javascript:1)", "input": "", "output": "<script>"},
    {"instruction": "a\x00b\ud800c", "input": "word " * 10_000, "output": "\n\n"},
    {"instruction": "Short.", "input": "", "output": "x"},
]
KEY = "ab" * 32


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> models.LoadedModel:
    """A small model with random weights, and an empty folder of jobs."""
    monkeypatch.setenv("GLASSBOX_RUNS", str(tmp_path))
    cfg = GPTConfig(vocab_size=8192, context_length=256, emb_dim=16, n_heads=2, n_layers=1, drop_rate=0.0)
    model = GPTModel(cfg)
    with torch.no_grad():
        for at, parameter in enumerate(model.parameters()):
            parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(at)) * 0.1)
    loaded = models.LoadedModel("tiny instruction data", model.eval(), TOKENIZER, torch.device("cpu"))
    monkeypatch.setattr(models, "current", lambda: loaded)
    return loaded


def final(entries, style, masked, allowed):
    dataset = InstructionDataset(entries, TOKENIZER, style, masked)
    return custom_collate_fn([dataset[i] for i in range(len(dataset))], TOKENIZER.eot_token, allowed_max_length=allowed)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("style", "allowed"), [("alpaca", 256), ("phi3", 30)])
def test_the_last_step_is_the_collate_functions_batch(style, allowed, masked):
    entries = OWN[:3]
    rows = batches.rows_of(entries, TOKENIZER, style)
    drawn = batches.cells(rows, "cut", masked, allowed, TOKENIZER)
    inputs, targets = final(entries, style, masked, allowed)
    for number in range(3):
        lines = batches.lines(drawn, number + 1)
        assert lines == {
            f"inputs {number + 1}": inputs[number].tolist(),
            f"targets {number + 1}": targets[number].tolist(),
        }


def test_the_steps_before_it_by_hand():
    rows = [batches.Row([5, 6, 9, 9], ["prompt", "answer", "end of text", "padding"])]

    def ids(step, masked=False):
        return batches.lines(batches.cells(rows, step, masked, 2, TOKENIZER), 1)

    assert ids("tokens") == {"text 1": [5, 6]}
    assert ids("pad") == {"text 1": [5, 6, 9, 9]}
    assert ids("shift") == {"inputs 1": [5, 6, 9], "targets 1": [6, 9, 9]}
    assert ids("hide") == {"inputs 1": [5, 6, 9], "targets 1": [6, 9, -100]}
    assert ids("cut", masked=True) == {"inputs 1": [5, 6], "targets 1": [6, 9]}


@pytest.mark.parametrize(("prompts", "folded"), [((9, 8), 5), ((9, 6), 0), ((3, 9), 0)])
def test_the_prompt_that_every_text_begins_with_is_one_column(prompts, folded):
    rows = [batches.Row([7] * (n + 2), ["prompt"] * n + ["answer", "end of text"]) for n in prompts]
    found = batches.cells(rows, "pad", False, 256, TOKENIZER)
    assert batches.alike(found) == folded
    frame, _ = batch_picture([(c.line, c.place, c.id, c.token, c.role) for c in found], 1, folded)
    of_first = frame[frame["text"] == 1]["column"].tolist()
    places = [str(place) for place in range(prompts[0] + 2)]
    assert of_first == ([f"0–{folded - 1}", *places[folded:]] if folded else places)


@pytest.mark.parametrize(
    ("counted", "masked"),
    [("Padding hidden, one end kept (the notes)", False), ("Only answers and their ends", True)],
)
def test_the_losses_are_cross_entropy_on_the_engines_targets(tiny, counted, masked):
    inputs, targets = final(OWN[:4], "phi3", masked, 40)
    with torch.no_grad():
        expected = F.cross_entropy(tiny.model(inputs).flatten(0, 1), targets.flatten())
        seen = batches.surprise(tiny, json.dumps(OWN[:4]), "phi3", 40)
    assert seen.mean(*batches.COUNTED[counted]) == pytest.approx(expected.item(), rel=1e-5)
    assert seen.number(*batches.COUNTED[counted]) == int((targets != -100).sum())
    assert math.isnan(seen.mean())


def test_wasted_places_by_hand():
    import numpy as np

    own, globally = batches.wasted(np.array([4, 2, 3, 3, 1]), 2)
    assert own == pytest.approx(1 - 13 / (8 + 6 + 1))
    assert globally == pytest.approx(1 - 13 / 20)


def test_a_walk_through_the_page():
    app = open_page("instruction_data", {"batch": "4"})
    assert not app.exception
    assert not app.error
    said = words(app)
    train, validation, test = split_instructions(OWN)
    for part in (OWN, train, validation, test):
        assert f"**{len(part):,}**" in said
    inputs, targets = final(OWN[:4], "alpaca", False, 256)
    assert app.code[0].value == f"inputs 1 = {inputs[0].tolist()}\ntargets 1 = {targets[0].tolist()}"
    losses = app.dataframe[0].value
    assert losses["targets"].tolist()[1] == int((targets != -100).sum())
    for step, caption in CAPTIONS.items():
        app.session_state["instruction_data.step"] = step
        app.run()
        assert not app.exception
        assert caption in words(app)
        assert len(charts(app)) == (step != "format")
    # Everything at its other end: one text, a length that leaves no answer, an entry beyond the last.
    for name, value in {"batch": 1, "allowed": 8, "first": 99_999, "style": "phi3", "masked": True}.items():
        app.session_state[f"instruction_data.{name}"] = value
    app.run()
    assert not app.exception
    assert "nothing of it is learned" in words(app)
    assert set(frames(app)[0]["role"]) == {"prompt", "−100"}
    for query in ({"row": "-1"}, {"row": "²"}):
        app.session_state["instruction_data.row"] = query["row"]
        assert not app.run().exception


def test_generated_tasks_and_what_is_not_there():
    app = open_page("instruction_data", {"source": "tasks", "size": "100", "seed": "5"})
    assert not app.exception
    assert "**100** entries" in words(app)
    assert "kinds of tasks" in words(app)
    for number in range(len(experiments())):
        app.button(key=f"instruction_data-setup-{number + 1}").click().run()
        assert not app.exception
        for name, value in experiments()[number].setup.items():
            assert app.session_state[f"instruction_data.{name}"] == value


def test_a_file_of_ones_own_is_examined_kept_and_repaired(monkeypatch, tmp_path):
    who = owner_of(f"browser {KEY}")
    monkeypatch.setattr(owner, "browser_key", lambda: KEY)
    app = open_page("instruction_data", {"source": "mine"})
    assert not app.exception
    assert "no file yet" in app.info[0].value
    assert not app.error
    app.file_uploader[0].upload("bad.json", b"[{]").run()
    assert "is not JSON" in "".join(error.value for error in app.error).replace("\\", "")
    data = json.dumps([*HOSTILE, {"prompt": "Say hi.", "response": "hi"}]).encode()
    app.file_uploader[0].upload("my [own].json", data).run()
    assert not app.exception
    (kept,) = sets.all_sets(tmp_path, who)
    said = words(app)
    assert "**4** entries in the file, **2** can be used" in said
    assert "Entry 2 has an empty" in said
    assert "Entry 4 uses other names" in said
    app.button(key="instruction_data-fix-renamed-0").click().run()
    app.button(key="instruction_data-fix-empty-0").click().run()
    assert not app.exception
    entries = sets.load(tmp_path, who, kept.id).entries()
    assert entries == [HOSTILE[0], HOSTILE[2], {"instruction": "Say hi.", "input": "", "output": "hi"}]
    assert "**3** can be used" in words(app)
    # What is not changed is not read again, however many entries there are.
    monkeypatch.setattr(sets, "read_raw", lambda *_: pytest.fail("the file was read again"))
    app.slider(key="instruction_data.allowed").set_value(20).run()
    assert not app.exception
    assert "longer than the 20 tokens" in words(app)
    monkeypatch.undo()
    monkeypatch.setenv("GLASSBOX_RUNS", str(tmp_path))
    monkeypatch.setattr(owner, "browser_key", lambda: KEY)
    labels = [
        b.label for b in app.button if b.key and b.key.startswith(("instruction_data-fix", "instruction_data-undo"))
    ]
    assert len(labels) == len(set(labels)) > 2
    app.button(key="instruction_data-undo-empty").click().run()
    assert sets.load(tmp_path, who, kept.id).repairs == ("renamed",)
    app.button(key="instruction_data-delete").click().run()
    assert not app.exception
    assert sets.all_sets(tmp_path, who) == []


def test_the_notebook_prints_the_batch_on_screen():
    out = run_notebook(notebook(batches.code(OWN[:2], "pocket", "phi3", True, 256), "instruction_data"))
    inputs, targets = final(OWN[:2], "phi3", True, 256)
    assert str(inputs) in out
    assert str(targets) in out
    assert "loss " in out
