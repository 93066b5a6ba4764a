"""Counting words against a fine-tuned GPT, on the same held-out messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.evaluation.metrics import sign_test
from ui import models
from ui.code import show_code
from ui.figures import what_is_an_llm as draw
from ui.figures.intervals import interval_dots
from ui.labels import short
from ui.lessons.what_is_an_llm import filters
from ui.numbers import fmt, percent

if TYPE_CHECKING:
    import pandas as pd

    from engine.evaluation.baseline import CountingModel
    from ui.lesson import Page
    from ui.lessons.what_is_an_llm.filters import Tuned
    from ui.share import PageState

MESSAGE = "Hi mum, my phone broke, this is my new number. Can you text me back today?"
SHOWN = {"differ": "They disagree", "both": "Both wrong", "all": "All held-out messages"}


def show(page: Page) -> None:
    """The counting model against the fine-tuned GPT, on the same held-out messages."""
    state = page.state
    left, right = page.stage(1, 2.2)
    with left:
        size = int(state.choice("train", "Labelled messages to learn from", filters.SIZES, filters.SIZES[-1]))
        train, test = filters.messages(size)
        asked = state.value("tuned", "", ["", "1"])
        st.markdown(
            "**Counting** (TF-IDF + logistic regression): a person decided that words are counted. **GPT**: the "
            "model "
            "of the sidebar, its head replaced by one with two outputs; the last block, the last norm and "
            f"the head learn from the same {len(train)} messages."
        )
        result = filters.tuned(models.current_name(), size)
        if result is None and not asked:
            st.radio(
                "Which will be right more often?",
                ["Counting words", "The GPT", "About the same"],
                index=None,
                key="what_is_an_llm-predict",
                persist_state="session",
            )
            st.button("Fine-tune the GPT", type="primary", on_click=state.set, kwargs={"tuned": "1"})
    counting, counted = filters.counting(size)
    with right:
        if result is None and asked:
            bar = st.progress(0.0, "Waiting for its turn")
            result = filters.fine_tune(models.current(), size, lambda share, what: bar.progress(share, what))
            bar.empty()
        table = filters.side_by_side(test, counted, result.spam if result else counted)
        scores = [("Counting words", "counting", filters.accuracy(table, "counting"))]
        if result:
            scores.append((f"GPT ({models.current_name()})", "gpt", filters.accuracy(table, "gpt")))
        guessing = test["label"].value_counts().iloc[0] / len(test)
        frame, spec = interval_dots(scores, draw.FILTERS, "right answers on the held-out messages", float(guessing))
        st.vega_lite_chart(frame, spec, key="accuracy", alt="Accuracy of the two spam filters with 95% intervals")
        st.caption(
            f"{len(test)} messages that neither model saw in training; dashed: always giving the same answer "
            f"({percent(guessing)}). The line holds the true accuracy with 95% confidence (Wilson)."
        )
        if result:
            st.markdown(conclusion(table, result))
    st.subheader("Your own message", anchor=False)
    classify_own(state, counting, result)
    if result:
        show_disagreements(state, table)
    show_learned(counting)
    show_code(contest_cells(size, models.current_name()), "what_is_an_llm_contest")


def show_learned(counting: CountingModel) -> None:
    """The counting model's most telling words, and what more labels buy either model."""
    one, other = st.columns(2, gap="large")
    ham, spam = counting.telling_words(10)
    words = [*spam, *ham[::-1]]
    with one:
        st.subheader("What the counting model learned", anchor=False)
        frame, spec = draw.signed_bars([w for w, _ in words], [v for _, v in words], "← ham · weight · spam →")
        st.vega_lite_chart(frame, spec, key="words", alt="The words with the strongest weights")
        st.caption(
            "Its most telling words. The GPT has no such list: what it looks at is spread over its vectors. Links in "
            "our messages use the reserved domains example.com, .net and .org, so *example* means: a link."
        )
    with other:
        st.subheader("What labels buy", anchor=False)
        frame, spec = draw.learning_chart(filters.learning(models.current_name()))
        st.vega_lite_chart(frame, spec, key="learning", alt="Accuracy against labelled messages")
        st.caption(
            "x: labelled messages, each step twice as many. y: accuracy with 95% interval. The GPT appears for every "
            "number that it has been fine-tuned with on this server: try them all."
        )


def conclusion(table: pd.DataFrame, result: Tuned) -> str:
    """Who was right alone how often, and whether that can be chance."""
    only_counting = int((table["counting_right"] & ~table["gpt_right"]).sum())
    only_gpt = int((~table["counting_right"] & table["gpt_right"]).sum())
    chance = sign_test(only_counting, only_gpt)
    if chance > 0.05:
        verdict = "too even to call a winner"
    else:
        winner = "counting words" if only_counting > only_gpt else "the GPT"
        verdict = f"**{winner}** is better here"
    return (
        f"Only counting is right on **{only_counting}**, only the GPT on **{only_gpt}**: {verdict} (two equally good "
        f"filters would split at least this unevenly {percent(chance)} of the time). The GPT took "
        f"{fmt(result.seconds)} s "
        "to fine-tune. What it knows from pretraining decides how far it gets: choose another model in the sidebar."
    )


