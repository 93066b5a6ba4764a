"""The residual stream as a sum, early answers, and where a logit comes from: against the model itself and by hand."""

from __future__ import annotations

import pytest
import torch

from engine.analysis.attribution import attribute_logit
from engine.analysis.lens import lens_logits, logit_lens
from engine.analysis.stream import block_steps, read_stream
from engine.config import GPTConfig
from engine.errors import InputError
from engine.model import GPTModel
from engine.weights.pocket import load_pocket

CFG = GPTConfig(vocab_size=50, context_length=16, emb_dim=12, n_heads=3, n_layers=3, drop_rate=0.0, qkv_bias=True)
IDS = torch.tensor([3, 1, 4, 1, 5, 9])


@pytest.fixture(scope="module")
def model() -> GPTModel:
    """Random weights everywhere, norms and biases too."""
    made, random = GPTModel(CFG), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in made.parameters():
            p.normal_(0, 0.5, generator=random)
    return made.eval()


def test_the_parts_add_up_to_the_stream(model: GPTModel) -> None:
    stream = read_stream(model, IDS)
    assert stream.parts.shape == (2 + 2 * 3, 6, 12)
    assert stream.levels.shape == (4, 6, 12)
    for level in range(4):
        torch.testing.assert_close(stream.parts[: 2 + 2 * level].sum(0), stream.levels[level])
    assert stream.largest_difference < 1e-5 * stream.levels[-1].abs().max()
    broken = type(stream)(stream.parts * 1.01, stream.levels, stream.logits)
    assert broken.largest_difference > 1e-3


def test_the_stream_is_the_models(model: GPTModel) -> None:
    stream, x = read_stream(model, IDS), model.tok_emb(IDS) + model.pos_emb.weight[:6]
    for level, block in zip(stream.levels, model.blocks, strict=False):
        torch.testing.assert_close(level, x)
        x = block(x[None])[0]
    torch.testing.assert_close(stream.levels[-1], x)
    torch.testing.assert_close(stream.logits, model(IDS[None])[0])


def test_the_steps_of_a_block_are_its_forward(model: GPTModel) -> None:
    block = model.blocks[1]
    steps = block_steps(model, IDS, layer=1)
    assert list(steps) == ["in", "norm1", "attention", "add1", "norm2", "feed_forward", "add2"]
    torch.testing.assert_close(steps["add2"], block(steps["in"][None])[0])
    torch.testing.assert_close(steps["attention"], block.att(steps["norm1"][None])[0])
    torch.testing.assert_close(steps["feed_forward"], block.ff(steps["norm2"]))
    torch.testing.assert_close(steps["in"] + steps["attention"], steps["add1"])
    with pytest.raises(InputError, match="no layer 3"):
        block_steps(model, IDS, layer=3)


def test_the_lens_on_the_last_level_is_the_model(model: GPTModel) -> None:
    stream = read_stream(model, IDS)
    lens, probabilities = logit_lens(model, stream.levels), model(IDS[None])[0].softmax(-1)
    torch.testing.assert_close(lens_logits(model, stream.levels[-1]), stream.logits)
    assert lens.answer.tolist() == probabilities.argmax(-1).tolist() == lens.top[-1].tolist()
    torch.testing.assert_close(lens.top_probability[-1], probabilities.max(-1).values)
    assert lens.answer_rank[-1].tolist() == [1] * 6


def test_ranks_and_probabilities_of_an_early_level(model: GPTModel) -> None:
    levels = read_stream(model, IDS).levels
    lens = logit_lens(model, levels)
    for place in range(6):
        early = model.out_head(model.final_norm(levels[1, place])).softmax(-1)
        answer = int(lens.answer[place])
        assert lens.answer_probability[1, place].item() == pytest.approx(early[answer].item(), rel=1e-4)
        assert lens.answer_rank[1, place].item() == 1 + sorted(early.tolist(), reverse=True).index(early[answer].item())
        assert lens.top[1, place] == early.argmax()


@pytest.mark.parametrize("against_average", [False, True])
def test_contributions_add_up_to_the_logit(model: GPTModel, against_average: bool) -> None:
    stream = read_stream(model, IDS)
    found = attribute_logit(model, stream, place=4, token=7, against_average=against_average)
    expected = stream.logits[4, 7] - (stream.logits[4].mean() if against_average else 0)
    assert found.logit == pytest.approx(expected.item(), rel=1e-4)
    assert found.contributions.sum().item() + found.shift == pytest.approx(found.logit, rel=1e-4)
    assert abs(found.shift) > 0.01


def test_contributions_of_the_pocket_model_add_up() -> None:
    pocket, _ = load_pocket()
    stream = read_stream(pocket, torch.arange(300, 320))
    for token in (0, 17, 8000):
        found = attribute_logit(pocket, stream, place=19, token=token)
        assert found.contributions.sum().item() + found.shift == pytest.approx(found.logit, abs=1e-3)


def test_attribution_by_hand() -> None:
    """Stream (3, -1): mean 1, deviation 2. The head's row (1, 0), scale 2, shift 5: logit 2 (3 - 1) / 2 + 5 = 7."""
    tiny = GPTModel(GPTConfig(2, 2, 2, 1, 1, drop_rate=0.0))
    with torch.no_grad():
        for p in tiny.parameters():
            p.zero_()
        tiny.tok_emb.weight[0] = torch.tensor([2.0, -2.0])
        tiny.pos_emb.weight[0] = torch.tensor([1.0, 1.0])
        tiny.out_head.weight[0] = torch.tensor([1.0, 0.0])
        tiny.final_norm.scale.fill_(2)
        tiny.final_norm.shift.fill_(5)
    found = attribute_logit(tiny, read_stream(tiny, torch.tensor([0])), place=0, token=0)
    assert found.contributions.tolist() == pytest.approx([2, 0, 0, 0], abs=1e-5)  # the position only moves the mean
    assert found.shift == 5
    assert found.logit == pytest.approx(7, abs=1e-5)
