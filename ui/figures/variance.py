"""Pictures of two ways to estimate a variance: their averages against the sample's size, and single estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.palette import CHANGED, CHOSEN, INK, NEUTRAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Picture = tuple[pd.DataFrame, dict[str, Any]]
NAMES = ["divided by n", "divided by n − 1"]
COLOUR: dict[str, Any] = {
    "field": "variance",
    "type": "nominal",
    "sort": None,
    "scale": {"domain": NAMES, "range": [NEUTRAL, CHANGED]},
    "legend": {"orient": "top", "title": None, "symbolType": "stroke", "symbolSize": 700},
}
DASH: dict[str, Any] = {
    "field": "variance",
    "type": "nominal",
    "sort": None,
    "scale": {"domain": NAMES, "range": [[6, 4], [1, 0]]},
    "legend": COLOUR["legend"],
}
# Both, or colour and dashes of the lines would have a legend each.
APART = {"scale": {"color": "independent", "strokeDash": "independent"}}


def averages(n: NDArray[np.int64], biased: Floats, unbiased: Floats, truth: float, chosen: int) -> Picture:
    """The average estimate against the numbers in a sample, and the true variance as a thin line."""
    # On a log axis all later sizes lie on top of one another: every eighth of a doubling is enough.
    keep = np.unique(np.round(2 ** np.arange(1, np.log2(n[-1]) + 0.01, 0.125)).astype(int)) - n[0]
    frame = pd.DataFrame(
        {
            "n": np.tile(n[keep], 2),
            "value": np.concatenate([biased[keep], unbiased[keep]]),
            "variance": np.repeat(NAMES, len(keep)),
        }
    )
    lines = {
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 24}},
        "encoding": {
            "color": COLOUR,
            "strokeDash": DASH,
            "tooltip": [
                {"field": "n", "type": "quantitative"},
                {"field": "variance", "type": "nominal"},
                {"field": "value", "type": "quantitative", "title": "average estimate", "format": ".10~g"},
            ],
        },
    }
    rule = {
        "mark": {"type": "rule", "color": CHOSEN, "strokeWidth": 3},
        "encoding": {"x": {"datum": chosen, "type": "quantitative"}, "y": None},
    }
    true_line = {
        "mark": {"type": "rule", "strokeDash": [2, 3]},
        "encoding": {"x": None, "y": {"datum": truth, "type": "quantitative"}, "color": INK},
    }
    return frame, {
        "width": "container",
        "height": 270,
        "encoding": {
            "x": {
                "field": "n",
                "type": "quantitative",
                "title": "n, numbers in a sample",
                "scale": {"type": "log", "base": 2, "nice": False},
                "axis": {"grid": False, "format": "d", "values": [2**i for i in range(1, 11)]},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": "average estimate of the variance",
                "scale": {"domain": [0.4, 1.15], "clamp": True},
            },
        },
        "layer": [true_line, rule, lines],
        "resolve": APART,
    }


def estimates(biased: Floats, unbiased: Floats, truth: float) -> Picture:
    """How often each estimate occurs among the samples, for both ways; the true variance as a thin line."""
    top = float(np.quantile(unbiased, 0.995))
    edges = np.linspace(0, top, 31)
    counts = [np.histogram(values, bins=edges)[0] / len(values) for values in (biased, unbiased)]
    frame = pd.DataFrame(
        {
            "middle": np.tile((edges[1:] + edges[:-1]) / 2, 2),
            "share": np.concatenate(counts),
            "variance": np.repeat(NAMES, len(edges) - 1),
        }
    )
    curves = {
        "mark": {"type": "line", "strokeWidth": 2.5, "interpolate": "step"},
        "encoding": {
            "color": COLOUR,
            "strokeDash": DASH,
            "tooltip": [
                {"field": "middle", "type": "quantitative", "title": "estimate, about", "format": ".3~g"},
                {"field": "variance", "type": "nominal"},
                {"field": "share", "type": "quantitative", "title": "share of samples", "format": ".2%"},
            ],
        },
    }
    true_line = {
        "mark": {"type": "rule", "strokeDash": [2, 3]},
        "encoding": {"x": {"datum": truth, "type": "quantitative"}, "y": None, "color": INK},
    }
    return frame, {
        "width": "container",
        "height": 270,
        "encoding": {
            "x": {
                "field": "middle",
                "type": "quantitative",
                "title": "estimate of the variance",
                "axis": {"grid": False},
            },
            "y": {"field": "share", "type": "quantitative", "title": "share of samples", "axis": {"format": "%"}},
        },
        "layer": [true_line, curves],
        "resolve": APART,
    }
