"""The small curves of the lesson Curve clinic."""

from __future__ import annotations

from ui.figures.curve_clinic import small_curves
from ui.figures.loss_curves import EACH_STEP, TRAIN, VAL, curve_rows
from ui.palette import TRAINING, VALIDATION, VALIDATION_DASH


def test_small_curves_have_one_scale_and_the_houses_colours() -> None:
    steps = [{"step": n, "loss": 9.0 - n} for n in range(4)]
    rows = curve_rows("a", steps, [{"step": 0, "train_loss": 9.0, "val_loss": 9.1}])
    frame, spec = small_curves(rows, 10.0)
    assert frame[frame["series"] == EACH_STEP]["loss"].tolist() == [9.0, 8.0, 7.0, 6.0]
    assert frame[frame["series"] == VAL]["loss"].tolist() == [9.1]
    assert spec["encoding"]["y"]["scale"]["domain"] == [0, 10.0]
    colours = spec["encoding"]["color"]["scale"]
    assert dict(zip(colours["domain"], colours["range"], strict=True)) == {
        EACH_STEP: TRAINING,
        TRAIN: TRAINING,
        VAL: VALIDATION,
    }
    dash = spec["layer"][1]["encoding"]["strokeDash"]["scale"]
    assert dict(zip(dash["domain"], dash["range"], strict=True))[VAL] == VALIDATION_DASH
