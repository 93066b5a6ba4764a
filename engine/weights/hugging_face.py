"""GPT-2 as Hugging Face stores it: model.safetensors beside config.json."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.config import GPTConfig
from engine.errors import InputError, WeightsError
from engine.weights.catalog import find_size, installed_folder
from engine.weights.files import read_json, read_safetensors
from engine.weights.mapping import fill, translate
from engine.weights.pocket import empty_model

if TYPE_CHECKING:
    from engine.model import GPTModel

# Settings of their config.json that change the arithmetic, and what GPT-2 has.
FIXED = {
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}


def load_gpt2(name_or_path: str | Path) -> GPTModel:
    """A GPT-2 in evaluation mode.

    name_or_path  a folder with model.safetensors and config.json, or the name of a size that was downloaded,
                  such as "124M" or "gpt2-small (124M)"

    Raises WeightsError when it is not installed, damaged, or no GPT-2.
    """
    folder = Path(name_or_path)
    if not folder.is_dir():
        folder = installed_folder(find_size(str(name_or_path)))
    cfg = config_from_hugging_face(read_json(folder / "config.json"))
    return fill(empty_model(cfg), translate(read_safetensors(folder / "model.safetensors"), cfg)).eval()


def config_from_hugging_face(theirs: dict[str, Any]) -> GPTConfig:
    """Our sizes from the content of their config.json.

    Raises WeightsError when it describes another kind of model.
    """
    if theirs.get("model_type") != "gpt2":
        raise WeightsError(f"config.json describes a {theirs.get('model_type', 'nameless')!r} model; give a GPT-2.")
    for setting, gpt2s in FIXED.items():
        if theirs.get(setting, gpt2s) != gpt2s:
            raise WeightsError(
                f"this GPT-2 has {setting} = {theirs[setting]!r} and ours is built for {gpt2s!r}; it cannot be loaded."
            )
    try:
        return GPTConfig(
            vocab_size=theirs["vocab_size"],
            context_length=theirs.get("n_positions", theirs.get("n_ctx", 1024)),
            emb_dim=theirs["n_embd"],
            n_heads=theirs["n_head"],
            n_layers=theirs["n_layer"],
            drop_rate=0.0,
            qkv_bias=True,
            tie_weights=theirs.get("tie_word_embeddings", True),
        )
    except KeyError as e:
        raise WeightsError(f"config.json has no {e.args[0]!r}; fetch it again.") from e
    except InputError as e:
        raise WeightsError(f"config.json describes no GPT-2: {e}") from e
