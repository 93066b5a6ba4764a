"""The section on training: the same words at successive moments of the pocket model's training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.errors import InputError
from ui.figures.embeddings_training import moment_map, order_chart
from ui.labels import quote, visible
from ui.lesson import friendly_errors
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.weights.snapshots import TrainingMoment
    from ui.lesson import Page

GROUPS, K = 6, 10
START = "three"


@dataclass(frozen=True)
class History:
    """The words at each moment, on one pair of axes.

    places   (M, N, 2) coordinates along the two principal axes of the last moment
    groups   (N,) each word's group: clusters of the full vectors at the last moment
    titles   the three words nearest to each group's centre
    near     (M, N, K) each word's nearest words at that moment, by cosine in all dimensions
    kept     (M,) mean share of the final nearest that are the nearest at that moment
    """

    moments: list[TrainingMoment]
    names: list[str]
    places: NDArray[np.float32]
    groups: NDArray[np.int64]
    titles: list[str]
    near: NDArray[np.int64]
    kept: list[float]
    explained: float


@st.cache_resource(max_entries=1, show_spinner="Reading the training …")
def history() -> History:
    """Everything that the section shows; the same for every reader."""
    from sklearn.cluster import KMeans

    from engine.analysis.neighbours import kept, neighbour_lists, unit_rows
    from engine.analysis.projection import principal_components
    from engine.tokenizers.pretrained import load_tokenizer, token_text
    from engine.weights.snapshots import load_snapshots

    snapshots, tokenizer = load_snapshots(), load_tokenizer("pocket")
    names = [visible(token_text(tokenizer, int(i))) for i in snapshots.ids]
    units = [unit_rows(vectors) for vectors in snapshots.vectors]
    axes = principal_components(units[-1], 2)
    near = [neighbour_lists(unit, K) for unit in units]
    clusters = KMeans(GROUPS, n_init=2, random_state=0).fit(units[-1])
    middle = np.argsort(-(units[-1] @ clusters.cluster_centers_.T), axis=0)[:3].T
    return History(
        snapshots.moments,
        names,
        np.stack([axes.project(unit) for unit in units]),
        clusters.labels_.astype(np.int64),
        [", ".join(names[i].lstrip("·") for i in row) for row in middle],
        np.stack(near),
        [float(kept(near[-1], one).mean()) for one in near],
        float(axes.explained.sum()),
    )


@st.fragment
def draw_training(page: Page) -> None:
    """The scrubber, the map at that moment, and one word's neighbours then and at the end."""
    st.header("From random to organised", anchor=False)
    with friendly_errors():
        h = history()
        left, right = page.stage(1, 2.2)
        last = len(h.moments) - 1
        with left:
            st.markdown(
                f"The same {count(len(h.names))} frequent words at {last + 1} moments of the pocket model's training, "
                "as they were recorded then."
            )
            moment = page.state.slider("moment", "Moment of training", 0, last, last)
            now = h.moments[moment]
            st.markdown(
                f"Step **{count(now.step)}**, {count(now.tokens_seen)} tokens read, loss {fmt(now.loss)} nats a "
                f"token. **{percent(h.kept[moment])}** of the words' {K} final nearest are their nearest now (by "
                f"chance {percent(K / (len(h.names) - 1))})."
            )
            frame, spec = order_chart([m.step for m in h.moments], h.kept, [m.loss for m in h.moments], moment)
            st.vega_lite_chart(frame, spec, key="order", alt="Share of final neighbours, and loss, at each moment")
            st.caption("Share of the final nearest that are there already, at each moment.")
            word = page.state.text("word", "Follow a word", START)
        row = find_word(h, word)
        with right:
            frame, spec = moment_map(h.places, moment, h.names, h.groups, h.titles, row, h.near[-1, row])
            st.vega_lite_chart(frame, spec, key="moment", alt="The words at this moment of the training")
            st.caption(
                f"Axes: the two principal components of the last moment ({percent(h.explained)} of its variance), "
                "kept for all moments: whatever moves on the map, training has moved. Colours: six groups found "
                "in the final vectors (k-means in all dimensions), named after their three most central words. "
                "Purple: the word that you follow, with its final neighbours."
            )
        draw_then_and_now(h, row, moment)


def find_word(h: History, text: str) -> int:
    """The word's place among the recorded ones.

    Raises InputError when it is none of them.
    """
    word = text.strip().removeprefix("·")
    for form in (word, word.lower(), word.capitalize()):
        if f"·{form}" in h.names:
            return h.names.index(f"·{form}")
    raise InputError(
        f"{word[:40]!r} is not among the {len(h.names):,} words that were recorded; try a frequent one, such as "
        f"{START}."
    )


def draw_then_and_now(h: History, row: int, moment: int) -> None:
    """The word's nearest at this moment, those that stay to the end in bold, and what the model wrote then."""
    final = set(h.near[-1, row].tolist())
    now = h.near[moment, row].tolist()
    stay, go = ([quote(h.names[i]) for i in now if (i in final) == last] for last in (True, False))
    st.markdown(
        f"Nearest to {quote(h.names[row])} at this moment and at the end: {', '.join(stay) or 'none'}. "
        f"Only at this moment: {', '.join(go) or 'none'}."
    )
    st.markdown("What the model wrote at this moment:")
    st.code(h.moments[moment].sample.replace("\r", ""), language=None, wrap_lines=True)
