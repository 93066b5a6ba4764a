"""Positions measured: what depends on the order and what does not, and schemes that know only the distance."""

from __future__ import annotations

import math

import pytest
import torch

from engine.analysis import positions as P
from engine.config import GPTConfig
from engine.errors import InputError
from engine.model import GPTModel
from engine.trace import trace

CFG = GPTConfig(vocab_size=50, context_length=16, emb_dim=24, n_heads=4, n_layers=3, drop_rate=0.0)
IDS = torch.tensor([3, 14, 15, 9, 26, 5])
SAME = 1e-5


@pytest.fixture(scope="module")
def model() -> GPTModel:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return GPTModel(CFG).eval()


def test_waves_by_hand() -> None:
    """Vaswani et al.: sin(pos / 10000^(2i/d)) in column 2i, the cosine in column 2i + 1."""
    table = P.sinusoidal_positions(6, 4)
    assert table[0].tolist() == [0, 1, 0, 1]
    expected = [math.sin(5), math.cos(5), math.sin(5 / 100), math.cos(5 / 100)]
    assert table[5].tolist() == pytest.approx(expected, abs=1e-6)
    with pytest.raises(InputError, match="even"):
        P.sinusoidal_positions(6, 5)


def test_waves_are_alike_by_distance_alone() -> None:
    cosines = P.cosine_similarity(P.sinusoidal_positions(40, 32))
    means = P.mean_by_distance(cosines)
    for distance in range(40):
        torch.testing.assert_close(cosines.diagonal(distance), means[distance].expand(40 - distance))
    assert means[0] == pytest.approx(1, abs=1e-6)


def test_cosines_by_hand() -> None:
    cosines = P.cosine_similarity(torch.tensor([[3.0, 4.0], [4.0, 3.0], [-6.0, -8.0]]))
    torch.testing.assert_close(cosines, torch.tensor([[1, 0.96, -1], [0.96, 1, -0.96], [-1, -0.96, 1]]))
    assert P.mean_by_distance(cosines).tolist() == pytest.approx([1, 0, -1])


def test_with_positions_and_mask_it_is_the_model(model: GPTModel) -> None:
    kept = trace(model, IDS)
    streams = P.streams(model, IDS)
    torch.testing.assert_close(streams[0], kept.resid_pre[0])
    torch.testing.assert_close(streams[1:], torch.stack(list(kept.resid_post.values())))
    torch.testing.assert_close(P.next_token(model, IDS), kept.logits[-1].softmax(-1))


def test_a_bag_of_words(model: GPTModel) -> None:
    """Without positions and mask, order changes nothing; with the mask alone, the first block's last token too."""
    order = torch.tensor([2, 0, 4, 1, 3, 5])
    assert P.order_effect(model, IDS, order, positions=False, causal=False).max() < SAME
    masked = P.order_effect(model, IDS, order, positions=False, causal=True)
    assert masked[0].max() == 0
    assert masked[1, -1] < SAME
    assert masked[1, :-1].min() > SAME
    assert masked[2:].min() > SAME
    before, after = (P.next_token(model, ids, positions=False, causal=False) for ids in (IDS, IDS[order]))
    torch.testing.assert_close(before, after)
    whole = P.order_effect(model, IDS, order)
    assert whole[1:].min() > SAME
    assert whole[0, -1] == 0  # the last token keeps its place, and so its input


def test_changes_belong_to_tokens_wherever_they_went(model: GPTModel) -> None:
    order = torch.tensor([1, 0])
    change = P.order_effect(model, IDS[:2], order)
    table, words = model.pos_emb.weight, model.tok_emb.weight[IDS[:2]]
    first = (table[1] - table[0]).norm() / (words[0] + table[0]).norm()
    assert change[0, 0] == pytest.approx(first.item(), rel=1e-4)


def test_orders() -> None:
    order = P.shuffled_order(9, seed=4)
    assert sorted(order.tolist()) == list(range(9))
    assert order[-1] == 8
    assert order.tolist() == P.shuffled_order(9, seed=4).tolist() != P.shuffled_order(9, seed=5).tolist()
    assert sorted(P.shuffled_order(9, 4, last_stays=False).tolist()) == list(range(9))
    assert P.shuffled_order(1, 0).tolist() == [0]


def test_rotation_by_hand_and_by_distance() -> None:
    turned = P.rotate(torch.tensor([[1.0, 0.0]]), torch.tensor([2]))
    assert turned[0].tolist() == pytest.approx([math.cos(2), math.sin(2)], abs=1e-6)
    q, k = torch.randn(2, 1, 8, generator=torch.Generator().manual_seed(0))
    at = torch.arange(20)
    scores = (P.rotate(q.expand(20, -1), at + 3) * P.rotate(k.expand(20, -1), at)).sum(-1)
    torch.testing.assert_close(scores, scores[:1].expand(20), atol=1e-5, rtol=1e-4)
    assert abs(scores[0] - (q * k).sum()) > 0.01  # the distance does count


def test_alibi_slopes_are_the_papers() -> None:
    assert P.alibi_slopes(8).tolist() == [2.0**-n for n in range(1, 9)]


def test_pair_scores(model: GPTModel) -> None:
    """The learned scheme is the model's own score; the relative ones do not depend on the place."""
    scores = P.pair_scores(model, query_id=15, key_id=3, distance=2, head=1)
    assert set(scores) == set(P.SCHEMES)
    assert all(values.shape == (14,) for values in scores.values())
    own = trace(model, IDS).scores[0][1]
    assert scores["learned"][0] == pytest.approx(own[2, 0].item(), abs=1e-5)
    moved = trace(model, torch.cat([torch.zeros(7, dtype=torch.long), IDS])).scores[0][1]
    assert scores["learned"][7] == pytest.approx(moved[9, 7].item(), abs=1e-5)
    for name in ("rotation", "ALiBi"):
        assert scores[name].max() - scores[name].min() < 1e-5
    for name in ("learned", "waves"):
        assert scores[name].max() - scores[name].min() > 1e-3
    near = P.pair_scores(model, 15, 3, 1, 1)["ALiBi"]
    assert (near[0] - scores["ALiBi"][0]).item() == pytest.approx(P.alibi_slopes(4)[1].item(), abs=1e-6)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m: P.streams(m, IDS[:0]), "no token"),
        (lambda m: P.streams(m, torch.zeros(17, dtype=torch.long)), "17"),
        (lambda m: P.order_effect(m, IDS, torch.tensor([0, 0, 1, 2, 3, 4])), "once"),
        (lambda m: P.pair_scores(m, 1, 2, 16, 0), "0 to 15"),
        (lambda m: P.pair_scores(m, 1, 2, 0, 4), "0 to 3"),
    ],
)
def test_errors_are_sentences(model: GPTModel, call, says) -> None:
    with pytest.raises(InputError, match=says):
        call(model)
