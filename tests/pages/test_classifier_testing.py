"""The classifier's step Test: every number is the engine's over the job's predictions; variants are real trainings."""

from __future__ import annotations

import json
import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from engine.datasets.labelled import load_messages
from engine.evaluation.baseline import fit_counting_model
from engine.evaluation.classification import calibration, class_scores, pair, threshold_curve
from engine.finetune.draft import all_drafts, create
from engine.finetune.parts import part_files
from engine.finetune.recipe import BOOK, READS, TRAINED, ClassifierRecipe
from engine.jobs import store, worker
from engine.jobs.metrics import read_events
from engine.jobs.metrics import table as table_of
from engine.jobs.spec import JobSpec, owner_of
from engine.jobs.store import all_jobs, locked, set_state
from tests.notebooks import run_notebook
from tests.pages.finished_run import ME, open_as, runs_root
from tests.ui.helpers import frames, words
from ui import classifiers
from ui.code import notebook
from ui.lessons.classifier import training
from ui.lessons.classifier.testing import overview, variants
from ui.lessons.classifier.testing.mistakes import busiest, read_cell
from ui.lessons.classifier.testing.tested import read_tested
from ui.numbers import fmt, percent

__all__ = ["runs_root"]
OWNER = owner_of(f"browser {ME}")
RECIPE = ClassifierRecipe(trained="head", reads="last", epochs=2, max_length=24)
HOSTILE = [
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "**bold** [x](y) $a$",
    "שלום לך",
    "🙂",
    "你好吗",
    "a " * 400,
    "\\",
]


def train(draft, recipe=RECIPE):
    """A finished training of this draft, done in this very process."""
    job = store.create(draft.root, JobSpec("classify", OWNER, "one", recipe.settings()), part_files(draft.parts()))
    with locked(draft.root):
        set_state(job, status="running", slot=0, started=1.0)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    random = torch.get_rng_state()
    worker.main(job.folder)
    torch.set_rng_state(random)
    for number, handler in before.items():
        signal.signal(number, handler)
    draft.add_job(job.id)
    job = store.find(draft.root, job.id)
    assert job.state.status == "finished", (job.folder / "log.txt").read_text()
    return job


@pytest.fixture
def draft(runs_root):
    data = load_messages()[:120].to_csv(index=False).encode()
    return create(runs_root, OWNER, "few.csv", data).update(recipe=RECIPE)


def look(app, name, **values):
    app.session_state["classifier.look"] = name
    for key, value in values.items():
        app.session_state[f"classifier.{key}"] = value
    app.run()
    assert not app.exception, name
    assert not app.error, (name, [e.value for e in app.error])
    return words(app)


