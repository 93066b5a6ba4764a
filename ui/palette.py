"""Colours by meaning: each hue means one thing on every page.

The hues are Okabe and Ito's (2008, "Color Universal Design"), which colour-blind eyes can tell apart. A theme
switch in the browser reruns nothing, so Python never asks whether the page is dark:

- Vega charts leave colour scales to the theme. Use SEQUENTIAL and DIVERGING as `scale.range`: the names of
  the theme's own ten-colour ramps in .streamlit/config.toml, from pale to dark in light, the reverse in dark.
- Fixed hues below stand at 3:1 or more against both backgrounds as lines, bars and boundaries.
- Sentences use Streamlit's coloured text, MARKDOWN below; the theme gives each a readable shade.
- Our own components mix a hue with `var(--st-background-color)` in CSS.
"""

from __future__ import annotations

QUERY = "#0072B2"
KEY = "#D55E00"
VALUE = "#009E73"
TRAINING = "#0072B2"
VALIDATION = "#E69F00"
CHOSEN = "#CC79A7"
# Two lines of one experiment: as usual, and changed.
NEUTRAL = "#8A8A8A"
CHANGED = "#7A6FD0"
# A further line beside those with a meaning.
OTHER = "#56B4E9"

# Validation is also dashed, so that the two curves differ without colour.
VALIDATION_DASH = [6, 4]

# Names that Vega resolves to the theme's ramps; the second is centred with `domainMid: 0`.
SEQUENTIAL = "ramp"
DIVERGING = "diverging"

# The colour of text in Vega charts: the strong end of the ramp. A layer with it needs its own colour scale:
# `"resolve": {"scale": {"color": "independent"}}`.
INK = {"datum": 1, "type": "quantitative", "scale": {"range": SEQUENTIAL, "domain": [0, 1]}, "legend": None}

# Streamlit's names for coloured text in markdown, e.g. f":{MARKDOWN['query']}[journey]".
MARKDOWN = {"query": "blue", "key": "orange", "value": "green", "chosen": "violet"}

# A token's tint is one of these, by its place in the text: TOKEN_HUES[i % 8], mixed with the background.
TOKEN_HUES = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#B5A300",
    "#7A6FD0",
)
# For tokens of a picture in which CHOSEN marks one of them, or a special one.
ORDINARY_HUES = tuple(hue for hue in TOKEN_HUES if hue != CHOSEN)


def token_hue(index: int) -> str:
    """The hue of the token at this place, the same in every picture of a page."""
    return TOKEN_HUES[index % len(TOKEN_HUES)]


def ordinary_hue(index: int) -> str:
    """The same without CHOSEN."""
    return ORDINARY_HUES[index % len(ORDINARY_HUES)]
