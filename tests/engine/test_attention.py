"""The attention ladder: the book's numbers, arithmetic by hand, PyTorch's own attention, and what may not leak."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from engine.attention import (
    CausalAttention,
    MultiHeadAttention,
    MultiHeadAttentionWrapper,
    SelfAttention_v1,
    SelfAttention_v2,
)
from engine.errors import InputError

# "Your journey starts with one step", a made-up vector for each word (the book, section 3.3).
INPUTS = torch.tensor(
    [
        [0.43, 0.15, 0.89],
        [0.55, 0.87, 0.66],
        [0.57, 0.85, 0.64],
        [0.22, 0.58, 0.33],
        [0.77, 0.25, 0.10],
        [0.05, 0.80, 0.55],
    ]
)
BATCH = torch.stack((INPUTS, INPUTS))


def seeded(seed: int, make, *args, **kwargs) -> nn.Module:
    torch.manual_seed(seed)
    return make(*args, **kwargs).eval()


def assert_shows(result: torch.Tensor, printed: list[list[float]]) -> None:
    """The numbers equal those that the book prints, four decimals."""
    torch.testing.assert_close(result.detach(), torch.tensor(printed), atol=6e-5, rtol=0)


def test_self_attention_v1_gives_the_books_numbers() -> None:
    assert_shows(
        seeded(123, SelfAttention_v1, 3, 2)(INPUTS),
        [
            [0.2996, 0.8053],
            [0.3061, 0.8210],
            [0.3058, 0.8203],
            [0.2948, 0.7939],
            [0.2927, 0.7891],
            [0.2990, 0.8040],
        ],
    )


def test_self_attention_v2_gives_the_books_numbers() -> None:
    assert_shows(
        seeded(789, SelfAttention_v2, 3, 2)(INPUTS),
        [
            [-0.0739, 0.0713],
            [-0.0748, 0.0703],
            [-0.0749, 0.0702],
            [-0.0760, 0.0685],
            [-0.0763, 0.0679],
            [-0.0754, 0.0693],
        ],
    )


CAUSAL = [
    [-0.4519, 0.2216],
    [-0.5874, 0.0058],
    [-0.6300, -0.0632],
    [-0.5675, -0.0843],
    [-0.5526, -0.0981],
    [-0.5299, -0.1081],
]


def test_causal_attention_gives_the_books_numbers() -> None:
    for text in seeded(123, CausalAttention, 3, 2, 6, 0.0)(BATCH):
        assert_shows(text, CAUSAL)


def test_the_wrapper_gives_the_books_numbers() -> None:
    second = [
        [0.4772, 0.1063],
        [0.5891, 0.3257],
        [0.6202, 0.3860],
        [0.5478, 0.3589],
        [0.5321, 0.3428],
        [0.5077, 0.3493],
    ]
    result = seeded(123, MultiHeadAttentionWrapper, 3, 2, 6, 0.0, num_heads=2)(BATCH)
    assert result.shape == (2, 6, 4)
    for text in result:
        assert_shows(text, [a + b for a, b in zip(CAUSAL, second, strict=True)])


def test_multi_head_attention_gives_the_books_numbers() -> None:
    for text in seeded(123, MultiHeadAttention, 3, 2, 6, 0.0, num_heads=2)(BATCH):
        assert_shows(
            text,
            [
                [0.3190, 0.4858],
                [0.2943, 0.3897],
                [0.2856, 0.3593],
                [0.2693, 0.3873],
                [0.2639, 0.3928],
                [0.2575, 0.4028],
            ],
        )


def test_two_tokens_by_hand() -> None:
    """Identity weights, so that queries, keys and values are the inputs themselves: (1, 0) and (0, 2).

    Scores are 1 0 / 0 4, divided by sqrt(2). The first row's weights are e^0.7071 : 1, so 0.6698 : 0.3302.
    """
    att = SelfAttention_v1(2, 2)
    for p in att.parameters():
        p.data = torch.eye(2)
    first = math.exp(1 / math.sqrt(2)) / (math.exp(1 / math.sqrt(2)) + 1)
    second = math.exp(4 / math.sqrt(2)) / (math.exp(4 / math.sqrt(2)) + 1)
    expected = torch.tensor([[first, 2 * (1 - first)], [1 - second, 2 * second]])
    torch.testing.assert_close(att(torch.tensor([[1.0, 0.0], [0.0, 2.0]])), expected)
    assert first == pytest.approx(0.6698, abs=5e-5)


def test_v1_and_v2_agree_when_they_share_weights() -> None:
    """nn.Linear stores its matrix transposed: the notes' exercise."""
    v1, v2 = SelfAttention_v1(3, 2), SelfAttention_v2(3, 2)
    for name in ("W_query", "W_key", "W_value"):
        getattr(v1, name).data = getattr(v2, name).weight.T
    torch.testing.assert_close(v1(INPUTS), v2(INPUTS))


@pytest.mark.parametrize("bias", [False, True])
def test_v2_equals_pytorch(bias: bool) -> None:
    att = seeded(1, SelfAttention_v2, 3, 4, bias)
    ours = F.scaled_dot_product_attention(att.W_query(INPUTS), att.W_key(INPUTS), att.W_value(INPUTS))
    torch.testing.assert_close(att(INPUTS), ours)


@pytest.mark.parametrize("tokens", [1, 2, 5, 8])
@pytest.mark.parametrize("bias", [False, True])
def test_causal_equals_pytorch(tokens: int, bias: bool) -> None:
    att = seeded(2, CausalAttention, 6, 4, 8, 0.0, bias)
    x = torch.randn(3, tokens, 6)
    theirs = F.scaled_dot_product_attention(att.W_query(x), att.W_key(x), att.W_value(x), is_causal=True)
    torch.testing.assert_close(att(x), theirs)


