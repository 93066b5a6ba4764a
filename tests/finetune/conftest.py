"""A GPT small enough to train in a test, and messages to tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from engine.config import GPTConfig
from engine.model import GPTModel, gpt2_init_
from engine.tokenizers.pretrained import load_tokenizer

if TYPE_CHECKING:
    import tiktoken

SPAM = [
    "win a free prize now",
    "free cash, claim now",
    "you win money",
    "claim your prize money today",
    "free free free",
]
HAM = [
    "see you at home",
    "dinner is at eight",
    "mum says hello to you",
    "the train is late again",
    "love to all at home",
]


@pytest.fixture(scope="session")
def tokenizer() -> tiktoken.Encoding:
    return load_tokenizer("pocket")


@pytest.fixture
def tiny() -> GPTModel:
    """Two blocks, context of 16."""
    cfg = GPTConfig(vocab_size=8192, context_length=16, emb_dim=32, n_heads=4, n_layers=2, drop_rate=0.0)
    return gpt2_init_(GPTModel(cfg), torch.Generator().manual_seed(1)).eval()


@pytest.fixture
def examples() -> tuple[list[str], list[str]]:
    return SPAM + HAM, ["spam"] * len(SPAM) + ["ham"] * len(HAM)
