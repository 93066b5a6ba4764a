"""Splitting text: what the page shows, part by part."""

from __future__ import annotations

import math

import streamlit as st

from engine.errors import InputError
from engine.tokenizers.pretrained import END_OF_TEXT
from engine.tokenizers.words import (
    DEFAULT_PATTERN,
    UNKNOWN,
    SimpleTokenizerV1,
    SimpleTokenizerV2,
    build_vocabulary,
    split_text,
)
from ui import models
from ui.code import show_code
from ui.components.token_strip import token_strip
from ui.figures.splitting_text import boundary_lines, growth_line, settings_bars
from ui.labels import visible
from ui.lesson import Page, friendly_errors
from ui.lessons.splitting_text import boundary, splitting, words
from ui.lessons.splitting_text.split_worker import WAYS
from ui.numbers import count, fmt, percent

PARTS = {
    "split": "Split",
    "numbers": "To numbers and back",
    "special": "Special tokens",
    "boundary": "Two texts in one",
}
LONGEST_SENTENCE = 2_000
split_ways = st.cache_data(max_entries=32, show_spinner=False)(splitting.split_every_way)


def bounded_text(page: Page, height: int) -> str:
    """The text that the first two parts share, cut at the length that they can take."""
    whole = page.state.text("text", "Text", words.START, area=True, height=height)
    if len(whole) > splitting.LONGEST_TEXT:
        st.caption(f"Only the first {count(splitting.LONGEST_TEXT)} of {count(len(whole))} characters are used.")
    return whole[: splitting.LONGEST_TEXT]


def show_split(page: Page) -> None:
    """A pattern, two switches, and what they make of the text."""
    state = page.state
    left, right = page.stage()
    with left:
        pattern = state.text("pattern", "Pattern for re.split", DEFAULT_PATTERN, max_chars=splitting.LONGEST_PATTERN)
        with st.container(horizontal=True, gap="small"):
            for name, ready in splitting.PATTERNS.items():
                st.button(name, key=f"pattern-{name}", on_click=state.set, kwargs={"pattern": ready})
        text = bounded_text(page, 190)
        keep = state.toggle("spaces", "Keep spaces as tokens", False)
        lower = state.toggle("small", "Make all letters small", False)
    with right, friendly_errors():
        if not text:
            raise InputError("there is no text; type some words.")
        ways = split_ways(text, pattern)
        chosen = WAYS.index((keep, lower))
        tokens = ways[chosen]
        different = [len(set(way)) for way in ways]
        st.markdown(
            f"{count(len(text))} characters → **{count(len(tokens))} tokens**, of which "
            f"**{count(different[chosen])}** are different: the size of the vocabulary. "
            "Equal tokens have the same colour (of eight, so others share it)."
        )
        if not tokens:
            st.info("The pattern matches everything, and no group keeps it: no token is left.")
        token_strip(splitting.same_hue_chips(tokens), "strip", "Tokens of the text")
        bars, growth = st.columns(2)
        names = ["both off", "spaces kept", "all small", "both on"]
        frame, spec = settings_bars(names, [len(way) for way in ways], different, chosen)
        bars.vega_lite_chart(frame, spec, key="settings", alt="Tokens and vocabulary under each setting")
        frame, spec = growth_line(*splitting.vocabulary_growth(tokens))
        growth.vega_lite_chart(frame, spec, key="growth", alt="Vocabulary against tokens read")
        st.caption(
            "Bars: the same text and pattern with each setting of the two switches; yours is opaque. Curve: "
            "the size of the vocabulary as the text is read. Dashed: a text in which no token comes twice. The "
            "curve bends, because tokens repeat, but new ones keep coming."
        )
    show_code(splitting.split_code(text, pattern, keep, lower), "splitting_text")


def show_version(name: str, tokenizer: SimpleTokenizerV1, sentence: str) -> None:
    """One tokenizer: the sentence's IDs, and the text that comes back."""
    with friendly_errors():
        ids = tokenizer.encode(sentence)
        token_strip(splitting.id_chips(ids, tokenizer.str_to_int), f"ids-{name}", f"Token IDs of {name}")
        back = tokenizer.decode(ids)
        st.caption("decode(encode(sentence)) gives back" + (":" if back else " nothing."))
        st.text(back)
        if back == sentence:
            st.caption(":material/check: The same, to the last character.")
        else:
            st.caption(
                ":material/difference: Not the same as the sentence: what was thrown away in splitting, or "
                "replaced, does not come back."
            )


def show_numbers(page: Page) -> None:
    """A vocabulary from the text, and one sentence through both tokenizers."""
    left, right = page.stage()
    with left:
        text = bounded_text(page, 150)
        whole = page.state.text("sentence", "Sentence to encode", words.KNOWN)
        sentence = whole[:LONGEST_SENTENCE]
        if len(whole) > LONGEST_SENTENCE:
            st.caption(f"Only the first {count(LONGEST_SENTENCE)} characters are encoded.")
        tokens = split_text(text)
        first, second = build_vocabulary(tokens), build_vocabulary(tokens, special=(END_OF_TEXT, UNKNOWN))
        st.markdown(
            f"**Vocabulary**: {count(len(first))} tokens of the text, in order of their characters, + 2 special."
        )
        rows = {"ID": list(second.values()), "token": [visible(token) for token in second]}
        st.dataframe(rows, hide_index=True, height=210, key="vocabulary")
    with right:
        st.markdown(
            "**SimpleTokenizerV1** looks every word up: `encode` writes its ID (below it), `decode` goes back. Its "
            "vocabulary is the text's words, no more."
        )
        show_version("V1", SimpleTokenizerV1(first), sentence)
        st.markdown(f"**SimpleTokenizerV2** has two more tokens, and reads a word that it lacks as `{UNKNOWN}`.")
        show_version("V2", SimpleTokenizerV2(second), sentence)
    show_code(splitting.numbers_code(text, sentence), "token_ids")


