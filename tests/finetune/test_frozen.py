"""The faster classifier: equal to the whole model, leaves it alone, learns, repeats itself, and says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from engine.errors import InputError
from engine.finetune.frozen import (
    ClassifierSettings,
    LengthBatches,
    Read,
    block_at,
    fit_classifier,
    keep_frozen,
)
from engine.model import GPTModel
from engine.training.events import Finished, Step

if TYPE_CHECKING:
    import tiktoken

Examples = tuple[list[str], list[str]]


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


def test_probabilities_are_those_of_the_whole_model(
    tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples
) -> None:
    """Put what was trained into a copy of the GPT: one plain forward pass gives the same."""
    classifier = fit_classifier(tiny, tokenizer, *examples, ClassifierSettings(epochs=2, batch_size=4))
    text = "claim your prize, mum"
    ids = torch.tensor([[tokenizer.eot_token, *tokenizer.encode(text)]])
    whole = GPTModel(tiny.cfg).eval()
    whole.load_state_dict(tiny.state_dict())
    whole.trf_blocks[-1], whole.final_norm = classifier.top.block, classifier.top.final_norm
    whole.out_head = classifier.top.out_head
    expected = whole(ids)[0, -1].softmax(dim=-1)
    found = classifier.probabilities([text, "a much longer message than the other one"])
    assert torch.allclose(found[0], expected, atol=1e-6)
    assert found.sum(dim=-1) == pytest.approx([1.0, 1.0], abs=1e-6)


def test_the_model_is_left_as_it_was(tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples) -> None:
    before = {name: p.clone() for name, p in tiny.state_dict().items()}
    fit_classifier(tiny, tokenizer, *examples, ClassifierSettings(epochs=1, batch_size=4, learning_rate=0.01))
    assert all(torch.equal(p, before[name]) for name, p in tiny.state_dict().items())
    assert not tiny.training
    assert all(p.grad is None for p in tiny.parameters())


def test_learns_and_repeats_itself(tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples) -> None:
    texts, labels = examples
    settings = ClassifierSettings(epochs=20, batch_size=4, learning_rate=5e-3)
    torch.manual_seed(1)
    first = fit_classifier(tiny, tokenizer, texts, labels, settings)
    torch.manual_seed(2)  # the global generator has no say
    second = fit_classifier(tiny, tokenizer, texts, labels, settings)
    assert first.classify(texts) == labels
    assert torch.equal(first.probabilities(texts), second.probabilities(texts))


def test_tells_how_far_it_is(tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples) -> None:
    heard: list[object] = []
    settings = ClassifierSettings(epochs=3, batch_size=4)
    fit_classifier(tiny, tokenizer, *examples, settings, heard.append)
    assert heard[0] == Read(10, 10)
    assert sum(isinstance(event, Step) for event in heard) == settings.steps(10) == 9
    assert isinstance(heard[-1], Finished)
    assert heard[-1].tokens_seen == 30  # a message counts as one


def test_any_text_can_be_classified(tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples) -> None:
    classifier = fit_classifier(tiny, tokenizer, *examples, ClassifierSettings(epochs=1))
    texts = ["", "word " * 300, "<|endoftext|>", "\ud83d", "日本語 🙂"]
    assert torch.isfinite(classifier.probabilities(texts)).all()
    assert classifier.probabilities([]).shape == (0, 2)


def test_three_classes(tiny: GPTModel, tokenizer: tiktoken.Encoding) -> None:
    classifier = fit_classifier(tiny, tokenizer, ["a", "b", "c"] * 2, ["x", "y", "z"] * 2, ClassifierSettings(epochs=1))
    assert classifier.classes == ("x", "y", "z")
    assert classifier.probabilities(["a"]).shape == (1, 3)


def test_frozen_vectors_come_in_the_order_of_the_texts(tiny: GPTModel, tokenizer: tiktoken.Encoding) -> None:
    texts = [f"number {i} " * (i % 4) for i in range(50)]
    together = keep_frozen(tiny, tokenizer, texts, lambda _: None)
    for text, vector in list(zip(texts, together, strict=True))[::7]:
        alone = keep_frozen(tiny, tokenizer, [text], lambda _: None)[0]
        assert torch.allclose(vector, alone, atol=1e-5)


def test_every_message_once_an_epoch_and_near_ones_together() -> None:
    lengths = torch.randint(1, 100, (203,), generator=torch.Generator().manual_seed(0)).tolist()
    batches = LengthBatches(lengths, 8, torch.Generator().manual_seed(0))
    first, second = list(batches), list(batches)
    for epoch in (first, second):
        assert sorted(i for batch in epoch for i in batch) == list(range(203))
        assert len(epoch) == len(batches)
    assert first != second
    padded = sum(len(b) * max(lengths[i] for i in b) for b in first)
    assert padded < 1.25 * sum(lengths)


@pytest.mark.parametrize(
    ("texts", "labels"), [(["a", "b"], ["x"]), (["a", "b"], ["x", "x"]), ([], [])], ids=["labels", "classes", "none"]
)
def test_unusable_examples_are_refused(
    texts: list[str], labels: list[str], tiny: GPTModel, tokenizer: tiktoken.Encoding
) -> None:
    with pytest.raises(InputError):
        fit_classifier(tiny, tokenizer, texts, labels)


@pytest.mark.parametrize("bad", [{"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0}, {"weight_decay": -1}])
def test_impossible_settings_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(InputError):
        ClassifierSettings(**bad)
