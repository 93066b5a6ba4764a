"""The code behind the lesson on pretrained weights."""

from __future__ import annotations


def code(model: str, name: str, mistake: str, text: str) -> list[str]:
    """Cells of the notebook: settings and params, one tensor, all or nothing, the mistake on screen.

    model    the model's name
    name     our name of the chosen tensor
    mistake  one of engine.analysis.loading.MISTAKES
    """
    load = "load_pocket()" if model == "pocket" else f'load_gpt2({model!r}), load_tokenizer("gpt2")'
    return [
        f"""\
import torch

from engine import load_gpt2, load_pocket, load_tokenizer, load_weights_into_gpt
from engine.weights.mapping import sources, their_tensor
from engine.weights.openai_tf import to_openai

model, tokenizer = {load}
settings, params = to_openai(model)  # of a published checkpoint: read_openai(folder) gives the same two
settings, list(params), len(params["blocks"])""",
        f"""\
name = {name!r}
source = sources(model.cfg)[name]  # where it lies in theirs, and how it is taken
theirs = their_tensor(model, source.name)
ours = source.take(theirs)
source, tuple(theirs.shape), tuple(ours.shape)""",
        """\
# All or nothing: names and shapes are compared before the first number is assigned.
from dataclasses import replace

from engine.weights.pocket import empty_model

copy = empty_model(replace(model.cfg, qkv_bias=True)).eval()
load_weights_into_gpt(copy, params)
assert torch.equal(copy.tok_emb.weight, model.tok_emb.weight)""",
        f"""\
from engine.analysis.loading import load_with

ids = tokenizer.encode({text!r}, disallowed_special=())
attempt = load_with(model, {mistake!r}, ids)
attempt.refused or (attempt.loss, tokenizer.decode(list(attempt.written)))""",
    ]
