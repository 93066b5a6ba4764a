"""What the lesson on byte pair encoding computes, cached and shared by all sessions; and its first picture."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.tokenizers.bpe import BPETraining, count_words, load_ranks, train_bpe
from engine.tokenizers.pretrained import (
    TOKENIZER_DIR,
    TOKENIZERS,
    encode_text,
    load_tokenizer,
    make_tokenizer,
    token_bytes,
    token_text,
)
from engine.tokenizers.replay import merge_trace, pair_counts_at, pair_sources
from engine.tokenizers.words import UNKNOWN, SimpleTokenizerV2, build_vocabulary, split_text
from ui.components.token_strip import Chip, token_strip
from ui.figures.bpe import label, pair_bars
from ui.labels import visible
from ui.lesson import plain
from ui.numbers import count
from ui.palette import CHOSEN, NEUTRAL, ordinary_hue
from ui.picks import number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import tiktoken

    from engine.tokenizers.replay import WordTrace
    from ui.lesson import Page

NAMES = {"own": "Yours", "pocket": "Pocket", "gpt2": "GPT-2"}

SHOWN = 420  # characters of a text drawn as tokens
BARS = 6
LONGEST_CODE = 4_000  # characters of the training text

Pair = tuple[bytes, bytes]


@st.cache_resource(max_entries=8, show_spinner="Training …")
def trained(text: str, merges: int) -> BPETraining:
    """A training of this text with at most so many merges."""
    return train_bpe(text, 256 + merges)


@st.cache_resource(max_entries=8, show_spinner=False)
def word_tokenizer(text: str) -> SimpleTokenizerV2:
    """A tokenizer whose vocabulary are the words of this text, and <|unk|>."""
    return SimpleTokenizerV2(build_vocabulary(split_text(text), special=(UNKNOWN,)))


@st.cache_resource(max_entries=2, show_spinner=False)
def shipped_ranks(name: str) -> dict[bytes, int]:
    """The ranks of a tokenizer that ships."""
    return load_ranks(TOKENIZER_DIR / f"{name}.tiktoken.gz")


def ranked_pairs(training: BPETraining, step: int, most: int) -> list[tuple[Pair, int]]:
    """The most frequent pairs after so many merges with their counts, in the order of the trainer's choice."""
    counts = pair_counts_at(training, step)
    ranks = training.ranks
    in_order = sorted(counts, key=lambda pair: (-counts[pair], ranks[pair[0]], ranks[pair[1]]))
    return [(pair, counts[pair]) for pair in in_order[:most]]


def tokens(number: int) -> str:
    """So many tokens, in words."""
    return f"{count(number)} token{'' if number == 1 else 's'}"


def bold(piece: bytes) -> str:
    """A piece inside a sentence."""
    return f"**{plain(label(piece))}**"


def token_chips(tokenizer: tiktoken.Encoding, text: str, newest: int | None = None) -> list[Chip]:
    """A text as tokens: single bytes grey, each merged piece in its own tint.

    newest  the ID of the piece that was made last; it has the colour of the choice
    """

    def hue(token_id: int) -> str:
        if token_id == newest:
            return CHOSEN
        return NEUTRAL if token_id < 256 else ordinary_hue(token_id)

    ids = encode_text(tokenizer, text)
    return [Chip(token_text(tokenizer, i), i, token_bytes(tokenizer, i), hue=hue(i)) for i in ids]


def word_chips(tokenizer: SimpleTokenizerV2, text: str) -> list[Chip]:
    """A text as whole words; an unknown one is grey, with <|unk|> below it."""
    words, ids = split_text(text), tokenizer.encode(text)
    unknown = tokenizer.str_to_int[UNKNOWN]
    return [
        Chip(word, i, word.encode(), UNKNOWN if i == unknown else "", NEUTRAL if i == unknown else ordinary_hue(i))
        for word, i in zip(words, ids, strict=True)
    ]


def word_traces(text: str, ranks: Mapping[bytes, int], most: int) -> tuple[list[WordTrace], int]:
    """The merges of the different words of a text, and how many were left out to stay below `most` bytes."""
    words = list(count_words(text))
    traces, size = [], 0
    for word in words:
        size += len(word)
        if size > most:
            break
        traces.append(merge_trace(word, ranks))
    return traces, len(words) - len(traces)


def character_rows(text: str) -> list[dict[str, str]]:
    """Each code point of a text with its number, its official name and its bytes in UTF-8."""
    return [
        {
            "character": visible(character) if character.isprintable() else "",
            "number": f"U+{ord(character):04X}",
            "bytes": character.encode().hex(" ").upper(),
            "name": unicodedata.name(character, "(control character)").lower(),
        }
        for character in text
    ]


