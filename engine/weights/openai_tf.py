"""GPT-2 as OpenAI published it: a TensorFlow checkpoint beside hparams.json (notes, section 5.5)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from engine.config import GPTConfig
from engine.downloads import RemoteFile, fetch
from engine.errors import InputError, WeightsError, first_line
from engine.weights.catalog import find_release
from engine.weights.files import read_json
from engine.weights.mapping import fill, translate, untranslate
from engine.weights.pocket import empty_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor

    from engine.downloads import Progress
    from engine.model import GPTModel

# Where OpenAI published them, and the copy that the book's code falls back on.
BASES = (
    "https://openaipublic.blob.core.windows.net/gpt-2/models",
    "https://f001.backblazeb2.com/file/LLMs-from-scratch/gpt2",
)
FILES = (
    *("checkpoint", "encoder.json", "hparams.json", "model.ckpt.data-00000-of-00001", "model.ckpt.index"),
    *("model.ckpt.meta", "vocab.bpe"),
)
SETTINGS = ("n_vocab", "n_ctx", "n_embd", "n_head", "n_layer")
# The last part of their names -> that of Hugging Face's.
LEAVES = {"w": "weight", "g": "weight", "b": "bias"}


def read_openai(folder: str | Path) -> tuple[dict[str, int], dict[str, Any]]:
    """The settings and params of a published checkpoint, as in the notes.

    folder   holds hparams.json and the checkpoint (checkpoint, model.ckpt.index, model.ckpt.data-…)
    returns  settings: n_vocab, n_ctx, n_embd, n_head, n_layer;
             params: wte (V, D), wpe (positions, D), g and b (D,) of the last norm, and blocks, one dictionary a layer:
             attn and mlp, each with matrices w (in, out) and biases b; ln_1 and ln_2 with g and b

    Raises WeightsError when a file is missing, damaged or describes no GPT-2.
    """
    folder = Path(folder)
    settings = read_json(folder / "hparams.json")
    for name in SETTINGS:
        if not isinstance(settings.get(name), int):
            raise WeightsError(f"{folder / 'hparams.json'} has no whole number {name}; fetch it again.")
    return settings, load_gpt2_params_from_tf_ckpt(_checkpoint_in(folder), settings)


def download_and_load_gpt2(
    model_size: str, models_dir: str | Path, progress: Progress | None = None
) -> tuple[dict[str, int], dict[str, Any]]:
    """Settings and params of a published GPT-2, fetched into models_dir/model_size if need be (notes, section 5.5).

    model_size  124M, 355M, 774M or 1558M
    progress    as in engine.downloads.fetch, for each file

    Raises InputError for another size, DownloadError when a file cannot be had, WeightsError when it is damaged.
    """
    size = find_release(model_size).size
    folder = Path(models_dir) / size
    for name in FILES:
        fetch(RemoteFile(name, tuple(f"{base}/{size}/{name}" for base in BASES)), folder, progress)
    return read_openai(folder)


def load_gpt2_params_from_tf_ckpt(ckpt_path: str, settings: Mapping[str, int]) -> dict[str, Any]:
    """The weights in a TensorFlow checkpoint as nested dictionaries of arrays (notes, section 5.5).

    ckpt_path  the common beginning of its files' names, such as models/124M/model.ckpt

    Raises WeightsError when it cannot be read or a name in it is none of GPT-2's.
    """
    # TensorFlow takes seconds to import and is needed for nothing else. It would print how it was compiled.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    params: dict[str, Any] = {"blocks": [{} for _ in range(settings["n_layer"])]}
    try:
        reader = tf.train.load_checkpoint(ckpt_path)
        arrays = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    except Exception as e:  # damaged files raise many kinds
        raise WeightsError(f"{ckpt_path} is no whole TensorFlow checkpoint ({first_line(e)}); fetch it again.") from e
    for name, array in arrays.items():
        first, *path = name.split("/")
        try:
            if first != "model" or not path:
                raise KeyError(name)
            place = params
            if path[0][:1] == "h":
                place = params["blocks"][int(path.pop(0)[1:])]
            elif path[0] == "ln_f":  # the last norm's g and b stand by themselves
                path.pop(0)
            *groups, leaf = path
            for group in groups:
                place = place.setdefault(group, {})
            # Their matrices are convolutions of width 1: (1, in, out).
            place[leaf] = np.squeeze(array)
        except (KeyError, IndexError, ValueError, TypeError) as e:
            raise WeightsError(
                f"the checkpoint holds {name!r}, which no GPT-2 of {settings['n_layer']} layers has; "
                "use the hparams.json that belongs to it."
            ) from e
    return params


def _checkpoint_in(folder: Path) -> str:
    """The checkpoint's path without its endings; not from the file `checkpoint`, which may name any path."""
    found = sorted(folder.glob("*.index"))
    if len(found) != 1:
        raise WeightsError(
            f"{folder} should hold one TensorFlow checkpoint and holds {len(found)}; "
            "put model.ckpt.index and model.ckpt.data-00000-of-00001 there."
        )
    return str(found[0].with_suffix(""))