@pytest.mark.parametrize(("width", "heads", "tokens"), [(6, 1, 4), (6, 3, 7), (8, 8, 1), (12, 4, 9)])
@pytest.mark.parametrize("bias", [False, True])
def test_multi_head_equals_pytorchs(width: int, heads: int, tokens: int, bias: bool) -> None:
    """nn.MultiheadAttention keeps query, key and value in one matrix, one under the other."""
    ours = seeded(3, MultiHeadAttention, width, width, 9, 0.0, heads, qkv_bias=bias)
    theirs = nn.MultiheadAttention(width, heads, bias=True, batch_first=True)
    parts = (ours.W_query, ours.W_key, ours.W_value)
    theirs.in_proj_weight.data = torch.cat([p.weight for p in parts])
    theirs.in_proj_bias.data = torch.cat([p.bias for p in parts]) if bias else torch.zeros(3 * width)
    theirs.out_proj.load_state_dict(ours.out_proj.state_dict())
    x = torch.randn(2, tokens, width)
    mask = nn.Transformer.generate_square_subsequent_mask(tokens)
    torch.testing.assert_close(ours(x), theirs(x, x, x, attn_mask=mask, is_causal=True)[0])


def test_the_wrapper_is_multi_head_attention_without_its_last_layer() -> None:
    wrapper = seeded(4, MultiHeadAttentionWrapper, 6, 2, 5, 0.0, num_heads=3)
    together = MultiHeadAttention(6, 6, 5, 0.0, num_heads=3)
    for name in ("W_query", "W_key", "W_value"):
        getattr(together, name).weight.data = torch.cat([getattr(head, name).weight for head in wrapper.heads])
    together.out_proj.weight.data, together.out_proj.bias.data = torch.eye(6), torch.zeros(6)
    x = torch.randn(2, 5, 6)
    torch.testing.assert_close(wrapper(x), together(x))


@settings(max_examples=40)
@given(tokens=st.integers(1, 8), cut=st.integers(0, 7), seed=st.integers(0, 999))
def test_the_past_does_not_see_the_future(tokens: int, cut: int, seed: int) -> None:
    """Change every token from `cut` on: what stands before keeps its context vectors, bit for bit."""
    generator = torch.Generator().manual_seed(seed)
    att = seeded(seed, MultiHeadAttention, 4, 4, 8, 0.0, num_heads=2)
    x = torch.randn(1, tokens, 4, generator=generator)
    changed = x.clone()
    changed[:, cut:] = 100 * torch.randn(1, max(0, tokens - cut), 4, generator=generator)
    assert torch.equal(att(x)[:, :cut], att(changed)[:, :cut])


def test_the_first_token_sees_only_itself() -> None:
    att = seeded(5, CausalAttention, 3, 2, 6, 0.0)
    torch.testing.assert_close(att(BATCH)[:, 0], att.W_value(BATCH)[:, 0])


def test_texts_of_a_batch_do_not_mix() -> None:
    att = seeded(6, MultiHeadAttention, 4, 4, 5, 0.0, num_heads=2)
    x = torch.randn(3, 5, 4)
    torch.testing.assert_close(att(x), torch.cat([att(one[None]) for one in x]))


def test_dropout_only_in_training_and_the_rest_grows() -> None:
    """With equal values, dropping half of the weights and doubling the others keeps the mean."""
    att = seeded(7, CausalAttention, 2, 2, 400, 0.5)
    att.W_value.weight.data = torch.eye(2)
    x = torch.ones(1, 400, 2)
    assert torch.equal(att(x), att(x))
    torch.testing.assert_close(att(x), x)
    att.train()
    last = att(x)[0, -1]
    assert not torch.equal(last, x[0, -1])
    # 400 coins of weight 2/400: standard deviation 0.05.
    assert abs(last.mean().item() - 1) < 0.25


@pytest.mark.parametrize(
    "att",
    [
        CausalAttention(4, 4, 6, 0.0),
        MultiHeadAttentionWrapper(4, 2, 6, 0.0, 2),
        MultiHeadAttention(4, 4, 6, 0.0, 2),
    ],
)
def test_a_text_longer_than_the_context(att: nn.Module) -> None:
    assert att(torch.randn(1, 6, 4)).shape == (1, 6, 4)
    with pytest.raises(InputError, match="the text has 7 tokens and the model can look at 6; shorten it"):
        att(torch.randn(1, 7, 4))


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(InputError, match=r"d_out \(4\) must be divisible by num_heads \(3\)"):
        MultiHeadAttention(4, 4, 6, 0.0, num_heads=3)


def test_splitting_and_joining_heads_undo_each_other() -> None:
    att = MultiHeadAttention(6, 6, 4, 0.0, num_heads=3)
    x = torch.arange(2 * 4 * 6.0).view(2, 4, 6)
    split = att.split_heads(x)
    assert split.shape == (2, 3, 4, 2)
    assert split[1, 2, 3].tolist() == x[1, 3, 4:6].tolist()
    assert torch.equal(att.join_heads(split), x)


def test_the_mask_moves_and_is_saved_but_not_trained() -> None:
    att = MultiHeadAttention(4, 4, 3, 0.0, num_heads=2)
    assert "mask" in att.state_dict()
    assert "mask" not in dict(att.named_parameters())
    assert att.mask.tolist() == [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
