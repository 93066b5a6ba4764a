"""The notes' chapter 6: same results as the book's way of doing it, and none of its failures."""

from __future__ import annotations

import copy
import io
import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from engine.errors import InputError
from engine.finetune.classifier import (
    SpamDataset,
    calc_accuracy_loader,
    calc_loss_batch,
    calc_loss_loader,
    class_logits,
    classify_review,
    evaluate_model,
    train_classifier_simple,
)

if TYPE_CHECKING:
    import tiktoken

    from engine.model import GPTModel

PAD = 8191  # <|endoftext|> of the pocket tokenizer


def table(texts: list[str], labels: list[int]) -> io.StringIO:
    return io.StringIO(pd.DataFrame({"Label": labels, "Text": texts}).to_csv(index=False))


@pytest.fixture
def data(tokenizer: tiktoken.Encoding, examples: tuple[list[str], list[str]]) -> SpamDataset:
    texts, labels = examples
    return SpamDataset(table(texts, [int(label == "spam") for label in labels]), tokenizer, pad_token_id=PAD)


@pytest.fixture
def two_outputs(tiny: GPTModel) -> GPTModel:
    """As the notes prepare it: frozen but for the new head, the last block and the final norm."""
    torch.manual_seed(123)
    tiny.requires_grad_(False)
    tiny.out_head = nn.Linear(32, 2)
    tiny.trf_blocks[-1].requires_grad_()
    tiny.final_norm.requires_grad_()
    return tiny


def test_dataset_pads_to_the_longest(data: SpamDataset, tokenizer: tiktoken.Encoding) -> None:
    lengths = [len(tokenizer.encode(text)) for text in data.data["Text"]]
    assert data.max_length == max(lengths)
    ids, label = data[0]
    assert ids.shape == (max(lengths),)
    assert ids.tolist()[: lengths[0]] == tokenizer.encode("win a free prize now")
    assert set(ids.tolist()[lengths[0] :]) == {PAD}
    assert (label.item(), label.dtype, len(data)) == (1, torch.int64, 10)


def test_dataset_cuts_to_max_length(tokenizer: tiktoken.Encoding) -> None:
    data = SpamDataset(table(["one two three four five six", "hi"], [0, 1]), tokenizer, max_length=3, pad_token_id=PAD)
    assert [len(data[i][0]) for i in range(2)] == [3, 3]


def test_dataset_takes_any_text(tokenizer: tiktoken.Encoding) -> None:
    """A message called NA, a special token in the text, an empty one: all are messages."""
    data = SpamDataset(table(["NA", "<|endoftext|>", ""], [0, 1, 0]), tokenizer, pad_token_id=PAD)
    assert [text for text in data.data["Text"]] == ["NA", "<|endoftext|>", ""]
    assert PAD not in data[1][0].tolist()
    assert set(data[2][0].tolist()) == {PAD}


@pytest.mark.parametrize(
    ("content", "length"), [("a,b\n1,2\n", None), ("Text,Label\n", None), ("Text,Label\nhi,0\n", 0)]
)
def test_dataset_says_what_is_wrong(content: str, length: int | None, tokenizer: tiktoken.Encoding) -> None:
    with pytest.raises(InputError):
        SpamDataset(io.StringIO(content), tokenizer, length)


def test_scores_are_those_of_the_last_position(two_outputs: GPTModel, data: SpamDataset) -> None:
    batch = torch.stack([data[i][0] for i in range(4)])
    assert torch.equal(class_logits(two_outputs, batch), two_outputs(batch)[:, -1, :])


def test_skipping_padding_gives_the_same_with_and_without_it(
    two_outputs: GPTModel, tokenizer: tiktoken.Encoding
) -> None:
    """What the book's version gets wrong: more padding, other scores."""
    ids = tokenizer.encode("win a free prize")
    short, padded = torch.tensor([ids]), torch.tensor([ids + [PAD] * 5])
    assert torch.allclose(class_logits(two_outputs, short, PAD), class_logits(two_outputs, padded, PAD), atol=1e-6)
    assert not torch.allclose(class_logits(two_outputs, short), class_logits(two_outputs, padded), atol=1e-3)


def test_only_padding_is_read_at_its_start(two_outputs: GPTModel) -> None:
    batch = torch.full((1, 4), PAD)
    assert torch.allclose(class_logits(two_outputs, batch, PAD), two_outputs(batch)[:, 0], atol=1e-6)


def test_longer_than_the_context_is_cut(two_outputs: GPTModel, tokenizer: tiktoken.Encoding) -> None:
    batch = torch.arange(40).unsqueeze(0)
    assert torch.equal(class_logits(two_outputs, batch), class_logits(two_outputs, batch[:, :16]))
    assert classify_review("word " * 500, two_outputs, tokenizer, "cpu") in {"spam", "not spam"}


