"""Weight decay in the gradient and of the weight: equal without it, and what the paper says with it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from engine.experiments.weight_decay import KINDS, compare_decay


def test_without_decay_all_three_are_one() -> None:
    found = compare_decay(0.0, seed=3)
    for kind in KINDS[1:]:
        np.testing.assert_array_equal(found.weights[kind], found.weights[KINDS[0]])


def test_in_the_gradient_large_gradients_hardly_decay() -> None:
    found = compare_decay(0.2, seed=1)
    plain, l2, decoupled = (found.weights[kind] for kind in KINDS)
    assert l2[-1] / plain[-1] > 0.99
    assert l2[0] / plain[0] < 0.2
    assert decoupled[-1] / plain[-1] < l2[-1] / plain[-1] - 0.01
    assert decoupled[0] / plain[0] > l2[0] / plain[0] + 0.1
    for kind in KINDS:
        assert found.lengths[kind][-1] == pytest.approx(np.linalg.norm(found.weights[kind]))
    again = compare_decay(0.2, seed=1)
    np.testing.assert_array_equal(again.weights[KINDS[2]], decoupled)


def test_bounds() -> None:
    with pytest.raises(InputError, match="0 to 2"):
        compare_decay(-0.1, seed=1)
