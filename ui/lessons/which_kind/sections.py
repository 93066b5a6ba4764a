"""What stands below the three answers: how often each is right, the arithmetic of both kinds, which one when."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from engine.evaluation.metrics import Accuracy
from ui import models
from ui.catalog import find, lessons
from ui.code import model_cell
from ui.figures import which_kind as draw
from ui.figures.intervals import interval_dots
from ui.lesson import friendly_errors
from ui.lessons.which_kind import kept, say
from ui.lessons.which_kind.cards import style_of
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.asking import Told
    from ui.lessons.which_kind.asked import Asked
    from ui.lessons.which_kind.kept import Head
    from ui.models import LoadedModel
    from ui.share import PageState

    Logs = dict[str, NDArray[np.float64]]

RECORDED = (
    " These answers are recorded (`scripts/record_asking.py`): the pocket model, and the same after tuning it once on "
    "28,580 instructions, two of them about spam (each three times). Tune one yourself and choose it in the sidebar: "
    "it is asked live."
)


@st.cache_data(max_entries=1, show_spinner=False)
def messages() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Those to learn from and those held out, label and text."""
    from engine.analysis.asking import few_messages

    return few_messages()


@st.cache_data(max_entries=1, show_spinner=False)
def recorded() -> dict[tuple[str, str], Told]:
    """What was measured with the pocket model, and with the same after instruction tuning."""
    from engine.analysis.asking import load_record, tell

    truth = (messages()[1]["label"] == "spam").to_numpy()
    return {key: tell(logs, truth) for key, logs in load_record().items()}


def told_of(state: PageState, loaded: LoadedModel) -> dict[tuple[str, str], Told]:
    """(as pretrained or tuned, wording) -> how often it is right; empty before a large model was told to be asked."""
    if loaded.name == models.POCKET:
        names = {"pocket": draw.UNTOUCHED, "tuned": draw.TUNED}
        return {(names[model], wording): told for (model, wording), told in recorded().items()}
    from engine.analysis.asking import tell

    found: Logs | None = kept.kept(loaded, "asked")
    if found is None:
        if not state.value("ask", "", ["", "1"]):
            st.button("Ask this model about all 200", on_click=state.set, kwargs={"ask": "1"})
            return {}
        bar = st.progress(0.0, "Waiting for its turn")
        found = kept.made(loaded, "asked", kept.ask_about_all, lambda share, what: bar.progress(share, what))
        bar.empty()
    truth = (messages()[1]["label"] == "spam").to_numpy()
    kind = draw.TUNED if style_of(loaded) else draw.UNTOUCHED
    return {(kind, wording): tell(logs, truth) for wording, logs in found.items()}


def show_figures(state: PageState, loaded: LoadedModel, head: Head | None) -> None:
    """Everybody's accuracy on the held-out messages, and what follows from it."""
    from engine.analysis.asking import QUESTION, WORDINGS

    held_out = messages()[1]
    st.header(f"The same {len(held_out)} messages for all", anchor=False)
    told = told_of(state, loaded)
    rows = [(WORDINGS[wording].name, kind, Accuracy(one.right, one.total)) for (kind, wording), one in told.items()]
    right = None
    if head is not None:
        truth = (held_out["label"] == "spam").to_numpy()
        right = Accuracy(int(((head.spam > 0.5) == truth).sum()), len(truth))
        rows.append(("Classifier", draw.HEAD, right))
    if not rows:
        return
    left, side = st.columns([1.4, 1], gap="medium")
    with left:
        guessing = float(held_out["label"].value_counts(normalize=True).iloc[0])
        frame, spec = interval_dots(rows, draw.KINDS, "right answers", guessing, legend=True)
        st.vega_lite_chart(frame, spec, key="which-told-all", alt="Accuracy of each way to ask, with 95% intervals")
        by_script = RECORDED if loaded.name == models.POCKET else ""
        low, high = Accuracy(len(held_out) // 2, len(held_out)).interval
        st.caption(
            f"“{QUESTION}” in {len(WORDINGS)} wordings; the likelier of yes and no is the answer. Dashed: always the "
            f"same answer; a coin lands between {percent(low)} and {percent(high)}. Intervals: Wilson's.{by_script}"
        )
    with side:
        for sentence in say.figures(told, right):
            st.markdown(sentence)
    if told:
        show_table(told)


def show_table(told: dict[tuple[str, str], Told]) -> None:
    """What is behind each dot."""
    from engine.analysis.asking import WORDINGS

    rows: list[dict[str, Any]] = [
        {
            "wording": WORDINGS[wording].name,
            "model": kind,
            "right": 100 * one.right / one.total,
            "said yes": one.said_yes,
            "ranked": 100 * one.ranked,
            "yes or no": 100 * one.spoken,
        }
        for (kind, wording), one in told.items()
    ]
    share = st.column_config.NumberColumn(format="%.3g%%")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config={name: share for name in ("right", "ranked", "yes or no")},
    )
    st.caption(
        "*said yes*: messages that it called spam; half of them are. *ranked*: of a spam and a ham, how often the spam "
        "gets the larger share of yes; 50% knows nothing. It counts what the model knows, even where yes or no is "
        "always the likelier. *yes or no*: mean probability that its next words are one of the two at all."
    )


