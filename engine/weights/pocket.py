"""The pocket model: our own small GPT, pretrained by scripts/train_pocket.py, in half precision on disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from engine.config import GPTConfig, as_config
from engine.errors import InputError, WeightsError
from engine.machine import check_room
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from engine.weights.files import SafetensorsFile, read_json, write_folder
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
    weights = SafetensorsFile(folder / "model.safetensors")
    return fill(empty_model(cfg), weights).eval()


def empty_model(cfg: GPTConfig) -> GPTModel:
    """A model whose weights hold nothing yet: for filling, without the time and random numbers of initialising.

    Raises WeightsError, before anything is built, when it does not fit into the memory that is free.
    """
    check_room(cfg)
    with torch.device("meta"):
        model = GPTModel(cfg)
    model.to_empty(device="cpu")
    for block in model.blocks:
        block.att.mask.fill_(1).triu_(diagonal=1)
    if cfg.tie_weights:
        model.out_head.weight = model.tok_emb.weight
    return model


def save_folder(model: GPTModel, folder: str | Path, dtype: torch.dtype = torch.float16) -> Path:
    """Write model.safetensors and config.json; a tied head is stored once and masks not at all.

    Raises WeightsError when they cannot be written (disk full, no permission); older ones stay as they were.
    """
    weights = {name: p.detach().to("cpu", dtype).contiguous() for name, p in model.named_parameters()}
    return write_folder(Path(folder), weights, model.cfg.to_dict())
