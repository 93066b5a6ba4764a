"""Training a classifier: every fast way equals the slow one, the best epoch is kept, what is saved comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from engine.errors import InputError
from engine.finetune.batches import Read, stack
from engine.finetune.fitting import Chosen, Evaluation, Fit, fit
from engine.finetune.network import ALIKE, run_lower, scores, summary
from engine.finetune.recipe import LAST_BLOCK, PADDING, READS, TRAINED, ClassifierRecipe
from engine.finetune.saved import load_classifier, save_classifier
from engine.training.events import Step

if TYPE_CHECKING:
    from pathlib import Path

    import tiktoken

    from engine.finetune.saved import Classifier
    from engine.model import GPTModel

Examples = tuple[list[str], list[str]]
TEXTS = ["win a free prize now", "", "dinner is at eight, mum says hello", "free " * 40]
FAST = replace(LAST_BLOCK, epochs=3, batch_size=4, learning_rate=5e-3, patience=0)


def recipe(**changes: object) -> ClassifierRecipe:
    return ClassifierRecipe(**FAST.settings() | changes)


def data(examples: Examples) -> dict[str, tuple[list[str], list[int]]]:
    texts, labels = examples
    numbers = [int(label == "spam") for label in labels]
    return {"train": (texts, numbers), "validation": (texts[::3], numbers[::3]), "test": (texts[1::3], numbers[1::3])}


def four_of(x: torch.Tensor) -> list[torch.Tensor]:
    """Mean, standard deviation, lowest and highest of the columns of x (T, D)."""
    deviation = (x.square().mean(dim=0) - x.mean(dim=0).square()).clamp(min=0)
    return [x.mean(dim=0), (deviation + 1e-6).sqrt(), x.min(dim=0).values, x.max(dim=0).values]


def slow(classifier: Classifier, text: str) -> torch.Tensor:
    """The plain model over the whole text, padding and all, read where the recipe says."""
    asked, pad = classifier.recipe, classifier.tokenizer.eot_token
    ids = [pad] * asked.opening + classifier.tokenizer.encode(text)
    ids = ids[: classifier.length] or [pad]
    real = len(ids)
    if asked.padding == "longest":
        ids = ids + [pad] * (classifier.length - len(ids))
    whole = classifier.whole()
    if asked.reads == "layers":
        x = whole.tok_emb(torch.tensor([ids[:real]])) + whole.pos_emb.weight[:real]
        seen = []
        for block in whole.trf_blocks:
            seen.append((x - x.mean(-1, keepdim=True)) / (x.var(-1, unbiased=False, keepdim=True) + 1e-5).sqrt())
            x = block(x)
        seen.append(whole.final_norm(x))
        return whole.out_head(torch.cat([torch.cat(four_of(one[0])) for one in seen]))
    logits = whole(torch.tensor([ids]))[0]
    first = min(int(asked.opening), real - 1)
    place = {"last": real - 1, "last_position": len(ids) - 1, "first": first}
    # A linear head: the mean of the vectors' scores is the score of their mean.
    return logits[:real].mean(dim=0) if asked.reads == "mean" else logits[place[asked.reads]]


@pytest.mark.parametrize("trained", TRAINED)
@pytest.mark.parametrize("reads", READS)
def test_equals_the_whole_model(
    trained: str, reads: str, tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples, tmp_path: Path
) -> None:
    """Also what was kept from the frozen part, with what training has changed, and what comes back from the disk."""
    for padding in PADDING:
        for opening in (True, False):
            asked = recipe(trained=trained, reads=reads, padding=padding, opening=opening, epochs=1)
            classifier = fit(tiny, tokenizer, data(examples), ["ham", "spam"], asked)
            expected = torch.stack([slow(classifier, text) for text in TEXTS])
            assert torch.allclose(classifier.probabilities(TEXTS), expected.softmax(dim=-1), atol=1e-5)
            kept = [torch.empty(0)] * len(TEXTS)
            for places, rows in run_lower(classifier.network, classifier.encode(TEXTS)):
                for place, row in zip(places, rows, strict=True):
                    kept[place] = row
            assert torch.allclose(scores(classifier.network, kept), expected, atol=1e-5)
            again = load_classifier(save_classifier(classifier, tmp_path), tiny)
            assert torch.equal(again.probabilities(TEXTS), classifier.probabilities(TEXTS))


@pytest.mark.parametrize("trained", TRAINED)
def test_the_model_is_left_as_it_was(
    trained: str, tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples
) -> None:
    before = {name: p.clone() for name, p in tiny.state_dict().items()}
    fit(tiny, tokenizer, data(examples), ["ham", "spam"], recipe(trained=trained, epochs=1))
    assert all(torch.equal(p, before[name]) for name, p in tiny.state_dict().items())
    assert not tiny.training
    assert all(p.grad is None for p in tiny.parameters())


def test_learns_and_repeats_itself(tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples) -> None:
    torch.manual_seed(1)
    first = fit(tiny, tokenizer, data(examples), ["ham", "spam"], recipe(epochs=20))
    torch.manual_seed(2)  # the global generator has no say
    second = fit(tiny, tokenizer, data(examples), ["ham", "spam"], recipe(epochs=20))
    assert first.classify(examples[0]) == examples[1]
    assert torch.equal(first.probabilities(examples[0]), second.probabilities(examples[0]))


def test_tells_how_far_it_is(tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples) -> None:
    """Ten texts to learn from, four and three to look at; batches of four, three epochs."""
    run = Fit(tiny, tokenizer, data(examples), ["ham", "spam"], recipe())
    heard = list(run)
    assert heard[:3] == [Read(10, 17), Read(14, 17), Read(17, 17)]
    assert sum(isinstance(event, Step) for event in heard) == recipe().steps(10) == 9
    assert [event.epoch for event in heard if isinstance(event, Evaluation)] == [-1, 0, 1, 2]
    assert isinstance(heard[-1], Chosen)
    assert run.last.tokens_seen == 30  # a text counts as one


def test_any_text_can_be_classified(tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples) -> None:
    for trained in TRAINED:
        classifier = fit(tiny, tokenizer, data(examples), ["ham", "spam"], recipe(trained=trained, epochs=1))
        texts = ["", "word " * 300, "<|endoftext|>", "\ud83d", "日本語 🙂"]
        assert torch.isfinite(classifier.probabilities(texts)).all()
        assert classifier.probabilities([]).shape == (0, 2)


@pytest.mark.parametrize("bad", [{"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0}, {"weight_decay": -1}])
def test_impossible_recipes_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(bad))):
        recipe(**bad)


def test_what_all_layers_are_summed_up_to() -> None:
    """By hand: two texts of two and of one token, filled up to three, vectors of two numbers."""
    x = torch.tensor([[[1.0, -4], [3, 2], [99, 99]], [[5, 7], [-99, 99], [0, 0]]])
    found = summary(x, torch.tensor([2, 1]))
    by_hand = [[[2, -1], [1, 3], [1, -4], [3, 2]], [[5, 7], [0, 0], [5, 7], [5, 7]]]
    assert torch.allclose(found, torch.tensor(by_hand, dtype=torch.float32), atol=2e-3)


@pytest.mark.parametrize("trained", TRAINED)
def test_the_head_gets_standardised_numbers_until_it_is_settled(
    trained: str, tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples
) -> None:
    """Mean 0 and deviation 1 over the texts, but for what is nearly the same for all; then the same scores."""
    asked = recipe(trained=trained, reads="layers", epochs=1)
    classifier = fit(tiny, tokenizer, data(examples), ["ham", "spam"], asked)
    network, texts = classifier.network, examples[0]
    kept = [torch.empty(0)] * len(texts)
    for places, rows in run_lower(network, classifier.encode(texts)):
        for place, row in zip(places, rows, strict=True):
            kept[place] = row
    plain = torch.cat([network.vectors(*stack([one])) for one in kept]).detach()
    network.standardise(kept)
    seen = (plain - network.shift) * network.scale
    told = (plain.std(dim=0, correction=0) > ALIKE).float()
    assert seen.mean(dim=0).abs().max() < 1e-3
    assert torch.allclose(seen.std(dim=0, correction=0), told, atol=1e-2)
    before = scores(network, kept)
    network.settle()
    assert torch.allclose(scores(network, kept), before, atol=1e-3)
    assert network.scale.eq(1).all()
    assert network.shift.eq(0).all()


def test_weights_do_what_repeating_the_rare_class_would(
    tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples
) -> None:
    """Two texts of ham against five of spam; then each of the two five times, each of the five twice."""
    spam, ham = examples[0][:5], examples[0][5:7]
    looked = ([ham[0], spam[0]], [0, 1])
    rare = {"train": (ham + spam, [0] * 2 + [1] * 5), "validation": looked}
    even = {"train": (ham * 5 + spam * 2, [0] * 10 + [1] * 10), "validation": looked}
    asked = recipe(batch_size=20, class_weights=True)
    weighted = fit(tiny, tokenizer, rare, ["ham", "spam"], asked).probabilities(TEXTS)
    repeated = fit(tiny, tokenizer, even, ["ham", "spam"], recipe(batch_size=20)).probabilities(TEXTS)
    plain = fit(tiny, tokenizer, rare, ["ham", "spam"], recipe(batch_size=20)).probabilities(TEXTS)
    assert torch.allclose(weighted, repeated, atol=1e-4)
    assert (weighted - plain).abs().max() > 1e-2


def test_the_epoch_is_chosen_by_the_weighted_loss(tiny: GPTModel, tokenizer: tiktoken.Encoding) -> None:
    """Each class's mean loss counts the same, however many of its texts are in the validation part."""
    texts, numbers = ["free money", "win", "prize", "see you"], [1, 1, 1, 0]
    run = Fit(tiny, tokenizer, dict.fromkeys(("train", "validation"), (texts, numbers)), ["a", "b"],
              recipe(class_weights=True))  # fmt: skip
    events = list(run)
    looked = [event for event in events if isinstance(event, Evaluation)]
    losses = -run.scores("validation").log_softmax(dim=-1)[range(4), numbers]
    kept = next(event for event in events if isinstance(event, Chosen))
    assert kept.val_loss == min(event.val_loss for event in looked)
    assert kept.val_loss == pytest.approx((losses[:3].mean() + losses[3]).item() / 2, abs=1e-5)
    told = next(event for event in looked if event.epoch == kept.epoch)
    assert told.plain_val_loss == pytest.approx(losses.mean().item(), abs=1e-5)


@pytest.mark.parametrize(
    ("part", "given", "said"),
    [
        ("train", (["a", "b"], [1, 1]), "nothing to tell apart"),
        ("train", (["a", "b"], [0]), "2 texts and 1 labels"),
        ("validation", (["a"], [2]), "give 0 to 1"),
        ("validation", ([], []), "validation part has no texts"),
    ],
)
def test_what_cannot_be_learned_from_gets_a_sentence(
    part: str,
    given: tuple[list[str], list[int]],
    said: str,
    tiny: GPTModel,
    tokenizer: tiktoken.Encoding,
    examples: Examples,
) -> None:
    with pytest.raises(InputError, match=said):
        Fit(tiny, tokenizer, data(examples) | {part: given}, ("ham", "spam"), recipe())
