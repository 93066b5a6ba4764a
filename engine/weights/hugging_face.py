"""GPT-2 as Hugging Face stores it: model.safetensors beside config.json."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.config import GPTConfig
from engine.errors import InputError, WeightsError
from engine.weights.files import SafetensorsFile, read_json, write_folder
from engine.weights.mapping import fill, translate, untranslate
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


def load_hugging_face(folder: str | Path) -> GPTModel:
    """The GPT-2 in a folder with model.safetensors and config.json, in evaluation mode.

    Raises WeightsError when a file is missing, damaged, or describes no GPT-2.
    """
    folder = Path(folder)
    cfg = config_from_hugging_face(read_json(folder / "config.json"))
    return fill(empty_model(cfg), translate(SafetensorsFile(folder / "model.safetensors"), cfg)).eval()


def save_hugging_face(model: GPTModel, folder: str | Path) -> Path:
    """Write a model so that transformers opens it: GPT2LMHeadModel.from_pretrained(folder).

    Raises WeightsError when it cannot be written; an older model there stays as it was.
    """
    c, last = model.cfg, model.cfg.vocab_size - 1
    config = FIXED | {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "vocab_size": c.vocab_size,
        "n_positions": c.context_length,
        "n_embd": c.emb_dim,
        "n_head": c.n_heads,
        "n_layer": c.n_layers,
        "tie_word_embeddings": c.tie_weights,
        # <|endoftext|> is the last token of GPT-2's vocabulary and of the pocket model's.
        "bos_token_id": last,
        "eos_token_id": last,
        **{f"{where}_pdrop": c.drop_rate for where in ("attn", "embd", "resid")},
    }
    return write_folder(Path(folder), untranslate(model), config, {"format": "pt"})


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
