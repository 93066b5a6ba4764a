"""The loss in steps: by hand, and equal to PyTorch's cross-entropy."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from engine.config import POCKET_CONFIG, GPTConfig
from engine.errors import InputError
from engine.evaluation.loss import calc_loss_batch, score_text
from engine.evaluation.loss_steps import loss_steps, untrained_loss
from engine.model import GPTModel
from engine.tokenizers.pretrained import encode_text
from engine.weights.pocket import load_pocket

CFG = GPTConfig(vocab_size=50, context_length=16, emb_dim=12, n_heads=3, n_layers=2, drop_rate=0.0)
IDS = torch.tensor([3, 1, 4, 1, 5, 9])


@pytest.fixture(scope="module")
def model() -> GPTModel:
    return GPTModel(CFG).eval()


def test_the_loss_is_pytorchs(model: GPTModel) -> None:
    steps = loss_steps(model, IDS)
    logits = model(IDS[None, :-1])[0]
    assert steps.loss == pytest.approx(F.cross_entropy(logits, IDS[1:]).item(), rel=1e-5)
    assert steps.torch_loss == pytest.approx(steps.loss, rel=1e-5)
    assert steps.loss == pytest.approx(calc_loss_batch(IDS[None, :-1], IDS[None, 1:], model, "cpu").item(), rel=1e-5)
    assert steps.perplexity == pytest.approx(math.exp(steps.loss))
    for place, target in enumerate(IDS[1:].tolist()):
        assert steps.probabilities[place].item() == pytest.approx(logits[place].softmax(-1)[target].item(), rel=1e-5)


def test_by_hand() -> None:
    """Two tokens whose logits are 0 and ln 3 everywhere: the probabilities are 1/4 and 3/4."""
    tiny = GPTModel(GPTConfig(2, 4, 2, 1, 1, drop_rate=0.0))
    with torch.no_grad():
        for p in tiny.parameters():
            p.zero_()
        tiny.final_norm.shift.fill_(1)
        tiny.out_head.weight[1, 0] = math.log(3)
    steps = loss_steps(tiny.eval(), torch.tensor([0, 1, 0]))
    assert steps.probabilities.tolist() == pytest.approx([0.75, 0.25])
    assert steps.loss == pytest.approx(-(math.log(0.75) + math.log(0.25)) / 2)


def test_it_is_the_score_of_the_text() -> None:
    pocket, tokenizer = load_pocket()
    text = "Every effort moves you."
    steps = loss_steps(pocket, torch.tensor([tokenizer.eot_token, *encode_text(tokenizer, text)]))
    assert steps.loss == pytest.approx(score_text(pocket, tokenizer, text).loss, rel=1e-5)


def test_untrained_models() -> None:
    """GPT-2's first weights hold all tokens for about equally likely; larger ones are sure of themselves and wrong."""
    ids = torch.arange(0, 8000, 250)
    small = untrained_loss(POCKET_CONFIG, ids, seed=1)
    assert small == pytest.approx(math.log(8192), abs=0.25)
    assert small == untrained_loss(POCKET_CONFIG, ids, seed=1)
    assert untrained_loss(POCKET_CONFIG, ids, seed=1, gpt2_init=False) > 100


def test_too_short_and_too_long(model: GPTModel) -> None:
    with pytest.raises(InputError, match="longer text"):
        loss_steps(model, torch.tensor([1]))
    with pytest.raises(InputError):
        loss_steps(model, torch.zeros(18, dtype=torch.long))
