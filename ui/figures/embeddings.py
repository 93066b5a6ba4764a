"""Pictures for the lesson on embeddings: a map of tokens, nearest neighbours, what dimensions buy, training."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ui.numbers import fmt
from ui.palette import CHANGED, CHOSEN, NEUTRAL, OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from plotly.graph_objects import Figure

    Floats = NDArray[np.float32]
    Picture = tuple[pd.DataFrame, dict[str, Any]]

HUES = (OTHER, CHANGED, "#B5A300", NEUTRAL)
SYMBOLS = ("circle", "diamond", "cross", "x")
CAMERA = {"eye": {"x": 1.3, "y": 1.3, "z": 0.8}, "center": {"x": 0, "y": 0, "z": -0.25}}
SOLIDS = ("circle", "diamond", "square", "circle-open")  # the same in three dimensions, where others draw large


def token_map(
    places: Floats,
    names: Sequence[str],
    kinds: Sequence[str],
    kind_names: Sequence[str],
    chosen: int | None,
    neighbours: Sequence[int],
    axes: Sequence[str],
) -> Figure:
    """A point for each token, two- or three-dimensional; the chosen one with lines to its neighbours.

    places      (N, 2 or 3)
    kinds       each token's kind, one of kind_names: its colour and shape
    chosen      place of the chosen token in the lists; None when it is not on the map
    neighbours  places of its nearest tokens in the full space
    axes        titles of the axes; empty strings where an axis has no meaning

    A click or lasso gives points whose customdata is the token's place in the lists.
    """
    import plotly.graph_objects as go

    flat = places.shape[1] == 2
    trace = go.Scattergl if flat else go.Scatter3d
    safe = np.array([escape(name, quote=False) for name in names])  # Plotly would show &quot; as it is
    figure = go.Figure()
    of_kind = np.array(kinds)
    for hue, symbol, kind in zip(HUES, SYMBOLS if flat else SOLIDS, kind_names, strict=True):
        rows = np.nonzero(of_kind == kind)[0]
        if len(rows):
            figure.add_trace(
                trace(
                    **coordinates(places[rows]),
                    name=kind,
                    mode="markers",
                    customdata=rows,
                    text=safe[rows],
                    hovertemplate="%{text}<extra></extra>",
                    marker={"color": hue, "symbol": symbol, "size": 5 if flat else 2, "opacity": 0.6},
                    **({"unselected": {"marker": {"opacity": 0.25}}} if flat else {}),
                )
            )
    marks = [] if chosen is None else [chosen, *neighbours]
    named = spread(places, 22, marks)
    if flat:
        # Not a WebGL trace: few words, and crisp.
        figure.add_trace(words(go.Scatter, places, safe, [i for i in named if i not in marks], 11, 0.9))
    if chosen is not None:
        lines = np.full((3 * len(neighbours), places.shape[1]), np.nan, dtype=np.float32)
        lines[0::3], lines[1::3] = places[chosen], places[list(neighbours)]
        own = {"showlegend": False, "hoverinfo": "skip"}
        figure.add_trace(trace(**coordinates(lines), mode="lines", line={"color": CHOSEN, "width": 1.5}, **own))
        sizes = [15 if flat else 9] + [9 if flat else 5] * len(neighbours)
        figure.add_trace(
            trace(
                **coordinates(places[marks]),
                mode="markers",
                name="chosen, and its neighbours",
                customdata=marks,
                text=safe[marks],
                hovertemplate="%{text}<extra></extra>",
                marker={"color": CHOSEN, "size": sizes, "symbol": "circle"},
            )
        )
        figure.add_trace(
            words(go.Scatter if flat else go.Scatter3d, places, safe, [i for i in named if i in marks], 13, 1.0)
        )
    titles = {f"{name}axis": axis(title) for name, title in zip("xyz", axes, strict=False)}
    figure.update_layout(
        height=470,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": 1.01, "yanchor": "bottom", "itemsizing": "constant"},
        dragmode="pan" if flat else "turntable",
        hovermode="closest",
        **(titles if flat else {"scene": {**titles, "aspectmode": "cube", "camera": CAMERA}}),
    )
    return figure


def coordinates(places: Floats) -> dict[str, Floats]:
    """The columns under the names that Plotly gives them."""
    return {name: np.ascontiguousarray(places[:, i]) for i, name in zip(range(places.shape[1]), "xyz", strict=False)}


def words(trace: Any, places: Floats, safe: NDArray[np.str_], rows: Sequence[int], size: int, opacity: float) -> Any:
    """The names of some points, above them, in the theme's own colour."""
    return trace(
        **coordinates(places[list(rows)]),
        mode="text",
        text=safe[list(rows)],
        textposition="top center",
        textfont={"size": size},
        opacity=opacity,
        hoverinfo="skip",
        showlegend=False,
    )


def axis(title: str) -> dict[str, Any]:
    """An axis with its meaning, or without numbers where it has none."""
    plain = {"title": {"text": title, "font": {"size": 12}}, "zeroline": False, "tickfont": {"size": 10}}
    return plain if title else {**plain, "showticklabels": False}


def spread(places: Floats, cells: int, first: Sequence[int]) -> list[int]:
    """Points whose names fit without covering one another: at most one in each square of a grid and those around it.

    first  points that are asked before the others
    """
    low, high = places.min(axis=0), places.max(axis=0)
    sides = np.array([cells / 3, *[cells] * (places.shape[1] - 1)])  # a name is about three times as wide as high
    grid = np.floor((places - low) / np.where(high > low, high - low, 1) * sides).astype(int).tolist()
    taken: set[tuple[int, ...]] = set()
    kept = []
    for i in [*first, *(i for i in range(len(places)) if i not in set(first))]:
        column, *rest = grid[i]
        beside = {(column, rest[0] + by, *rest[1:]) for by in (-1, 0, 1)}
        if not beside & taken:
            taken.add((column, *rest))
            kept.append(i)
    return kept


def neighbour_bars(names: Sequence[str], values: Sequence[float], notes: Sequence[str], title: str) -> Picture:
    """Tokens and their cosine to something, nearest first. A click gives the selection `pick` with `name`.

    notes  what is to be said of each; those with a note are drawn pale
    """
    frame = pd.DataFrame(
        {
            "name": list(names),
            "cosine": [float(v) for v in values],
            "shown": [fmt(float(v)) for v in values],
            "note": list(notes),
            "pale": [bool(note) for note in notes],
        }
    )
    low = min(0.0, *frame["cosine"]) if len(frame) else 0.0
    x = {"field": "cosine", "type": "quantitative", "title": title, "scale": {"domain": [low, 1]}}
    about = [
        {"field": "name", "title": "token"},
        {"field": "cosine", "type": "quantitative", "title": "cosine", "format": ".10~g"},
        {"field": "note", "title": "note"},
    ]
    return frame, {
        "width": "container",
        "height": {"step": 21},
        "encoding": {
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"ticks": False, "domain": False, "labelFontSize": 12, "labelLimit": 130},
            }
        },
        "layer": [
            {
                "params": [{"name": "pick", "select": {"type": "point", "fields": ["name"], "toggle": False}}],
                "mark": {"type": "bar", "cornerRadiusEnd": 3, "color": OTHER, "cursor": "pointer"},
                "encoding": {
                    "x": x,
                    "opacity": {"condition": {"test": "datum.pale", "value": 0.35}, "value": 0.9},
                    "tooltip": about,
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "color": NEUTRAL},
                "encoding": {"x": x, "text": {"field": "shown"}},
            },
        ],
    }
