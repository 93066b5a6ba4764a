"""word2vec: the exercises by hand, the loss by its formula, and words of one kind that find one another."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.analysis.neighbours import nearest, unit_rows
from engine.errors import InputError
from engine.experiments.word2vec import BOUNDS, LONGEST, MOST_WORDS, Settings, read_pairs, train
from ui.lessons.embeddings import world


def test_pairs_by_hand() -> None:
    pairs = read_pairs("The cat sleeps. A dog\nthe cat", 1)
    named = {(pairs.words[m], pairs.words[n]) for m, n in zip(pairs.middle, pairs.near, strict=True)}
    # No pair crosses a full stop or the end of a line.
    assert named == {
        *(("the", "cat"), ("cat", "the"), ("cat", "sleeps")),
        *(("sleeps", "cat"), ("a", "dog"), ("dog", "a")),
    }
    assert pairs.words[:2] == ["the", "cat"]
    assert pairs.counts.tolist() == [2, 2, 1, 1, 1]
    assert len(read_pairs("a b c d e", 4).middle) == 20


@pytest.mark.parametrize("text", ["", "one two three", "👩‍🚀 !!!", "a.b.c.d.e.f", "same same same " * 100])
def test_too_few_words_get_a_sentence(text: str) -> None:
    with pytest.raises(InputError, match="write some sentences"):
        read_pairs(text, 2)


def test_long_and_foreign_texts() -> None:
    pairs = read_pairs("שלום עולם طيب नमस्ते it's л'été. " * 10_000, 6)
    assert pairs.counts.sum() <= LONGEST
    assert "it's" in pairs.words
    assert len(read_pairs(" ".join(f"w{i}" for i in range(5_000)), 1).words) == MOST_WORDS


@pytest.mark.parametrize(
    ("name", "value"), [*((n, b[1] + 1) for n, b in BOUNDS.items()), ("window", 0), ("steps", 9.5)]
)
def test_settings_have_bounds(name: str, value: float) -> None:
    with pytest.raises(InputError, match=name):
        Settings(**{name: value})


def test_the_loss_starts_at_its_formula_and_the_seed_decides() -> None:
    pairs = read_pairs(world.little_world(), 2)
    settings = Settings(steps=50, negatives=3, emb_dim=8)
    one, two = (list(train(pairs, settings, moments=5)) for _ in range(2))
    assert one[0].loss == pytest.approx(4 * math.log(2), rel=1e-6)
    assert [m.step for m in one] == [0, 10, 20, 30, 40, 50]
    np.testing.assert_array_equal(one[-1].vectors, two[-1].vectors)
    other = list(train(pairs, Settings(steps=50, negatives=3, emb_dim=8, seed=5)))
    assert not np.array_equal(one[-1].vectors, other[-1].vectors)


def test_words_of_a_kind_find_one_another() -> None:
    pairs = read_pairs(world.little_world(), 2)
    *_, last = train(pairs, Settings())
    unit = unit_rows(last.vectors)
    for kind in (world.ANIMALS, world.FOODS, world.DAYS, world.COLOURS, world.PLACES):
        row = pairs.words.index(kind[0])
        found = {pairs.words[i] for i in nearest(unit, unit[row], 5, [row])[0]}
        assert len(found & set(kind)) >= 4, (kind[0], found)


def test_no_two_animals_share_a_sentence() -> None:
    """What the lesson says about its little world."""
    for sentence in world.little_world().split("."):
        assert len(set(sentence.split()) & set(world.ANIMALS)) <= 1