def classify_own(state: PageState, counting: CountingModel, result: Tuned | None) -> None:
    """The user's message under both models, with the counting model's sum spelled out."""
    text = state.text("message", "Message", MESSAGE, area=True, height=80)
    counted = float(counting.probabilities([text])[0, counting.classes.index("spam")])
    one, other = st.columns(2, border=True)
    with one:
        st.markdown(f"**Counting words: {filters.verdict(counted)}**, spam with {percent(counted)}")
        parts = counting.parts(text)
        score = counting.intercept + sum(part.product for part in parts)
        if parts:
            shown = parts[:8]
            frame, spec = draw.signed_bars(
                [short(part.word) for part in shown],
                [part.product for part in shown],
                "← ham · what the word adds · spam →",
            )
            st.vega_lite_chart(frame, spec, key="parts", alt="What each word adds to the score")
        rest = sum(part.product for part in parts[8:])
        st.caption(
            f"Sum of {len(parts)} known words {fmt(score - counting.intercept)}"
            + (f" ({fmt(rest)} of it from words not drawn)" if len(parts) > 8 else "")
            + f", plus intercept {fmt(counting.intercept)}, is {fmt(score)}; 1 / (1 + e^−score) = "
            f"{percent(counted)}. "
            "Words that it never saw count nothing."
        )
    with other:
        if result is None:
            st.markdown("**The GPT** is not fine-tuned yet.")
            return
        spam = result.spam_of(text)
        st.markdown(f"**The GPT: {filters.verdict(spam)}**, spam with {percent(spam)}")
        st.caption(
            f"Read off the last token's vector ({result.classifier.model.cfg.emb_dim} numbers) after all blocks: two "
            "scores, one a class; softmax makes them probabilities. Word order counts, and so do pieces of words."
        )


def show_disagreements(state: PageState, table: pd.DataFrame) -> None:
    """Held-out messages by who got them right."""
    st.subheader("Where they differ", anchor=False)
    kind = state.choice("show", "Show", list(SHOWN), "differ", labels=SHOWN, label_visibility="collapsed")
    keep = {
        "differ": table["counting_right"] != table["gpt_right"],
        "both": ~table["counting_right"] & ~table["gpt_right"],
        "all": table["text"].notna(),
    }[kind]
    rows = table[keep]
    st.session_state["what_is_an_llm-rows"] = rows["text"].tolist()
    st.dataframe(
        rows[["text", "label", "counting", "gpt"]],
        hide_index=True,
        key="messages",
        on_select=lambda: take_message(state),
        selection_mode="single-row",
        height=min(320, 38 + 35 * max(len(rows), 1)),
        column_config={
            "text": st.column_config.TextColumn("message", width="large"),
            "label": "truth",
            "counting": st.column_config.ProgressColumn("counting: spam", format="percent", min_value=0, max_value=1),
            "gpt": st.column_config.ProgressColumn("GPT: spam", format="percent", min_value=0, max_value=1),
        },
    )
    st.caption(f"{len(rows)} of {len(table)} messages. Above 50% a model says spam. Choose a row to try it above.")


def take_message(state: PageState) -> None:
    """A callback: the clicked row's message goes into the box above."""
    rows = st.session_state["messages"].selection.rows
    texts = st.session_state["what_is_an_llm-rows"]
    if rows and rows[0] < len(texts):
        state.set(message=texts[rows[0]])


def contest_cells(size: int, name: str) -> list[str]:
    """The contest as code."""
    load = (
        "from engine.weights.pocket import load_pocket\n\nmodel, tokenizer = load_pocket()"
        if name == models.POCKET
        else "from engine.tokenizers.pretrained import load_tokenizer\n"
        f"from engine.weights.gpt2 import load_gpt2\n\nmodel, tokenizer = load_gpt2({name!r}), "
        "load_tokenizer('gpt2')"
    )
    return [
        "from engine.datasets.labelled import load_messages, random_split\n\n"
        f"train, _, test = random_split(load_messages()[:{filters.ROWS}], 2 / 3, 0)\ntrain = train[:{size}]\n"
        "texts, labels = list(train['text']), list(train['label'])\nprint(len(train), 'to learn from,', "
        "len(test), 'held out')",
        "from engine.evaluation.baseline import fit_counting_model\n\ncounting = fit_counting_model(texts, labels)\n"
        "print('counting', sum(a == b for a, b in zip(counting.classify(list(test['text'])), test['label'])))",
        f"from engine.finetune.frozen import fit_classifier\n{load}\n"
        "classifier = fit_classifier(model, tokenizer, texts, labels)\n"
        "print('GPT', sum(a == b for a, b in zip(classifier.classify(list(test['text'])), test['label'])))",
    ]