def test_loss_is_cross_entropy_of_the_classes(two_outputs: GPTModel, data: SpamDataset) -> None:
    inputs, targets = next(iter(DataLoader(data, batch_size=4)))
    by_hand = -two_outputs(inputs)[:, -1].log_softmax(dim=-1)[torch.arange(4), targets].mean()
    assert calc_loss_batch(inputs, targets, two_outputs, "cpu").item() == pytest.approx(by_hand.item())


def test_loaders_are_averaged(two_outputs: GPTModel, data: SpamDataset) -> None:
    loader = DataLoader(data, batch_size=5)
    losses = [calc_loss_batch(x, y, two_outputs, "cpu").item() for x, y in loader]
    assert calc_loss_loader(loader, two_outputs, "cpu") == pytest.approx(sum(losses) / 2)
    assert calc_loss_loader(loader, two_outputs, "cpu", 1) == pytest.approx(losses[0])
    assert evaluate_model(two_outputs, loader, loader, "cpu", 1) == pytest.approx((losses[0], losses[0]))
    right = sum(int((two_outputs(x)[:, -1].argmax(-1) == y).sum()) for x, y in loader)
    assert calc_accuracy_loader(loader, two_outputs, "cpu") == right / 10


def test_no_batches_no_number(two_outputs: GPTModel) -> None:
    assert math.isnan(calc_loss_loader([], two_outputs, "cpu"))  # type: ignore[arg-type]
    assert math.isnan(calc_accuracy_loader([], two_outputs, "cpu"))  # type: ignore[arg-type]


def test_training_gives_the_numbers_of_a_plain_loop(two_outputs: GPTModel, data: SpamDataset) -> None:
    """Section 6.7 written out: same seed, same losses, same weights."""
    plain = copy.deepcopy(two_outputs)
    torch.manual_seed(5)
    loader = DataLoader(data, batch_size=4, shuffle=True)
    optimizer = torch.optim.AdamW([p for p in two_outputs.parameters() if p.requires_grad], lr=5e-3, weight_decay=0.1)
    result = train_classifier_simple(
        two_outputs, loader, loader, optimizer, "cpu", num_epochs=2, eval_freq=2, eval_iter=2
    )
    train_losses, _, train_accs, val_accs, seen = result

    torch.manual_seed(5)
    optimizer = torch.optim.AdamW([p for p in plain.parameters() if p.requires_grad], lr=5e-3, weight_decay=0.1)
    losses, accuracies, step = [], [], 0
    for _ in range(2):
        plain.train()
        for inputs, targets in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(plain(inputs)[:, -1], targets).backward()
            optimizer.step()
            if step % 2 == 0:
                losses.append(evaluate_model(plain, loader, loader, "cpu", 2)[0])
            step += 1
        accuracies += [calc_accuracy_loader(loader, plain, "cpu", 2), calc_accuracy_loader(loader, plain, "cpu", 2)]

    assert seen == 20
    assert train_losses == losses
    assert [a for pair in zip(train_accs, val_accs, strict=True) for a in pair] == accuracies
    for ours, theirs in zip(two_outputs.parameters(), plain.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_frozen_stays_frozen(two_outputs: GPTModel, data: SpamDataset) -> None:
    before = {name: p.clone() for name, p in two_outputs.named_parameters()}
    optimizer = torch.optim.AdamW([p for p in two_outputs.parameters() if p.requires_grad], lr=1e-2)
    loader = DataLoader(data, batch_size=5)
    train_classifier_simple(two_outputs, loader, loader, optimizer, "cpu", 1, 100, 1, skip_pad=PAD)
    changed = {name for name, p in two_outputs.named_parameters() if not torch.equal(p, before[name])}
    assert changed
    assert all(name.startswith(("trf_blocks.1.", "final_norm", "out_head")) for name in changed)


@pytest.mark.parametrize("max_length", [None, 3, 12, 400])
@pytest.mark.parametrize("text", ["win money", "", "<|endoftext|>", "é" * 100])
def test_classify_review_answers(
    text: str, max_length: int | None, two_outputs: GPTModel, tokenizer: tiktoken.Encoding
) -> None:
    for last_real in (False, True):
        answer = classify_review(text, two_outputs, tokenizer, "cpu", max_length, PAD, last_real)
        assert answer in {"spam", "not spam"}


def test_classify_review_reads_the_larger_score(two_outputs: GPTModel, tokenizer: tiktoken.Encoding) -> None:
    with torch.no_grad():
        two_outputs.out_head.bias.copy_(torch.tensor([0.0, 100.0]))
        assert classify_review("hello", two_outputs, tokenizer, "cpu") == "spam"
        two_outputs.out_head.bias.copy_(torch.tensor([100.0, 0.0]))
        assert classify_review("hello", two_outputs, tokenizer, "cpu") == "not spam"
