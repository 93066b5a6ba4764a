"""The kind of job that trains: with the real worker, on the smallest models."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from engine.config import GPT_CONFIG_124M, POCKET_CONFIG, parameter_count
from engine.datasets.windows import create_dataloader_v1
from engine.errors import InputError
from engine.jobs import pretraining, runner, worker
from engine.jobs.metrics import read_events, table
from engine.jobs.recipe import BOOK, Recipe, plan, read_tokens, split_text
from engine.jobs.spec import JobSpec
from engine.jobs.store import create, find, locked, set_state
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from engine.training.simple import train_model_simple
from engine.weights.pocket import load_folder, load_pocket
from tests.jobs.conftest import kill, wait_for

TEXT = " ".join(f"The cat number {n} sat on mat {n % 7}, and the dog saw it." for n in range(64))
TINY = Recipe(context=8, width=8, layers=1, heads=2, drop_rate=0.2, epochs=2, batch_size=8, prompt="The cat")


def spec(recipe: Recipe = TINY, **more) -> JobSpec:
    return JobSpec("pretrain", "anna", "tiny", recipe.settings(), **more)


def here(root, recipe: Recipe = TINY, text: str = TEXT):
    """The job done in this very process; two in one test would be two in one process."""
    root.mkdir(exist_ok=True)
    job = create(root, spec(recipe), {"text.txt": text})
    with locked(root):
        set_state(job, status="running", slot=0)
    worker.main(job.folder)
    return find(root, job.id)


def curve(job, kind="Step", *names):
    names = names or ("step", "epoch", "loss", "learning_rate", "grad_norm", "tokens_seen")
    return [tuple(e[name] for name in names) for e in table(read_events(job.folder), kind)]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """The workers' processes have one thread, so what is compared with them has too."""
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_kill_9_and_resume_gives_the_same_curve(root):
    """Bit for bit: losses, rates, gradients, evaluations, samples, and the last model's bytes."""
    whole = here(root)
    assert whole.state.status == "finished"
    job = runner.submit(root, spec(), {"text.txt": TEXT})
    half = len(curve(whole)) // 2
    while len(curve(job)) < half:
        assert find(root, job.id).state.status == "running"
    kill(find(root, job.id))
    assert len(curve(job)) < len(curve(whole))
    job = wait_for(root, runner.resume(root, job), "finished")
    assert table(read_events(job.folder), "Resumed")[0]["step"] > 0
    assert curve(job) == curve(whole)
    for kind, name in (
        ("Evaluation", "train_loss"),
        ("Evaluation", "val_loss"),
        ("Sample", "text"),
        ("Snapshot", "name"),
    ):
        assert curve(job, kind, "step", name) == curve(whole, kind, "step", name)
    last = sorted((whole.folder / "snapshots").iterdir())[-1].name
    bytes_ = [(j.folder / "snapshots" / last / "model.safetensors").read_bytes() for j in (whole, job)]
    assert bytes_[0] == bytes_[1]


