"""Counting words against a GPT with a head of its own, on the same held-out messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.evaluation.metrics import sign_test
from ui import models
from ui.code import model_cell, show_code
from ui.figures import what_is_an_llm as draw
from ui.figures.classifier_reasons import word_bars
from ui.figures.intervals import interval_dots
from ui.labels import short
from ui.lessons.what_is_an_llm import filters
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    import pandas as pd

    from engine.evaluation.baseline import CountingModel
    from ui.lesson import Page
    from ui.lessons.what_is_an_llm.filters import Tuned
    from ui.share import PageState

MESSAGE = "Hi mum, my phone broke, this is my new number. Can you text me back today?"
GUESS = "what_is_an_llm-predict"
SHOWN = {"differ": "They disagree", "both": "Both wrong", "all": "All held-out messages"}


def show(page: Page) -> None:
    """The counting model against the GPT, on the same held-out messages."""
    state = page.state
    left, right = page.stage(1, 2.2)
    with left:
        size = int(state.choice("train", "Labelled messages to learn from", filters.SIZES, filters.SIZES[-1]))
        train, test = filters.messages(size)
        asked = state.value("tuned", "", ["", "1"])
        st.markdown(
            f"The same {len(train)} messages, the same method (*logistic regression*: a weight for each number, all "
            "added up). Only the numbers differ:\n"
            "- **Counting words** (TF-IDF): which words occur, rare ones counting for more. A person decided that.\n"
            "- **GPT**: what each layer of the sidebar's model makes of the message, which pretraining decided. Only a "
            "new head with two outputs, spam and *ham* (wanted mail), is trained: the lightest fine-tuning there is."
        )
        result = filters.tuned(models.current_name(), size)
        if result is None and not asked:
            st.radio(
                "Which will be right more often?",
                ["Counting words", "The GPT", "About the same"],
                index=None,
                key=GUESS,
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
            st.markdown(conclusion(table, result, st.session_state.get(GUESS)))
    st.subheader("Your own message", anchor=False)
    classify_own(state, size, counting, result)
    if result:
        show_disagreements(state, table)
    show_learned(state, counting, result is not None)
    show_code(contest_cells(size, models.current_name()), "what_is_an_llm_contest")


def show_learned(state: PageState, counting: CountingModel, is_tuned: bool) -> None:
    """The counting model's most telling words, and what more labels buy either model.

    is_tuned  whether the GPT's result is there already; before, nothing gives it away
    """
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
        missing = [size for size in map(int, filters.SIZES) if filters.tuned(models.current_name(), size) is None]
        if is_tuned and missing and state.value("all", "", ["", "1"]):
            bar = st.progress(0.0, "Waiting for its turn")
            for size in missing:
                filters.fine_tune(models.current(), size, lambda share, what: bar.progress(share, what))
            bar.empty()
            missing = []
        frame, spec = draw.learning_chart(filters.learning(models.current_name()))
        st.vega_lite_chart(frame, spec, key="learning", alt="Accuracy against labelled messages")
        st.caption(
            "x: labelled messages, each step twice as many. y: accuracy with 95% interval; all are tested on the same "
            "held-out messages."
        )
        if is_tuned and missing:
            st.button("Fine-tune the GPT on each number of them", on_click=state.set, kwargs={"all": "1"})


def conclusion(table: pd.DataFrame, result: Tuned, guess: str | None) -> str:
    """Who was right alone how often, and whether that can be chance.

    guess  what the reader said before
    """
    only_counting = int((table["counting_right"] & ~table["gpt_right"]).sum())
    only_gpt = int((~table["counting_right"] & table["gpt_right"]).sum())
    chance = sign_test(only_counting, only_gpt)
    if chance > 0.05:
        verdict = "**that can be chance**"
    else:
        verdict = f"**{'counting words' if only_counting > only_gpt else 'the GPT'}** is better here"
    return (
        f"Only counting is right on **{only_counting}**, only the GPT on **{only_gpt}**. Two equally good filters "
        f"would split at least this unevenly {percent(chance)} of the time: {verdict}."
        + (f" Your guess was: *{guess}*." if guess else "")
        + f"\n\nReading the messages and working out the GPT's head took {fmt(result.seconds)} s. What it knows from "
        "pretraining decides how far it gets: choose another model in the sidebar."
    )


def classify_own(state: PageState, size: int, counting: CountingModel, result: Tuned | None) -> None:
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
        without = filters.without_words(models.current_name(), size, text, result)
        if without is not None:
            frame, spec = word_bars(without, by_size=True)
            st.vega_lite_chart(frame, spec, key="left-out", alt="Fall of spam's probability without each word")
        cfg = result.classifier.model.cfg
        st.caption(
            "A GPT's answer is no sum over words. So each word is left out once: right, spam gets less probable. The "
            f"head reads {count(result.numbers)} numbers: mean, spread, lowest and highest of each of the "
            f"{cfg.emb_dim} columns, after the embeddings and each of the {cfg.n_layers} blocks."
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
    return [
        f"from engine.analysis.asking import few_messages\n\ntrain, test = few_messages()\ntrain = train[:{size}]\n"
        "print(len(train), 'to learn from,', len(test), 'held out')\n\n"
        "def right(model):\n    return sum(a == b for a, b in zip(model.classify(list(test['text'])), test['label']))",
        "from engine.evaluation.baseline import fit_counting_model\n\n"
        "print('counting', right(fit_counting_model(list(train['text']), list(train['label']))))",
        model_cell(name),
        "from engine.finetune.fitting import fit\nfrom engine.finetune.recipe import ClassifierRecipe\n\n"
        f"classes = {filters.CLASSES!r}\n"
        "# The held-out messages are only watched: a head that is worked out has no epoch to choose by them.\n"
        "data = {name: (list(part['text']), [classes.index(label) for label in part['label']])\n"
        "        for name, part in [('train', train), ('validation', test)]}\n"
        "print('GPT', right(fit(model, tokenizer, data, classes, ClassifierRecipe())))",
    ]
