"""The parts of the lesson below its picture: entries, prompt styles, what counts in the loss, padding, the split."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from engine.datasets.instructions import STYLES, split_instructions
from ui import models
from ui.labels import visible
from ui.lessons.instruction_data import batches
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.datasets.instructions import Entry
    from ui.models import LoadedModel

SHOWN = 200  # entries in the table


@st.cache_resource(max_entries=16, show_spinner=False)
def lengths(_entries: Sequence[Entry], key: str, tokenizer: str, style: str) -> object:
    """Tokens of the entries; key stands for them."""
    from engine.tokenizers.pretrained import load_tokenizer

    return batches.lengths(_entries, load_tokenizer(tokenizer), style)


def show_entries(entries: Sequence[Entry], first: int) -> None:
    """The entries as a table, and the three parts that they are cut into."""
    st.header("Look at the entries", anchor=False)
    start = min(first, max(len(entries) - SHOWN, 0))
    numbered = [{"entry": n + 1, **entries[n]} for n in range(start, min(start + SHOWN, len(entries)))]
    st.dataframe(numbered, hide_index=True, height=220, key="instruction_data-entries")
    train, validation, test = split_instructions(list(entries))
    st.markdown(
        f"**{count(len(entries))}** entries, in the notes' split: the first 85%, **{count(len(train))}**, to learn "
        f"from, the next 10%, **{count(len(test))}**, to test with, and the rest, **{count(len(validation))}**, to "
        "validate with. Nothing is shuffled here, so a sorted file would give three different parts."
    )
    kinds = Counter(entry["kind"] for entry in entries if "kind" in entry)
    if kinds:
        st.caption(
            f"{len(kinds)} kinds of tasks, whose answers a program can check. Their test entries are made anew from "
            "words and numbers that are never trained on."
        )


def show_styles(entry: Entry, number: int, loaded: LoadedModel) -> None:
    """The chosen entry in both prompt styles, with what they cost."""
    st.header("Two prompt styles", anchor=False)
    columns = st.columns(2, gap="medium")
    for column, style in zip(columns, STYLES.values(), strict=True):
        prompt = batches.token_count(loaded.tokenizer, style.prompt(entry))
        whole = batches.token_count(loaded.tokenizer, style.whole(entry))
        with column:
            st.markdown(f"**{style.name}**: {prompt} tokens of prompt, {whole - prompt} of answer")
            st.code(style.whole(entry), language=None, wrap_lines=True)
    st.caption(
        f"Entry {number}. Where there is no input, its section is left out. `<|user|>` and `<|assistant|>` are single "
        "tokens in Phi-3's own vocabulary; here they are ordinary characters, several tokens each."
    )


def show_loss(batch: Sequence[Entry], loaded: LoadedModel, style: str, allowed: int, row: int, masked: bool) -> None:
    """The model's loss on the batch, counted in four ways, and the arithmetic of the chosen text's answer."""
    st.header("What counts in the loss", anchor=False)
    text = json.dumps(list(batch))
    seen = models.infer(batches.surprise, loaded, text, style=style, allowed=allowed)
    left, right = st.columns(2, gap="medium")
    with left:
        table = [
            {"what counts": name, "targets": seen.number(*roles), "loss, nats": shown(seen.mean(*roles))}
            for name, roles in batches.COUNTED.items()
        ]
        st.dataframe(table, hide_index=True)
        chosen = "Only answers and their ends" if masked else "Padding hidden, one end kept (the notes)"
        st.markdown(
            f"The same model, the same batch; only the mean is taken over other targets. As set above "
            f"({chosen[0].lower() + chosen[1:]}), the loss is **{shown(seen.mean(*batches.COUNTED[chosen]))}** nats."
        )
    with right:
        show_row(batch[row], row, seen, loaded, style)


def shown(value: float) -> str:
    """A loss, or a word where nothing counts."""
    return "nothing counts" if math.isnan(value) else fmt(value)


def show_row(entry: Entry, row: int, seen: batches.Surprise, loaded: LoadedModel, style: str) -> None:
    """The answer of one text, target by target, and the mean."""
    inputs = batches.rows_of([entry], loaded.tokenizer, style)[0].ids
    ids = inputs[1:]
    places = [i for i, role in enumerate(seen.roles[row]) if role in (batches.ANSWER, batches.END) and i < len(ids)]
    if not places:
        st.info("allowed_max_length has cut off the whole answer: nothing of it is learned.")
        return
    nats = [float(seen.nats[row, i]) for i in places]
    st.dataframe(
        {
            "input": [visible(batches.name_of(loaded.tokenizer, inputs[i])) for i in places],
            "target": [visible(batches.name_of(loaded.tokenizer, ids[i])) for i in places],
            "probability": [percent(math.exp(-n)) for n in nats],
            "−ln p": [fmt(n) for n in nats],
        },
        hide_index=True,
        height=min(36 + 35 * len(nats), 250),
        key="instruction_data-row",
    )
    terms = " + ".join(fmt(n) for n in nats[:5]) + (" + …" if len(nats) > 5 else "")
    st.markdown(
        f"Text {row + 1}, its answer alone: ({terms}) / {len(nats)} = **{fmt(sum(nats) / len(nats))}** nats a target."
    )
    if seen.roles[row][places[-1]] == batches.END:
        st.markdown(
            f"The last target is the one `<|endoftext|>` that stays. This model gives it "
            f"**{percent(math.exp(-nats[-1]))}**, so it costs {fmt(nats[-1])} nats; training lowers that. Were it "
            "hidden like the padding, no target would ever say “stop here”."
        )


def show_padding(entries: Sequence[Entry], key: str, loaded: LoadedModel, style: str, size: int) -> None:
    """How much of the batches is padding, padded batch by batch or all alike."""
    st.header("Batch by batch, or all alike?", anchor=False)
    name = "gpt2" if loaded.tokenizer.n_vocab > 50_000 else "pocket"
    tokens = lengths(entries, key, name, style)
    own, globally = batches.wasted(tokens, size)  # type: ignore[arg-type]
    looked = min(len(entries), batches.LOOKED_AT)
    st.markdown(
        f"In batches of {size}, **{percent(own)}** of all places hold padding when each batch is as long as its own "
        f"longest text, and **{percent(globally)}** when all are as long as the longest of all, {tokens.max()} tokens "  # type: ignore[attr-defined]
        f"(first {count(looked)} entries, in order). Padding adds nothing to the loss, but it is computed all the same."
    )