def test_every_look_shows_the_engines_numbers(draft, monkeypatch):
    app = open_as("classifier", {"step": "testing"})
    assert "nothing to test yet" in words(app)
    next(b for b in app.button if b.label == "Go to training")
    job = train(draft)
    app = open_as("classifier", {"step": "testing"})
    assert not app.exception
    answers, found = read_tested(job).answers, read_tested(job)
    test = draft.parts()["test"]
    assert list(found.texts["text"]) == list(test["text"])
    said, (low, high) = words(app), answers.accuracy.interval
    assert f"**{percent(answers.accuracy.share)}** of the test part is right" in said
    assert f"**{percent(low)}** and **{percent(high)}**" in said
    cells = frames(app)[0]
    confusion = answers.confusion
    assert {(q, k): v for q, k, v in zip(cells["q"], cells["k"], cells["value"], strict=True)} == {
        (i, j): confusion[i, j] for i in range(2) for j in range(2)
    }
    for i in range(2):
        for j in range(2):
            said = look(app, "confusion", cell=f"{i}-{j}")
            assert f"**{confusion[i, j]}** messages are *{found.classes[i]}*" in said
            if confusion[i, j]:
                rows = set(app.dataframe[0].value["row"])
                assert rows == set(test["row"][(answers.targets == i) & (answers.given == j)])
    look(app, "classes")
    table, scores = app.dataframe[0].value, class_scores(confusion)
    for name in ("precision", "recall"):
        np.testing.assert_array_equal(table[name], getattr(scores, name))
    np.testing.assert_array_equal(table["F1"], scores.f1)
    for at in (0, 1):
        curve = threshold_curve(answers.probabilities[:, at], answers.targets == at)
        said = look(app, "curves", **{"class": str(at)})
        assert f"Area below the line **{fmt(curve.area)}**" in said
        assert f"Average precision **{fmt(curve.average_precision)}**" in said
    assert f"**ECE {percent(calibration(answers).error)}**" in look(app, "calibration")
    look(app, "worst")
    wrong = answers.worst()
    if len(wrong):
        assert app.dataframe[0].value["row"].tolist() == test["row"].to_numpy()[wrong].tolist()
    look(app, "length")
    look(app, "compared")
    train_part = draft.parts()["train"]
    counting = fit_counting_model(list(train_part["text"]), list(train_part["label"]), longest=2)
    counted = np.array(counting.classify(list(test["text"]))) == test["label"].to_numpy()
    pairs = app.dataframe[0].value.set_index("compared with")
    one = pair(answers.right, counted)
    row = pairs.loc["TF-IDF + logistic regression"]
    assert (row["only this right"], row["only the other"]) == (one.first_only, one.second_only)
    assert row["chance"] == pytest.approx(one.chance)
    commonest = train_part["label"].value_counts().sort_index().idxmax()
    assert f"Always “{commonest}”" in pairs.index
    # Words and pads of typed texts, also hostile ones, and of the test part.
    for text in ("You have won a prize", *HOSTILE[:6]):
        assert "The two need not agree" in look(app, "words", source="typed", message=text)
    look(app, "words", source="test", nth=2, watched="1", strongest=True)
    for pads in (0, 64):
        assert f"**{pads}** pads" in look(app, "pads", source="typed", message="Hi mum", pads=pads)
    for text, step in (("   ", "words"), ("a " * 400, "pads")):
        app.session_state["classifier.look"], app.session_state["classifier.message"] = step, text
        app.run()
        assert not app.exception
        assert app.error
    # The random model: queued with the same texts and one change.
    monkeypatch.setattr(variants.runner, "advance", lambda root: None)
    look(app, "compared")
    next(b for b in app.button if b.label == "Train the same from random weights").click().run()
    assert not app.exception
    (queued,) = [other for other in all_jobs(draft.root) if other.id != job.id]
    assert queued.spec.settings == {**RECIPE.settings(), "random_start": True}
    assert classifiers.same_inputs(queued, job)
    assert all_drafts(draft.root, OWNER)[0].jobs == [job.id, queued.id]
    # All others in one click, as many as the limits allow.
    look(app, "ablations")
    assert app.dataframe[0].value["state"].tolist().count("waiting") == 1
    next(b for b in app.button if b.label.startswith("Train all")).click().run()
    assert not app.exception
    offered = len(variants.variants(RECIPE))
    assert len(all_jobs(draft.root)) == 1 + min(offered, 5)
    assert "as many as you may have open" in words(app)


