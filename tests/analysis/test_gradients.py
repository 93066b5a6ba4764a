"""Gradients at the blocks of a GPT: PyTorch's own backward pass, and a model that stays as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from engine.analysis.gradients import block_gradients
from engine.analysis.untrained import untrained_twin
from engine.config import GPTConfig
from engine.errors import InputError
from engine.model import GPTModel

CFG = GPTConfig(11, 9, 8, 2, 3, 0.0)
IDS = torch.tensor([3, 1, 4, 1, 5, 9])


@pytest.fixture
def model() -> GPTModel:
    torch.manual_seed(4)
    return GPTModel(CFG).eval()


def test_it_is_the_models_own_backward_pass(model: GPTModel) -> None:
    found = block_gradients(model, IDS)
    assert all(p.grad is None for p in model.parameters())
    seen = []
    hooks = [block.register_full_backward_hook(lambda _, gi, go: seen.append((gi[0], go[0]))) for block in model.blocks]
    loss = F.cross_entropy(model(IDS[None])[0, :-1], IDS[1:])
    loss.backward()
    for hook in hooks:
        hook.remove()
    assert found.loss == pytest.approx(loss.item(), rel=1e-6)
    places = [before.norm().item() for before, _ in reversed(seen)] + [seen[0][1].norm().item()]
    assert found.stream.tolist() == pytest.approx(places, rel=1e-5)
    for block, norm in zip(model.blocks, found.weights.tolist(), strict=True):
        whole = torch.cat([p.grad.flatten() for p in block.parameters()]).norm().item()
        assert norm == pytest.approx(whole, rel=1e-5)


@pytest.mark.parametrize("norms", [False, True])
def test_without_shortcuts_the_additions_are_gone(model: GPTModel, norms: bool) -> None:
    x = model.tok_emb(IDS)[None] + model.pos_emb(torch.arange(len(IDS)))
    with torch.no_grad():
        for block in model.blocks:
            x = block.att(block.norm1(x) if norms else x)
            x = block.ff(block.norm2(x) if norms else x)
        loss = F.cross_entropy(model.out_head(model.final_norm(x))[0, :-1], IDS[1:])
    found = block_gradients(model, IDS, shortcuts=False, norms=norms)
    assert found.loss == pytest.approx(loss.item(), rel=1e-6)
    cosines = F.cosine_similarity(x[0, :, None], x[0, None], dim=-1)
    pairs = cosines[~torch.eye(len(IDS), dtype=bool)]
    assert found.alike[-1].item() == pytest.approx(pairs.mean().item(), abs=1e-5)


def test_it_works_where_pages_run_models(model: GPTModel) -> None:
    with torch.inference_mode():
        inside = block_gradients(model, IDS.clone())
    assert inside.stream.tolist() == block_gradients(model, IDS).stream.tolist()


def test_what_the_lesson_says() -> None:
    """Before training: without norms and shortcuts the gradient vanishes; each of the two alone lets it through."""
    cfg = replace(CFG, vocab_size=200, emb_dim=64, n_layers=6)
    fresh, ids = untrained_twin(cfg, 1), torch.arange(9) * 7
    four = {(s, n): block_gradients(fresh, ids, s, n) for s in (True, False) for n in (True, False)}
    ratio = {key: (found.stream[0] / found.stream[-1]).item() for key, found in four.items()}
    assert ratio[False, False] < 1e-9
    assert ratio[True, False] == pytest.approx(1, abs=0.1)
    assert 0.1 < ratio[True, True] < 20
    assert 0.1 < ratio[False, True] < 20
    # With norms alone tokens become alike.
    assert four[False, True].alike[-1] > 0.9
    assert four[True, True].alike[-1] < four[False, True].alike[-1] - 0.3


def test_refusals(model: GPTModel) -> None:
    with pytest.raises(InputError, match="at least two"):
        block_gradients(model, IDS[:1])
    with pytest.raises(InputError, match="10 tokens"):
        block_gradients(model, torch.zeros(10, dtype=torch.long))
