"""Byte pair encoding: what the page shows, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.tokenizers.pretrained import load_tokenizer, make_tokenizer
from ui.components.token_strip import token_strip
from ui.figures.bpe import language_bars, merge_tree
from ui.lessons.byte_pair_encoding.bpe import (
    NAMES,
    SHOWN,
    character_rows,
    language_costs,
    shipped_ranks,
    token_chips,
    tokens,
    trained,
    word_chips,
    word_tokenizer,
    word_traces,
)
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from engine.tokenizers.bpe import BPETraining
    from ui.lesson import Page

LONGEST_TEXT = 200_000  # characters to train on
TREE_BYTES = 48
CHARACTERS = 16  # drawn with their bytes

START = (
    "The cat that sat on the mat saw the rat that sat on the hat. "
    "The rat that sat on the hat saw the cat that sat on the mat. "
    "Then the fat cat chatted, and the other rat scattered."
)
WORD = " unbelievably"
SENTENCES = {
    "English": "The train to the sea leaves at nine in the morning.",
    "German": "Der Zug ans Meer fährt um neun Uhr morgens ab.",
    "French": "Le train pour la mer part à neuf heures du matin.",
    "Russian": "Поезд к морю отправляется в девять часов утра.",
    "Arabic": "يغادر القطار المتجه إلى البحر في التاسعة صباحًا.",
    "Hindi": "समुद्र जाने वाली ट्रेन सुबह नौ बजे छूटती है।",
    "Thai": "รถไฟไปทะเลออกเวลาเก้าโมงเช้า",
    "Chinese": "开往海边的火车早上九点出发。",
    "Japanese": "海へ行く電車は朝九時に出発します。",
}


def train_controls(page: Page) -> tuple[str, BPETraining, int]:
    """The text, how many merges, and how far to wind: the left side of the stage."""
    state = page.state
    whole = state.text("text", "Text to learn from", START, area=True, height=150)
    text = whole[:LONGEST_TEXT]
    if len(whole) > LONGEST_TEXT:
        st.caption(f"Only the first {count(LONGEST_TEXT)} of {count(len(whole))} characters are used.")
    merges = state.slider("merges", "Merges to learn, at most", 10, 1000, 100, step=10)
    training = trained(text, merges)
    found = len(training.merges)
    if not found:
        st.info("There is no pair of neighbours in this text. Type a word of two letters or more.")
        return text, training, 0
    step = state.slider("step", "Merges made so far", 0, found, 6, help="The arrow keys move it one by one.")
    with st.container(horizontal=True):
        for name, to, icon in (("Undo", step - 1, "undo"), ("Next merge", step + 1, "call_merge")):
            st.button(
                name,
                icon=f":material/{icon}:",
                on_click=state.set,
                kwargs={"step": min(max(to, 0), found)},
                disabled=not 0 <= to <= found,
            )
    if found < merges:
        st.caption(f"Training ended after {count(found)} merges: every word is one piece.")
    return text, training, step


def draw_words(page: Page, training: BPETraining) -> tuple[str, str]:
    """How a tokenizer puts a word together, from its bytes to its tokens; returns the tokenizer's name and the word."""
    st.header("How a word is put together", anchor=False)
    st.markdown(
        "A trained tokenizer does not count any more. It joins, in each word, the two neighbours whose piece has the "
        "lowest **rank** (the one learned first), until no neighbours make a piece that it knows. "
        "A piece's rank is also its token ID."
    )
    left, right = page.stage()
    with left:
        name = page.state.choice("ranks", "Tokenizer", ["gpt2", "pocket", "own"], "gpt2", labels=NAMES)
        text = page.state.text("word", "Word, with the space before it", WORD)
    ranks = training.ranks if name == "own" else shipped_ranks(name)
    traces, left_out = word_traces(text, ranks, TREE_BYTES)
    with right:
        if left_out:
            st.info(
                f"The tree has room for {TREE_BYTES} bytes: {count(left_out)} "
                f"word{'s are' if left_out > 1 else ' is'} left out. Type less."
            )
        if not traces:
            st.info("Type a word to see its tree." if not left_out else "This word alone is too long for a tree.")
            return name, text
        frame, spec = merge_tree(traces)
        st.vega_lite_chart(frame, spec, key="tree", alt="The merges of the word, from bytes to tokens")
        made = sum(len(trace.states[-1]) for trace in traces)
        size = sum(len(trace.states[0]) for trace in traces)
        merges = sum(len(trace.ranks) for trace in traces)
        st.caption(
            f"{size} bytes − {merges} merges = **{tokens(made)}**, in bold. Left: bytes. To the right: joined pieces."
        )
    return name, text


