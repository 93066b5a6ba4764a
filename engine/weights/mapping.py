"""From the names in a Hugging Face GPT-2 to ours, and the all-or-nothing way to fill a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.errors import WeightsError

if TYPE_CHECKING:
    from engine.config import GPTConfig
    from engine.model import GPTModel

# Masks, which older files hold beside the weights.
NOT_WEIGHTS = (".attn.bias", ".attn.masked_bias")
OUTSIDE = {
    "tok_emb.weight": "wte.weight",
    "pos_emb.weight": "wpe.weight",
    "final_norm.scale": "ln_f.weight",
    "final_norm.shift": "ln_f.bias",
}
IN_A_BLOCK = {
    "att.W_query": "attn.c_attn",
    "att.W_key": "attn.c_attn",
    "att.W_value": "attn.c_attn",
    "att.out_proj": "attn.c_proj",
    "ff.layers.0": "mlp.c_fc",
    "ff.layers.2": "mlp.c_proj",
}
THIRDS = {"att.W_query": 0, "att.W_key": 1, "att.W_value": 2}


@dataclass(frozen=True)
class Source:
    """Where one of our tensors lies in a Hugging Face GPT-2.

    name        theirs, without the prefix "transformer."
    transposed  theirs is a matrix (in, out), and ours is (out, in)
    third       0, 1 or 2: ours is the first, second or last third of theirs along its last size; None: all of it
    """

    name: str
    transposed: bool = False
    third: int | None = None

    def take(self, theirs: Tensor) -> Tensor:
        """Our tensor out of theirs; no number is copied."""
        part = theirs if self.third is None else theirs.chunk(3, dim=-1)[self.third]
        return part.T if self.transposed else part


def sources(cfg: GPTConfig) -> dict[str, Source]:
    """Our name -> where it lies in theirs, for every parameter of a GPT of this shape, biases included."""
    found = {ours: Source(theirs) for ours, theirs in OUTSIDE.items()}
    for i in range(cfg.n_layers):
        block, their_block = f"trf_blocks.{i}", f"h.{i}"
        for n in (1, 2):
            found[f"{block}.norm{n}.scale"] = Source(f"{their_block}.ln_{n}.weight")
            found[f"{block}.norm{n}.shift"] = Source(f"{their_block}.ln_{n}.bias")
        for ours, theirs in IN_A_BLOCK.items():
            third = THIRDS.get(ours)
            found[f"{block}.{ours}.weight"] = Source(f"{their_block}.{theirs}.weight", True, third)
            found[f"{block}.{ours}.bias"] = Source(f"{their_block}.{theirs}.bias", False, third)
    if not cfg.tie_weights:
        found["out_head.weight"] = Source("lm_head.weight")
    return found


class Translated(Mapping[str, Tensor]):
    """A Hugging Face GPT-2's tensors under our names and in our orientation, each read when it is asked for."""

    def __init__(self, state: Mapping[str, Tensor], table: dict[str, Source]) -> None:
        # A model with a language head has the prefix, a bare one does not.
        self.names = {name.removeprefix("transformer."): name for name in state}
        self.state, self.table = state, table

    def __getitem__(self, name: str) -> Tensor:
        source = self.table[name]
        return source.take(self.state[self.names[source.name]])

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)


def translate(state: Mapping[str, Tensor], cfg: GPTConfig) -> Translated:
    """A Hugging Face GPT-2's tensors under our names and in our orientation.

    Their matrices are stored (in, out) and ours (out, in), so they are transposed; theirs of query, key and value
    lie side by side in one, (D, 3 D), and are cut in three.

    Raises WeightsError naming the first tensor that is missing or left over, or query, key and value of another width.
    """
    table = sources(cfg)
    ours = Translated(state, table)
    if not cfg.tie_weights and "lm_head.weight" not in ours.names:
        table["out_head.weight"] = Source("wte.weight")
    needed = dict.fromkeys(source.name for source in table.values())
    for name in needed:
        if name not in ours.names:
            raise WeightsError(f"the weights have no {name!r}; this is no GPT-2 of {cfg.n_layers} layers.")
        if ".c_attn." in name and (shape := tuple(state[ours.names[name]].shape))[-1:] != (3 * cfg.emb_dim,):
            raise WeightsError(
                f"{name} is {shape} and its last size should be {3 * cfg.emb_dim}; "
                "use the configuration that these weights were made with."
            )
    allowed = {*needed, "lm_head.weight"}  # of a tied model the head is the embedding once more
    if left := sorted(name for name in ours.names if name not in allowed and not name.endswith(NOT_WEIGHTS)):
        raise WeightsError(
            f"the weights have {left[0]!r}{_more(len(left))}, which no GPT-2 of {cfg.n_layers} layers has; "
            "use the configuration that they were made with."
        )
    return ours


