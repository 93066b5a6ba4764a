"""One changed token: the outline keeps it to its place, the whole GPT carries it to all later ones."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from engine.experiments.dummy_gpt import DummySettings, change_one_token


@pytest.mark.parametrize("place", [0, 2, 5])
def test_how_far_a_change_reaches(place):
    result = change_one_token([5, 9, 2, 8191, 7, 7], DummySettings(place))
    assert (result.outline > 0).tolist() == [i == place for i in range(6)]
    assert (result.whole > 0).tolist() == [i >= place for i in range(6)]
    assert result.shape == (1, 6, 8192)
    assert [i for i, (a, b) in enumerate(zip(result.changed, [5, 9, 2, 8191, 7, 7], strict=True)) if a != b] == [place]


def test_one_seed_gives_the_same_numbers():
    runs = [change_one_token([1, 2, 3], DummySettings(0, seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0].whole, runs[1].whole)
    assert not np.array_equal(runs[0].whole, runs[2].whole)


@pytest.mark.parametrize(("ids", "place"), [([], 0), ([1] * 33, 0), ([1, 2], 2)])
def test_what_cannot_be_run_gets_a_sentence(ids, place):
    with pytest.raises(InputError):
        change_one_token(ids, DummySettings(place))
