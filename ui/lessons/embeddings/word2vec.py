"""The section on word2vec: vectors trained in front of the reader, from a small text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui.catalog import ROOT
from ui.code import show_code
from ui.figures.embeddings import neighbour_bars
from ui.figures.embeddings_training import word_loss, word_map
from ui.lesson import friendly_errors
from ui.lessons.embeddings.code import word2vec_cells
from ui.lessons.embeddings.world import little_world
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from engine.experiments.word2vec import Moment, Pairs, Settings
    from ui.lesson import Page

SOURCES = {"world": "A little world", "messages": "Our 600 messages", "own": "Your own text"}
OWN = "The cat sleeps in the barn. The dog sleeps in the garden. The cat drinks milk. The dog drinks water."
RESULT = "embeddings-word2vec"
MOST_NAMES = 60  # words on the map
EXERCISES = 10


@st.cache_resource(max_entries=2, show_spinner=False)
def source_text(source: str) -> str:
    """A text that ships."""
    if source == "world":
        return little_world()
    import pandas as pd

    return "\n".join(pd.read_csv(ROOT / "data" / "messages.csv")["text"])


@st.fragment
def draw_word2vec(page: Page) -> None:
    """Settings, the training as it goes, and the map and neighbours at each moment of it."""
    from engine.experiments.word2vec import Settings, read_pairs

    st.header("Train word vectors yourself: word2vec", anchor=False)
    st.markdown(
        "A word is known by the company it keeps. **word2vec** (Mikolov et al. 2013) takes that literally: the vector "
        "of a word is trained to tell which words stand near it in the text, and which are drawn at random. An LLM "
        "needs no such step: it trains its own table along with everything else, for its own task."
    )
    left, right = page.stage(1, 2)
    with left:
        source = page.state.choice("source", "Text", list(SOURCES), "world", labels=SOURCES)
        if source == "own":
            text = page.state.text("own", "Your text", OWN, area=True, height=120)
        else:
            text = source_text(source)
            st.code("\n".join(line[:60] for line in text.splitlines()[:3]) + "\n…", language=None, wrap_lines=True)
        window = page.state.slider("window", "Window, words to each side", 1, 6, 2)
        emb_dim = page.state.slider("emb_dim", "Dimensions of a vector", 2, 32, 16)
        negatives = page.state.slider("negatives", "Random words for each real neighbour", 1, 15, 5)
        steps = page.state.slider("steps", "Steps of 256 pairs", 50, 1500, 800, 50)
        seed = page.state.number("seed", "Seed", 0, 99_999, 123)
    settings = Settings(emb_dim, window, negatives, steps, seed)
    with right, friendly_errors():
        pairs = read_pairs(text, window)
        st.markdown(
            f"{count(int(pairs.counts.sum()))} words of text, **{count(len(pairs.words))} different ones**, "
            f"{count(len(pairs.middle))} pairs of near words."
        )
        key = (text, settings)
        st.button(
            "Train", type="primary", icon=":material/play_arrow:", key="train-word2vec", on_click=ask, args=(key,)
        )
        asked, moments = st.session_state.get(RESULT, (None, []))
        if asked != key:
            draw_exercises(pairs, source)
            return
        if not moments:
            moments = watch(pairs, settings)
            st.session_state[RESULT] = (key, moments)
        word = draw_result(page, pairs, settings, moments)
        show_code(word2vec_cells(text, settings, word), "embeddings_word2vec", "Show the code of this training")


def ask(key: tuple[str, Settings]) -> None:
    """A callback: this text is to be trained on, with these settings."""
    st.session_state[RESULT] = (key, [])


def draw_exercises(pairs: Pairs, source: str) -> None:
    """The first pairs that the training will see, and a question for before."""
    rows = {
        "word in the middle": [pairs.words[i] for i in pairs.middle[:EXERCISES]],
        "stands near": [pairs.words[i] for i in pairs.near[:EXERCISES]],
    }
    st.dataframe(rows, hide_index=True, key="exercises")
    st.caption("The first pairs. Each is an exercise: from the first word, know the second.")
    if source == "world":
        st.markdown(
            f"Guess before you train: which words will end up nearest to *{start_word(pairs)}*? Nothing tells the "
            "training what an animal is, or a day."
        )


def watch(pairs: Pairs, settings: Settings) -> list[Moment]:
    """Train, with the loss and one word's neighbours on the page as it goes; all moments at the end."""
    from engine.experiments.word2vec import train

    place, moments = st.empty(), []
    word = pairs.words.index(start_word(pairs))
    for moment in train(pairs, settings):
        moments.append(moment)
        with place.container():
            frame, spec = word_loss([m.step for m in moments], [m.loss for m in moments], settings.steps)
            st.vega_lite_chart(frame, spec, key=f"live-{moment.step}", alt="Loss so far")
            near = ", ".join(pairs.words[i] for i in nearest_words(moment, word)[0][:5])
            st.markdown(f"Step {count(moment.step)}: nearest to *{pairs.words[word]}* are {near}")
    place.empty()
    return moments