def untranslate(model: GPTModel) -> dict[str, Tensor]:
    """A model's tensors under Hugging Face's names and in their orientation: what translate takes.

    GPT-2 has biases on queries, keys and values; a model without them gets zeros, which change nothing.
    """
    names = dict.fromkeys(source.name for source in sources(model.cfg).values())
    return {n if n.startswith("lm_head") else f"transformer.{n}": their_tensor(model, n) for n in names}


def their_tensor(model: GPTModel, name: str) -> Tensor:
    """One of the tensors that untranslate gives, by its name without the prefix."""
    ours = {n: p.detach() for n, p in model.named_parameters() if n.startswith(_place(name))}
    parts = []
    for our_name, source in sources(model.cfg).items():  # queries come before keys, and keys before values
        if source.name == name:
            part = ours.get(our_name, model.tok_emb.weight.new_zeros(model.cfg.emb_dim).detach())
            parts.append(part.T if source.transposed else part)
    return torch.cat(parts, dim=-1).contiguous()


def _place(name: str) -> str:
    """How our names of the tensors begin that one of theirs holds."""
    return f"trf_blocks.{name.split('.')[1]}." if name.startswith("h.") else ""


@dataclass(frozen=True)
class Misfit:
    """How weights and a model differ.

    missing  names that the model has and the weights have not
    extra    names that the weights have and the model has not
    shapes   name -> (shape in the weights, shape in the model), where both have it
    """

    missing: list[str]
    extra: list[str]
    shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra or self.shapes)

    def __str__(self) -> str:
        """One sentence: the first of each kind by name, the others by number."""
        said = []
        if self.missing:
            said.append(f"{self.missing[0]!r} is missing{_more(len(self.missing))}")
        if self.extra:
            said.append(f"{self.extra[0]!r} has no place in it{_more(len(self.extra))}")
        if self.shapes:
            name, (theirs, ours) = next(iter(self.shapes.items()))
            said.append(f"{name} is {theirs} and should be {ours}{_more(len(self.shapes))}")
        return (
            f"the weights do not fit this model: {'; '.join(said)}; use the configuration they were made with."
            if said
            else "the weights fit this model."
        )


def _more(number: int) -> str:
    return f" (and {number - 1:,} more)" if number > 1 else ""


def misfit(model: GPTModel, shapes: Mapping[str, tuple[int, ...]]) -> Misfit:
    """What does not fit when weights of these shapes, under our names, are put into the model; empty when all does."""
    # named_parameters gives a tied head once, under the embedding's name.
    parameters = dict(model.named_parameters())
    tied = {"out_head.weight"} if model.cfg.tie_weights else set()
    both = [name for name in parameters if name in shapes]
    wrong = {n: (tuple(shapes[n]), tuple(parameters[n].shape)) for n in both}
    return Misfit(
        sorted(set(parameters) - set(shapes)),
        sorted(set(shapes) - set(parameters) - tied),
        {name: pair for name, pair in wrong.items() if pair[0] != pair[1]},
    )


@torch.no_grad()
def fill(model: GPTModel, weights: Mapping[str, Tensor]) -> GPTModel:
    """Put the weights into the model, all or nothing; returns the model.

    weights  our parameter names -> tensors of any float type; names of a tied head may be left out

    Raises WeightsError naming what is missing, left over, or of another shape; then nothing has been assigned.
    """
    if found := misfit(model, {name: tuple(tensor.shape) for name, tensor in weights.items()}):
        raise WeightsError(str(found))
    head = weights.get("out_head.weight") if model.cfg.tie_weights else None
    if head is not None and not torch.equal(head, weights["tok_emb.weight"]):
        raise WeightsError(
            "the weights do not fit this model: they have an out_head.weight of their own and its head is the "
            "embedding; use the configuration they were made with."
        )
    for name, p in model.named_parameters():
        p.copy_(weights[name])
    return model
