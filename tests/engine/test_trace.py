"""A trace shows the model's own numbers: its logits are the model's, and its parts add up."""

from __future__ import annotations

import pytest
import torch

from engine.config import GPTConfig
from engine.errors import InputError
from engine.model import GPTModel
from engine.trace import Trace, ablated_logits, trace, trace_in_groups

CFG = GPTConfig(vocab_size=60, context_length=24, emb_dim=24, n_heads=3, n_layers=4, drop_rate=0.2, qkv_bias=True)
IDS = torch.tensor([3, 14, 15, 9, 26, 5, 35, 8, 9, 59])


@pytest.fixture(scope="module")
def model() -> GPTModel:
    """Random weights, made larger so that no head is near uniform and no part near zero."""
    model = GPTModel(CFG).eval()
    g = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape, generator=g) * 0.5)
    return model


@pytest.fixture(scope="module")
def full(model: GPTModel) -> Trace:
    return trace(model, IDS)


@torch.no_grad()
def test_the_logits_are_the_models(model: GPTModel, full: Trace) -> None:
    assert torch.allclose(full.logits, model(IDS[None])[0], atol=1e-5)


@torch.no_grad()
def test_a_model_in_training_mode_is_traced_without_dropout(model: GPTModel, full: Trace) -> None:
    model.train()
    try:
        assert torch.equal(trace(model, IDS).logits, full.logits)
        assert model.training
    finally:
        model.eval()


def test_shapes(full: Trace) -> None:
    tokens, width, heads, head_width = len(IDS), CFG.emb_dim, CFG.n_heads, CFG.head_dim
    assert full.tok_emb.shape == full.pos_emb.shape == full.final.shape == (tokens, width)
    assert full.logits.shape == (tokens, CFG.vocab_size)
    assert full.layers == (0, 1, 2, 3)
    for layer in full.layers:
        for stream in (full.resid_pre, full.attn_out, full.resid_mid, full.mlp_out, full.resid_post):
            assert stream[layer].shape == (tokens, width)
        for part in (full.q, full.k, full.v):
            assert part[layer].shape == (heads, tokens, head_width)
        for square in (full.scores, full.weights):
            assert square[layer].shape == (heads, tokens, tokens)
        assert full.head_out[layer].shape == (heads, tokens, width)


def test_the_stream_adds_up(model: GPTModel, full: Trace) -> None:
    assert torch.equal(full.resid_pre[0], full.tok_emb + full.pos_emb)
    for layer in full.layers:
        assert torch.equal(full.resid_mid[layer], full.resid_pre[layer] + full.attn_out[layer])
        assert torch.equal(full.resid_post[layer], full.resid_mid[layer] + full.mlp_out[layer])
        if layer:
            assert torch.equal(full.resid_pre[layer], full.resid_post[layer - 1])
    assert torch.equal(full.logits, model.out_head(model.final_norm(full.resid_post[3])))


def test_the_heads_add_up(model: GPTModel, full: Trace) -> None:
    for layer in full.layers:
        bias = model.trf_blocks[layer].att.out_proj.bias
        assert torch.allclose(full.head_out[layer].sum(0) + bias, full.attn_out[layer], atol=1e-4)


@torch.no_grad()
def test_attention_is_pytorchs(full: Trace) -> None:
    """The kept q, k, v through PyTorch's own attention give the context that the kept weights give."""
    for layer in full.layers:
        q, k, v = full.q[layer], full.k[layer], full.v[layer]
        theirs = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        assert torch.allclose(full.weights[layer] @ v, theirs, atol=1e-4)
        assert torch.allclose(full.scores[layer], q @ k.mT / CFG.head_dim**0.5, atol=1e-4)
        assert torch.allclose(full.weights[layer].sum(-1), torch.ones(CFG.n_heads, len(IDS)), atol=1e-6)
        assert torch.equal(full.weights[layer].triu(1), torch.zeros_like(full.weights[layer]))


def test_only_the_layers_asked_for_are_kept(model: GPTModel, full: Trace) -> None:
    one = trace(model, IDS, layers=[2])
    assert one.layers == (2,)
    assert set(one.weights) == set(one.head_out) == {2}
    assert torch.equal(one.weights[2], full.weights[2])
    assert torch.equal(one.logits, full.logits)
    assert one.nbytes < full.nbytes / 2


