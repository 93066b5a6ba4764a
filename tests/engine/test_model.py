"""The GPT model: the book's numbers for the book's seeds, PyTorch's own layers, and what it refuses."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import GPT_CONFIG_124M, GPTConfig, as_config, parameter_count
from engine.errors import InputError
from engine.fast import fast_forward
from engine.model import (
    GELU,
    DummyGPTModel,
    ExampleDeepNeuralNetwork,
    FeedForward,
    GPTModel,
    LayerNorm,
    TransformerBlock,
    gpt2_init_,
    gradient_means,
    print_gradients,
)

TINY = {
    "vocab_size": 11,
    "context_length": 7,
    "emb_dim": 8,
    "n_heads": 2,
    "n_layers": 2,
    "drop_rate": 0.1,
    "qkv_bias": False,
}
# "Every effort moves you" and "Every day holds a" in GPT-2's tokens (the book, section 4.1).
BOOK_BATCH = torch.tensor([[6109, 3626, 6100, 345], [6109, 1110, 6622, 257]])


def tiny(seed: int = 0, **changes: object) -> GPTModel:
    torch.manual_seed(seed)
    return GPTModel({**TINY, **changes})


# ---------------------------------------------------------------------------------------------- the book's numbers


@pytest.mark.slow
def test_the_outline_gives_the_books_numbers() -> None:
    """The book, section 4.1. In training mode, as there: what dropout draws is part of what the seed decides."""
    torch.manual_seed(123)
    with torch.no_grad():
        out = DummyGPTModel(GPT_CONFIG_124M)(BOOK_BATCH)
    assert out.shape == (2, 4, 50257)
    assert out[0, 0, :3].tolist() == pytest.approx([-1.2034, 0.3201, -0.7130], abs=6e-5)
    assert out[1, 0, :3].tolist() == pytest.approx([-1.0908, 0.1798, -0.9484], abs=6e-5)


def test_layer_norm_gives_the_books_numbers() -> None:
    """The book, section 4.2: the example behind the five normalised outputs."""
    torch.manual_seed(123)
    batch = torch.randn(2, 5)
    out = LayerNorm(5)(batch)
    torch.testing.assert_close(batch[0], torch.tensor([-0.1115, 0.1204, -0.3696, -0.2404, -1.1969]), atol=6e-5, rtol=0)
    torch.testing.assert_close(out.mean(-1), torch.zeros(2), atol=1e-6, rtol=0)
    torch.testing.assert_close(out.var(-1, unbiased=False), torch.ones(2), atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("use_shortcut", "first", "last"),
    [
        (False, 0.00020173587836325169, 0.005049645435065031),
        (True, 0.22169792652130127, 1.3258541822433472),
    ],
)
def test_gradients_give_the_books_numbers(use_shortcut: bool, first: float, last: float, capsys) -> None:
    """The book, section 4.4: without shortcuts the first layer hardly learns."""
    torch.manual_seed(123)
    net = ExampleDeepNeuralNetwork([3, 3, 3, 3, 3, 1], use_shortcut)
    print_gradients(net, torch.tensor([[1.0, 0.0, -1.0]]))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" has gradient mean of ")[0] for line in lines] == [f"layers.{i}.0.weight" for i in range(5)]
    means = [float(line.split(" has gradient mean of ")[1]) for line in lines]
    assert means[0] == pytest.approx(first, rel=1e-5)
    assert means[-1] == pytest.approx(last, rel=1e-5)


@pytest.mark.slow
def test_the_whole_model_gives_the_books_numbers() -> None:
    """The book, section 4.6: the untrained 124M model, seed 123, its shapes and its parameters."""
    torch.manual_seed(123)
    model = GPTModel(GPT_CONFIG_124M)
    assert sum(p.numel() for p in model.parameters()) == 163_009_536
    assert sum(p.numel() for p in model.parameters()) - model.out_head.weight.numel() == 124_412_160
    with torch.no_grad():
        out = model(BOOK_BATCH)  # in training mode, as above
    assert out.shape == (2, 4, 50257)
    printed = [
        [[0.3613, 0.4222, -0.0711], [-0.1792, -0.5660, -0.9485], [0.7120, 0.0332, 0.1085], [-1.0076, 0.3418, -0.1190]],
        [[-0.2564, 0.0900, 0.0335], [0.1230, 0.3653, -0.2074], [1.0558, 1.0318, -0.2800], [-0.1565, 0.3926, 0.3288]],
    ]
    torch.testing.assert_close(out[:, :, :3], torch.tensor(printed), atol=6e-5, rtol=0)


# ------------------------------------------------------------------------------------------------- layer by layer


@given(width=st.integers(1, 33), seed=st.integers(0, 999), size=st.sampled_from([1e-3, 1.0, 1e3]))
def test_layer_norm_equals_pytorchs(width: int, seed: int, size: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    norm = LayerNorm(width)
    norm.scale.data.normal_(generator=generator)
    norm.shift.data.normal_(generator=generator)
    x = size * torch.randn(2, 3, width, generator=generator)
    theirs = F.layer_norm(x, (width,), norm.scale, norm.shift, norm.eps)
    torch.testing.assert_close(norm(x), theirs, atol=1e-4, rtol=1e-4)


def test_layer_norm_by_hand() -> None:
    """1, 3: mean 2, variance 1 when divided by 2 (by 1 it would be 2)."""
    torch.testing.assert_close(LayerNorm(2)(torch.tensor([1.0, 3.0])), torch.tensor([-1.0, 1.0]), atol=1e-5, rtol=0)
    assert LayerNorm(3)(torch.full((3,), 7.0)).tolist() == [0.0, 0.0, 0.0]


def test_gelu_equals_pytorchs_tanh_form() -> None:
    x = torch.linspace(-12, 12, 2401)
    torch.testing.assert_close(GELU()(x), F.gelu(x, approximate="tanh"), atol=1e-6, rtol=1e-5)


def test_gelu_by_hand() -> None:
    """GELU(1) = 0.5 (1 + tanh(0.79788 * 1.044715)) = 0.84119; far to the left it is 0, far to the right x."""
    at_one = 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * 1.044715))
    assert GELU()(torch.tensor([0.0, 1.0, -30.0, 30.0])).tolist() == pytest.approx([0.0, at_one, 0.0, 30.0])
    assert at_one == pytest.approx(0.84119, abs=5e-6)


def test_feed_forward_treats_each_token_alone() -> None:
    torch.manual_seed(1)
    layer = FeedForward(TINY)
    x = torch.randn(2, 5, 8)
    torch.testing.assert_close(layer(x)[:, 3], layer(x[:, 3]))
    assert layer.layers[0].weight.shape == (32, 8)


def test_a_block_adds_attention_then_feed_forward() -> None:
    torch.manual_seed(2)
    block = TransformerBlock(TINY).eval()
    x = torch.randn(2, 5, 8)
    middle = x + block.att(block.norm1(x))
    torch.testing.assert_close(block(x), middle + block.ff(block.norm2(middle)))


def test_a_block_that_adds_nothing_passes_its_input_on() -> None:
    block = TransformerBlock(TINY).eval()
    for layer in (block.att.out_proj, block.ff.layers[2]):
        layer.weight.data.zero_()
        layer.bias.data.zero_()
    x = torch.randn(1, 3, 8)
    assert torch.equal(block(x), x)


def test_shortcuts_only_where_widths_agree() -> None:
    net = ExampleDeepNeuralNetwork([3, 3, 2], use_shortcut=True)
    x = torch.tensor([[1.0, -1.0, 0.5]])
    middle = x + net.layers[0](x)
    torch.testing.assert_close(net(x), net.layers[1](middle))
    assert list(gradient_means(net, x)) == ["layers.0.0.weight", "layers.1.0.weight"]
    assert gradient_means(net, x) == gradient_means(net, x)


# ------------------------------------------------------------------------------------------------- the whole model


def test_parameters_have_the_books_names_in_the_books_order() -> None:
    names = list(dict(tiny(n_layers=1, qkv_bias=True).named_parameters()))
    block = ["att.W_query", "att.W_key", "att.W_value", "att.out_proj", "ff.layers.0", "ff.layers.2"]
    expected = ["tok_emb.weight", "pos_emb.weight"]
    expected += [f"trf_blocks.0.{part}.{kind}" for part in block for kind in ("weight", "bias")]
    expected += [f"trf_blocks.0.{norm}.{kind}" for norm in ("norm1", "norm2") for kind in ("scale", "shift")]
    expected += ["final_norm.scale", "final_norm.shift", "out_head.weight"]
    assert names == expected
    assert [n for n, _ in tiny(n_layers=1).named_children()] == [
        *("tok_emb", "pos_emb", "drop_emb", "trf_blocks", "final_norm", "out_head")
    ]


def test_a_dict_and_a_config_make_the_same_model() -> None:
    torch.manual_seed(3)
    from_dict = GPTModel(TINY)
    torch.manual_seed(3)
    from_config = GPTModel(as_config(TINY))
    assert from_dict.cfg == from_config.cfg
    for a, b in zip(from_dict.parameters(), from_config.parameters(), strict=True):
        assert torch.equal(a, b)


@settings(max_examples=30)
@given(
    batch=st.integers(1, 3),
    tokens=st.integers(1, 7),
    bias=st.booleans(),
    tied=st.booleans(),
    seed=st.integers(0, 99),
)
def test_the_fast_path_gives_the_same_logits(batch: int, tokens: int, bias: bool, tied: bool, seed: int) -> None:
    model = tiny(seed, qkv_bias=bias, tie_weights=tied).eval()
    ids = torch.randint(0, 11, (batch, tokens), generator=torch.Generator().manual_seed(seed))
    logits = model(ids)
    assert logits.shape == (batch, tokens, 11)
    torch.testing.assert_close(fast_forward(model, ids), logits, atol=2e-5, rtol=1e-4)


def test_the_fast_path_gives_the_same_gradients() -> None:
    ids = torch.randint(0, 11, (2, 7))
    gradients = []
    for forward in (GPTModel.forward, fast_forward):
        model = tiny(4, drop_rate=0.0)
        forward(model, ids).square().mean().backward()
        gradients.append([p.grad for p in model.parameters()])
    for plain, fast in zip(*gradients, strict=True):
        torch.testing.assert_close(plain, fast, atol=1e-6, rtol=1e-4)


@settings(max_examples=30)
@given(cut=st.integers(1, 6), seed=st.integers(0, 99))
def test_logits_do_not_depend_on_what_comes_later(cut: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    model = tiny(seed).eval()
    ids = torch.randint(0, 11, (2, 7), generator=generator)
    other = torch.cat([ids[:, :cut], torch.randint(0, 11, (2, 7 - cut), generator=generator)], dim=1)
    torch.testing.assert_close(model(ids)[:, :cut], model(other)[:, :cut])


def test_a_tied_head_is_the_embedding_and_counts_once() -> None:
    model = tiny(tie_weights=True)
    assert model.out_head.weight is model.tok_emb.weight
    assert sum(p.numel() for p in model.parameters()) == parameter_count(model.cfg)
    model(torch.tensor([[1]])).sum().backward()
    assert model.tok_emb.weight.grad is not None


def test_dropout_acts_in_training_only() -> None:
    model = tiny(drop_rate=0.5)
    ids = torch.arange(7)[None]
    assert not torch.equal(model(ids), model(ids))
    model.eval()
    assert torch.equal(model(ids), model(ids))


@pytest.mark.parametrize("forward", [GPTModel.forward, fast_forward])
def test_too_long_and_empty_texts(forward) -> None:
    model = tiny()
    with pytest.raises(InputError, match="the text has 8 tokens and the model can look at 7; shorten it"):
        forward(model, torch.zeros(1, 8, dtype=torch.long))
    with pytest.raises(InputError, match="no token to start from; give at least one"):
        forward(model, torch.zeros(1, 0, dtype=torch.long))


@pytest.mark.parametrize("make", [GPTModel, DummyGPTModel, TransformerBlock, FeedForward])
def test_bad_settings_are_refused_before_anything_is_made(make) -> None:
    with pytest.raises(InputError, match="emb_dim is 0"):
        make({**TINY, "emb_dim": 0})


def test_the_outline_has_the_models_shapes() -> None:
    model = DummyGPTModel(TINY).eval()
    ids = torch.tensor([[1, 2, 3]])
    positions = model.pos_emb.weight[:3]
    torch.testing.assert_close(model(ids)[0], model.out_head(model.tok_emb(ids)[0] + positions))
    with pytest.raises(InputError, match="the text has 8 tokens"):
        model(torch.zeros(1, 8, dtype=torch.long))


def test_gpt2s_initial_weights() -> None:
    """Standard deviations 0.02 and, where a block writes to the stream, 0.02 / sqrt(2 L)."""
    cfg = GPTConfig(1000, 64, 128, 4, 2, 0.0, qkv_bias=True)
    before = torch.get_rng_state()
    model = GPTModel(cfg)
    torch.set_rng_state(before)
    same = gpt2_init_(model, torch.Generator().manual_seed(5))
    assert same is model
    assert torch.equal(torch.get_rng_state(), before), "drawn from the generator given, not from the global one"
    for name, p in model.named_parameters():
        if p.dim() == 2:
            writes = name.endswith(("out_proj.weight", "ff.layers.2.weight"))
            assert p.std().item() == pytest.approx(0.02 / (2 if writes else 1), rel=0.05), name
        else:
            assert set(p.tolist()) == ({1.0} if name.endswith("scale") else {0.0}), name
    again = gpt2_init_(GPTModel(cfg), torch.Generator().manual_seed(5))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
