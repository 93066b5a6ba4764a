"""A model before any training, to see what is the training's and what is the architecture's."""

from __future__ import annotations

import torch

from engine.config import GPTConfig, parameter_count
from engine.errors import InputError
from engine.model import GPTModel, gpt2_init_

LARGEST_TWIN = 400_000_000  # parameters; drawing more takes seconds, and memory for two large models


def untrained_twin(cfg: GPTConfig, seed: int) -> GPTModel:
    """A model of the same sizes with GPT-2's random initial weights, in evaluation mode.

    Raises InputError for more than LARGEST_TWIN parameters.
    """
    size = parameter_count(cfg)
    if size > LARGEST_TWIN:
        raise InputError(
            f"an untrained twin of {size:,} parameters would fill memory with random numbers; choose a model of at "
            f"most {LARGEST_TWIN:,} in the sidebar to compare with."
        )
    return gpt2_init_(GPTModel(cfg), torch.Generator().manual_seed(seed)).eval()
