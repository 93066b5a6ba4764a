"""Examples in a prompt and repeated tokens: prompts by hand, plain forward passes, weights untouched."""

from __future__ import annotations

import pytest
import torch

from engine.analysis import in_context as C
from engine.analysis.heads import repeated_random_ids
from engine.config import GPTConfig
from engine.errors import InputError
from engine.model import GPTModel

CFG = GPTConfig(vocab_size=30, context_length=20, emb_dim=16, n_heads=2, n_layers=2, drop_rate=0.0)
PAIRS = [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")]


@pytest.fixture
def model() -> GPTModel:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return GPTModel(CFG).eval()


def test_prompts_by_hand() -> None:
    assert C.few_shot_prompt([], "up") == "up,"
    assert C.few_shot_prompt([("hot", "cold"), ("old", "new")], "up") == "hot, cold. old, new. up,"
    assert C.few_shot_prompt([("x", "y")], "z", ": ", "\n") == "x: y\nz:"


def test_orders_take_turns_and_mix_answers_up() -> None:
    draws = C.draw_orders(PAIRS, most=3, count=8, seed=2)
    assert sorted(d.question for d in draws[:4]) == PAIRS
    assert [d.question for d in draws[:4]] == [d.question for d in draws[4:]]
    for d in draws:
        assert sorted([d.question, *d.examples]) == PAIRS
        assert [given for given, _ in d.mixed] == [given for given, _ in d.examples]
        assert sorted(answer for _, answer in d.mixed) == sorted(answer for _, answer in d.examples)
        assert not set(d.mixed) & set(PAIRS)
    assert C.draw_orders(PAIRS, 3, 8, 2) == draws
    assert C.draw_orders(PAIRS, 3, 8, 3) != draws
    assert all(len(d.examples) == 2 for d in C.draw_orders(PAIRS, 2, 3, 0))


@pytest.mark.parametrize("batch", [1, 2, 32])
def test_answers_have_the_models_probability(model: GPTModel, batch: int) -> None:
    prompts, answers = [[1, 2, 3], [4], [5, 6, 7, 8, 9]], [[10], [11, 12, 13], [14, 15]]
    found = C.answer_log_probabilities(model, prompts, answers, batch)
    for value, prompt, answer in zip(found.tolist(), prompts, answers, strict=True):
        logs, ids = 0.0, list(prompt)
        for token in answer:
            logs += model(torch.tensor([ids]))[0, -1].double().log_softmax(-1)[token].item()
            ids.append(token)
        assert value == pytest.approx(logs, abs=1e-5)


def test_losses_of_repetitions(model: GPTModel) -> None:
    """Each place is the cross-entropy of the plain model, in the right round."""
    losses = C.repetition_losses(model, ordinary=29, length=5, rounds=3, texts=2, seed=7)
    assert losses.shape == (2, 3, 5)
    once = repeated_random_ids(29, 5, seed=8)[:5]
    ids = torch.cat([torch.tensor([29]), once.repeat(3)])
    logs = model(ids[None, :-1])[0].log_softmax(-1)
    expected = -logs[torch.arange(15), ids[1:]].view(3, 5)
    torch.testing.assert_close(losses[1], expected.detach(), atol=1e-5, rtol=1e-5)


def test_a_model_that_copies_has_falling_loss(model: GPTModel) -> None:
    """The measure sees what it is for: a model that has learned to repeat five tokens later."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    generator = torch.Generator().manual_seed(0)
    for _ in range(60):
        once = torch.stack([torch.randperm(29, generator=generator)[:3] for _ in range(32)])
        ids = torch.cat([torch.full((32, 1), 29), once.repeat(1, 3)], dim=1)
        logits = model(ids[:, :-1])
        torch.nn.functional.cross_entropy(logits[:, 3:].flatten(0, 1), ids[:, 4:].flatten()).backward()
        optimizer.step()
        optimizer.zero_grad()
    losses = C.repetition_losses(model, 29, length=3, rounds=3, texts=8, seed=100).mean(dim=(0, 2))
    assert losses[2] < losses[0] - 1


def test_a_fingerprint_sees_one_bit_and_no_prompt(model: GPTModel) -> None:
    before = C.fingerprint(model)
    C.answer_log_probabilities(model, [[1, 2]], [[3]])
    C.repetition_losses(model, 29, 4)
    assert C.fingerprint(model) == before
    assert len(before) == 64
    weight = model.trf_blocks[1].ff.layers[0].bias
    with torch.no_grad():
        weight[3] = torch.nextafter(weight[3], torch.tensor(1.0))
    assert C.fingerprint(model) != before


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m: C.draw_orders(PAIRS[:2], 1, 1, 0), "three"),
        (lambda m: C.answer_log_probabilities(m, [[]], [[1]]), "at least one"),
        (lambda m: C.answer_log_probabilities(m, [[1]], [[]]), "at least one"),
        (lambda m: C.answer_log_probabilities(m, [[1] * 20], [[1]]), "21"),
        (lambda m: C.repetition_losses(m, 29, 7), "21"),
    ],
)
def test_errors_are_sentences(model: GPTModel, call, says) -> None:
    with pytest.raises(InputError, match=says):
        call(model)
