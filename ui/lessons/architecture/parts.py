"""What each box of the map is called, what it is for, and how its numbers come about, in words."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from engine.anatomy import shape_of
from ui.numbers import count, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.anatomy import Part, Shape
    from engine.config import GPTConfig

BLOCKS = "blocks"  # the box that stands for all blocks together


@dataclass(frozen=True)
class About:
    """A box in words: its label on the map, what it does, and the lesson that shows it."""

    label: str
    does: str
    slug: str = ""


NORM = (
    "gives each token's vector mean 0 and variance 1, then a learned scale and shift. GPT-2 has one **before** "
    "attention, one **before** the feed-forward, and one at the very end; none after them"
)
ABOUT = {
    "tok_emb": About("token embedding", "looks up a row of a table for each token ID", "embeddings"),
    "pos_emb": About("position embedding", "looks up a row of a second table for each place in the text", "positions"),
    "add_emb": About(
        "+", "adds the two vectors of each token. In training, dropout here sets some numbers to 0", "positions"
    ),
    BLOCKS: About("block", "mix the tokens (attention) and work on each one alone (feed-forward), again and again"),
    "norm1": About("norm 1", NORM, "layer_norm"),
    "att.W_query": About("W_query", "makes each token's query: what it looks for", "self_attention"),
    "att.W_key": About("W_key", "makes each token's key: what it can be found by", "self_attention"),
    "att.W_value": About("W_value", "makes each token's value: what it hands over", "self_attention"),
    "att.scores": About(
        "queries · keys / √K",  # K alone is the width of a head, V the vocabulary
        "compares every query with every key, in each head by itself: a dot product, divided by the root of the head's "
        "width",
        "self_attention",
    ),
    "att.weights": About(
        "mask, softmax", "hides later tokens and makes each row of scores positive with sum 1", "causal_mask"
    ),
    "att.context": About(
        "weights · values", "takes the weighted mean of the values and puts the heads side by side", "many_heads"
    ),
    "att.out_proj": About("out_proj", "lets the results of the heads mix", "many_heads"),
    "add1": About("+", "adds what attention found to what came in: the shortcut", "shortcuts"),
    "norm2": About("norm 2", NORM, "layer_norm"),
    "ff.layers.0": About("widen", "makes each token's vector four times as wide", "feed_forward"),
    "ff.layers.1": About("GELU", "bends every number by the same curve", "feed_forward"),
    "ff.layers.2": About("narrow", "brings each vector back to its width", "feed_forward"),
    "add2": About("+", "adds what the feed-forward made to what came in: the second shortcut", "shortcuts"),
    "final_norm": About("final norm", NORM, "layer_norm"),
    "out_head": About(
        "output head", "compares each vector with a row for each token of the vocabulary: the logits", "generating"
    ),
}


def tuple_text(shape: Shape) -> str:
    """A shape as Python writes it, with separators: (4, 256, 50,257), (4,)."""
    return f"({', '.join(map(count, shape))}{',' if len(shape) == 1 else ''})"


def product_text(shape: Shape) -> str:
    """A shape as a product: 50,257 × 768."""
    return " × ".join(map(count, shape))


def parameters_text(part: Part, cfg: GPTConfig) -> str:
    """The arithmetic of a part's parameters, one line for each tensor, and the sum."""
    if not part.weights:
        if part.name == "out_head":
            return (
                "No parameters of its own: the head **is** the table of the token embedding, used a second time. That "
                f"saves {product_text((cfg.vocab_size, cfg.emb_dim))} = {count(cfg.vocab_size * cfg.emb_dim)}."
            )
        return "**0 parameters**: plain arithmetic, nothing to learn."
    lines = [
        f"- `{name}`: {product_text(shape)}" + (f" = {count(prod(shape))}" if len(shape) > 1 else "")
        for name, shape in part.weights.items()
    ]
    terms = [count(prod(shape)) for shape in part.weights.values()]
    total = f"{' + '.join(terms)} = **{count(part.parameters)}**" if len(terms) > 1 else f"**{terms[0]}**"
    copies = f", in {count(part.copies)} blocks {count(part.total)}" if part.in_block else ""
    return "\n".join([*lines, "", f"Together {total}{copies}."])


def block_text(parts: Sequence[Part], cfg: GPTConfig) -> str:
    """The arithmetic of a whole block, and of all of them."""
    inside = [part for part in parts if part.in_block and part.weights]
    groups = {
        "two norms": [p for p in inside if p.name.startswith("norm")],
        "attention": [p for p in inside if p.name.startswith("att.")],
        "feed-forward": [p for p in inside if p.name.startswith("ff.")],
    }
    sums = {name: sum(p.parameters for p in group) for name, group in groups.items()}
    one = sum(sums.values())
    lines = [
        f"- {name}: {' + '.join(count(p.parameters) for p in groups[name])} = {count(sums[name])}" for name in sums
    ]
    return "\n".join(
        [
            *lines,
            "",
            f"One block has **{count(one)}**; {count(cfg.n_layers)} blocks, all of the same shape, have "
            f"{count(cfg.n_layers)} × {count(one)} = **{count(cfg.n_layers * one)}**.",
        ]
    )


def flow_text(part: Part, cfg: GPTConfig, batch: int, length: int) -> str:
    """What goes in and out of a part, as letters and as numbers."""
    ins = " and ".join(_shape(letters, cfg, batch, length) for letters in part.takes)
    return f"In: {ins}. Out: {_shape(part.gives, cfg, batch, length)}."


def _shape(letters: str, cfg: GPTConfig, batch: int, length: int) -> str:
    names = letters.split()
    numbers = tuple_text(shape_of(letters, cfg, batch, length))
    return f"({', '.join(names)}{',' if len(names) == 1 else ''}) = **{numbers}**"


def tying_text(cfg: GPTConfig, untied: int, tied: int) -> str:
    """The parameters of a model with a head of its own and with a tied one, and what lies between."""
    head = cfg.vocab_size * cfg.emb_dim
    return (
        f"The output head has a row of {count(cfg.emb_dim)} numbers for each of {count(cfg.vocab_size)} tokens, and so "
        f"has the token embedding: {product_text((cfg.vocab_size, cfg.emb_dim))} = **{count(head)}** each.\n\n"
        f"- A head of its own: **{count(untied)}** parameters, {percent(head / untied)} of them in the head.\n"
        f"- Weight tying, both use one table: {count(untied)} − {count(head)} = **{count(tied)}**."
    )