@st.cache_data(max_entries=4, show_spinner=False)
def language_costs(sentences: dict[str, str]) -> list[dict[str, Any]]:
    """What each language's sentence costs under both tokenizers that ship."""
    return [
        {
            "language": language,
            "tokenizer": NAMES[name],
            "tokens": len(encode_text(load_tokenizer(name), sentence)),
            "characters": len(sentence),
        }
        for language, sentence in sentences.items()
        for name in TOKENIZERS
    ]


def draw_training(page: Page, text: str, training: BPETraining, step: int) -> None:
    """The text as it is cut after `step` merges, and the pairs that the next merge is chosen from."""
    tokenizer = make_tokenizer("own", training.ranks_after(step))
    if step:
        last = training.trace[step - 1]
        st.markdown(
            f"Merge {step} joined {bold(last.pair[0])} and {bold(last.pair[1])} into :violet[{bold(last.token)}], "
            f"token {last.rank}, in {count(len(last.affected))} of {count(len(training.words))} different words."
        )
    else:
        st.markdown("Before the first merge every byte of the text is a token of its own.")
    more = f"The first {SHOWN} of {count(len(text))} characters. " if len(text) > SHOWN else ""
    newest = 255 + step if step else None
    token_strip(token_chips(tokenizer, text[:SHOWN], newest), "text-strip", label="The text as tokens")
    st.caption(f"{more}Grey: single bytes. Tinted: merged pieces. Purple: the piece made last.")
    if step == len(training.merges):
        st.markdown("The training ends here." if training.merges else "Nothing can be joined.")
        return
    draw_pairs(page, training, step)


def draw_pairs(page: Page, training: BPETraining, step: int) -> None:
    """The most frequent pairs, and the sum behind the count of one of them."""
    coming = training.trace[step]
    pairs = ranked_pairs(training, step, BARS)
    at, _, picked = page.state.value("pair", "").partition("-")
    chosen = number_of(picked, len(pairs) - 1, 0) if at == str(step) else 0

    def choose() -> None:
        picks = st.session_state["pairs"].selection.get("pick", [])
        if picks:
            page.state.set(pair=f"{step}-{picks[0]['place']}")

    others = "One other pair is" if coming.ties == 1 else f"{count(coming.ties)} other pairs are"
    rule = f" {others} as frequent; of equals, the one whose left piece has the lowest ID is joined."
    ties = rule if coming.ties else ""
    st.markdown(f"Next: {bold(coming.pair[0])} and {bold(coming.pair[1])}, {count(coming.count)} times.{ties}")
    frame, spec = pair_bars(pairs, chosen)
    st.vega_lite_chart(
        frame, spec, key="pairs", on_select=choose, selection_mode="pick", alt="Most frequent pairs of neighbours"
    )
    sources = pair_sources(training, step, pairs[chosen][0])
    terms = [f"{times} × {occurs} in {bold(word)}" for word, (times, occurs) in list(sources.items())[:6]]
    rest = sum(times * occurs for times, occurs in list(sources.values())[6:])
    if rest:
        terms.append(f"{count(rest)} in {count(len(sources) - 6)} more words")
    left, right = pairs[chosen][0]
    st.caption(
        f"{bold(left)} + {bold(right)}: {' + '.join(terms)} = **{count(pairs[chosen][1])}** "
        "(times in the word × times the word occurs)." + " Click another bar for its sum." * (len(pairs) > 1)
    )


def code_cells(text: str, merges: int, step: int, tokenizer: str, word: str) -> list[str]:
    """The engine calls behind the lesson's pictures, as cells of a notebook.

    text       what was trained on; of a long one only the beginning gets into the code
    merges     how many merges were made
    step       how far the training is wound
    tokenizer  one of NAMES, which puts together
    word       the word whose tree is shown
    """
    ranks = "training.ranks" if tokenizer == "own" else f'load_ranks(TOKENIZER_DIR / "{tokenizer}.tiktoken.gz")'
    cut = "  # the beginning of yours" if len(text) > LONGEST_CODE else ""
    return [
        f"""\
from engine.tokenizers.bpe import train_bpe

text = {text[:LONGEST_CODE]!r}{cut}
training = train_bpe(text, vocab_size=256 + {merges})
for merge in training.trace[:10]:
    print(merge.step + 1, merge.pair, merge.count, "times,", merge.ties, "ties")""",
        f"""\
# The text after some merges, and the pairs that the next merge is chosen from.
from engine.tokenizers.pretrained import encode_text, make_tokenizer, token_text
from engine.tokenizers.replay import merge_trace, pair_counts_at

step = min({step}, len(training.merges))
tokenizer = make_tokenizer("own", training.ranks_after(step))
print([token_text(tokenizer, i) for i in encode_text(tokenizer, text[:200])])
print(pair_counts_at(training, step).most_common(5))""",
        f"""\
# A word's every state, from bytes to tokens.
from engine.tokenizers.bpe import count_words, load_ranks
from engine.tokenizers.pretrained import TOKENIZER_DIR

ranks = {ranks}
for word in count_words({word[:200]!r}):
    for state in merge_trace(word, ranks).states:
        print(state)""",
    ]
