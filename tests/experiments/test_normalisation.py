"""Layer norm and batch norm of a small table, against PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from engine.errors import InputError
from engine.experiments.normalisation import FEATURES, draw_batch, normalise


@pytest.mark.parametrize("examples", [2, 5, 8])
def test_both_norms_are_pytorchs(examples: int) -> None:
    batch = draw_batch(examples, seed=7)
    x = torch.tensor(batch)
    np.testing.assert_allclose(normalise(batch, "layer").out, F.layer_norm(x, (FEATURES,)).numpy(), rtol=1e-9)
    theirs = F.batch_norm(x, None, None, training=True).numpy()
    np.testing.assert_allclose(normalise(batch, "batch").out, theirs, rtol=1e-9)


def test_by_hand() -> None:
    """Rows 1 3 and 5 11: means 2 and 8 by row, 3 and 7 by column."""
    table = np.array([[1.0, 3.0], [5.0, 11.0]])
    rows, columns = normalise(table, "layer"), normalise(table, "batch")
    assert rows.mean.tolist() == [[2], [8]]
    assert rows.variance.tolist() == [[1], [9]]
    assert columns.mean.tolist() == [[3, 7]]
    assert columns.variance.tolist() == [[4, 16]]
    np.testing.assert_allclose(rows.out, [[-1, 1], [-1, 1]], atol=1e-4)
    np.testing.assert_allclose(columns.out, [[-1, -1], [1, 1]], atol=1e-4)


def test_a_batch_of_one() -> None:
    """Batch norm leaves zeros, and PyTorch refuses; layer norm gives what it gives in any batch."""
    alone = draw_batch(1, seed=2)
    assert normalise(alone, "batch").out.tolist() == [[0] * FEATURES]
    with pytest.raises(ValueError, match="more than 1 value"):
        F.batch_norm(torch.tensor(alone), None, None, training=True)
    together = draw_batch(8, seed=2)
    assert together[0].tolist() == alone[0].tolist()
    assert normalise(together, "layer").out[0].tolist() == normalise(alone, "layer").out[0].tolist()
    assert normalise(together, "batch").out[0].tolist() != normalise(draw_batch(4, 2), "batch").out[0].tolist()


def test_refusals() -> None:
    for examples in (0, 9):
        with pytest.raises(InputError, match="give 1 to 8"):
            draw_batch(examples, 0)
    with pytest.raises(InputError, match="layer, batch"):
        normalise(draw_batch(2, 0), "group")
