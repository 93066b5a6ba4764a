"""The small pictures of the home page as HTML: arrays and texts in, a string for `st.html` out.

Every text of the user goes through `escape`. Colours are a fixed hue whose opacity is the value, or the hue mixed
into what lies behind it, so each picture reads on light and on dark pages.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from ui.labels import short, visible
from ui.numbers import count, fmt, percent
from ui.palette import CHANGED, CHOSEN, NEUTRAL, OTHER, token_hue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

BLUE, ORANGE = "#2f7ebc", "#d9822b"  # the two ends of the diverging scale: above and below zero
MOST_CHIPS, MOST_ROWS, MOST_NUMBERS, LONGEST_TEXT = 14, 8, 40, 140
NAMES = 25  # percent of a plot's width that the tokens' names take
ROW, PLOT = 18, 100  # pixels: a row of squares, a plot's bars
STRIPE, FEWEST_COLUMNS = 8, 4  # above a map: pixels for its columns' colours; a short text's map is as wide as this
BINS = 44

Place = tuple[float, float, float, float]  # left in percent, top in pixels, width in percent, height in pixels

STYLE = """<style>
.stop { font-size: 0.92rem; line-height: 1.5; font-variant-numeric: tabular-nums; }
.stop mark { background: color-mix(in srgb, #CC79A7 28%, transparent); color: inherit; border-radius: 3px; }
.stop .said { font-size: 1.12rem; line-height: 1.6; white-space: pre-wrap; overflow-wrap: anywhere; }
.stop .chip { display: inline-block; margin: 0 3px 5px 0; padding: 0 6px; border-radius: 5px; white-space: pre-wrap;
  overflow-wrap: anywhere; max-width: 100%; font-family: "Source Code Pro", monospace; font-size: 0.88rem;
  background: color-mix(in srgb, var(--hue) 20%, transparent);
  border: 1px solid color-mix(in srgb, var(--hue) 75%, currentColor); }
.stop .new { box-shadow: 0 0 0 2px #CC79A7; }
.stop .big { font-size: 1.5rem; padding: 4px 14px; margin: 6px 10px 6px 0; }
.stop .row { display: grid; grid-template-columns: 6.2rem 1fr 3.6rem; gap: 8px; align-items: center; height: 1.5rem; }
.stop .row .name { text-align: right; overflow: hidden; text-overflow: ellipsis; white-space: pre; font-size: 0.85rem; }
.stop .row .bar { height: 0.85rem; border-radius: 0 4px 4px 0; min-width: 1px; }
.stop .row .number { font-size: 0.82rem; }
.stop .plot { position: relative; }
.stop .plot i { position: absolute; border-radius: 2px; }
.stop .plot .frame { border: 1px solid rgba(128, 128, 128, 0.35); pointer-events: none; }
.stop .plot .label { position: absolute; font-size: 0.75rem; line-height: 1.1; opacity: 0.85; white-space: nowrap; }
.stop .plot .who { position: absolute; left: 0; width: 23%; box-sizing: border-box; padding-right: 5px; height: 15px;
  border-right: 3px solid; font-size: 0.75rem; line-height: 15px; text-align: right; white-space: pre;
  overflow: hidden; }
.st-key-examples button { min-height: 1.9rem; padding: 0 0.7rem; border-radius: 1rem; font-size: 0.88rem; }
.stop .key { font-size: 0.8rem; opacity: 0.85; }
.stop .dot { display: inline-block; width: 0.7em; height: 0.7em; border-radius: 2px; margin: 0 4px 0 8px; }
.stop .quiet { opacity: 0.72; }
</style>"""


def stop(inner: str, label: str) -> str:
    """A picture with its description for those who cannot see it."""
    return f'<div class="stop" role="img" aria-label="{escape(label)}">{inner}</div>'


def waiting(sentence: str) -> str:
    """What a stop will show, before the model has run."""
    return f'<div class="stop"><span class="quiet">{escape(sentence)}</span></div>'


def said(prompt: str, continuation: str) -> str:
    """The text; what the model added is marked. Of a long text, its end."""
    room = max(0, LONGEST_TEXT - len(continuation))
    start = prompt[-room:] if room else ""
    cut = "… " if len(start) < len(prompt) else ""
    end = continuation[-LONGEST_TEXT:]
    marked = f"<mark>{escape(end)}</mark>" if end else ""
    return stop(f'<div class="said">{cut}{escape(start)}{marked}</div>', "The text")


def chips(texts: Sequence[str], first: int, added: int, label: str) -> str:
    """Tokens or their IDs as coloured chips; the newest has a ring. Of a long text, its end.

    first  place of texts[0] in the whole text: a token keeps its colour in every picture
    added  how many at the end are new
    """
    hidden = max(0, len(texts) - MOST_CHIPS)
    before = f'<span class="key">{count(first + hidden)} before … </span>' if first + hidden else ""
    made = []
    for i, text in enumerate(texts[hidden:], start=first + hidden):
        new = " new" if added and i == first + len(texts) - 1 else ""
        made.append(f'<span class="chip{new}" style="--hue:{token_hue(i)}"><bdi>{escape(visible(text))}</bdi></span>')
    return stop(before + "".join(made), label)


def vectors(rows: Floats, names: Sequence[str], first: int) -> str:
    """The first numbers of the last tokens' vectors, a row each: blue above zero, orange below.

    rows   (T, D) vectors
    first  place of the first row in the whole text
    """
    hidden = max(0, len(rows) - MOST_ROWS)
    part = rows[hidden:, :MOST_NUMBERS]
    limit = float(np.abs(part).max()) or 1.0
    width = (100 - NAMES) / MOST_NUMBERS
    parts = []
    for y, row in enumerate(part):
        parts.append(row_name(names[hidden + y], y * ROW, token_hue(first + hidden + y)))
        for x, value in enumerate(row.tolist()):
            hue = BLUE if value >= 0 else ORANGE
            place = (NAMES + x * width, y * ROW, width * 0.92, ROW - 3)
            parts.append(block(place, hue, f"number {x}: {value:.6g}", abs(value) / limit))
    return stop(plot(parts, len(part) * ROW), "The first numbers of each token's vector")


def attention(weights: Floats, names: Sequence[str], first: int) -> str:
    """One head's map for the last tokens: how much each row's token looks at each column's, marked by its colour.

    weights  (T, T)
    first    place of the first row in the whole text
    """
    hidden = max(0, len(weights) - MOST_ROWS)
    part = weights[hidden:, hidden:]
    width = (100 - NAMES) / max(len(part), FEWEST_COLUMNS)
    parts = []
    for y, row in enumerate(part):
        hue = token_hue(first + hidden + y)
        parts.append(row_name(names[hidden + y], STRIPE + y * ROW, hue))
        parts.append(block((NAMES + y * width, 0, width * 0.94, 3), hue, f"column of {visible(names[hidden + y])}"))
        for x, value in enumerate(row[: y + 1].tolist()):
            about = f"{visible(names[hidden + y])} looks at {visible(names[hidden + x])}: {value:.6g}"
            place = (NAMES + x * width, STRIPE + y * ROW, width * 0.94, ROW - 3)
            parts.append(block(place, BLUE, about, value) + frame(place))
    return stop(plot(parts, STRIPE + len(part) * ROW), "Attention weights of one head")


def blocks(attention_sizes: Floats, feed_forward_sizes: Floats) -> str:
    """How much attention and feed-forward add to the last token's vector in each block: lengths as bars."""
    top = float(max(attention_sizes.max(), feed_forward_sizes.max())) or 1.0
    step = 100 / len(attention_sizes)
    parts = []
    for i in range(len(attention_sizes)):
        for j, (sizes, hue, what) in enumerate(
            ((attention_sizes, OTHER, "attention"), (feed_forward_sizes, CHANGED, "feed-forward"))
        ):
            value = float(sizes[i])
            high = PLOT * value / top
            place = (i * step + j * step * 0.42, PLOT - high, step * 0.38, high)
            parts.append(block(place, hue, f"block {i}, {what}: {value:.6g}"))
        if len(attention_sizes) <= 12 or i % 6 == 0:
            parts.append(label(i * step + step * 0.2, PLOT + 2, str(i)))
    key = (
        f'<div class="key"><span class="dot" style="background:{OTHER}"></span>attention'
        f'<span class="dot" style="background:{CHANGED}"></span>feed-forward, by block</div>'
    )
    return stop(plot(parts, PLOT + 20) + key, "Length of what each block adds")


def logits(values: Floats) -> str:
    """All logits as a histogram; the highest one is marked."""
    counts, edges = np.histogram(values, bins=BINS)
    width = 100 / BINS
    parts = []
    for i, n in enumerate(counts.tolist()):
        high = (PLOT - 14) * n / int(counts.max())
        about = f"{count(n)} tokens from {fmt(float(edges[i]))} to {fmt(float(edges[i + 1]))}"
        if n:
            parts.append(block((i * width, PLOT - high, width * 0.85, high), OTHER, about))
    low, high = float(values.min()), float(values.max())
    parts.append(block((99.2, 34, 0.8, PLOT - 34), CHOSEN, f"the highest: {high:.6g}"))
    parts.append(block((0, PLOT, 100, 1), NEUTRAL, ""))
    parts += [label(0, PLOT + 4, fmt(low)), label(100, PLOT + 4, fmt(high), "right")]
    parts.append(label(100, 14, "the highest", "right"))
    return stop(plot(parts, PLOT + 24), "All logits, as a histogram")


def probabilities(values: Floats, name: Callable[[int], str], top: int = 5) -> str:
    """The likeliest tokens and the rest of the vocabulary, as bars that add up to 1.

    values  (V,) the whole distribution
    name    a token's text, by its ID
    """
    best = np.argsort(-values, kind="stable")[:top]
    rest = float(np.delete(values, best).sum(dtype=np.float64))
    rows = [(visible(name(int(i))), float(values[i])) for i in best]
    longest = max(rest, *(p for _, p in rows))
    made = [bar_row(text, p, longest, CHOSEN if i == 0 else BLUE) for i, (text, p) in enumerate(rows)]
    made.append(bar_row("all others", rest, longest, NEUTRAL))
    return stop("".join(made), "Probability of the likeliest next tokens and of all others together")


def next_token(text: str, probability: float, place: int) -> str:
    """The chosen token, large."""
    chip = f'<span class="chip big" style="--hue:{token_hue(place)}"><bdi>{escape(visible(text))}</bdi></span>'
    inner = f"{chip}<b>{percent(probability)}</b>"
    return f'<div class="stop" role="img" aria-label="The next token">{inner}</div>'


def bar_row(name: str, value: float, longest: float, hue: str) -> str:
    """A name, a bar and a number."""
    return (
        f'<div class="row" title="{escape(name)}: {value:.10g}"><span class="name"><bdi>{escape(name)}</bdi></span>'
        f'<span class="bar" style="width:{100 * value / longest:.2f}%;background:{hue}"></span>'
        f'<span class="number">{percent(value)}</span></div>'
    )


def row_name(name: str, top: float, hue: str) -> str:
    """A token's name beside its row, with a stripe in its colour."""
    return f'<span class="who" style="top:{top:.0f}px;border-color:{hue}"><bdi>{escape(short(name, 9))}</bdi></span>'


def block(place: Place, hue: str, about: str, opacity: float = 1.0) -> str:
    """A coloured rectangle with a tooltip."""
    return f'<i style="{at(place)};background:{hue};opacity:{opacity:.3f}" title="{escape(about)}"></i>'


def frame(place: Place) -> str:
    """A thin outline, so that a weight near zero is still a square; it lets the pointer through."""
    return f'<i class="frame" style="{at(place)}"></i>'


def label(left: float, top: float, text: str, align: str = "left") -> str:
    """A small text; `align` says which of its ends stands at `left`, in percent."""
    side = f"left:{left:.2f}%" if align == "left" else f"right:{100 - left:.2f}%"
    return f'<span class="label" style="{side};top:{top:.0f}px">{escape(text)}</span>'


def at(place: Place) -> str:
    """A rectangle's place as CSS."""
    left, top, width, height = place
    return f"left:{left:.2f}%;top:{top:.1f}px;width:{width:.2f}%;height:{height:.1f}px"


def plot(parts: Sequence[str], height: float) -> str:
    """A drawing as wide as its card and `height` pixels high."""
    return f'<div class="plot" style="height:{height:.0f}px">{"".join(parts)}</div>'
