"""The attention ladder, from the notes' sections 3.3 to 3.6: each class adds one idea to the one before it.

SelfAttention_v1            queries, keys and values from three weight matrices
SelfAttention_v2            the same with nn.Linear, whose initial weights train better
CausalAttention             a token sees only itself and what came before; dropout on the weights
MultiHeadAttentionWrapper   several causal heads side by side, one after the other
MultiHeadAttention          the same in one pass: one big matrix, split into heads

Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.errors import InputError


class SelfAttention_v1(nn.Module):
    """Self-attention with trainable weights, as bare matrices (notes, section 3.4).

    d_in   width of the input vectors
    d_out  width of queries, keys, values and of the context vectors
    """

    def __init__(self, d_in: int, d_out: int) -> None:
        super().__init__()
        self.W_query = nn.Parameter(torch.rand(d_in, d_out))
        self.W_key = nn.Parameter(torch.rand(d_in, d_out))
        self.W_value = nn.Parameter(torch.rand(d_in, d_out))

    def forward(self, x: Tensor) -> Tensor:
        """Context vectors (T, d_out) of the input vectors x (T, d_in)."""
        keys = x @ self.W_key
        queries = x @ self.W_query
        values = x @ self.W_value
        scores = queries @ keys.T  # (T, T): row i holds what token i asks of every token
        weights = torch.softmax(scores / keys.shape[-1] ** 0.5, dim=-1)
        return weights @ values


class SelfAttention_v2(nn.Module):
    """The same as SelfAttention_v1, with nn.Linear for the three matrices (notes, section 3.4).

    nn.Linear stores its matrix transposed: v1 gives v2's output once `v1.W_query = v2.W_query.weight.T`.
    """

    def __init__(self, d_in: int, d_out: int, qkv_bias: bool = False) -> None:
        super().__init__()
        self.W_query = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_key = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_value = nn.Linear(d_in, d_out, bias=qkv_bias)

    def forward(self, x: Tensor) -> Tensor:
        """Context vectors (T, d_out) of the input vectors x (T, d_in)."""
        keys = self.W_key(x)
        queries = self.W_query(x)
        values = self.W_value(x)
        scores = queries @ keys.T
        weights = torch.softmax(scores / keys.shape[-1] ** 0.5, dim=-1)
        return weights @ values


class CausalAttention(nn.Module):
    """One head that cannot look ahead, for a batch of texts (notes, section 3.5).

    context_length  most tokens a text may have
    dropout         share of attention weights dropped in training; the others grow by 1 / (1 - dropout)
    """

    mask: Tensor

    def __init__(self, d_in: int, d_out: int, context_length: int, dropout: float, qkv_bias: bool = False) -> None:
        super().__init__()
        self.d_out = d_out
        self.W_query = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_key = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_value = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.dropout = nn.Dropout(dropout)
        # A buffer is saved and moved to the GPU with the model, but not trained.
        self.register_buffer("mask", torch.triu(torch.ones(context_length, context_length), diagonal=1))

    def forward(self, x: Tensor) -> Tensor:
        """Context vectors (B, T, d_out) of the input vectors x (B, T, d_in).

        Raises InputError when T is above context_length.
        """
        num_tokens = x.shape[1]
        check_length(num_tokens, self.mask.shape[0])
        keys = self.W_key(x)
        queries = self.W_query(x)
        values = self.W_value(x)
        scores = queries @ keys.transpose(1, 2)  # (B, T, T)
        # Minus infinity before softmax: the future gets weight 0 and the rest still sums to 1.
        scores.masked_fill_(self.mask.bool()[:num_tokens, :num_tokens], -torch.inf)
        weights = torch.softmax(scores / keys.shape[-1] ** 0.5, dim=-1)
        return self.dropout(weights) @ values


class MultiHeadAttentionWrapper(nn.Module):
    """Several causal heads, computed one after the other and put side by side (notes, section 3.6).

    d_out is the width of one head; the output is num_heads * d_out wide.
    """

    def __init__(
        self, d_in: int, d_out: int, context_length: int, dropout: float, num_heads: int, qkv_bias: bool = False
    ) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            [CausalAttention(d_in, d_out, context_length, dropout, qkv_bias) for _ in range(num_heads)]
        )

    def forward(self, x: Tensor) -> Tensor:
        """Context vectors (B, T, num_heads * d_out) of the input vectors x (B, T, d_in)."""
        return torch.cat([head(x) for head in self.heads], dim=-1)


class MultiHeadAttention(nn.Module):
    """All heads in one pass: project once, split into heads, attend, put together (notes, section 3.6).

    d_out is the width of all heads together and must be divisible by num_heads.
    Raises InputError when it is not.
    """

    mask: Tensor

    def __init__(
        self, d_in: int, d_out: int, context_length: int, dropout: float, num_heads: int, qkv_bias: bool = False
    ) -> None:
        super().__init__()
        if d_out % num_heads:
            raise InputError(f"d_out ({d_out}) must be divisible by num_heads ({num_heads}).")
        self.d_out = d_out
        self.num_heads = num_heads
        self.head_dim = d_out // num_heads
        self.W_query = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_key = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_value = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.out_proj = nn.Linear(d_out, d_out)  # lets the heads' results mix
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("mask", torch.triu(torch.ones(context_length, context_length), diagonal=1))

    def forward(self, x: Tensor) -> Tensor:
        """Context vectors (B, T, d_out) of the input vectors x (B, T, d_in).

        Raises InputError when T is above context_length.
        """
        num_tokens = x.shape[1]
        check_length(num_tokens, self.mask.shape[0])
        keys = self.split_heads(self.W_key(x))  # (B, H, T, K)
        queries = self.split_heads(self.W_query(x))
        values = self.split_heads(self.W_value(x))
        scores = queries @ keys.transpose(2, 3)  # (B, H, T, T)
        scores.masked_fill_(self.mask.bool()[:num_tokens, :num_tokens], -torch.inf)
        weights = torch.softmax(scores / keys.shape[-1] ** 0.5, dim=-1)
        context = self.dropout(weights) @ values  # (B, H, T, K)
        return self.out_proj(self.join_heads(context))

    def split_heads(self, x: Tensor) -> Tensor:
        """(B, T, d_out) -> (B, H, T, K): each head gets its own slice of the width."""
        return x.view(x.shape[0], x.shape[1], self.num_heads, self.head_dim).transpose(1, 2)

    def join_heads(self, x: Tensor) -> Tensor:
        """(B, H, T, K) -> (B, T, d_out): the heads side by side again."""
        return x.transpose(1, 2).contiguous().view(x.shape[0], x.shape[2], self.d_out)


def check_length(num_tokens: int, context_length: int) -> None:
    """Raise InputError when a text has more tokens than the model has positions."""
    if num_tokens > context_length:
        raise InputError(
            f"the text has {num_tokens:,} tokens and the model can look at {context_length:,}; "
            "shorten it or keep its end."
        )
