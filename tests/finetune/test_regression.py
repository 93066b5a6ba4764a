"""A head that is worked out: scikit-learn's own solution, whatever the seed, and no other would be better."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from engine.errors import InputError
from engine.finetune import recipe as recipes
from engine.finetune.fitting import Chosen, Evaluation, Fit, fit
from engine.finetune.network import ALIKE, run_lower, scores
from engine.finetune.recipe import MOST_PASSES, ClassifierRecipe
from engine.training.events import Step

if TYPE_CHECKING:
    import tiktoken

    from engine.model import GPTModel

Examples = tuple[list[str], list[str]]
DECAY = 0.1


def data(examples: Examples) -> dict[str, tuple[list[str], list[int]]]:
    texts, labels = examples
    numbers = [int(label == "spam") for label in labels]
    return {"train": (texts, numbers), "validation": (texts[::3], numbers[::3])}


def reference(vectors: np.ndarray, numbers: list[int], classes: int, **options: str) -> np.ndarray:
    """What scikit-learn's regression says of the vectors it was fitted to.

    For two classes it has one row of weights where ours has two, of half the size each: half the sum of squares.
    """
    strength = (2 if classes == 2 else 1) / (DECAY * len(numbers))
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, tol=1e-8, max_iter=10_000, **options))
    return model.fit(vectors, numbers).predict_proba(vectors)


@pytest.mark.parametrize("reads", ["layers", "mean"])
@pytest.mark.parametrize("classes", [2, 3])
def test_it_is_what_scikit_learn_finds(
    reads: str, classes: int, tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples
) -> None:
    texts = examples[0]
    numbers = [i % classes for i in range(len(texts))]
    parts = dict.fromkeys(("train", "validation"), (texts, numbers))
    recipe = ClassifierRecipe(reads=reads, weight_decay=DECAY)
    classifier = fit(tiny, tokenizer, parts, [str(i) for i in range(classes)], recipe)
    vectors = np.zeros((len(texts), classifier.network.out_head.in_features))
    for places, rows in run_lower(classifier.network, classifier.encode(texts)):
        for place, row in zip(places, rows, strict=True):
            vectors[place] = row[0].numpy()
    told = vectors[:, vectors.std(axis=0) > ALIKE]
    expected = reference(told, numbers, classes)
    assert np.allclose(classifier.probabilities(texts).numpy(), expected, atol=2e-3)


def test_neither_seed_nor_the_order_of_the_texts_matters(
    tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples
) -> None:
    parts = data(examples)
    turned = parts | {"train": (parts["train"][0][::-1], parts["train"][1][::-1])}
    one = fit(tiny, tokenizer, parts, ["ham", "spam"], ClassifierRecipe(seed=1)).probabilities(examples[0])
    other = fit(tiny, tokenizer, turned, ["ham", "spam"], ClassifierRecipe(seed=2)).probabilities(examples[0])
    assert torch.allclose(one, other, atol=2e-3)


def test_what_it_tells_while_it_works(tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples) -> None:
    """Losses fall from ln 2; looks before, every five passes and at the end; the end is what is kept."""
    run = Fit(tiny, tokenizer, data(examples), ["ham", "spam"], ClassifierRecipe())
    events = list(run)
    steps = [e for e in events if isinstance(e, Step)]
    looks = [e for e in events if isinstance(e, Evaluation)]
    (chosen,) = (e for e in events if isinstance(e, Chosen))
    assert [e.step for e in steps] == list(range(len(steps)))
    assert len(steps) <= MOST_PASSES
    assert steps[0].loss == pytest.approx(np.log(2), abs=1e-6)
    assert steps[-1].loss < steps[0].loss / 4
    assert steps[-1].grad_norm < steps[0].grad_norm / 1000
    assert {e.step for e in looks} == {-1, *range(4, len(steps), 5), len(steps) - 1}
    assert (chosen.step, chosen.val_loss, chosen.early) == (len(steps) - 1, looks[-1].val_loss, False)
    found, targets = run.scores("validation"), run.targets["validation"]
    assert F.cross_entropy(found, targets).item() == pytest.approx(chosen.val_loss, abs=1e-4)


def test_weights_of_classes_are_those_of_scikit_learn(
    tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples
) -> None:
    """Five texts of one class and two of the other."""
    spam, ham = examples[0][:5], examples[0][5:7]
    recipe = ClassifierRecipe(reads="mean", class_weights=True, weight_decay=DECAY)
    rare = {"train": (ham + spam, [0] * 2 + [1] * 5), "validation": ([ham[0], spam[0]], [0, 1])}
    run = Fit(tiny, tokenizer, rare, ["ham", "spam"], recipe)
    for _ in run:
        pass
    vectors = torch.cat(run.kept["train"]).numpy()
    expected = reference(vectors[:, vectors.std(axis=0) > ALIKE], rare["train"][1], 2, class_weight="balanced")
    assert np.allclose(run.scores("train").softmax(dim=-1).numpy(), expected, atol=2e-3)


def test_stopped_it_leaves_what_it_has(tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples) -> None:
    asked: list[int] = []
    run = Fit(tiny, tokenizer, data(examples), ["ham", "spam"], ClassifierRecipe(), stop=lambda: len(asked) > 2)
    looks = []
    for event in run:
        asked += [1] * isinstance(event, Step)
        looks += [event] * isinstance(event, Evaluation)
    assert run.last.stopped
    assert (run.last.step, looks[-1].step) == (2, 2)
    assert torch.isfinite(scores(run.classifier.network, run.kept["train"])).all()


def test_too_many_texts_are_refused_with_a_way_out(
    tiny: GPTModel, tokenizer: tiktoken.Encoding, examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipes, "KEPT_BYTES", 1000)
    with pytest.raises(InputError, match="mean of all tokens"):
        fit(tiny, tokenizer, data(examples), ["ham", "spam"], ClassifierRecipe())
    fit(tiny, tokenizer, data(examples), ["ham", "spam"], replace(ClassifierRecipe(), trained="head", epochs=1))
