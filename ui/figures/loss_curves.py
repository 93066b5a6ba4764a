"""Loss curves of one or several trainings over each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.evaluation.metrics import perplexity_of
from ui.palette import CHANGED, CHOSEN, NEUTRAL, TRAINING, VALIDATION, VALIDATION_DASH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Picture = tuple[pd.DataFrame, dict[str, Any]]
EACH_STEP, TRAIN, VAL, TEST = "training, each step (thin)", "training, evaluated", "validation", "test"
MARK = "marked"  # the point whose step has a line through it
SERIES = {EACH_STEP: (TRAINING, [1, 0]), TRAIN: (TRAINING, [1, 0]), VAL: (VALIDATION, VALIDATION_DASH)}
MOST_POINTS = 400
TEST_DASH = [2, 3]
HIGHEST = 1e9  # a perplexity above this is drawn there
PERPLEXITY = {"token": "tokens", "text": "classes"}  # what it counts
STEPS = {"token": "optimizer step", "text": "optimizer steps done"}
LEFT = 44  # room for the numbers of the y axis, so that axes below one another are aligned
SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]


def curve_rows(
    name: str,
    steps: Sequence[Mapping[str, Any]],
    evaluations: Sequence[Mapping[str, Any]],
    perplexity: bool = False,
    tests: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """The points of one run.

    name         what the legend calls it
    steps        events with step and loss; more than MOST_POINTS are averaged in groups
    evaluations  events with step, train_loss and val_loss
    perplexity   exp(loss) instead of the loss
    tests        events with step and loss on a test set, where there is one

    Losses that are no number are left out.
    """
    group = max(1, math.ceil(len(steps) / MOST_POINTS))
    rows = [
        {
            "run": name,
            "series": EACH_STEP,
            "step": part[-1]["step"],
            "loss": float(np.mean([e["loss"] for e in part])),
        }
        for part in (steps[i : i + group] for i in range(0, len(steps), group))
    ]
    for series, field in ((TRAIN, "train_loss"), (VAL, "val_loss")):
        rows += [{"run": name, "series": series, "step": e["step"], "loss": e[field]} for e in evaluations]
    rows += [{"run": name, "series": TEST, "step": e["step"], "loss": e["loss"]} for e in tests]
    rows = [row for row in rows if row["loss"] is not None and math.isfinite(row["loss"])]
    for row in rows:
        row["value"] = min(perplexity_of(row["loss"]), HIGHEST) if perplexity else row["loss"]
    return rows


def loss_curves(
    rows: Sequence[Mapping[str, Any]], perplexity: bool = False, marked: int | None = None, unit: str = "token"
) -> Picture:
    """Training blue and solid, validation orange and dashed; runs differ by the shape of their points.

    rows    of curve_rows, of all runs
    marked  the step with a line through it, such as the checkpoint that is looked at
    unit    what a loss is the mean of: token or text

    The spec depends only on the unit, on how many runs there are and whether there are single steps and
    a test set, so that a live chart keeps its zoom.
    """
    mark = [] if marked is None else [{"series": MARK, "step": marked}]
    frame = pd.DataFrame([*rows, *mark], columns=["run", "series", "step", "loss", "value"])
    there = {row["series"] for row in rows}
    series = SERIES | ({TEST: (CHANGED, TEST_DASH)} if TEST in there else {})
    if there and EACH_STEP not in there:
        del series[EACH_STEP]
    color = {
        "field": "series",
        "type": "nominal",
        "sort": list(series),
        "scale": {"domain": list(series), "range": [hue for hue, _ in series.values()]},
        "legend": {
            "title": None,
            "orient": "bottom",
            "symbolType": "stroke",
            "symbolOpacity": 1,
            "symbolSize": 700,  # long enough for dash and gap
            "columns": {"expr": f"width < 420 ? 1 : {len(series)}"},
        },
    }
    width = {
        "field": "series",
        "type": "nominal",
        "sort": list(series),
        "scale": {"domain": list(series), "range": [1 if name == EACH_STEP else 2.5 for name in series]},
        "legend": color["legend"],  # the same one: its lines are as thick as those of the picture
    }
    together = len({row["run"] for row in rows})
    several = together > 1
    # Above: beside the other legend, below, the names would have no room.
    names = {
        "title": None,
        "orient": "top",
        "labelLimit": {"expr": "width - 20"},
        "columns": 1,
        "symbolFillColor": NEUTRAL,
        "symbolStrokeWidth": 0,
    }
    height = 340 if unit == "token" else 300  # a classifier's accuracy stands below
    evaluated = [{"filter": f"datum.series != '{EACH_STEP}' && datum.series != '{MARK}'"}]
    layers: list[dict[str, Any]] = [
        {
            "transform": [{"filter": f"datum.series == '{EACH_STEP}'"}],
            "mark": {"type": "line", "opacity": 0.45, "clip": True},
            "encoding": {"color": color, "strokeWidth": width, "detail": {"field": "run"}},
            "params": [
                {
                    "name": "zoom",
                    "select": {"type": "interval", "zoom": "wheel![event.shiftKey]"},
                    "bind": "scales",
                }
            ],
        },
        {
            "transform": evaluated,
            "mark": {"type": "line", "clip": True},
            "encoding": {
                "color": color,
                "strokeWidth": width,
                "detail": {"field": "run"},
                "strokeDash": {
                    "field": "series",
                    "type": "nominal",
                    "sort": list(series),
                    "scale": {"domain": list(series), "range": [dash for _, dash in series.values()]},
                    "legend": None,
                },
            },
        },
        {
            "transform": evaluated,
            "mark": {"type": "point", "filled": True, "size": 46, "clip": True},
            "encoding": {
                "color": color,
                "shape": {
                    "field": "run",
                    "type": "nominal",
                    "sort": None,
                    "scale": {"range": SHAPES},
                    "legend": names if several else None,
                },
                "tooltip": [
                    {"field": "run", "title": "run"},
                    {"field": "series", "title": "curve"},
                    {"field": "step", "title": "step"},
                    {"field": "loss", "title": f"loss, nats a {unit}", "format": ".10~g"},
                ],
            },
        },
    ]
    layers.append(mark_layer())
    y = f"perplexity, {PERPLEXITY[unit]}" if perplexity else f"loss, nats a {unit}"
    return frame, {
        "width": "container",
        "height": height + 30 * together if several else height,  # the names' lines lie within it
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "title": STEPS[unit], "axis": {"tickMinStep": 1}},
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": y,
                "axis": {"minExtent": LEFT},
                "scale": {"type": "log"} if perplexity else {"zero": False},
            },
        },
        "layer": layers,
        "resolve": {"scale": {"shape": "independent"}},
    }


def mark_layer() -> dict[str, Any]:
    """A line through the step of the row called MARK, where there is one: in the data, so that the spec stays."""
    return {
        "transform": [{"filter": f"datum.series === '{MARK}'"}],
        "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 2, "clip": True},
        "encoding": {"y": None},
    }
