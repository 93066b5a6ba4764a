"""GPT-2 in any of the forms in which people have it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import GPTConfig, model_configs
from engine.errors import InputError, WeightsError
from engine.weights.catalog import find_release, installed_folder
from engine.weights.files import SafetensorsFile, read_json, read_state_dict
from engine.weights.hugging_face import config_from_hugging_face, load_hugging_face
from engine.weights.mapping import fill, translate
from engine.weights.openai_tf import load_openai
from engine.weights.pocket import empty_model, load_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from engine.model import GPTModel


def load_gpt2(name_or_path: str | Path) -> GPTModel:
    """A GPT-2 in evaluation mode.

    name_or_path  one of
                  the name of a size that was downloaded, such as "124M" or "gpt2-small (124M)";
                  a folder with model.safetensors and config.json, Hugging Face's or ours;
                  a folder with hparams.json and OpenAI's TensorFlow checkpoint;
                  a file .safetensors, its config.json beside it or not;
                  a file .pth or .pt with a state_dict under the notes' names, such as the book's

    Raises WeightsError when it is not installed, damaged, or no GPT-2; InputError for a name that is none of these.
    """
    path = Path(name_or_path)
    if os.path.isfile(path):  # Path.is_file fails for a name that is too long for any file
        return _from_file(path)
    if not os.path.isdir(path):
        path = installed_folder(find_release(str(name_or_path)))
    if (path / "hparams.json").exists():
        return load_openai(path)
    ours = (path / "config.json").exists() and "model_type" not in read_json(path / "config.json")
    return load_folder(path) if ours else load_hugging_face(path)


def _from_file(path: Path) -> GPTModel:
    state: Mapping[str, Tensor]
    if path.suffix == ".safetensors":
        state = SafetensorsFile(path)
    elif path.suffix in (".pth", ".pt"):
        state = read_state_dict(path)
    else:
        raise WeightsError(f"{path} ends in none of .safetensors, .pth and .pt; give one of these, or a folder.")
    if {"wte.weight", "transformer.wte.weight"} & set(state):
        beside = path.with_name("config.json")
        if not beside.exists():
            raise WeightsError(f"{path} has Hugging Face's names and needs their config.json beside it; put it there.")
        cfg = config_from_hugging_face(read_json(beside))
        return fill(empty_model(cfg), translate(state, cfg)).eval()
    cfg = config_from_shapes(state)
    weights = {name: tensor for name, tensor in state.items() if not name.endswith(".att.mask")}
    return fill(empty_model(cfg), weights).eval()


def config_from_shapes(state: Mapping[str, Tensor]) -> GPTConfig:
    """The sizes of a GPT from its state_dict under the notes' names.

    The number of heads leaves no trace in the shapes: it is that of the GPT-2 of this width, or of heads 64 wide,
    as all of GPT-2's are.

    Raises WeightsError when the tables of tokens and positions are missing or the sizes are no GPT's.
    """
    for name in ("tok_emb.weight", "pos_emb.weight"):
        if name not in state or state[name].dim() != 2:
            raise WeightsError(f"the weights have no table {name!r}; save the state_dict of a GPTModel.")
    vocabulary, width = state["tok_emb.weight"].shape
    layers = {int(m[1]) for name in state if (m := re.match(r"trf_blocks\.(\d+)\.", name))}
    heads = {sizes["emb_dim"]: sizes["n_heads"] for sizes in model_configs.values()}
    head = state.get("out_head.weight")
    try:
        return GPTConfig(
            vocab_size=vocabulary,
            context_length=len(state["pos_emb.weight"]),
            emb_dim=width,
            n_heads=heads.get(width, max(1, width // 64)),
            n_layers=len(layers),
            drop_rate=0.0,
            qkv_bias="trf_blocks.0.att.W_query.bias" in state,
            tie_weights=head is None or head.data_ptr() == state["tok_emb.weight"].data_ptr(),
        )
    except InputError as e:
        raise WeightsError(f"the weights are no GPT's: {e}") from e
