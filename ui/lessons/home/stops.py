"""The nine stops of a sentence's way through the model: a frame for each, with what is known so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.catalog import lessons
from ui.figures import home as draw
from ui.labels import quote, visible
from ui.lesson import plain
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import tiktoken
    from streamlit.delta_generator import DeltaGenerator

    from engine.config import GPTConfig
    from ui.lessons.home.journey import Journey, Text

    Columns = Sequence[DeltaGenerator]
    Name = Callable[[int], str]  # a token's text by its ID

LONGEST_LINK = 1_000  # characters of a text that a link to a lesson takes along
THERE = {entry.slug: entry for entry in lessons()}
# Each stop's number, its title and the lesson that explains it.
STOPS = {
    1: ("Text", "splitting_text"),
    2: ("Tokens", "byte_pair_encoding"),
    3: ("IDs", "splitting_text"),
    4: ("Vectors", "embeddings"),
    5: ("Attention", "heads"),
    6: ("Blocks", "block"),
    7: ("Logits", "loss"),
    8: ("Probabilities", "decoding"),
    9: ("Next token", "generating"),
}


def card(column: DeltaGenerator, number: int, **query: str) -> DeltaGenerator:
    """The frame of one stop, with a link to its lesson; `query` is what the lesson opens with."""
    title, slug = STOPS[number]
    box = column.container(border=True, height="stretch", key=f"stop-{number}")
    with box.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{number} · {title}**", width="content")
        st.page_link(
            THERE[slug].path,
            label=THERE[slug].title,
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params=query if sum(map(len, query.values())) <= LONGEST_LINK else None,
            width="content",
        )
    return box


def first_stops(columns: Columns, text: Text, tokenizer: tiktoken.Encoding, name: Name) -> None:
    """Text, tokens, IDs: no model needed."""
    names = [name(i) for i in text.ids[-draw.MOST_CHIPS :]]
    numbers = [str(i) for i in text.ids[-draw.MOST_CHIPS :]]
    first = len(text.ids) - len(names)
    with card(columns[0], 1):
        st.html(draw.said(text.prompt, text.continuation))
        st.caption(f"{count(len(text.whole))} characters, {count(len(text.whole.encode()))} bytes.")
    with card(columns[1], 2):
        st.html(draw.chips(names, first, len(text.added), "The text as tokens"))
        st.caption(
            f"{count(len(text.ids))} of the {count(tokenizer.n_vocab)} pieces that the model knows. Dots are spaces."
        )
    with card(columns[2], 3, part="numbers"):
        st.html(draw.chips(numbers, first, len(text.added), "The tokens' IDs"))
        st.caption("Each piece's number in the vocabulary. From here on there are only numbers.")


def waiting_stops(columns: Columns, cfg: GPTConfig) -> None:
    """What the other stops will show, before the first run."""
    promises = (
        f"Each ID picks its row from a table: {count(cfg.emb_dim)} numbers that the model has learned.",
        f"{count(cfg.n_layers * cfg.n_heads)} heads let each token look at the ones before it.",
        f"{cfg.n_layers} blocks change each token's vector, one after the other.",
        f"A score for each of the {count(cfg.vocab_size)} tokens: how well would it go on from here?",
        "Softmax turns the scores into probabilities that add up to 1.",
        "One token is chosen, added to the text, and everything starts again.",
    )
    for number, (column, sentence) in enumerate(zip(columns, promises, strict=True), start=4):
        with card(column, number):
            st.html(draw.waiting(sentence))


def middle_stops(columns: Columns, trip: Journey, text: Text, cfg: GPTConfig, name: Name) -> None:
    """Vectors, attention, blocks."""
    first = len(text.ids) - trip.read
    names = [name(i) for i in text.ids[-trip.read :]]
    layer, head = trip.head
    looks_at = int(trip.weights[-1].argmax())
    with card(columns[0], 4, find=f"#{text.ids[-1]}"):
        st.html(draw.vectors(trip.vectors, names, first))
        st.caption(
            f"Each token is now {count(cfg.emb_dim)} numbers (here the first {min(draw.MOST_NUMBERS, cfg.emb_dim)}): "
            "its own row of a table plus one for its place. Blue above 0, orange below."
        )
    with card(columns[1], 5, text=text.whole, head=f"previous.{layer}.{head}"):
        st.html(draw.attention(trip.weights, names, first))
        st.caption(
            f"One head of {cfg.n_layers * cfg.n_heads}: layer {layer}, head {head}. Rows look, columns of the same "
            f"colours are looked at. {quote(names[-1])} looks most at {quote(names[looks_at])}, with weight "
            f"{fmt(float(trip.weights[-1, looks_at]))}."
        )
    with card(columns[2], 6, text=text.whole):
        st.html(draw.blocks(trip.attention, trip.feed_forward))
        st.caption(
            f"{cfg.n_layers} blocks (layers) add to the vector of {quote(names[-1])}, each twice: what attention "
            "gathered from other tokens, and what the feed-forward made of it. Height: length of the addition. "
            f"Block 0: {fmt(float(trip.attention[0]))} and {fmt(float(trip.feed_forward[0]))}."
        )


def last_stops(columns: Columns, trip: Journey, text: Text, name: Name, take: Callable[[int], None]) -> None:
    """Logits, probabilities, next token.

    take  what a press on one of the next likeliest tokens does, given its ID
    """
    best = trip.probabilities.argsort()[::-1][:5].tolist()
    with card(columns[0], 7, text=text.whole):
        st.html(draw.logits(trip.logits))
        st.caption(
            f"{count(len(trip.logits))} scores, one for each token that could come next. Across: the score; up: how "
            "many tokens have it. The highest, "
            f"{fmt(float(trip.logits[best[0]]))}, belongs to {quote(name(best[0]))}."
        )
    with card(columns[1], 8, text=text.whole):
        st.html(draw.probabilities(trip.probabilities, name))
        st.caption("Softmax over the whole vocabulary: positive, and they add up to 1.")
    with card(columns[2], 9, text=text.whole):
        st.html(draw.next_token(name(best[0]), float(trip.probabilities[best[0]]), len(text.ids)))
        st.caption("The likeliest is added next. Or take another one:")
        with st.container(horizontal=True, gap="small"):
            for place, i in enumerate(best[1:]):
                label = f"{plain(visible(name(i)))} {plain(percent(float(trip.probabilities[i])))}"
                st.button(label, key=f"take-{place}", on_click=take, args=(i,))
