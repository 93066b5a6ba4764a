"""The recorded moments of the pocket model's training: what ships fits together, and broken files get a sentence."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.errors import WeightsError
from engine.weights.pocket import POCKET_DIR, load_pocket
from engine.weights.snapshots import load_snapshots

if TYPE_CHECKING:
    from pathlib import Path


def test_the_last_moment_is_the_model_that_ships() -> None:
    snapshots, (model, _) = load_snapshots(), load_pocket()
    assert len(snapshots.vectors) == len(snapshots.moments) >= 5
    assert [m.step for m in snapshots.moments] == sorted(m.step for m in snapshots.moments)
    np.testing.assert_array_equal(snapshots.vectors[-1], model.tok_emb.weight.detach().numpy()[snapshots.ids])


@pytest.mark.parametrize("broken", ["{}", '{"tokens": [1], "snapshots": []}', '{"tokens": 3, "snapshots": [{}]}', "["])
def test_files_that_do_not_fit(tmp_path: Path, broken: str) -> None:
    shutil.copy(POCKET_DIR / "snapshots.safetensors", tmp_path)
    (tmp_path / "snapshots.json").write_text(broken)
    with pytest.raises(WeightsError, match="snapshots"):
        load_snapshots(tmp_path)
