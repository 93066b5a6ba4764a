"""The pocket model: our own small GPT, pretrained by scripts/train_pocket.py, in half precision on disk."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from engine.config import GPTConfig, as_config
from engine.errors import InputError, WeightsError
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from engine.weights.files import read_json, read_safetensors
from engine.weights.mapping import fill

if TYPE_CHECKING:
    import tiktoken

POCKET_DIR = Path(__file__).resolve().parents[2] / "data" / "models" / "pocket"


def load_pocket(device: torch.device | str = "cpu") -> tuple[GPTModel, tiktoken.Encoding]:
    """The pocket model, ready to use, and its tokenizer.

    Raises WeightsError when its files are missing or damaged.
    """
    return load_folder(POCKET_DIR).to(device), load_tokenizer("pocket")


def load_folder(folder: str | Path) -> GPTModel:
    """A model that save_folder wrote, in evaluation mode.

    Raises WeightsError when a file is missing, damaged, or does not fit the other.
    """
    folder = Path(folder)
    try:
        cfg = as_config(read_json(folder / "config.json"))
    except InputError as e:
        raise WeightsError(f"{folder / 'config.json'} describes no model of ours: {e}") from e
    weights = read_safetensors(folder / "model.safetensors")
    return fill(empty_model(cfg), weights).eval()


def empty_model(cfg: GPTConfig) -> GPTModel:
    """A model whose weights hold nothing yet: for filling, without the time and random numbers of initialising."""
    with torch.device("meta"):
        model = GPTModel(cfg)
    model.to_empty(device="cpu")
    for block in model.blocks:
        block.att.mask.copy_(torch.triu(torch.ones_like(block.att.mask), diagonal=1))
    if cfg.tie_weights:
        model.out_head.weight = model.tok_emb.weight
    return model


def save_folder(model: GPTModel, folder: str | Path, dtype: torch.dtype = torch.float16) -> Path:
    """Write model.safetensors and config.json; a tied head is stored once and masks not at all.

    Raises WeightsError when they cannot be written (disk full, no permission); older ones stay as they were.
    """
    folder = Path(folder)
    weights = {name: p.detach().to("cpu", dtype).contiguous() for name, p in model.named_parameters()}
    files = [folder / "model.safetensors", folder / "config.json"]
    fresh = [file.with_name(f".{file.name}.new") for file in files]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(weights, str(fresh[0]))
        fresh[1].write_text(json.dumps(model.cfg.to_dict(), indent=1) + "\n", encoding="utf-8")
        for new, file in zip(fresh, files, strict=True):
            new.replace(file)
    except (OSError, SafetensorError) as e:
        for new in fresh:
            with contextlib.suppress(OSError):
                new.unlink(missing_ok=True)
        raise WeightsError(
            f"the model could not be written to {folder} ({e}); make room there, or choose another folder."
        ) from e
    return folder
