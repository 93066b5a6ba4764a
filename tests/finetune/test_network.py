"""What a classifier is made of: one position of a block, and what is kept of texts that pass in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from engine.finetune.network import Network, block_at, encode, run_lower
from engine.finetune.recipe import LAST_BLOCK

if TYPE_CHECKING:
    import tiktoken

    from engine.model import GPTModel


def test_one_position_of_a_block_equals_the_block(tiny: GPTModel) -> None:
    x = torch.randn(3, 9, 32, generator=torch.Generator().manual_seed(0))
    last = torch.tensor([8, 3, 0])
    block = tiny.trf_blocks[-1]
    assert torch.allclose(block_at(block, x, last), block(x)[torch.arange(3), last], atol=1e-6)


def test_what_comes_after_the_last_token_does_not_count(tiny: GPTModel) -> None:
    x = torch.randn(1, 9, 32, generator=torch.Generator().manual_seed(0))
    other = x.clone()
    other[:, 4:] = 100.0
    last = torch.tensor([3])
    assert torch.equal(block_at(tiny.trf_blocks[0], x, last), block_at(tiny.trf_blocks[0], other, last))


def test_what_is_kept_is_each_texts_own(tiny: GPTModel, tokenizer: tiktoken.Encoding) -> None:
    """Fifty texts of four lengths, in two batches: the vectors that each has when it comes alone."""
    texts = encode([f"number {i} " * (i % 4) for i in range(50)], tokenizer, LAST_BLOCK, tiny.cfg.context_length)
    network = Network(tiny, 2, LAST_BLOCK, torch.Generator().manual_seed(0))
    found = {place: row for places, rows in run_lower(network, texts) for place, row in zip(places, rows, strict=True)}
    assert sorted(found) == list(range(50))
    for place in range(0, 50, 7):
        ((_, (alone,)),) = run_lower(network, [texts[place]])
        assert torch.allclose(found[place], alone, atol=1e-5)
