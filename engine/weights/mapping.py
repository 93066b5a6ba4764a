"""From the names in a Hugging Face GPT-2 to ours, and the all-or-nothing way to fill a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.config import GPTConfig
    from engine.model import GPTModel


def gpt2_names(cfg: GPTConfig) -> dict[str, str]:
    """Their name -> our name, for what has one counterpart; c_attn, which holds q, k and v, is left out."""
    names = {
        "wte.weight": "tok_emb.weight",
        "wpe.weight": "pos_emb.weight",
        "ln_f.weight": "final_norm.scale",
        "ln_f.bias": "final_norm.shift",
    }
    parts = {
        "ln_1.weight": "norm1.scale",
        "ln_1.bias": "norm1.shift",
        "attn.c_proj.weight": "att.out_proj.weight",
        "attn.c_proj.bias": "att.out_proj.bias",
        "ln_2.weight": "norm2.scale",
        "ln_2.bias": "norm2.shift",
        "mlp.c_fc.weight": "ff.layers.0.weight",
        "mlp.c_fc.bias": "ff.layers.0.bias",
        "mlp.c_proj.weight": "ff.layers.2.weight",
        "mlp.c_proj.bias": "ff.layers.2.bias",
    }
    for i in range(cfg.n_layers):
        names |= {f"h.{i}.{theirs}": f"trf_blocks.{i}.{ours}" for theirs, ours in parts.items()}
    return names


def translate(state: Mapping[str, Tensor], cfg: GPTConfig) -> dict[str, Tensor]:
    """A Hugging Face GPT-2's tensors under our names and in our orientation.

    Their matrices are stored (in, out) and ours (out, in), so they are transposed; theirs of query, key and value
    lie side by side in one, (D, 3 D), and are cut in three.

    Raises WeightsError naming the first tensor that is missing, or query, key and value of another width.
    """
    # A model with a language head has the prefix, a bare one does not; the masks are not weights.
    theirs = {name.removeprefix("transformer."): tensor for name, tensor in state.items()}
    ours: dict[str, Tensor] = {}

    def take(name: str) -> Tensor:
        if name not in theirs:
            raise WeightsError(f"the weights have no {name!r}; this is no GPT-2 of {cfg.n_layers} layers.")
        return theirs[name]

    for their_name, our_name in gpt2_names(cfg).items():
        tensor = take(their_name)
        transposed = ".c_" in their_name and their_name.endswith("weight")
        ours[our_name] = tensor.T if transposed else tensor
    for i in range(cfg.n_layers):
        for kind in ("weight", "bias"):
            three = take(f"h.{i}.attn.c_attn.{kind}")
            if three.shape[-1:] != (3 * cfg.emb_dim,):
                raise WeightsError(
                    f"h.{i}.attn.c_attn.{kind} is {tuple(three.shape)} and its last size should be "
                    f"{3 * cfg.emb_dim}; use the configuration that these weights were made with."
                )
            for part, tensor in zip(("query", "key", "value"), three.chunk(3, dim=-1), strict=True):
                ours[f"trf_blocks.{i}.att.W_{part}.{kind}"] = tensor.T if kind == "weight" else tensor
    if not cfg.tie_weights:
        ours["out_head.weight"] = theirs.get("lm_head.weight", ours["tok_emb.weight"])
    return ours


@torch.no_grad()
def fill(model: GPTModel, weights: Mapping[str, Tensor]) -> GPTModel:
    """Put the weights into the model, all or nothing; returns the model.

    weights  our parameter names -> tensors of any float type; names of a tied head may be left out

    Raises WeightsError naming what is missing, left over, or of another shape; then nothing has been assigned.
    """
    # named_parameters gives a tied head once, under the embedding's name.
    parameters = dict(model.named_parameters())
    tied = {"out_head.weight"} if model.cfg.tie_weights else set()
    missing = sorted(set(parameters) - set(weights))
    extra = sorted(set(weights) - set(parameters) - tied)
    if missing or extra:
        what = f"{missing[0]!r} is missing" if missing else f"{extra[0]!r} has no place in it"
        raise WeightsError(f"the weights do not fit this model: {what}; use the configuration they were made with.")
    for name in tied & set(weights):
        if not torch.equal(weights[name], weights["tok_emb.weight"]):
            raise WeightsError(
                f"the weights do not fit this model: they have an {name} of their own and its head is the embedding; "
                "use the configuration they were made with."
            )
    for name, p in parameters.items():
        if weights[name].shape != p.shape:
            raise WeightsError(
                f"the weights do not fit this model: {name} is {tuple(weights[name].shape)} and should be "
                f"{tuple(p.shape)}; use the configuration they were made with."
            )
    for name, p in parameters.items():
        p.copy_(weights[name])
    return model
