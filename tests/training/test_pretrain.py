"""Pretraining: from token IDs to a model that has learned them, in an order that the seed decides."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engine.errors import InputError
from engine.training.events import Evaluation, Finished, Saved, Step
from engine.training.pretrain import PretrainSettings, pretrain, split_ids
from tests.training.tiny import CONTEXT, VOCAB, assert_same_weights, tiny_model, weights

if TYPE_CHECKING:
    from pathlib import Path

# Always the same five tokens, over and over: soon there is no surprise left.
TEXT = (np.arange(60 * CONTEXT + 1) % 5).astype(np.uint16)
QUICK = PretrainSettings(steps=30, batch_size=4, eval_every=10, checkpoint_every=0)


def run(settings: PretrainSettings = QUICK, text: np.ndarray = TEXT, **more):
    model = tiny_model(drop_rate=0.0)
    return model, list(pretrain(model, text, text[: 10 * CONTEXT], settings, **more))


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_it_learns_what_repeats(optimizer: str) -> None:
    _, events = run(PretrainSettings(201, 8, optimizer, learning_rate=0.02, eval_every=100, checkpoint_every=0))
    evaluations = [e for e in events if isinstance(e, Evaluation)]
    assert [e.step for e in evaluations] == [0, 100, 200]
    assert evaluations[0].val_loss > math.log(5)
    last = evaluations[-1]
    assert last.val_loss < 0.5
    assert last.train_loss == pytest.approx(last.val_loss, abs=0.1), "both are losses of the same text"
    assert isinstance(events[-1], Finished)
    assert events[-1].tokens_seen == 201 * 8 * CONTEXT


def test_the_seed_decides_the_order_and_nothing_else_does() -> None:
    text = np.random.default_rng(1).integers(0, VOCAB, 40 * CONTEXT + 1)
    a, _ = run(text=text)
    torch.manual_seed(99)
    b, _ = run(text=text)
    assert_same_weights(weights(a), weights(b))
    c, _ = run(PretrainSettings(30, 4, eval_every=10, checkpoint_every=0, seed=7), text=text)
    assert not torch.equal(a.out_head.weight, c.out_head.weight)


def test_the_rate_warms_up_holds_and_falls_to_nearly_nothing() -> None:
    _, events = run(PretrainSettings(20, 4, "adamw", 0.1, warmup_steps=100, hold=0.5, eval_every=0))
    rates = [e.learning_rate for e in events if isinstance(e, Step)]
    assert rates[:2] == pytest.approx([0.05, 0.1]), "a tenth of the run, because it is shorter than 100 steps"
    assert rates[2:12] == pytest.approx([0.1] * 10)
    assert rates[-1] == pytest.approx(0.1 / 9)


def test_it_goes_on_from_a_checkpoint_bit_for_bit(tmp_path: Path) -> None:
    text = np.random.default_rng(1).integers(0, VOCAB, 20 * CONTEXT + 1)
    settings = PretrainSettings(12, 4, eval_every=5, checkpoint_every=4)
    whole, events = run(settings, text)
    for stop_at in (5, 9):
        seen: list[int] = []
        run(settings, text, checkpoint=tmp_path / "c", stop=lambda s=seen, n=stop_at: s.append(1) or len(s) == n)
    resumed, rest = run(settings, text, checkpoint=tmp_path / "c")
    assert [e.step for e in rest if isinstance(e, Saved)] == [11]
    assert_same_weights(weights(resumed), weights(whole))


def test_ids_may_lie_on_disk(tmp_path: Path) -> None:
    np.save(tmp_path / "ids.npy", TEXT)
    in_memory, _ = run()
    mapped, _ = run(text=np.load(tmp_path / "ids.npy", mmap_mode="r"))
    assert_same_weights(weights(in_memory), weights(mapped))


def test_the_evaluation_is_the_mean_over_the_windows() -> None:
    """Four tokens each, fewer windows than it would spread over: it must be the plain mean of all."""
    model = tiny_model(drop_rate=0.0)
    before = weights(model)
    text = np.random.default_rng(2).integers(0, VOCAB, 11 * CONTEXT + 1)
    events = pretrain(model, text, text, PretrainSettings(1, 2, eval_every=1, checkpoint_every=0))
    evaluation = next(e for e in events if isinstance(e, Evaluation))
    assert not torch.equal(model.out_head.weight, before["out_head.weight"]), "measured after the step"
    ids = torch.from_numpy(text[:-1]).view(11, CONTEXT)
    targets = torch.from_numpy(text[1:]).view(11, CONTEXT)
    expected = torch.nn.functional.cross_entropy(model(ids).flatten(0, 1), targets.flatten()).item()
    assert evaluation.val_loss == pytest.approx(expected, rel=1e-5)
    assert evaluation.train_loss == pytest.approx(expected, rel=1e-5)


def test_split_keeps_every_token_in_order() -> None:
    train, val = split_ids(np.arange(25), 0.2)
    assert train.tolist() == list(range(20))
    assert val.tolist() == list(range(20, 25))


@pytest.mark.parametrize(
    ("text", "settings", "sentence"),
    [
        (TEXT[:CONTEXT], QUICK, "the text has 6 tokens and one window of 6 needs at least 7"),
        (TEXT[: 3 * CONTEXT], QUICK, "not one whole batch to train on; give a longer text or a smaller batch"),
        (TEXT[:0], QUICK, "the text has 0 tokens"),
    ],
)
def test_too_short_a_text(text: np.ndarray, settings: PretrainSettings, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        list(pretrain(tiny_model(), text, TEXT, settings))


def test_too_short_a_text_for_validation() -> None:
    with pytest.raises(InputError, match="the part for validation has 6 tokens and one window of 6 needs at least 7"):
        list(pretrain(tiny_model(), TEXT, TEXT[:CONTEXT], QUICK))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"steps": 0}, "steps and batch_size must both be at least 1"),
        ({"batch_size": 0}, "steps and batch_size must both be at least 1"),
        ({"optimizer": "sgd"}, "there is no optimizer 'sgd' here; choose muon or adamw"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; give a number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan; give a number above 0"),
    ],
)
def test_settings_out_of_bounds(changes: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        PretrainSettings(**changes)
