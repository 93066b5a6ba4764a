"""The GPT model, from the notes' chapter 4, in one file that reads from top to bottom.

    tokens -> token + position vectors -> n blocks of (attention, feed-forward) -> norm -> a score for every token

Parameters have the book's names and are made in the book's order, so that one seed gives the book's numbers.

Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners" (GPT-2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from engine.attention import MultiHeadAttention, check_length
from engine.config import GPTConfig, as_config
from engine.errors import InputError

Config = GPTConfig | Mapping[str, Any]


class LayerNorm(nn.Module):
    """Give every vector mean 0 and variance 1, then a learned scale and shift (notes, section 4.2).

    Source: Ba et al. 2016, "Layer Normalization".
    """

    def __init__(self, emb_dim: int) -> None:
        super().__init__()
        self.eps = 1e-5  # keeps a constant vector from dividing by zero
        self.scale = nn.Parameter(torch.ones(emb_dim))
        self.shift = nn.Parameter(torch.zeros(emb_dim))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last dimension of x (..., D)."""
        mean = x.mean(dim=-1, keepdim=True)
        var = x.var(dim=-1, keepdim=True, unbiased=False)  # divide by D, not D - 1, as GPT-2 does
        return self.scale * ((x - mean) / torch.sqrt(var + self.eps)) + self.shift


class GELU(nn.Module):
    """A smooth bend: near 0 for very negative x, near x for large x (notes, section 4.3).

    Source: Hendrycks and Gimpel 2016, "Gaussian Error Linear Units"; the tanh form is the one GPT-2 was trained with.
    """

    def forward(self, x: Tensor) -> Tensor:
        """GELU of every number in x; keeps the shape."""
        return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * torch.pow(x, 3))))


class FeedForward(nn.Module):
    """Each token on its own: four times wider, bent by GELU, and back (notes, section 4.3)."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        d = as_config(cfg).emb_dim
        self.layers = nn.Sequential(nn.Linear(d, 4 * d), GELU(), nn.Linear(4 * d, d))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        return self.layers(x)


class TransformerBlock(nn.Module):
    """Attention, then feed-forward; each normalises first and is added to what came in (notes, section 4.5)."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        c = as_config(cfg)
        self.att = MultiHeadAttention(
            d_in=c.emb_dim,
            d_out=c.emb_dim,
            context_length=c.context_length,
            num_heads=c.n_heads,
            dropout=c.drop_rate,
            qkv_bias=c.qkv_bias,
        )
        self.ff = FeedForward(c)
        self.norm1 = LayerNorm(c.emb_dim)
        self.norm2 = LayerNorm(c.emb_dim)
        self.drop_shortcut = nn.Dropout(c.drop_rate)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        x = x + self.drop_shortcut(self.att(self.norm1(x)))
        return x + self.drop_shortcut(self.ff(self.norm2(x)))


class GPTModel(nn.Module):
    """A GPT: token IDs in, a score (logit) for every possible next token out (notes, section 4.6).

    cfg  a GPTConfig, or a plain dict with the same keys as in the notes
    """

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = c = as_config(cfg)
        self.tok_emb = nn.Embedding(c.vocab_size, c.emb_dim)
        self.pos_emb = nn.Embedding(c.context_length, c.emb_dim)
        self.drop_emb = nn.Dropout(c.drop_rate)
        self.trf_blocks = nn.Sequential(*[TransformerBlock(c) for _ in range(c.n_layers)])
        self.final_norm = LayerNorm(c.emb_dim)
        self.out_head = nn.Linear(c.emb_dim, c.vocab_size, bias=False)
        if c.tie_weights:
            self.out_head.weight = self.tok_emb.weight

    @property
    def blocks(self) -> list[TransformerBlock]:
        """The transformer blocks, input side first."""
        return cast("list[TransformerBlock]", list(self.trf_blocks))

    def forward(self, in_idx: Tensor) -> Tensor:
        """Logits (B, T, V) of the token IDs in_idx (B, T): position i scores what may come after token i.

        Raises InputError when T is above the context length or no token is given.
        """
        num_tokens = in_idx.shape[1]
        if num_tokens == 0:
            raise InputError("there is no token to start from; give at least one.")
        check_length(num_tokens, self.cfg.context_length)
        tok_embeds = self.tok_emb(in_idx)  # (B, T, D)
        pos_embeds = self.pos_emb(torch.arange(num_tokens, device=in_idx.device))  # (T, D)
        x = self.drop_emb(tok_embeds + pos_embeds)
        x = self.trf_blocks(x)
        return self.out_head(self.final_norm(x))


