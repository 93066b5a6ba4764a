"""Head scores by hand, on weights small enough to check with a pencil, and on heads built to do one thing."""

from __future__ import annotations

import math

import pytest
import torch

from engine.analysis.heads import (
    attention_entropy,
    attention_weights,
    current_token_score,
    find_heads,
    first_token_score,
    induction_score,
    kl_divergence,
    previous_token_score,
    repeated_random_ids,
    same_token_score,
    switch_off_effects,
)
from engine.config import GPTConfig
from engine.errors import InputError
from engine.model import GPTModel
from engine.trace import ablated_logits, trace

CFG = GPTConfig(vocab_size=50, context_length=16, emb_dim=12, n_heads=3, n_layers=3, drop_rate=0.0)

# One layer, one head, four tokens: A B A B.
WEIGHTS = torch.tensor([[[[1.0, 0.0, 0.0, 0.0], [0.25, 0.75, 0.0, 0.0], [0.5, 0.3, 0.2, 0.0], [0.1, 0.4, 0.3, 0.2]]]])
ABAB = torch.tensor([7, 8, 7, 8])


def the_only(scores: torch.Tensor) -> float:
    assert scores.shape == (1, 1)
    return scores.item()


def test_previous_token_by_hand() -> None:
    assert the_only(previous_token_score(WEIGHTS)) == pytest.approx((0.25 + 0.3 + 0.3) / 3)


def test_first_token_by_hand() -> None:
    assert the_only(first_token_score(WEIGHTS)) == pytest.approx((0.25 + 0.5 + 0.1) / 3)


def test_current_token_by_hand() -> None:
    assert the_only(current_token_score(WEIGHTS)) == pytest.approx((0.75 + 0.2 + 0.2) / 3)


def test_same_token_by_hand() -> None:
    """The second A looks at the first with 0.5, the second B at the first with 0.4."""
    assert the_only(same_token_score(WEIGHTS, ABAB)) == pytest.approx((0.5 + 0.4) / 2)


def test_induction_by_hand() -> None:
    """After the first A came B: the second A gives it 0.3. After the first B came A: it gets 0.3 too."""
    assert the_only(induction_score(WEIGHTS, ABAB)) == pytest.approx((0.3 + 0.3) / 2)


def test_a_token_counts_all_its_copies_and_never_itself() -> None:
    """A A A: the third sees two earlier copies; of these only the second comes after a copy."""
    weights = WEIGHTS[..., :3, :3]
    ids = torch.tensor([5, 5, 5])
    assert the_only(same_token_score(weights, ids)) == pytest.approx((0.25 + (0.5 + 0.3)) / 2)
    assert the_only(induction_score(weights, ids)) == pytest.approx(0.3)


def test_the_last_token_does_not_wrap_around_to_the_first() -> None:
    """B A B: what comes after the last B is not the first token."""
    assert the_only(induction_score(WEIGHTS[..., :3, :3], torch.tensor([8, 7, 8]))) == pytest.approx(0.3)


def test_entropy_by_hand() -> None:
    uniform = torch.tril(torch.ones(4, 4)) / torch.arange(1, 5)[:, None]
    expected = (0 + 1 + math.log2(3) + 2) / 4
    assert the_only(attention_entropy(uniform[None, None])) == pytest.approx(expected)
    assert the_only(attention_entropy(torch.eye(4)[None, None])) == 0


def test_perfect_heads_score_one() -> None:
    """A head for each job, on a random text said twice: its own score is 1, and the others stay low."""
    length = 8
    ids = repeated_random_ids(100, length, seed=3)
    at = torch.arange(2 * length)
    looks_at = {
        "previous": (at - 1).clamp(min=0),
        "first": torch.zeros_like(at),
        "current": at,
        "same": torch.where(at < length, at, at - length),
        "induction": torch.where(at < length, at, at - length + 1),
    }
    weights = torch.stack([torch.nn.functional.one_hot(t, 2 * length) for t in looks_at.values()])
    weights = weights[:, None].float()  # five layers of one head
    assert previous_token_score(weights)[0].item() == 1
    assert first_token_score(weights)[1].item() == 1
    assert current_token_score(weights)[2].item() == 1
    assert same_token_score(weights, ids)[:, 0].tolist() == [0, pytest.approx(1 / length), 0, 1, 0]
    assert induction_score(weights, ids)[:, 0].tolist() == [0, 0, 0, 0, 1]