def config_from_openai(settings: Mapping[str, int]) -> GPTConfig:
    """Our sizes from their settings: biases on queries, keys and values, and a tied head.

    Raises WeightsError when they describe no GPT-2.
    """
    try:
        vocabulary, context, width, heads, layers = (settings[name] for name in SETTINGS)
        return GPTConfig(vocabulary, context, width, heads, layers, 0.0, qkv_bias=True, tie_weights=True)
    except KeyError as e:
        raise WeightsError(f"the settings have no {e.args[0]!r}; fetch hparams.json again.") from e
    except InputError as e:
        raise WeightsError(f"the settings describe no GPT-2: {e}") from e


def load_openai(folder: str | Path) -> GPTModel:
    """The GPT-2 in a published checkpoint's folder, in evaluation mode.

    Raises WeightsError as read_openai does, or when weights and settings do not belong together.
    """
    settings, params = read_openai(folder)
    model = empty_model(config_from_openai(settings))
    load_weights_into_gpt(model, params)
    return model.eval()


def load_weights_into_gpt(gpt: GPTModel, params: Mapping[str, Any]) -> None:
    """Put OpenAI's weights into a model, all or nothing (notes, section 5.5).

    gpt     context_length, qkv_bias and the sizes must be those of the weights; a head of its own gets a copy of
            the embedding
    params  as read_openai gives them

    Raises WeightsError saying what is missing, left over or of another shape; then nothing has been assigned.
    """
    fill(gpt, translate(dict(hugging_face_names(params)), gpt.cfg))


def hugging_face_names(params: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """The arrays of params as tensors under Hugging Face's names: their shapes are the same already."""
    for name, value in params.items():
        if name == "blocks":
            for i, block in enumerate(value):
                yield from _nested(block, f"h.{i}")
        elif name in ("g", "b"):
            yield f"ln_f.{LEAVES[name]}", _tensor(value, name)
        else:
            yield f"{name}.weight", _tensor(value, name)


def _nested(part: Mapping[str, Any], path: str) -> Iterator[tuple[str, Tensor]]:
    for name, value in part.items():
        if isinstance(value, dict):
            yield from _nested(value, f"{path}.{name}")
        else:
            yield f"{path}.{LEAVES.get(name, name)}", _tensor(value, f"{path}.{name}")


def _tensor(value: Any, name: str) -> Tensor:
    try:
        return torch.from_numpy(np.asarray(value))
    except TypeError as e:
        raise WeightsError(f"{name} in params is no array of numbers; use the params that read_openai gives.") from e


def to_openai(model: GPTModel) -> tuple[dict[str, int], dict[str, Any]]:
    """A model as settings and params, the way read_openai gives a published one; most arrays share its memory.

    Its head must be tied, as GPT-2's is; a model without biases on queries, keys and values gets zeros.

    Raises WeightsError for a head of its own, for which params has no place.
    """
    c = model.cfg
    if not c.tie_weights:
        raise WeightsError("OpenAI's params have no place for a head of its own; give a model with tie_weights=True.")
    params: dict[str, Any] = {"blocks": [{} for _ in range(c.n_layers)]}
    for name, tensor in untranslate(model).items():
        *groups, leaf = name.removeprefix("transformer.").split(".")
        array = tensor.cpu().numpy()
        if groups[0] != "h":
            params[{"ln_f": leaf[:1].replace("w", "g")}.get(groups[0], groups[0])] = array
            continue
        place = params["blocks"][int(groups[1])]
        for group in groups[2:]:
            place = place.setdefault(group, {})
        is_norm = groups[-1].startswith("ln_")
        place["b" if leaf == "bias" else "g" if is_norm else "w"] = array
    return dict(zip(SETTINGS, (c.vocab_size, c.context_length, c.emb_dim, c.n_heads, c.n_layers), strict=True)), params
