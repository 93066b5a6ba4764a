"""What a GPT consists of, worked out from its sizes alone: every part, its weights, the shapes that flow through it.

The tests hold this to a real model: the same names and shapes as its parameters, the same outputs as its layers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from engine.config import GPTConfig, as_config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """One part of a GPT: a layer, or a step of arithmetic between layers.

    name     where it is in GPTModel; parts of a block without the block's number ("att.W_query")
    takes    letters of each input's shape, as in engine/__init__.py: "B T D"; 4D is four times the width
    gives    letters of the output's shape
    weights  name -> shape of its trainable tensors; empty for a step without any
    copies   how often the model has it: n_layers for a part of a block, else 1
    in_block whether it is a part of a block
    """

    name: str
    takes: tuple[str, ...]
    gives: str
    weights: Mapping[str, Shape] = field(default_factory=dict)
    copies: int = 1
    in_block: bool = False

    @property
    def parameters(self) -> int:
        """Trainable numbers in one copy."""
        return sum(map(prod, self.weights.values()))

    @property
    def total(self) -> int:
        """Trainable numbers in all copies."""
        return self.copies * self.parameters


def anatomy(cfg: GPTConfig | Mapping[str, Any]) -> tuple[Part, ...]:
    """All parts in the order in which data flows through them; those of a block once, for all its copies.

    Raises InputError for sizes that no model can have.
    """
    c = as_config(cfg)
    d = c.emb_dim
    norm = {"scale": (d,), "shift": (d,)}
    head = {} if c.tie_weights else {"weight": (c.vocab_size, d)}
    inside: list[tuple[str, tuple[str, ...], str, Mapping[str, Shape]]] = [
        ("norm1", ("B T D",), "B T D", norm),
        *((f"att.W_{name}", ("B T D",), "B T D", _linear(d, d, c.qkv_bias)) for name in ("query", "key", "value")),
        ("att.scores", ("B H T K", "B H T K"), "B H T T", {}),
        ("att.weights", ("B H T T",), "B H T T", {}),
        ("att.context", ("B H T T", "B H T K"), "B T D", {}),
        ("att.out_proj", ("B T D",), "B T D", _linear(d, d)),
        ("add1", ("B T D", "B T D"), "B T D", {}),
        ("norm2", ("B T D",), "B T D", norm),
        ("ff.layers.0", ("B T D",), "B T 4D", _linear(d, 4 * d)),
        ("ff.layers.1", ("B T 4D",), "B T 4D", {}),
        ("ff.layers.2", ("B T 4D",), "B T D", _linear(4 * d, d)),
        ("add2", ("B T D", "B T D"), "B T D", {}),
    ]
    return (
        Part("tok_emb", ("B T",), "B T D", {"weight": (c.vocab_size, d)}),
        Part("pos_emb", ("T",), "T D", {"weight": (c.context_length, d)}),
        Part("add_emb", ("B T D", "T D"), "B T D"),
        *(Part(*part, c.n_layers, in_block=True) for part in inside),
        Part("final_norm", ("B T D",), "B T D", norm),
        Part("out_head", ("B T D",), "B T V", head),
    )


def shape_of(letters: str, cfg: GPTConfig, batch: int, length: int) -> Shape:
    """The numbers behind a shape's letters: "B T D" -> (2, 4, 768).

    batch   texts in the batch
    length  tokens in each text
    """
    sizes = {
        "B": batch,
        "T": length,
        "D": cfg.emb_dim,
        "4D": 4 * cfg.emb_dim,
        "H": cfg.n_heads,
        "K": cfg.head_dim,
        "V": cfg.vocab_size,
    }
    return tuple(sizes[letter] for letter in letters.split())


def _linear(inputs: int, outputs: int, bias: bool = True) -> dict[str, Shape]:
    """The tensors of nn.Linear(inputs, outputs)."""
    return {"weight": (outputs, inputs), **({"bias": (outputs,)} if bias else {})}