def test_scores_keep_layers_and_heads_apart() -> None:
    model = random_model()
    ids = torch.tensor([1, 2, 3, 1, 2])
    kept = trace(model, ids)
    weights = attention_weights(model, ids)
    assert weights.shape == (3, 3, 5, 5)
    alone = previous_token_score(kept.weights[2][1][None, None])
    assert previous_token_score(weights)[2, 1].item() == pytest.approx(alone.item())


def test_find_heads_ranks() -> None:
    scores = torch.tensor([[0.1, 0.9, 0.3], [0.9, 0.05, 0.2]])
    ranked = find_heads(scores, top=3)
    assert [(r.layer, r.head) for r in ranked] == [(0, 1), (1, 0), (0, 2)]
    assert [r.score for r in ranked] == pytest.approx([0.9, 0.9, 0.3])
    assert len(find_heads(scores, top=100)) == 6


def test_repeated_random_ids() -> None:
    ids = repeated_random_ids(1000, 20, seed=1)
    assert ids.shape == (40,)
    assert torch.equal(ids[:20], ids[20:])
    assert len(set(ids.tolist())) == 20
    assert ids.max() < 1000
    assert torch.equal(ids, repeated_random_ids(1000, 20, seed=1))
    assert not torch.equal(ids, repeated_random_ids(1000, 20, seed=2))


def test_random_ids_leave_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    repeated_random_ids(100, 5, seed=0)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_kl_by_hand() -> None:
    """p = (1/2, 1/2), q = (1/4, 3/4): 1/2 log2(2) + 1/2 log2(2/3), in bits."""
    p, q = torch.tensor([0.5, 0.5]).log(), torch.tensor([0.25, 0.75]).log()
    assert kl_divergence(p, q).item() == pytest.approx(0.5 * 1 + 0.5 * math.log2(2 / 3), abs=1e-6)
    assert kl_divergence(p + 5, p).item() == pytest.approx(0, abs=1e-6)


def random_model() -> GPTModel:
    model = GPTModel(CFG).eval()
    g = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape, generator=g) * 0.6)
    return model


def test_switching_off_each_head_gives_what_an_ablated_trace_gives() -> None:
    model = random_model()
    ids = torch.tensor([4, 9, 4, 30, 11])
    kept = trace(model, ids)
    effects = switch_off_effects(model, ids)
    assert effects.shape == (3, 3)
    for layer in range(3):
        for head in range(3):
            without = ablated_logits(model, ids, [(layer, head)])
            expected = kl_divergence(kept.logits[-1], without[-1])
            assert effects[layer, head].item() == pytest.approx(expected.item(), rel=1e-3, abs=1e-5)
    assert effects.max() > 0.01


def test_a_head_that_adds_nothing_has_no_effect() -> None:
    model = random_model()
    with torch.no_grad():
        model.trf_blocks[1].att.out_proj.weight[:, 4:8] = 0
    effects = switch_off_effects(model, torch.tensor([4, 9, 4]))
    assert effects[1, 1].item() == pytest.approx(0, abs=1e-6)
    assert effects[1, 0] > 1e-4


def test_sentences_for_what_cannot_be_measured() -> None:
    one = torch.ones(1, 1, 1, 1)
    for score in (previous_token_score, first_token_score, current_token_score):
        with pytest.raises(InputError, match="at least two"):
            score(one)
    different = torch.tensor([1, 2, 3, 4])
    for score in (same_token_score, induction_score):
        with pytest.raises(InputError, match="repeat something"):
            score(WEIGHTS, different)
    for length in (1, 11):
        with pytest.raises(InputError, match="2 to 10"):
            repeated_random_ids(10, length, seed=0)
    with pytest.raises(InputError, match="at least one"):
        switch_off_effects(random_model(), different[:0])
