"""The classifier's steps padding, head and training: numbers on screen are the engine's, a run is started and kept."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.datasets.labelled import load_messages
from engine.finetune.draft import all_drafts, create
from engine.finetune.network import Network
from engine.finetune.recipe import READS, TRAINED, ClassifierRecipe
from engine.jobs import runner
from engine.jobs.metrics import read_events, table
from engine.jobs.spec import owner_of
from engine.jobs.store import all_jobs, find
from engine.tokenizers.pretrained import encode_text
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.pages.finished_run import ME, open_as, runs_root
from tests.ui.helpers import charts, frames, words
from ui.code import notebook
from ui.figures.classifier_padding import token_grid
from ui.figures.classifier_training import accuracy_curves, best_look
from ui.figures.loss_curves import MARK
from ui.lessons.classifier import head, padding, settings, training
from ui.numbers import count, fmt, percent
from ui.run_view import stopping, worked_out

__all__ = ["runs_root"]
OWNER = owner_of(f"browser {ME}")


@pytest.fixture
def draft(runs_root):
    """Eighty of our messages, and a training that takes a moment."""
    data = load_messages()[:80].to_csv(index=False).encode()
    recipe = ClassifierRecipe(trained="head", epochs=2, batch_size=16, max_length=24)
    return create(runs_root, OWNER, "few.csv", data).update(recipe=recipe)


def test_padding_counts_what_is_cut_and_wasted(draft):
    app = open_as("classifier", {"step": "padding"})
    assert not app.exception
    assert not app.error
    _, tokenizer = load_pocket()
    texts = list(draft.parts()["train"]["text"])
    whole = np.array([1 + len(encode_text(tokenizer, text)) for text in texts])
    lengths = np.minimum(whole, 24)
    assert f"**{int((whole > 24).sum())}** are cut to 24, which loses {int((whole - lengths).sum())} tokens" in words(
        app
    )
    longest = 1 - lengths.sum() / (24 * len(lengths))
    assert f"**{percent(longest)}** when all are padded" in words(app)
    found = padding.batches(lengths, 16, 123)
    assert sorted(sum(found.by_length, [])) == list(range(len(lengths)))
    near = sum(max(lengths[i] for i in batch) * len(batch) for batch in found.by_length)
    assert f"**{percent(1 - lengths.sum() / near)}** of the places" in words(app)
    # The slider writes to the disk, and the far end means: no limit of one's own.
    app.slider(key="classifier.recipe-max_length").set_value(256).run()
    assert all_drafts(draft.root, OWNER)[0].recipe.max_length is None
    assert not app.exception


def test_the_grid_says_which_place_is_read():
    frame, _ = token_grid([["a", "b"], ["c"]], [7, 9], 3, "last")
    assert frame["kind"].tolist() == ["token", "read", "padding", "read", "padding", "padding"]
    for reads, places in (("last_position", [3, 3]), ("first", [1, 1]), ("mean", [1, 2, 1])):
        frame, _ = token_grid([["a", "b"], ["c"]], [7, 9], 3, reads)
        assert frame[frame["kind"] == "read"]["place"].tolist() == places


def test_drift_is_that_of_texts_run_one_by_one():
    from types import SimpleNamespace

    model, tokenizer = load_pocket()
    loaded = SimpleNamespace(model=model, tokenizer=tokenizer, device="cpu")
    with torch.no_grad():
        found, tokens = padding.drift(loaded, "See you at eight", 256, True)
        ids = [tokenizer.eot_token, *encode_text(tokenizer, "See you at eight")]
        hidden = []
        for pads in (0, 5):
            x = (
                model.tok_emb(torch.tensor([ids + [tokenizer.eot_token] * pads]))
                + model.pos_emb.weight[: len(ids) + pads]
            )
            for block in model.trf_blocks:
                x = block(x)
            hidden.append(model.final_norm(x)[0, -1])
    assert tokens == len(ids)
    assert found[5] == pytest.approx(float(torch.cosine_similarity(*hidden, dim=0)), abs=1e-4)


@pytest.mark.parametrize(("trained", "reads"), [*((name, "mean") for name in TRAINED), ("head", "layers")])
def test_what_learns_is_counted_as_the_network_has_it(trained, reads):
    model, _ = load_pocket()
    recipe = ClassifierRecipe(trained=trained, reads=reads, lora_rank=4)
    learned = Network(model, 3, recipe, torch.Generator()).learned()
    assert sum(row[2] for row in head.weights(model, recipe, 3)) == sum(p.numel() for p in learned.values())


def test_head_shows_the_loss_of_an_untrained_head(draft):
    app = open_as("classifier", {"step": "head"})
    assert not app.exception
    assert not app.error
    train = draft.parts()["train"][: head.MOST_TEXTS]
    recipe = draft.recipe
    found = head.untrained(recipe, tuple(train["text"]), tuple(train["label"]), tuple(draft.classes))
    loss = torch.nn.functional.cross_entropy(torch.tensor(found.scores), torch.tensor(found.targets)).item()
    assert f"mean loss **{fmt(loss)}** nats" in words(app)
    assert f"ln 2 = **{fmt(math.log(2))}**" in words(app)
    assert loss == pytest.approx(math.log(2), abs=0.3)
    assert f"**{count(2 * 257)}** numbers learn" in words(app) or "numbers learn" in words(app)
    for trained, reads in zip(TRAINED, READS, strict=True):
        app.session_state["classifier.recipe-trained"] = trained
        all_drafts(draft.root, OWNER)[0].update(recipe=ClassifierRecipe(trained=trained, reads=reads))
        app.run()
        assert not app.exception
        assert not app.error


def test_train_watch_and_find_it_again(draft):
    """A real job from the page; another visit, as after a killed server, finds it in the draft."""
    app = open_as("classifier", {"step": "training"})
    assert not app.exception
    assert "Should take at most" in words(app)
    next(b for b in app.button if b.label == "Start training").click().run()
    assert not app.exception
    (job,) = all_jobs(draft.root)
    assert (job.spec.kind, job.spec.settings["epochs"], job.spec.settings["trained"]) == ("classify", 2, "head")
    assert job.spec.expected_seconds > 0
    assert all_drafts(draft.root, OWNER)[0].jobs == [job.id]
    give_up = time.monotonic() + 120
    while runner.look(find(draft.root, job.id)).state.status in ("queued", "running") and time.monotonic() < give_up:
        time.sleep(0.1)
    log = (job.folder / "log.txt").read_text()
    assert find(draft.root, job.id).state.status == "finished", log
    again = open_as("classifier", {"step": "training"})
    assert not again.exception
    told = read_events(job.folder)
    last = table(told, "Evaluation")[-1]
    assert f"**{percent(last['val_accuracy'])}**" in words(again)
    losses, accuracies = frames(again)[:2]
    assert accuracies["accuracy"].dropna().tolist()[-1] == last["val_accuracy"]
    assert last["val_loss"] in losses["loss"].tolist()
    best = min(table(told, "Evaluation"), key=lambda e: e["val_loss"])
    assert best_look(told) == best
    marks = losses[losses["series"] == MARK]["step"].tolist()
    assert marks == accuracies[accuracies["series"] == MARK]["step"].tolist() == [best["step"] + 1]
    assert "those weights are kept" in words(again)
    assert "to go" not in words(again)
    assert again.dataframe[-1].value["run"].tolist() == [job.title]
    # All runs know its curves too.
    overview = open_as("runs")
    assert not overview.exception
    assert len(charts(overview)) == 2
    assert "texts a second" in words(overview)


def test_a_live_picture_keeps_its_spec_and_says_what_ends_it():
    """A new spec would be drawn anew and forget the zoom: the line through the best epoch is in the data."""
    looks = [
        {"event": "Evaluation", "run": "a", "step": 10 * n, "epoch": n - 1, "train_accuracy": 0.5, "val_accuracy": 0.5}
        | {"val_loss": loss}
        for n, loss in enumerate((0.7, float("nan"), 0.5, 0.5, 0.6))
    ]
    assert accuracy_curves(looks[:1], None, 3)[1] == accuracy_curves(looks, 20, 45)[1]
    assert best_look([]) is None
    assert best_look([{**look, "event": "Step"} for look in looks]) is None
    best = best_look(looks)
    assert (best["epoch"], best["step"]) == (1, 20)
    under_way = stopping(looks, best, 3, is_open=True, weighted=False)
    assert "lowest after epoch 2 (0.500) so far, 2 epochs ago; without a lower one for 3 it ends" in under_way
    ended = [*looks, {"event": "Chosen", "step": 40, "epoch": 1, "val_loss": 0.5, "early": True}]
    said = stopping(ended, best, 2, is_open=False, weighted=True)
    assert "the weighted validation loss was" in said
    assert "2 epochs without a lower one, so training **stopped early**" in said
    first = [*looks[:1], {"event": "Chosen", "step": 1, "epoch": -1, "val_loss": 0.7, "early": False}]
    said = stopping(first, best_look(first), 0, is_open=False, weighted=False)
    assert "before the first step (0.700), and those weights are kept." in said


def test_what_is_said_of_a_regression():
    """It keeps its last pass; where the validation loss was lower before, the way to that is named."""
    steps = [{"event": "Step", "step": n} for n in range(7)]
    fell, rose = (
        [*steps, *({"event": "Evaluation", "val_loss": loss} for loss in losses)]
        for losses in ((0.693, 0.5, 0.4), (0.693, 0.4, 0.5))
    )
    assert "7 passes led to it" in worked_out(fell, is_open=False)
    assert "weight decay" not in worked_out(fell, is_open=False)
    assert "Its loss, 0.500, was 0.400 on the way" in worked_out(rose, is_open=False)
    assert "passes led" not in worked_out(fell, is_open=True)


def test_a_known_recipe_is_taken_whole(draft):
    app = open_as("classifier", {"step": "training"})
    for name, (recipe, _) in settings.KNOWN.items():
        button = next(b for b in app.button if b.label == name)
        assert not button.disabled
        button.click().run()
        assert not app.exception
        assert all_drafts(draft.root, OWNER)[0].recipe == replace(recipe, max_length=24)
        assert next(b for b in app.button if b.label == name).disabled
        assert next(n for n in app.number_input if n.label == "Weight decay").value == recipe.weight_decay
        rates = [n.value for n in app.number_input if n.label == "Learning rate"]
        assert rates == ([] if recipe.trained == "regression" else [recipe.learning_rate])


def test_settings_and_parts_that_cannot_be(runs_root):
    one = "text,label\n" + "".join(f"text number {n} of one class,ham\n" for n in range(30))
    create(runs_root, OWNER, "one.csv", one.encode())
    for step in ("padding", "head", "training"):
        app = open_as("classifier", {"step": step})
        assert not app.exception
        assert app.error


def test_notebooks_run():
    recipe = ClassifierRecipe(trained="head", epochs=1, max_length=16)
    out = run_notebook(notebook([*padding.cells(recipe), *head.cells(recipe), *training.cells(None, recipe)], "x"))
    assert "by length" in out
    assert "numbers learn" in out
    assert "'train': 140" in out