def test_what_is_kept(root):
    job = here(root)
    steps = len(curve(job))
    planned = table(read_events(job.folder), "Planned")[0]["total_steps"]
    train_ids, val_ids = read_tokens(TINY, TEXT)
    assert steps == planned == plan(TINY, len(train_ids), len(val_ids)).steps == 2 * ((len(train_ids) - 1) // 8 // 8)
    names = [name for (name,) in curve(job, "Snapshot", "name")]
    assert names == sorted(p.name for p in (job.folder / "snapshots").iterdir())
    assert (names[0], names[-1]) == ("step-000000", f"step-{steps:06d}")
    model = load_folder(job.folder / "snapshots" / names[-1])
    assert model.cfg == TINY.config()
    assert all(text.startswith("The cat") for (text,) in curve(job, "Sample", "text"))
    assert curve(job, "Evaluation", "val_loss")[-1] < curve(job, "Evaluation", "val_loss")[0]
    assert job.state.peak_bytes > 10_000_000
    log = (job.folder / "log.txt").read_text()
    assert f"{len(train_ids):,} tokens to learn from, {len(val_ids):,} for validation" in log


def test_memory_runs_out_in_the_middle(root, monkeypatch):
    """The job goes on from its checkpoint in smaller parts; its curve is the same up to rounding."""
    recipe = Recipe(**TINY.settings() | {"drop_rate": 0.0})  # other parts would draw other dropout
    whole = here(root, recipe)
    pretrain, calls = pretraining.pretrain, []

    def short_of_memory(*args, **kwargs):
        for event in pretrain(*args, **kwargs):
            yield event
            if not calls and getattr(event, "step", 0) == 12:
                calls.append(1)
                raise MemoryError

    monkeypatch.setattr(pretraining, "pretrain", short_of_memory)
    job = here(root, recipe)
    assert calls
    assert job.state.status == "finished"
    assert "in 2 parts" in (job.folder / "log.txt").read_text()
    assert table(read_events(job.folder), "Resumed")[0]["step"] == 10
    np.testing.assert_allclose(
        [loss for (loss,) in curve(job, "Step", "loss")], [loss for (loss,) in curve(whole, "Step", "loss")], rtol=1e-4
    )


def test_a_rate_far_too_high_ends_in_a_sentence(root):
    job = here(root, Recipe(**TINY.settings() | {"learning_rate": 1e30, "schedule": "constant", "warmup": 0.0}))
    assert job.state.status == "failed"
    assert "no longer a number at step" in job.state.sentence
    assert job.state.offer["learning_rate"] == pytest.approx(3.33e29)


def test_the_books_loop_is_the_notes_function(root, capsys):
    """as_book is train_model_simple with the notes' loaders and seed: same losses, printed to three digits."""
    recipe = Recipe(**TINY.settings() | {"as_book": True, "batch_size": 2, "epochs": 1, "tied": False, "context": 16})
    text = TEXT[:1500]
    job = here(root, recipe, text)
    parts = split_text(text)
    torch.manual_seed(123)
    model = GPTModel(recipe.config())
    loaders = [
        create_dataloader_v1(part, 2, 16, 16, shuffle, drop_last=shuffle, tokenizer="pocket")
        for part, shuffle in zip(parts, (True, False), strict=True)
    ]
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=0.1)
    expected = train_model_simple(model, *loaders, optimizer, "cpu", 1, 5, 5, recipe.prompt, load_tokenizer("pocket"))
    told = table(read_events(job.folder), "Evaluation")
    assert [e["train_loss"] for e in told] == expected[0]
    assert [e["val_loss"] for e in told] == expected[1]
    assert len(told) > 2


def test_the_books_preset_is_the_notes_model():
    assert BOOK.config().to_dict() == {**GPT_CONFIG_124M, "context_length": 256, "tie_weights": False}
    assert plan(BOOK, 4612, 533).steps == 90  # The Verdict's tokens, and the notes' ten epochs of nine batches
    assert parameter_count(BOOK.config()) == 162_419_712


def test_from_the_pocket_model():
    """Its weights and as many of its positions as the context has; the forward pass is the same."""
    recipe = Recipe(start="pocket", context=32, drop_rate=0.0)
    model, (pocket, _) = pretraining.first_model(recipe).eval(), load_pocket()
    assert model.cfg.to_dict() == {**POCKET_CONFIG.to_dict(), "context_length": 32}
    ids = torch.arange(30)[None]
    torch.testing.assert_close(model(ids), pocket(ids))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"start": "moon"}, "no start 'moon'"),
        ({"start": "pocket", "tokenizer": "gpt2"}, "its own tokens"),
        ({"start": "pocket", "context": 257}, "its own tokens, up to 256"),
        ({"epochs": 0}, "must all be at least 1"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"warmup": 0.5}, "warmup is 0.5"),
        ({"heads": 3}, "divisible"),
    ],
)
def test_recipes_that_cannot_be(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        Recipe(**TINY.settings() | changes)


def test_texts_that_do_not_fit():
    with pytest.raises(InputError, match="for validation has 3 tokens, and one window of 8 needs 9"):
        plan(TINY, 100, 3)
    with pytest.raises(InputError, match="for training has 8 tokens"):
        plan(TINY, 8, 9)
    with pytest.raises(InputError, match="7 windows, and a batch needs 8"):
        plan(TINY, 57, 9)
    with pytest.raises(InputError, match="the most"):
        plan(Recipe(**TINY.settings() | {"epochs": 100_000}), 100, 9)


def test_a_model_above_the_limit_is_refused(root, limits):
    limits(parameters=1000)
    assert "1,000 are the most here" in here(root).state.sentence


def test_the_settings_on_disk_make_the_recipe(root):
    job = here(root)
    assert Recipe(**json.loads((job.folder / "spec.json").read_text())["settings"]) == TINY