@torch.no_grad()
def gpt2_init_(model: GPTModel, generator: torch.Generator | None = None) -> GPTModel:
    """Give the model GPT-2's initial weights in place: better to train from than PyTorch's own; returns the model.

    Every matrix is drawn from a normal distribution with standard deviation 0.02, those that write to the residual
    stream with 0.02 / sqrt(2 L), so that L blocks do not make it grow; biases are 0.

    Source: Radford et al. 2019, section 2.3.
    """
    for name, p in model.named_parameters():
        if name.endswith("bias"):
            p.zero_()
        elif p.dim() == 2:
            writes_to_stream = name.endswith(("out_proj.weight", "ff.layers.2.weight"))
            std = 0.02 / math.sqrt(2 * model.cfg.n_layers) if writes_to_stream else 0.02
            p.normal_(0, std, generator=generator)
    return model


class DummyTransformerBlock(nn.Module):
    """A block that does nothing: holds the place of TransformerBlock (notes, section 4.1)."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        """Return x unchanged."""
        return x


class DummyLayerNorm(nn.Module):
    """A norm that does nothing: holds the place of LayerNorm (notes, section 4.1)."""

    def __init__(self, normalized_shape: int, eps: float = 1e-5) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        """Return x unchanged."""
        return x


class DummyGPTModel(nn.Module):
    """The GPT's outline with empty blocks: right shapes, nothing learned (notes, section 4.1)."""

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        c = as_config(cfg)
        self.tok_emb = nn.Embedding(c.vocab_size, c.emb_dim)
        self.pos_emb = nn.Embedding(c.context_length, c.emb_dim)
        self.drop_emb = nn.Dropout(c.drop_rate)
        self.trf_blocks = nn.Sequential(*[DummyTransformerBlock(c) for _ in range(c.n_layers)])
        self.final_norm = DummyLayerNorm(c.emb_dim)
        self.out_head = nn.Linear(c.emb_dim, c.vocab_size, bias=False)

    def forward(self, in_idx: Tensor) -> Tensor:
        """Logits (B, T, V) of the token IDs in_idx (B, T)."""
        check_length(in_idx.shape[1], self.pos_emb.num_embeddings)
        positions = torch.arange(in_idx.shape[1], device=in_idx.device)
        x = self.drop_emb(self.tok_emb(in_idx) + self.pos_emb(positions))
        return self.out_head(self.final_norm(self.trf_blocks(x)))


class ExampleDeepNeuralNetwork(nn.Module):
    """Linear layers with GELU, with or without shortcuts, to watch gradients shrink (notes, section 4.4).

    layer_sizes   widths from input to output; six sizes make the notes' five layers
    use_shortcut  add a layer's input to its output wherever both are equally wide
    """

    def __init__(self, layer_sizes: Sequence[int], use_shortcut: bool) -> None:
        super().__init__()
        self.use_shortcut = use_shortcut
        pairs = zip(layer_sizes, layer_sizes[1:], strict=False)
        self.layers = nn.ModuleList([nn.Sequential(nn.Linear(a, b), GELU()) for a, b in pairs])

    def forward(self, x: Tensor) -> Tensor:
        """(..., first size) -> (..., last size)."""
        for layer in self.layers:
            out = layer(x)
            x = x + out if self.use_shortcut and x.shape == out.shape else out
        return x


def gradient_means(model: nn.Module, x: Tensor) -> dict[str, float]:
    """Mean absolute gradient of every weight matrix, when the output for x should have been 0 (notes, section 4.4).

    x        input of the model, a batch of vectors
    returns  parameter name -> mean |gradient|, input side first
    """
    model.zero_grad()
    output = model(x)
    nn.functional.mse_loss(output, torch.zeros_like(output)).backward()
    return {
        name: p.grad.abs().mean().item()
        for name, p in model.named_parameters()
        if "weight" in name and p.grad is not None
    }


def print_gradients(model: nn.Module, x: Tensor) -> None:
    """Print the mean absolute gradient of every weight matrix, as in the notes' section 4.4."""
    for name, mean in gradient_means(model, x).items():
        print(f"{name} has gradient mean of {mean}")
