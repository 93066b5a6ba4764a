"""What a classifier's training should take: memory against peaks that were measured, and what makes it grow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.config import POCKET_CONFIG, parameter_count
from engine.datasets.labelled import load_messages, random_split
from engine.errors import InputError
from engine.finetune.recipe import KEPT_BYTES, LAST_BLOCK, ClassifierRecipe
from engine.jobs.classifying_estimate import PROGRAM, estimate, memory
from engine.tokenizers.pretrained import encode_text, load_tokenizer
from tests.pages.finished_run import MACHINE

HEAD = ClassifierRecipe(trained="head", reads="mean")


@pytest.fixture(scope="module")
def lengths():
    """Tokens read of each of our messages: of those to learn from, and of the others."""
    tokenizer = load_tokenizer("pocket")
    parts = [
        [1 + len(encode_text(tokenizer, t)) for t in part["text"]] for part in random_split(load_messages(), 0.7, 0.1)
    ]
    return parts[0], parts[1] + parts[2]


# Bytes of a process at its highest: PyTorch 2.13, one thread, its preflight's base_bytes, then one epoch of each.
BASE = 370e6


@pytest.mark.parametrize(
    ("trained", "reads", "peak"),
    [("head", "mean", 480e6), ("last_block", "mean", 557e6), ("all", "mean", 1030e6), ("lora", "mean", 1145e6),
     ("head", "layers", 522e6), ("last_block", "layers", 586e6), ("all", "layers", 1092e6)],
)  # fmt: skip
def test_memory_is_near_what_was_measured(lengths, trained, reads, peak):
    found = memory(ClassifierRecipe(trained=trained, reads=reads), POCKET_CONFIG, *lengths)
    assert BASE + found == pytest.approx(peak, rel=0.1)


def test_memory_by_hand():
    """A head: the model, one vector of each of three texts, and a pass over them, each filled up to 7 tokens."""
    width = POCKET_CONFIG.emb_dim
    assert memory(HEAD, POCKET_CONFIG, [5, 7], [3]) == PROGRAM + 4 * (
        parameter_count(POCKET_CONFIG) + 3 * width + 10 * width * 7 * 3
    )
    summed_up = memory(replace(HEAD, reads="layers"), POCKET_CONFIG, [5, 7], [3])
    more = 4 * (1 + POCKET_CONFIG.n_layers) - 1  # vectors of each text: mean, deviation, lowest, highest of every layer
    assert summed_up - memory(HEAD, POCKET_CONFIG, [5, 7], [3]) == 4 * 3 * more * width
    assert estimate(HEAD, POCKET_CONFIG, [5, 7], [3], MACHINE).bytes == MACHINE.base_bytes + memory(
        HEAD, POCKET_CONFIG, [5, 7], [3]
    )


def test_what_makes_memory_grow_and_what_does_not():
    every = ClassifierRecipe(trained="all")
    of = lambda recipe, *texts: memory(recipe, POCKET_CONFIG, *texts)  # noqa: E731
    assert of(every, [50] * 64, []) > of(replace(every, split=4), [50] * 64, []) > of(every, [9] * 64, [])
    block = LAST_BLOCK
    most = KEPT_BYTES // (4 * POCKET_CONFIG.emb_dim * 50)  # texts that are kept; one more and none is
    assert of(block, [50] * most, []) > of(block, [50] * (most + 1), [])


def test_a_regression_over_too_many_texts_is_refused_before_it_starts():
    most = KEPT_BYTES // (4 * 4 * (1 + POCKET_CONFIG.n_layers) * POCKET_CONFIG.emb_dim)
    memory(ClassifierRecipe(), POCKET_CONFIG, [5] * most, [])
    with pytest.raises(InputError, match="mean of all tokens"):
        estimate(ClassifierRecipe(), POCKET_CONFIG, [5] * (most + 1), [], MACHINE)
