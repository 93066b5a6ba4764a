"""The training loop: the arithmetic of a step, what it yields and when, and what it refuses."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from engine.errors import InputError, TrainingError
from engine.training.events import EpochEnd, Evaluation, Finished, Sample, Step
from engine.training.loop import LoopSettings, train
from engine.training.optim import Schedule, adamw
from tests.training.tiny import CONTEXT, assert_same_weights, loader, tiny_model, weights


def sgd(model: torch.nn.Module, lr: float = 0.1) -> torch.optim.SGD:
    """The plainest optimizer: its steps can be worked out by hand."""
    return torch.optim.SGD(model.parameters(), lr=lr)


def steps(events) -> list[Step]:
    return [event for event in events if isinstance(event, Step)]


def loss_of(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(model(x).flatten(0, 1), y.flatten())


def test_one_step_by_hand() -> None:
    """Plain gradient descent: each weight moves by minus the rate times its gradient."""
    model, twin = tiny_model(drop_rate=0.0), tiny_model(drop_rate=0.0)
    data = loader(2)
    (event,) = steps(train(model, data, sgd(model, 0.5), LoopSettings(clip_norm=None)))
    loss = loss_of(twin, *next(iter(data)))
    loss.backward()
    assert event.loss == loss.item()
    norm = math.sqrt(sum(p.grad.square().sum().item() for p in twin.parameters()))
    assert event.grad_norm == pytest.approx(norm, rel=1e-5)
    for ours, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs - 0.5 * theirs.grad)


def test_events_come_in_order_with_their_counts() -> None:
    """Five batches an epoch, two epochs: evaluations after steps 0, 3, 6 and 9, samples after every fourth step."""
    model = tiny_model()
    settings = LoopSettings(epochs=2, eval_every=3, sample_every=4)
    events = list(train(model, loader(), sgd(model), settings, evaluate=lambda: (1.0, 2.0), sample=lambda: "text"))
    kinds = [(type(event).__name__, event.step) for event in events]
    assert kinds == [
        *[("Step", 0), ("Evaluation", 0), ("Step", 1), ("Step", 2), ("Step", 3), ("Evaluation", 3), ("Sample", 3)],
        *[("Step", 4), ("EpochEnd", 4), ("Step", 5), ("Step", 6), ("Evaluation", 6), ("Step", 7), ("Sample", 7)],
        *[("Step", 8), ("Step", 9), ("Evaluation", 9), ("EpochEnd", 9), ("Finished", 9)],
    ]
    assert [event.epoch for event in steps(events)] == [0] * 5 + [1] * 5
    assert [event.tokens_seen for event in steps(events)] == [2 * CONTEXT * n for n in range(1, 11)]
    assert [event.epoch for event in events if isinstance(event, EpochEnd)] == [0, 1]
    first = next(event for event in events if isinstance(event, Evaluation))
    assert first == Evaluation(step=0, epoch=0, tokens_seen=2 * CONTEXT, train_loss=1.0, val_loss=2.0)
    assert next(event for event in events if isinstance(event, Sample)).text == "text"
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.tokens_seen, last.stopped) == (120, False)
    assert last.seconds > 0
    assert all(event.tokens_per_second > 0 for event in steps(events))


@pytest.mark.parametrize("parts", [2, 4])
def test_accumulation_equals_one_large_batch(parts: int) -> None:
    """Eight windows at once, or in 2 or 4 batches whose gradients are averaged: the same training."""
    large, small = tiny_model(drop_rate=0.0), tiny_model(drop_rate=0.0)
    at_once = steps(train(large, loader(16, 8), sgd(large), LoopSettings(epochs=3)))
    settings = LoopSettings(epochs=3, accumulation=parts)
    in_parts = steps(train(small, loader(16, 8 // parts), sgd(small), settings))
    assert len(at_once) == len(in_parts) == 6
    for a, b in zip(at_once, in_parts, strict=True):
        assert a.loss == pytest.approx(b.loss, rel=1e-5)
        assert a.grad_norm == pytest.approx(b.grad_norm, rel=1e-4)
        assert a.tokens_seen == b.tokens_seen
    for a, b in zip(large.parameters(), small.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-4)


def test_the_last_group_of_an_epoch_may_be_smaller() -> None:
    """Five batches in groups of two: three steps, the last from one batch, not scaled down to half."""
    model, twin = tiny_model(drop_rate=0.0), tiny_model(drop_rate=0.0)
    events = steps(train(model, loader(10), sgd(model), LoopSettings(accumulation=2)))
    assert [event.tokens_seen for event in events] == [24, 48, 60]
    list(train(twin, loader(10), sgd(twin), LoopSettings(accumulation=2, max_steps=2)))
    loss = loss_of(twin, *list(loader(10))[-1])
    assert events[-1].loss == pytest.approx(loss.item(), rel=1e-6)


def test_clipping_limits_the_norm_of_all_gradients_together() -> None:
    """With plain gradient descent at rate 1, the weights together move by the clipped norm."""
    model = tiny_model(drop_rate=0.0)
    before = weights(model)
    (event,) = steps(train(model, loader(2), sgd(model, 1.0), LoopSettings(clip_norm=0.01)))
    assert event.grad_norm > 0.1, "the norm that is told is the one before clipping"
    moved = math.sqrt(sum((model.state_dict()[n] - w).square().sum().item() for n, w in before.items()))
    assert moved == pytest.approx(0.01, rel=1e-3)


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    trained = []
    for limit in (1e9, None):
        model = tiny_model()
        list(train(model, loader(), sgd(model), LoopSettings(clip_norm=limit)))
        trained.append(weights(model))
    assert_same_weights(*trained)


def test_the_schedule_moves_every_groups_rate() -> None:
    """Warm-up of two steps to the full rate, then a straight line to zero over the other four."""
    model = tiny_model()
    half = list(model.parameters())
    optimizer = torch.optim.SGD([{"params": half[:3], "lr": 0.4}, {"params": half[3:], "lr": 0.04}])
    schedule = Schedule(total_steps=6, warmup_steps=2, shape="linear")
    seen = []
    for event in train(model, loader(12), optimizer, LoopSettings(), schedule=schedule):
        if isinstance(event, Step):
            seen.append(event.learning_rate)
            assert optimizer.param_groups[1]["lr"] == pytest.approx(event.learning_rate / 10)
    assert seen == pytest.approx([0.2, 0.4, 0.4, 0.3, 0.2, 0.1])


def test_max_steps_ends_inside_an_epoch() -> None:
    model = tiny_model()
    events = list(train(model, loader(), sgd(model), LoopSettings(epochs=9, max_steps=7)))
    assert len(steps(events)) == 7
    assert isinstance(events[-1], Finished)
    assert (events[-1].step, events[-1].stopped) == (6, False)


def test_stop_ends_after_the_step_under_way() -> None:
    model = tiny_model()
    answers = iter([False, False, True])
    events = list(train(model, loader(), sgd(model), LoopSettings(epochs=2), stop=lambda: next(answers)))
    assert len(steps(events)) == 3
    assert events[-1].stopped


def test_a_stop_at_the_very_end_is_an_end() -> None:
    """Somebody who pressed stop during the last step has a finished training, with nothing left to resume."""
    model = tiny_model()
    answers = iter([False, False, True])
    events = list(train(model, loader(), sgd(model), LoopSettings(max_steps=3), stop=lambda: next(answers)))
    assert len(steps(events)) == 3
    assert not events[-1].stopped


def test_the_model_trains_in_training_mode_even_after_an_evaluation() -> None:
    model = tiny_model()
    modes = []

    def batch_loss(m: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        modes.append(m.training)
        return loss_of(m, x, y)

    def evaluate() -> tuple[float, float]:
        model.eval()
        return 0.0, 0.0

    list(train(model, loader(), sgd(model), LoopSettings(eval_every=1), batch_loss=batch_loss, evaluate=evaluate))
    assert modes == [True] * 5


def test_training_learns() -> None:
    """A text that repeats: the loss falls from about ln 13 to nearly nothing."""
    ids = torch.arange(40 * CONTEXT + 1) % 5
    data = torch.utils.data.TensorDataset(
        torch.stack([ids[i : i + CONTEXT] for i in range(40)]),
        torch.stack([ids[i + 1 : i + CONTEXT + 1] for i in range(40)]),
    )
    model = tiny_model(drop_rate=0.0)
    batches = torch.utils.data.DataLoader(data, batch_size=8, shuffle=True)
    events = steps(train(model, batches, adamw(model, 0.01), LoopSettings(epochs=20)))
    assert events[0].loss > 2
    assert events[-1].loss < 0.1


def test_bf16_keeps_the_weights_in_fp32_and_trains_alike() -> None:
    a, b = tiny_model(drop_rate=0.0), tiny_model(drop_rate=0.0)
    exact = steps(train(a, loader(), sgd(a), LoopSettings()))
    rounded = steps(train(b, loader(), sgd(b), LoopSettings(precision="bf16")))
    assert all(p.dtype == torch.float32 for p in b.parameters())
    assert [e.loss for e in exact] != [e.loss for e in rounded]
    assert [e.loss for e in rounded] == pytest.approx([e.loss for e in exact], rel=0.01)


def test_targets_of_minus_100_do_not_count() -> None:
    x = torch.tensor([[1, 2, 3, 4, 5, 6]])
    y = torch.tensor([[2, 3, 4, -100, -100, -100]])
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y))
    model = tiny_model(drop_rate=0.0)
    expected = F.cross_entropy(model(x)[0, :3], y[0, :3]).item()
    (event,) = steps(train(model, data, sgd(model), LoopSettings()))
    assert event.loss == pytest.approx(expected, rel=1e-6)


def test_a_part_in_which_no_target_counts_adds_nothing() -> None:
    """A text whose answer was cut off, computed by itself: its mean loss is over nothing, and so no number."""
    x, y = next(iter(loader(2)))
    data = [(x, torch.stack([y[0], torch.full_like(y[1], -100)]))]
    whole, parts = tiny_model(drop_rate=0.0), tiny_model(drop_rate=0.0)
    (one,) = steps(train(whole, data, sgd(whole), LoopSettings()))
    (two,) = steps(train(parts, data, sgd(parts), LoopSettings(split=2)))
    assert two.loss == pytest.approx(one.loss)
    for p, q in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(p, q)


def test_a_batch_in_which_no_target_counts_is_refused() -> None:
    x, y = next(iter(loader(2)))
    model = tiny_model()
    with pytest.raises(InputError, match="no target counts in a batch of step 0"):
        list(train(model, [(x, torch.full_like(y, -100))], sgd(model), LoopSettings()))


def test_frozen_weights_stay() -> None:
    model = tiny_model()
    model.tok_emb.weight.requires_grad_(False)
    before = weights(model)
    list(train(model, loader(), adamw(model, 0.01), LoopSettings()))
    assert torch.equal(model.tok_emb.weight, before["tok_emb.weight"])
    assert not torch.equal(model.out_head.weight, before["out_head.weight"])


# ------------------------------------------------------------------------------------------------- what is refused


def test_no_batch_to_train_on() -> None:
    model = tiny_model()
    with pytest.raises(InputError, match="not one whole batch to train on; give a longer text or a smaller batch"):
        list(train(model, loader(3, 4, drop_last=True), sgd(model), LoopSettings()))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"epochs": 0}, "epochs, accumulation and split must all be at least 1"),
        ({"accumulation": 0}, "epochs, accumulation and split must all be at least 1"),
        ({"max_steps": 0}, "max_steps is 0; give at least 1"),
        ({"precision": "fp16"}, "there is no precision 'fp16'; choose fp32 or bf16"),
        ({"clip_norm": 0.0}, "clip_norm is 0.0; give a number above 0, or None"),
        ({"clip_norm": -1.0}, "clip_norm is -1.0"),
        ({"eval_every": -1}, "eval_every is -1; give 0 or more"),
        ({"checkpoint_every": -5}, "checkpoint_every is -5; give 0 or more"),
    ],
)
def test_settings_out_of_bounds(settings: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        LoopSettings(**settings)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_before_the_weights_are_spoilt(bad: float) -> None:
    model = tiny_model()
    calls = []

    def batch_loss(m: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return loss_of(m, x, y) * (bad if len(calls) == 3 else 1)

    events = train(model, loader(), sgd(model), LoopSettings(), batch_loss=batch_loss)
    assert [next(events).step, next(events).step] == [0, 1]
    before = weights(model)
    with pytest.raises(TrainingError, match="no longer a number at step 2; resume .* with a lower learning rate"):
        next(events)
    assert_same_weights(weights(model), before)


def test_a_gradient_that_is_no_number_stops_too() -> None:
    """sqrt at 0 has the value 0 and an infinite slope: the loss looks fine, and the weights would be lost."""
    model = tiny_model()
    before = weights(model)

    def batch_loss(m: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return loss_of(m, x, y) + (m.out_head.weight * 0).sum().sqrt()

    with pytest.raises(TrainingError, match="gradient is no longer a number at step 0"):
        list(train(model, loader(), sgd(model), LoopSettings(), batch_loss=batch_loss))
    assert_same_weights(weights(model), before)


@pytest.mark.gpu
def test_a_gpu_trains_like_the_cpu() -> None:
    losses = []
    for device in ("cpu", "cuda"):
        model = tiny_model(drop_rate=0.0).to(device)
        losses.append([e.loss for e in steps(train(model, loader(), adamw(model, 0.01), LoopSettings(epochs=3)))])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