def test_a_finished_variant_fills_the_table(draft):
    job = train(draft)
    other = train(draft, replace(RECIPE, reads="mean"))
    app = open_as("classifier", {"step": "testing", "look": "ablations", "run": job.id})
    assert not app.exception
    assert not app.error
    table = app.dataframe[0].value.set_index("what")
    row = table.loc["Mean of all tokens"]
    first, second = read_tested(other).answers, read_tested(job).answers
    assert row["test accuracy"] == first.accuracy.share
    assert row["difference"] == pytest.approx(first.accuracy.share - second.accuracy.share)
    assert row["chance"] == pytest.approx(pair(first.right, second.right).chance)
    assert table.loc["LoRA"]["state"] == "not trained"
    # Padding, beside this training; looked at from one that reads the mean, beside the one that reads the last token.
    assert "trains what is missing" in words(app)
    padded = train(draft, replace(RECIPE, reads="last_position", padding="longest"))
    shares = [percent(read_tested(one).answers.accuracy.share) for one in (padded, job)]
    for looked_at in (job, other):
        said = look(app, "ablations", run=looked_at.id)
        assert f"all padded to one length: **{shares[0]}**" in said
        assert f"last token, no padding: **{shares[1]}**" in said
    assert "never see a pad" in said
    # Weights in the loss: beside others stands the loss without them, and whose is weighted is said.
    weighted = train(draft, replace(RECIPE, class_weights=True))
    told = read_events(weighted.folder)
    app = open_as("classifier", {"step": "training", "run": weighted.id, "previous": "1"})
    assert "**These losses do not compare:**" in words(app)
    table = next(d.value for d in app.dataframe if "weighted" in d.value).set_index("run")
    kept = min(table_of(told, "Evaluation"), key=lambda e: e["val_loss"])
    assert kept["val_loss"] in table["weighted"].tolist()
    assert kept["plain_val_loss"] in table["validation loss"].tolist()
    # Without a choice the best by validation is looked at, not the newest.
    mine = [weighted, padded, other, job]
    assert training.rank(weighted)(min(mine, key=training.rank(weighted)))[2] == min(table["validation loss"])
    # Another split is another test: its run is not taken for a variant.
    changed = all_drafts(draft.root, OWNER)[0]
    changed = changed.update(split=replace(changed.split, seed=changed.split.seed + 1))
    elsewhere = train(changed, replace(RECIPE, reads="first"))
    assert training.rank(weighted)(elsewhere)[0], "from other texts than the newest"
    jobs = [elsewhere, other, job]
    found = {v.name: variants.find(jobs, job, v) for v in variants.variants(RECIPE)}
    assert found["Mean of all tokens"].id == other.id
    assert found["First token of the text"] is None


def test_ten_classes_of_hostile_texts(runs_root):
    names = ["<b>x</b>", "=1+1", "*y*", "a_b", *(f"class {n}" for n in range(6))]
    rows = [
        {"text": f"{HOSTILE[n % 6]} {text}", "label": names[n % 10]}
        for n, text in enumerate(load_messages()["text"][:200])
    ]
    draft = create(runs_root, OWNER, "ten.csv", pd.DataFrame(rows).to_csv(index=False).encode())
    draft = draft.update(recipe=RECIPE)
    train(draft, replace(RECIPE, epochs=1))
    app = open_as("classifier", {"step": "testing", "cell": "99-1", "class": "77"})
    assert not app.exception
    assert len(frames(app)[0]) == 100
    for name in ("classes", "curves", "calibration", "worst", "length", "compared", "ablations"):
        look(app, name)
    for name in ("words", "pads"):
        look(app, name, source="typed", message="你好 <b> 🙂")


@pytest.mark.parametrize("base", [RECIPE, BOOK, *(replace(RECIPE, reads=r) for r in READS),
                                  *(replace(RECIPE, trained=t) for t in TRAINED)])  # fmt: skip
def test_a_variant_changes_one_thing(base):
    offered = variants.variants(base)
    assert len({json.dumps(v.recipe.settings()) for v in offered}) == len(offered)
    allowed = {"token": {"reads"}, "layers": {"trained"}, "padding": {"reads", "padding"}, "start": {"random_start"}}
    assert [v.about for v in offered].count("padding") == 1
    assert [v.recipe.class_weights for v in variants.variants(base, uneven=True) if v.about == "loss"] == [True]
    for variant in offered:
        changed = {n for n, value in variant.recipe.settings().items() if value != base.settings()[n]}
        assert changed
        assert changed <= allowed[variant.about]
        if variant.beside:  # that one reads the last token: the last place without a pad
            (other,) = [one.recipe for one in offered if one.name == variant.beside]
            assert replace(variant.recipe, reads="last", padding=other.padding) == other
    assert {v.name for v in offered if v.about == "layers"} == {
        name for key, name in variants.TRAINED.items() if key != base.trained
    }


def test_cells_of_links():
    assert read_cell("0-1", 2) == (0, 1)
    for text in ("", "0", "0-2", "-1-0", "a-b", "0-1-2", "²-0"):
        assert read_cell(text, 2) is None
    assert busiest(np.array([[5, 1], [3, 9]])) == (1, 0)
    assert busiest(np.array([[5, 0], [0, 9]])) == (0, 0)


def test_notebook_runs(draft):
    job = store.create(draft.root, JobSpec("classify", OWNER, "one", replace(RECIPE, epochs=1).settings()), {})
    out = run_notebook(notebook(overview.cells(job), "x"))
    assert "Accuracy(right=" in out
    assert "Pairing(" in out
