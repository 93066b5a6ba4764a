"""Trees of continuations and many draws, checked by hand on a vocabulary of four tokens."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from engine.branching import count_draws, grow_tree
from engine.config import GPTConfig
from engine.decoding import stream
from engine.errors import InputError
from engine.model import GPTModel
from engine.sampling import DecodingSettings, draw

# After any text: 1/2, 1/4, 1/8, 1/8; after token 0 the order is turned round.
SCORES = torch.log(torch.tensor([4.0, 2.0, 1.0, 1.0]))
PLAIN = DecodingSettings()


def scores(path: tuple[int, ...]) -> torch.Tensor:
    return SCORES.flip(0) if path and path[-1] == 0 else SCORES


def test_the_root_is_always_open() -> None:
    tree = grow_tree(scores, [3], PLAIN, (), width=2)
    assert [child.path for child in tree.children or ()] == [(0,), (1,)]
    assert [child.probability for child in tree.children or ()] == pytest.approx([0.5, 0.25])
    assert tree.rest == pytest.approx(0.25)
    assert all(child.children is None for child in tree.children or ())


def test_a_path_has_the_product_of_its_probabilities() -> None:
    tree = grow_tree(scores, [3], PLAIN, {(0,), (0, 3)}, width=2)
    first = (tree.children or ())[0]
    second = (first.children or ())[0]
    assert (first.path, second.path) == ((0,), (0, 3))
    assert second.probability == pytest.approx(0.5)
    assert second.path_probability == pytest.approx(0.25)
    assert [leaf.path for leaf in second.children or ()] == [(0, 3, 0), (0, 3, 1)]


def test_children_and_rest_share_out_the_whole() -> None:
    for width in (1, 2, 3, 4, 9):
        tree = grow_tree(scores, [3], PLAIN, (), width)
        assert sum(child.probability for child in tree.children or ()) + tree.rest == pytest.approx(1)
    assert len(tree.children or ()) == 4


def test_filters_prune_the_tree() -> None:
    tree = grow_tree(scores, [3], DecodingSettings(top_k=1), (), width=4)
    assert [(child.path, child.probability) for child in tree.children or ()] == [((0,), 1.0)]
    assert tree.rest == 0


def test_the_penalty_sees_the_path() -> None:
    """Token 0 stands in the path, so its score log 4 is divided by 4: below token 1 with log 2."""
    tree = grow_tree(lambda path: SCORES, [3], DecodingSettings(repetition_penalty=4), {(0,)}, width=1)
    first = (tree.children or ())[0]
    assert first.path == (0,)
    assert (first.children or ())[0].path == (0, 1)


def test_paths_out_of_sight_cost_nothing() -> None:
    asked = []

    def counted(path: tuple[int, ...]) -> torch.Tensor:
        asked.append(path)
        return scores(path)

    grow_tree(counted, [3], PLAIN, {(2,), (3, 1), (0, 1)}, width=2)
    assert asked == [()]


def test_width_must_be_positive() -> None:
    with pytest.raises(InputError, match="width is 0"):
        grow_tree(scores, [3], PLAIN, (), width=0)


def test_many_draws_are_the_same_draws() -> None:
    numbers = torch.rand(500, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    probs = torch.softmax(SCORES, dim=-1)
    one_by_one = draw(probs.expand(500, 4), numbers).ids
    assert count_draws(probs, numbers).tolist() == torch.bincount(one_by_one, minlength=4).tolist()


def test_many_draws_follow_the_probabilities() -> None:
    """Numbers spread evenly must hit each bar in proportion to its length."""
    numbers = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    counts = count_draws(torch.softmax(SCORES, dim=-1), numbers)
    assert counts.tolist() == [500, 250, 125, 125]
    assert int(counts.sum()) == 1000


def test_a_token_without_probability_is_never_drawn() -> None:
    numbers = torch.tensor([0.0, 0.999999999999], dtype=torch.float64)
    assert count_draws(torch.tensor([0.0, 1.0, 0.0]), numbers).tolist() == [0, 2, 0]


def test_a_text_written_in_parts_is_the_one_written_at_once() -> None:
    """The page adds token after token; the code that it shows calls `stream` once."""
    torch.manual_seed(2)
    cfg = GPTConfig(vocab_size=50, context_length=16, emb_dim=8, n_heads=2, n_layers=1, drop_rate=0.0)
    model, ids = GPTModel(cfg).eval(), torch.tensor([[1, 2, 3]])
    settings = DecodingSettings(max_new_tokens=24, temperature=1.3, top_k=20, seed=4)
    whole = [int(step.ids) for step in stream(model, ids, settings)]
    for n, token in enumerate(whole):
        (step,) = stream(model, ids, replace(settings, max_new_tokens=1), first=n)
        assert (step.index, int(step.ids)) == (n, token)
        ids = torch.cat([ids, step.ids[:, None]], dim=1)
