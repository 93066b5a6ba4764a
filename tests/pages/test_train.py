"""The lesson on training: what it says before, starts, and shows afterwards, for any text and setting."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from engine.datasets.catalog import PublicData
from engine.errors import InputError
from engine.jobs import runner
from engine.jobs.metrics import duration, read_events, table
from engine.jobs.preflight import estimate
from engine.jobs.recipe import Recipe, read_tokens
from engine.jobs.store import all_jobs, find, read
from engine.tokenizers.pretrained import encode_text, load_tokenizer
from engine.trace import trace
from engine.weights.pocket import load_folder
from tests.notebooks import run_notebook
from tests.pages.finished_run import MACHINE, TEXT, TINY, open_as, put, runs_root, trained
from tests.pages.test_heads import frames
from tests.ui.helpers import words
from ui.catalog import ROOT
from ui.code import notebook
from ui.figures.loss_curves import EACH_STEP, TRAIN, VAL, curve_rows, loss_curves
from ui.labels import one_line
from ui.lesson import plain
from ui.lessons.train import look_back, sections, texts
from ui.lessons.train.words import experiments
from ui.numbers import fmt, percent
from ui.run_view import numbers_now

__all__ = ["runs_root", "trained"]  # fixtures, used by their names
HOSTILE = ["", "   ", "👩‍🚀", "שלום עולם, مرحبا", "<script>alert(1)</script> [x](javascript:1) $a$", "word " * 10_000]


def test_before_anything_is_trained(runs_root):
    app = open_as("train")
    assert not app.exception
    assert not app.error
    text = texts.shipped("small_world")
    train_ids, val_ids = read_tokens(Recipe(), text)
    expected = estimate(Recipe(), len(train_ids), len(val_ids), MACHINE)
    assert f"{len(train_ids):,} tokens" in words(app)
    assert f"**{expected.plan.steps:,} steps**" in words(app)
    assert f"about **{duration(expected.seconds)}**" in words(app)
    assert "how the pocket model learned" in words(app)
    assert "Up to step 2,900 the learning rate had been brought down to zero" in words(app)
    log = np.genfromtxt(ROOT / "data/models/pocket/training_log.csv", delimiter=",", names=True)
    rates = dict(zip(log["step"], log["learning_rate"], strict=True))
    assert rates[2895] < 0.01 * rates[2900] == pytest.approx(0.01 * max(rates.values()))


@pytest.mark.parametrize("text", HOSTILE)
def test_own_texts(runs_root, text):
    app = open_as("train", {"text": "own", "own": text} if len(text) < 5000 else {"text": "own"})
    if len(text) >= 5000:
        app.text_area(key="train.own").set_value(text).run()
    assert not app.exception
    long = len(text) >= 5000
    assert bool(app.error) != long  # a sentence, unless there is enough to train on
    assert ("Start training" in [b.label for b in app.button]) == long


@pytest.mark.parametrize(
    "query",
    [
        {"size": "own", "width": "16", "layers": "1", "heads": "1", "epochs": "1", "batch_size": "1", "context": "16"},
        {"size": "own", "width": "512", "layers": "12", "heads": "16", "epochs": "60", "batch_size": "32"},
        {"start": "pocket", "context": "256", "text": "dancing_men", "learning_rate": "1"},
        {"size": "own", "tokenizer": "gpt2", "context": "128", "drop_rate": "0.5", "warmup": "0.1"},
    ],
)
def test_settings_at_their_extremes(runs_root, query):
    app = open_as("train", query)
    assert not app.exception
    assert "Start training" in [b.label for b in app.button]


def test_settings_that_cannot_be(runs_root):
    app = open_as("train", {"size": "own", "width": "16", "heads": "5"})
    assert "must be divisible" in words(app).replace("\\", "")
    app = open_as("train", {"start": "book", "text": "verdict"})
    assert "There is no text yet; download it" in words(app).replace("\\", "")
    assert "Download The Verdict (20.5 kB)" in [b.label for b in app.button]


def test_the_books_run_as_recorded(runs_root):
    """Its losses are those that the book prints in section 5.2: training, validation, every fifth step."""
    printed = """9.781 9.933  8.111 8.339  6.661 7.048  5.961 6.616  5.726 6.600  5.201 6.348  4.417 6.278  4.069 6.226
    3.732 6.160  2.850 6.179  2.427 6.141  2.104 6.134  1.882 6.233  1.320 6.238  0.985 6.242  0.717 6.293
    0.541 6.393  0.391 6.452"""
    app = open_as("train", {"start": "book", "text": "verdict"})
    assert not app.exception
    shown = frames(app)[0]
    evaluated = [shown[shown["series"] == series]["loss"].tolist() for series in (TRAIN, VAL)]
    found = [loss for pair in zip(*evaluated, strict=True) for loss in pair]
    assert found == pytest.approx([float(loss) for loss in printed.split()], abs=6e-4)
    assert len(shown[shown["series"] == EACH_STEP]) == 90
    assert "Choose The Verdict" not in words(app)
    app.selectbox(key="train.text").set_value("small_world").run()
    assert "Choose The Verdict for the book's losses" in words(app)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"caf\xe9 au lait", "not UTF-8"),
        (b"a\x00b", "zero bytes"),
        (b"x" * 10_000_001, "more than the 10 MB"),
    ],
)
def test_uploads_that_are_refused(data, sentence):
    with pytest.raises(InputError, match=sentence):
        texts.read_upload("my.txt", data)


def test_uploads_in_every_encoding_we_can_be_sure_of():
    for data in ("a\r\né\n".encode(), "\ufeffa\né".encode(), "a\né".encode("utf-16")):
        assert texts.read_upload("my.txt", data) == "a\né"


def test_start_watch_and_stop(runs_root):
    """The button queues a real process with the settings on screen; stop ends it."""
    app = open_as("train", {"size": "tiny", "epochs": "60", "seed": "7", "learning_rate": "0.003"})
    next(b for b in app.button if b.label == "Start training").click().run()
    assert not app.exception
    (job,) = all_jobs(runs_root)
    recipe = Recipe(**job.spec.settings)
    assert (recipe.width, recipe.epochs, recipe.seed, recipe.learning_rate) == (64, 60, 7, 0.003)
    assert recipe.prompt == " ".join(texts.shipped("small_world").split()[:4])
    assert job.spec.expected_seconds > 0
    give_up = time.monotonic() + 120
    while not table(read_events(job.folder), "Step") and time.monotonic() < give_up:
        time.sleep(0.1)
    app.run()
    assert not app.exception
    assert f"stop-{job.id}" in {b.key for b in app.button}
    app.button(key=f"stop-{job.id}").click().run()
    assert find(runs_root, job.id).state.status == "stopped"
    assert not app.exception
    runner.delete(runs_root, find(runs_root, job.id))


def test_looking_back_shows_the_kept_models(runs_root, trained):
    job_id = put(trained, runs_root)
    job, kept = read(runs_root / job_id), table(read_events(runs_root / job_id), "Snapshot")
    app = open_as("train", {"checkpoint": "3", "head": "0.1"})
    assert not app.exception
    assert not app.error
    event = kept[2]
    samples = {e["step"]: e["text"] for e in table(read_events(job.folder), "Sample")}
    assert f"**After {event['step'] + 1} steps**" in words(app)
    written = one_line(samples[event["step"]].removeprefix(TINY.prompt))
    assert f"in bold: **{plain(TINY.prompt)}** {plain(written)}" in words(app)
    model = load_folder(job.folder / "snapshots" / event["name"])
    ids = torch.tensor(encode_text(load_tokenizer("pocket"), TINY.prompt))
    weights = trace(model, ids).weights[0][1].numpy()
    _, attention, places, noise = frames(app)
    assert np.allclose(attention["value"], [weights[q, k] for q, k in zip(attention["q"], attention["k"], strict=True)])
    shown = look_back.embedding_map(job, event["name"], [e["name"] for e in kept])
    np.testing.assert_array_equal(places["x"], shown.places[:, 0])
    assert percent(shown.share) in words(app)
    assert len(noise) == look_back.DRAWS + 1
    calm = float(noise["loss"].iloc[-1])
    assert fmt(calm, 4) in words(app)


def test_the_map_moves_between_checkpoints_in_one_view(runs_root, trained):
    job = read(runs_root / put(trained, runs_root))
    names = [e["name"] for e in table(read_events(job.folder), "Snapshot")]
    first, last = (look_back.embedding_map(job, name, names) for name in (names[0], names[-1]))
    assert first.tokens == last.tokens
    assert (first.reach, first.share) == (last.reach, last.share)
    assert not np.allclose(first.places, last.places)


def test_the_arithmetic_is_that_of_the_run(runs_root, trained):
    job = read(runs_root / put(trained, runs_root))
    app = open_as("train")
    steps = table(read_events(job.folder), "Step")
    assert f"| {len(steps):,} |" in words(app)
    assert f"{len(steps)} steps × 8 × 8 | {len(steps) * 64:,}" in words(app)
    loss = table(read_events(job.folder), "Evaluation")[-1]["val_loss"]
    assert fmt(np.exp(loss), 4) in words(app)


def test_the_notebook_trains_the_same_model(runs_root, trained, monkeypatch):
    """The code behind the page, run by itself, gives the losses that the job wrote down."""
    monkeypatch.setattr(sections, "PASTED", len(TEXT))
    told = run_notebook(notebook(sections.code("own", TEXT, TINY), "train"))
    shown = [
        tuple(map(float, line.split())) for line in told.splitlines() if len(line.split()) == 3 and line[0].isdigit()
    ]
    written = [(e["step"], e["train_loss"], e["val_loss"]) for e in table(read_events(trained), "Evaluation")]
    assert len(written) > 2
    np.testing.assert_allclose(shown, written, rtol=1e-4)


def test_a_loss_beyond_all_numbers_is_said_to_be_infinitely_unsure():
    step = {"event": "Step", "loss": 1.0, "learning_rate": 1e-3, "tokens_seen": 9, "tokens_per_second": 9.0}
    told = [step, {"event": "Evaluation", "train_loss": 800.0, "val_loss": 800.0}]
    assert dict(numbers_now(told, False, "learning rate"))["its perplexity"] == "∞"


def test_curves_leave_out_what_is_no_number():
    steps = [{"step": n, "loss": float(n)} for n in range(1000)] + [{"step": 1000, "loss": float("nan")}]
    rows = curve_rows("a", steps, [{"step": 0, "train_loss": 800.0, "val_loss": None}], perplexity=True)
    thin = [row for row in rows if row["series"] == EACH_STEP]
    assert len(thin) == 334 - 1  # groups of three, and the last one is no number
    assert thin[0]["loss"] == 1.0
    assert max(row["value"] for row in rows) <= 1e9
    assert loss_curves(rows)[1] == loss_curves(rows[:5])[1], "the spec is the same while a run grows"
    only = loss_curves([row for row in rows if row["series"] != EACH_STEP])[1]
    assert only["layer"][0]["encoding"]["color"]["scale"]["domain"] == [TRAIN, VAL], "no entry without a curve"


def test_experiments_set_controls_that_exist(runs_root):
    for experiment in experiments():
        app = open_as("train", {name: str(value) for name, value in experiment.setup.items()})
        assert not app.exception
        assert "Start training" in [b.label for b in app.button]


def test_no_network_is_a_sentence(runs_root, monkeypatch):
    monkeypatch.setattr(texts, "VERDICT", PublicData("x", "x.txt", "http://127.0.0.1:9/x", None, 1, "0", "none"))
    app = open_as("train", {"text": "verdict"})
    next(b for b in app.button if b.label.startswith("Download")).click().run()
    assert not app.exception
    assert "could not be fetched" in words(app).replace("\\", "")
