"""Any model that is on this machine, by the name that people type."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.device import pick_device
from engine.errors import WeightsError
from engine.tokenizers.pretrained import TOKENIZERS, load_tokenizer
from engine.weights.files import read_json
from engine.weights.hugging_face import load_gpt2
from engine.weights.pocket import load_folder, load_pocket

if TYPE_CHECKING:
    import tiktoken

    from engine.model import GPTModel


def load_by_name(name: str, device: str = "auto") -> tuple[GPTModel, tiktoken.Encoding]:
    """A model on its device, in evaluation mode, and the tokenizer it was trained with.

    name  pocket, a downloaded GPT-2 such as 124M, or a folder with model.safetensors and config.json, ours or
          Hugging Face's

    Raises WeightsError or InputError when there is none, DeviceError for a device that is not there.
    """
    where = pick_device(device)
    if name == "pocket":
        return load_pocket(where)
    folder = Path(name)
    ours = folder.is_dir() and "model_type" not in read_json(folder / "config.json")
    model = load_folder(folder) if ours else load_gpt2(name)
    return model.to(where), tokenizer_of(model)


def tokenizer_of(model: GPTModel) -> tiktoken.Encoding:
    """The tokenizer that a model was trained with, known by the size of its vocabulary.

    Raises WeightsError when no shipped tokenizer has that size.
    """
    for name in TOKENIZERS:
        tokenizer = load_tokenizer(name)
        if tokenizer.n_vocab == model.cfg.vocab_size:
            return tokenizer
    raise WeightsError(
        f"the model has {model.cfg.vocab_size:,} tokens and no shipped tokenizer has as many; use a model that was "
        f"trained with one of {', '.join(TOKENIZERS)}."
    )
