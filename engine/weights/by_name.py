"""Any model that is on this machine, by the name that people type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.device import pick_device
from engine.errors import WeightsError
from engine.tokenizers.pretrained import TOKENIZERS, load_tokenizer
from engine.weights.gpt2 import load_gpt2
from engine.weights.pocket import load_pocket

if TYPE_CHECKING:
    import tiktoken

    from engine.model import GPTModel


def load_by_name(name: str, device: str = "auto") -> tuple[GPTModel, tiktoken.Encoding]:
    """A model on its device, in evaluation mode, and the tokenizer it was trained with.

    name  pocket, or what load_gpt2 takes: a downloaded GPT-2 such as 124M, a folder or a file of weights

    Raises WeightsError or InputError when there is none, DeviceError for a device that is not there.
    """
    where = pick_device(device)
    if name == "pocket":
        return load_pocket(where)
    model = load_gpt2(name)
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
