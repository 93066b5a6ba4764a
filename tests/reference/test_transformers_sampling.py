"""Our filters against those of transformers, on random scores: temperature, top-k, top-p, min-p, repetition penalty."""

from __future__ import annotations

import pytest
import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from engine.sampling import DecodingSettings, filtered_probs

THEIRS = {
    "repetition_penalty": RepetitionPenaltyLogitsProcessor,
    "temperature": TemperatureLogitsWarper,
    "top_k": TopKLogitsWarper,
    "top_p": TopPLogitsWarper,
    "min_p": MinPLogitsWarper,
}

SETTINGS = [
    {"temperature": 0.3},
    {"temperature": 2.5},
    {"top_k": 1},
    {"top_k": 40},
    {"top_k": 5000},
    {"top_p": 0.05},
    {"top_p": 0.9},
    {"min_p": 0.02},
    {"min_p": 0.5},
    {"repetition_penalty": 1.3},
    {"repetition_penalty": 0.7},
    {"repetition_penalty": 1.1, "temperature": 0.8, "top_k": 50, "top_p": 0.92, "min_p": 0.03},
    {"repetition_penalty": 1.5, "temperature": 1.7, "top_k": 300, "top_p": 0.99, "min_p": 0.001},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_same_probabilities(settings: dict[str, float]) -> None:
    """Four texts, 1,000 tokens; every token that is out here is out there."""
    random = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(4, 1000, generator=random)
    previous = torch.randint(1000, (4, 30), generator=random)
    filters = LogitsProcessorList(THEIRS[name](settings[name]) for name in THEIRS if name in settings)
    theirs = torch.softmax(filters(previous, logits.clone()), dim=-1)
    ours = filtered_probs(logits, DecodingSettings(**settings), previous)  # type: ignore[arg-type]
    assert torch.equal(ours > 0, theirs > 0)
    assert torch.allclose(ours, theirs, atol=1e-6)