def start_word(pairs: Pairs) -> str:
    """The word that is looked at first: a cat if there is one, else the tenth most frequent."""
    return "cat" if "cat" in pairs.words else pairs.words[min(9, len(pairs.words) - 1)]


def nearest_words(moment: Moment, word: int, k: int = 8) -> tuple[list[int], list[float]]:
    """The nearest words and their cosines."""
    from engine.analysis.neighbours import nearest, unit_rows

    unit = unit_rows(moment.vectors)
    ids, cosines = nearest(unit, unit[word], k, [word])
    return ids.tolist(), cosines.tolist()


def draw_result(page: Page, pairs: Pairs, settings: Settings, moments: list[Moment]) -> str:
    """The loss, and the map and neighbours at the chosen moment; the chosen word."""
    from engine.analysis.neighbours import unit_rows
    from engine.analysis.projection import principal_components

    last = len(moments) - 1
    at = page.state.slider("at", "Moment of this training", 0, last, last) if last else 0
    moment = moments[at]
    frame, spec = word_loss([m.step for m in moments], [m.loss for m in moments], settings.steps, moment.step)
    st.vega_lite_chart(frame, spec, key="word2vec-loss", alt="Loss of word2vec at each moment")
    options = pairs.words[:200]
    word = page.state.select("of", "Neighbours of", options, start_word(pairs))
    row = pairs.words.index(word)
    near, cosines = nearest_words(moment, row)
    one, two = st.columns([1.5, 1])
    with one:
        final = unit_rows(moments[-1].vectors)
        shown = list(range(min(MOST_NAMES, len(pairs.words))))
        # One pair of axes for all moments: the principal components of the last.
        axes = principal_components(final, 2)
        places = axes.project(unit_rows(moment.vectors))[shown]
        limit = float(np.abs(axes.project(final)).max()) * 1.1
        frame, spec = word_map(places, pairs.words[: len(shown)], row, set(near), limit)
        st.vega_lite_chart(frame, spec, key="word2vec-map", alt="The most frequent words on two axes")
    which = f"The {MOST_NAMES} most frequent words" if len(pairs.words) > MOST_NAMES else "All words"
    with two:
        frame, spec = neighbour_bars([pairs.words[i] for i in near], cosines, [""] * len(near), "cosine")
        st.vega_lite_chart(frame, spec, key="word2vec-near", alt=f"Nearest words at step {moment.step}")
    st.caption(
        f"{which} on the two principal components of the last moment. Before the "
        f"first step all dot products are 0, and the loss is (1 + {settings.negatives}) × ln 2 = "
        f"{fmt((1 + settings.negatives) * float(np.log(2)))}; at step {count(moment.step)} it is {fmt(moment.loss)}."
    )
    return word