def draw_bytes(page: Page) -> None:
    """The bytes of an emoji, or of any other characters, and the tokens made of them."""
    st.header("The bytes of an emoji", anchor=False)
    st.markdown(
        "Below the letters are bytes. UTF-8 writes every character as one to four of them, and all 256 bytes are in "
        "the vocabulary from the start: so no text is ever unknown, and one emoji can be several tokens."
    )
    left, right = page.stage()
    with left:
        whole = page.state.text("emoji", "Any characters", "👩‍🚀 é")
    text = whole[:CHARACTERS]
    with right:
        if not text:
            st.info("Type a character, or paste an emoji.")
            return
        if len(whole) > CHARACTERS:
            st.caption(f"The first {CHARACTERS} of {count(len(whole))} characters.")
        st.dataframe(character_rows(text), hide_index=True, height="content", key="characters")
        for name in ("gpt2", "pocket"):
            chips = token_chips(load_tokenizer(name), text)
            st.markdown(f"**{NAMES[name]}**: {len(text.encode())} bytes, {tokens(len(chips))}")
            token_strip(chips, f"bytes-{name}", label=f"Tokens of {NAMES[name]}")


def draw_languages(page: Page) -> None:
    """What the same sentence costs in several languages; shown after a guess."""
    st.header("The same sentence in nine languages", anchor=False)
    guess = page.state.select(
        "guess",
        "Which language needs most tokens for this sentence under GPT-2?",
        ["", *SENTENCES],
        "",
        labels={"": "Your guess, then you see"},
    )
    if not guess:
        return
    costs = language_costs(SENTENCES)
    of_gpt2 = {row["language"]: row["tokens"] for row in costs if row["tokenizer"] == NAMES["gpt2"]}
    most = max(of_gpt2, key=of_gpt2.__getitem__)
    verdict = "Yes" if guess == most else f"You said {guess}, with {of_gpt2[guess]} tokens"
    st.markdown(f"{verdict}: **{most}** needs most, {of_gpt2[most]} tokens. English needs {of_gpt2['English']}.")
    frame, spec = language_bars(costs, [NAMES["pocket"], NAMES["gpt2"]])
    st.vega_lite_chart(frame, spec, key="languages", alt="Tokens for the same sentence in nine languages")
    st.caption(
        "Both tokenizers learned from English almost alone, so other languages fall into small pieces, down to single "
        "bytes: a Chinese character has three. A context window holds a fixed number of tokens, and services charge by "
        "the token: the same sentence takes more of both."
    )
    with st.expander("The sentences"):
        st.dataframe({"language": [*SENTENCES], "sentence": [*SENTENCES.values()]}, hide_index=True)


def draw_side_by_side(page: Page, text: str, training: BPETraining) -> None:
    """One sentence under four tokenizers."""
    st.header("Four tokenizers side by side", anchor=False)
    sentence = page.state.text("sentence", "Your text", "The catty rat unhesitatingly scattered 12 hats 🎩!")[:SHOWN]
    if not sentence.strip():
        st.info("Type a few words to compare.")
        return
    words = word_tokenizer(text)
    chips = word_chips(words, sentence)
    unknown = sum(bool(chip.note) for chip in chips)
    st.markdown(
        f"**Whole words** of your training text: {count(len(words.str_to_int))} in the vocabulary, "
        f"{tokens(len(chips))}, {unknown} unknown"
    )
    token_strip(chips, "side-words", label="Whole words")
    for name, note in (
        ("own", "learned from your training text"),
        ("pocket", "learned from English books"),
        ("gpt2", "learned from web pages"),
    ):
        tokenizer = make_tokenizer("own", training.ranks) if name == "own" else load_tokenizer(name)
        chips = token_chips(tokenizer, sentence)
        st.markdown(
            f"**{NAMES[name]}**, {note}: {count(tokenizer.n_vocab)} in the vocabulary, {tokens(len(chips))}, "
            f"{fmt(len(sentence) / len(chips))} characters per token"
        )
        token_strip(chips, f"side-{name}", label=f"Tokens of {NAMES[name]}")