@pytest.mark.parametrize(("numbers", "groups"), [(1, 4), (3 * 10 * 44 * 2, 2), (50_000_000, 1)])
def test_groups_cover_all_layers_once(model: GPTModel, full: Trace, numbers: int, groups: int) -> None:
    """A layer of this model holds about H T (2 T + D) = 3 * 10 * 44 numbers."""
    parts = list(trace_in_groups(model, IDS, numbers))
    assert len(parts) == groups
    assert [layer for part in parts for layer in part.layers] == [0, 1, 2, 3]
    for part in parts:
        for layer in part.layers:
            assert torch.equal(part.weights[layer], full.weights[layer])


def test_nbytes_counts_what_is_held_once(model: GPTModel) -> None:
    none, one = trace(model, IDS, layers=()), trace(model, IDS, layers=[0])
    tokens, width = len(IDS), CFG.emb_dim
    outside = 8 * tokens + 4 * (3 * tokens * width + tokens * CFG.vocab_size)  # IDs are 8 bytes, numbers 4
    assert none.nbytes == outside
    streams, heads = 5 * tokens * width, CFG.n_heads * tokens * (3 * CFG.head_dim + 2 * tokens + width)
    assert one.nbytes == outside + 4 * (streams + heads)
    two = trace(model, IDS, layers=[0, 1])
    shared = 4 * tokens * width  # what flows out of block 0 flows into block 1
    assert two.nbytes - one.nbytes == one.nbytes - outside - shared


@torch.no_grad()
def test_a_head_switched_off_is_a_head_whose_columns_are_zero(model: GPTModel) -> None:
    """Exact: the same logits as a model whose out_proj ignores these heads."""
    off = [(1, 2), (3, 0), (1, 0)]
    cut = GPTModel(CFG).eval()
    cut.load_state_dict(model.state_dict())
    for layer, head in off:
        columns = slice(head * CFG.head_dim, (head + 1) * CFG.head_dim)
        cut.trf_blocks[layer].att.out_proj.weight[:, columns] = 0
    expected = cut(IDS[None])[0]
    assert torch.allclose(ablated_logits(model, IDS, off), expected, atol=1e-5)
    assert not torch.allclose(ablated_logits(model, IDS, []), expected, atol=1e-2)
    ablated = trace(model, IDS, ablate=[*off, (1, 2)])
    assert ablated.ablated == ((1, 0), (1, 2), (3, 0))
    assert torch.equal(ablated.head_out[1][2], torch.zeros(len(IDS), CFG.emb_dim))
    assert torch.allclose(ablated.logits, expected, atol=1e-5)
    assert torch.allclose(ablated.weights[1].sum(-1), torch.ones(CFG.n_heads, len(IDS)), atol=1e-6)


def test_one_token_and_a_full_context(model: GPTModel) -> None:
    one = trace(model, torch.tensor([5]))
    assert torch.equal(one.weights[0], torch.ones(CFG.n_heads, 1, 1))
    assert trace(model, torch.arange(24)).logits.shape == (24, 60)


@pytest.mark.parametrize(
    ("ids", "sentence"),
    [
        ([], "at least one"),
        (list(range(25)), "25 tokens and the model can look at 24"),
        ([3, 60], "no token 60; the model's IDs go from 0 to 59"),
        ([3, -1], "no token -1"),
        ([[1, 2]], r"shape \(T,\), not \(1, 2\)"),
    ],
)
def test_unusable_ids_get_a_sentence(model: GPTModel, ids: list, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        trace(model, torch.tensor(ids, dtype=torch.long))


def test_layers_and_heads_that_are_not_there(model: GPTModel) -> None:
    with pytest.raises(InputError, match="no layer 4; this model's go from 0 to 3"):
        trace(model, IDS, layers=[0, 4])
    with pytest.raises(InputError, match="no layer -1"):
        ablated_logits(model, IDS, [(-1, 0)])
    with pytest.raises(InputError, match="no head 3; this model's go from 0 to 2"):
        ablated_logits(model, IDS, [(0, 3)])


@pytest.mark.gpu
def test_on_a_gpu(model: GPTModel, full: Trace) -> None:
    gpu = GPTModel(CFG).eval()
    gpu.load_state_dict(model.state_dict())
    assert torch.allclose(trace(gpu.to("cuda"), IDS).logits.cpu(), full.logits, atol=1e-3)