def show_special(page: Page) -> None:
    """Several texts in one batch: what stands around them and fills the places left over."""
    left, right = page.stage()
    with left:
        written = page.state.text("texts", "Texts, one a line", words.TEXTS, area=True, height=150)
        style = page.state.choice("style", "Special tokens", list(splitting.STYLES), "four", labels=splitting.STYLES)
    with right, friendly_errors():
        texts = [line for line in written[: splitting.LONGEST_TEXT].splitlines() if line.strip()]
        batch = splitting.padded_batch(texts, style)
        if len(texts) > splitting.MOST_TEXTS or batch.cut:
            st.caption(f"At most {splitting.MOST_TEXTS} texts of {splitting.MOST_TOKENS} tokens are drawn, no more.")
        places = sum(map(len, batch.rows))
        padding = places - sum(batch.lengths)
        st.markdown(
            "Texts that go through the model together are a **batch**, a table whose rows must be equally long. So "
            "shorter texts are filled up: "
            f"**{count(padding)} of {count(places)}** places ({percent(padding / places)}) are padding. "
            + (
                f"GPT-2 knows one special token only: `{END_OF_TEXT}` ends each text and fills the rest, and the loss "
                "leaves the filling out."
                if style == "gpt2"
                else "`[BOS]`, beginning of sequence, says where a text begins; `[EOS]`, end of sequence, where it "
                "ends; `[PAD]`, padding (grey), means nothing at all."
            )
        )
        for number in range(len(batch.rows)):
            token_strip(splitting.batch_chips(batch, number), f"row-{number}", f"Text {number + 1}")
        st.caption(
            f"IDs are beneath. The vocabulary has {count(len(batch.vocabulary))} tokens, the special ones last. "
            "As the model gets it:"
        )
        st.code(",\n".join(str(row) for row in batch.ids), language=None, wrap_lines=True)
        show_code(splitting.special_code(texts[: splitting.MOST_TEXTS], style), "special_tokens")


def show_boundary(page: Page) -> None:
    """Loss and attention in a second text, with and without the marker before it."""
    state = page.state
    left, right = page.stage()
    with left:
        first = state.text("first", "First text", words.PHYSICS, area=True, height=120)
        second = state.text("second", "Second text, about something else", words.PASTA, area=True, height=90)
        options = {"nothing": "nothing", "line": "a blank line"}
        without = state.choice("joint", "Instead of the marker", list(options), "nothing", labels=options)
        st.caption(
            f"In training, texts are laid end to end in one stream. The marker `{END_OF_TEXT}` between them says: the "
            "one before is finished, expect nothing more of it."
        )
    with right, friendly_errors():
        loaded = models.current()
        first, second = first[: splitting.LONGEST_TEXT], second[: splitting.LONGEST_TEXT]
        read = models.infer(boundary.read_boundary, loaded, first, second=second)
        joined, marked = read.loss[without], read.loss["marker"]
        st.markdown(
            f"The model gives the second text's first token **{percent(math.exp(-joined[0]))}** with "
            f"{boundary.JOINTS[without]}, **{percent(math.exp(-marked[0]))}** after the marker. Mean loss over "
            f"{len(read.tokens)} tokens: {fmt(joined.mean())} and {fmt(marked.mean())} nats; "
            f"without the first text at all {fmt(read.loss['alone'].mean())}."
        )
        kinds = (without, "marker", "alone")
        lines = {boundary.JOINTS[kind]: read.loss[kind] for kind in kinds}
        frame, spec = boundary_lines(read.tokens, lines, "loss, nats")
        st.vega_lite_chart(frame, spec, key="loss", alt="Loss of each token of the second text")
        lines = {boundary.JOINTS[kind]: read.back[kind] for kind in kinds[:2]}
        frame, spec = boundary_lines(read.tokens, lines, "share of attention", 1.0, height=235)
        st.vega_lite_chart(frame, spec, key="back", alt="Attention that goes back into the first text")
        st.caption(
            "Below each picture: the tokens of the second text; alone, it has only the marker before it. Loss: −ln of "
            "the probability that the model gave to the token, so lower means better expected. "
            "Attention: the share that goes back to the first text's tokens, mean over all heads. **The marker is no "
            "wall**: later tokens may still look across it. It is a token like any other, and how much it "
            "separates is what the model has learned from its training texts. "
            + (f"Left out: {read.cut[0]} and {read.cut[1]} tokens." if any(read.cut) else "")
        )
        show_code(boundary.boundary_code(loaded.name, first, second), "two_texts")


SHOW = {"split": show_split, "numbers": show_numbers, "special": show_special, "boundary": show_boundary}
