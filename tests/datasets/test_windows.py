"""Windows over a text: each target is its input one token later, and nothing is lost or repeated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets.windows import GPTDatasetV1, TokenDataset, create_dataloader_v1
from engine.errors import InputError
from engine.tokenizers.pretrained import load_tokenizer

VERDICT = Path(__file__).resolve().parents[3] / "shared" / "datasets" / "the-verdict.txt"


class Numbers:
    """A tokenizer for texts such as "3 1 4": each number is its own token."""

    def encode(self, text: str, *, allowed_special: set[str]) -> list[int]:
        assert allowed_special == {"<|endoftext|>"}
        return [int(word) for word in text.split()]


def text_of(n: int) -> str:
    return " ".join(map(str, range(n)))


def test_windows_by_hand() -> None:
    data = GPTDatasetV1(text_of(8), Numbers(), max_length=3, stride=2)
    assert [x.tolist() for x, _ in data] == [[0, 1, 2], [2, 3, 4], [4, 5, 6]]
    assert [y.tolist() for _, y in data] == [[1, 2, 3], [3, 4, 5], [5, 6, 7]]
    assert data[1][0].dtype == torch.long


@given(n=st.integers(0, 40), length=st.integers(1, 9), stride=st.integers(1, 9))
def test_targets_are_inputs_one_token_later(n: int, length: int, stride: int) -> None:
    data = GPTDatasetV1(text_of(n), Numbers(), length, stride)
    starts = [s for s in range(0, n, stride) if s + length < n]
    assert [x.tolist() for x, _ in data] == [list(range(s, s + length)) for s in starts]
    for x, y in data:
        assert torch.equal(y, x + 1)


@given(n=st.integers(2, 60), context=st.integers(1, 9))
def test_windows_side_by_side_use_every_token_once(n: int, context: int) -> None:
    """A stride as long as the window, and the windows for pretraining: the same."""
    if n <= context:
        with pytest.raises(InputError, match=f"the text has {n} tokens and one window of {context} needs at least"):
            TokenDataset(np.arange(n), context)
        return
    fast = TokenDataset(np.arange(n, dtype=np.uint16), context)
    plain = GPTDatasetV1(text_of(n), Numbers(), context, context)
    assert len(fast) == len(plain) == (n - 1) // context
    for i in range(len(fast)):
        for a, b in zip(fast[i], plain[i], strict=True):
            assert torch.equal(a, b)
            assert a.dtype == torch.long


@pytest.mark.parametrize(("length", "stride"), [(0, 1), (1, 0), (-1, 1), (4, -4)])
def test_lengths_out_of_bounds(length: int, stride: int) -> None:
    with pytest.raises(InputError, match="must both be at least 1"):
        GPTDatasetV1(text_of(9), Numbers(), length, stride)


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_text_too_short_for_one_window(shuffle: bool) -> None:
    with pytest.raises(InputError, match="too short for one window of 4 tokens"):
        create_dataloader_v1("a b", 1, 4, 4, shuffle=shuffle, tokenizer="gpt2")


def test_end_of_text_is_one_token_in_a_dataset() -> None:
    data = GPTDatasetV1("a<|endoftext|>b", load_tokenizer("gpt2"), 2, 1)
    assert data[0][0].tolist() == [64, 50256]
    assert data[0][1].tolist() == [50256, 65]


def test_batches_have_the_shapes_asked_for() -> None:
    loader = create_dataloader_v1("word " * 100, batch_size=3, max_length=8, stride=8, shuffle=False)
    shapes = {tuple(part.shape) for batch in loader for part in batch}
    assert shapes == {(3, 8)}
    rest = create_dataloader_v1("word " * 100, batch_size=5, max_length=8, stride=8, shuffle=False, drop_last=False)
    assert sum(len(x) for x, _ in rest) == 12
    assert len(list(rest)[-1][0]) == 2


def test_shuffling_follows_the_global_seed() -> None:
    text = " ".join(f"{i}" for i in range(300))
    orders = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        orders.append([x.tolist() for x, _ in create_dataloader_v1(text, 1, 4, 4)])
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])


@pytest.mark.skipif(not VERDICT.exists(), reason="needs the-verdict.txt in ../shared/datasets")
def test_the_verdict_gives_the_books_batches() -> None:
    """The book, section 2.6: the first batches of The Verdict, and its 5,145 tokens (section 5.1)."""
    text = VERDICT.read_text(encoding="utf-8")
    assert len(load_tokenizer("gpt2").encode(text)) == 5145
    one = iter(create_dataloader_v1(text, batch_size=1, max_length=4, stride=1, shuffle=False))
    assert [t.tolist() for t in next(one)] == [[[40, 367, 2885, 1464]], [[367, 2885, 1464, 1807]]]
    assert [t.tolist() for t in next(one)] == [[[367, 2885, 1464, 1807]], [[2885, 1464, 1807, 3619]]]
    eight = next(iter(create_dataloader_v1(text, batch_size=8, max_length=4, stride=4, shuffle=False)))
    assert eight[0].tolist() == [
        [40, 367, 2885, 1464],
        [1807, 3619, 402, 271],
        [10899, 2138, 257, 7026],
        [15632, 438, 2016, 257],
        [922, 5891, 1576, 438],
        [568, 340, 373, 645],
        [1049, 5975, 284, 502],
        [284, 3285, 326, 11],
    ]