def show_arithmetic(loaded: LoadedModel, found: Asked | None, head: Head | None, message: str) -> None:
    """Both softmaxes with their numbers: over the whole vocabulary, and over two classes."""
    st.header("The arithmetic of the two answers", anchor=False)
    left, right = st.columns(2, border=True)
    d, v = loaded.model.cfg.emb_dim, loaded.model.cfg.vocab_size
    with left:
        if found is not None:
            (yes, no), (s, t) = found.answers, found.scores
            st.markdown(
                f"**Asked plainly.** The last token's vector ({count(d)} numbers) times the output matrix gives "
                f"**{count(v)}** scores, one a token. *{yes}* {fmt(s)}, *{no}* {fmt(t)}; ln of the sum of all "
                f"e^score is {fmt(found.total)}.\n\nP({yes}) = e^({fmt(s)} − {fmt(found.total)}) = "
                f"**{percent(math.exp(s - found.total))}**, P({no}) = **{percent(math.exp(t - found.total))}**; "
                "everything else that a text could go on with shares the rest."
            )
    with right, friendly_errors():
        if head is None:
            st.markdown("**The classifier** is not trained yet.")
            return
        (s, t), (p, q) = kept.spam_of(head, message)
        a, b = math.exp(s), math.exp(t)
        st.markdown(
            f"**Classifier.** The mean of the message's vectors ({count(d)} numbers) times a 2 × {count(d)} matrix, "
            f"plus 2 biases, gives **2** scores: ham {fmt(s)}, spam {fmt(t)}.\n\ne^score: {fmt(a)} and {fmt(b)}, "
            f"together {fmt(a + b)}; P(ham) = {fmt(a)} / {fmt(a + b)} = **{percent(p)}**, P(spam) = **{percent(q)}**. "
            "There is nothing else that it could say."
        )


def show_when() -> None:
    """What each kind is good for."""
    st.header("Which one when?", anchor=False)
    left, right = st.columns(2, border=True)
    with left:
        st.markdown(
            "**Classification fine-tuning** makes a *specialised model*.\n"
            "- The task is in the weights; the input is only the text.\n"
            "- It can say the classes it was trained on, and nothing else.\n"
            "- Some hundred labelled texts and seconds to minutes are enough; small models do well.\n"
            "- Success is easy to measure: right or wrong."
        )
    with right:
        st.markdown(
            "**Instruction fine-tuning** makes a *generalist model*.\n"
            "- The task is in the input; the weights hold the habit of answering.\n"
            "- It can be asked anything, also what it was never trained on, and may answer wrongly.\n"
            "- Thousands of instructions with answers, longer training, and a model that is large enough.\n"
            "- Success is hard to measure; see the lesson on judging."
        )
    with st.container(horizontal=True):
        for slug in ("classifier", "instruction_data", "instruction_tuning", "judging"):
            if find(slug) in lessons():
                st.page_link(find(slug).path, label=find(slug).title, icon=find(slug).icon)


def cells(loaded: LoadedModel, message: str, question: str, style: str) -> list[str]:
    """The three answers, as a program."""
    return [
        model_cell(loaded.name),
        "from engine.analysis.asking import WORDINGS, ask_all, few_messages\n"
        "from engine.finetune.fitting import fit\nfrom engine.finetune.recipe import ClassifierRecipe\n\n"
        f"message, question = {message!r}, {question!r}\nfor name in ('plain', {style!r}):\n"
        "    (logs,) = ask_all(model, tokenizer, [message], WORDINGS[name], question)\n"
        "    print(name, dict(zip(WORDINGS[name].answers, logs[0].exp().tolist())))",
        f"train, held_out = few_messages()\nparts = {{'train': train[:-{kept.CHOOSING}], "
        f"'validation': train[-{kept.CHOOSING}:]}}\nclasses = {kept.CLASSES!r}\n"
        "data = {name: (list(p['text']), [classes.index(c) for c in p['label']]) for name, p in parts.items()}\n"
        f"recipe = ClassifierRecipe(model={loaded.name!r}, trained='head', reads='mean', epochs={kept.RECIPE.epochs}, "
        f"patience={kept.RECIPE.patience}, learning_rate={kept.RECIPE.learning_rate})\n"
        "classifier = fit(model, tokenizer, data, classes, recipe)\n"
        "print(dict(zip(classes, classifier.probabilities([message])[0].tolist())))\n"
        "right = [a == b for a, b in zip(classifier.classify(list(held_out['text'])), held_out['label'])]\n"
        "print(sum(right), 'of', len(right), 'right')",
    ]
