"""The three answers side by side: asked plainly, as an instruction, and by a head that was trained for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import models, run_models
from ui.figures import which_kind as draw
from ui.lesson import friendly_errors, plain
from ui.lessons.which_kind import asked, kept
from ui.numbers import count, percent

if TYPE_CHECKING:
    from ui.lessons.which_kind.asked import Asked
    from ui.lessons.which_kind.kept import Head
    from ui.models import LoadedModel
    from ui.share import PageState

STYLE_NAMES = {"alpaca": "Alpaca", "phi3": "Phi-3"}
BOX = 225  # px, of what a model reads


def style_of(loaded: LoadedModel) -> str | None:
    """The prompt style that the model was tuned on instructions with; None for one that was not."""
    run = run_models.find_own(loaded.name) if loaded.name.startswith(models.RUN) else None
    return run.style if run else None


def show(state: PageState, loaded: LoadedModel, message: str, question: str) -> tuple[Asked | None, Head | None]:
    """Three cards; returns what the first of them has found and the head, for the arithmetic below."""
    style = style_of(loaded)
    first, second, third = st.columns(3)
    plainly = None
    with first, st.container(border=True, height="stretch"), friendly_errors():
        st.markdown("**Asked plainly**")
        plainly = models.infer(asked.ask, loaded, message, question=question, wording="plain")
        show_asked(plainly, "which-plain")
    with second, st.container(border=True, height="stretch"), friendly_errors():
        st.markdown(f"**As an instruction**, {STYLE_NAMES[style or 'alpaca']} style")
        show_asked(models.infer(asked.ask, loaded, message, question=question, wording=style or "alpaca"), "which-told")
        if style is None:
            st.caption(
                "This model was never tuned on instructions: it takes the form for any other text. Tune one in "
                "*Instruction tuning*, then choose it in the sidebar."
            )
    with third, st.container(border=True, height="stretch"), friendly_errors():
        st.markdown("**Classifier**: another head")
        head = head_of(state, loaded)
        if head is not None:
            show_head(head, message)
    return plainly, head


def show_asked(found: Asked, key: str) -> None:
    """What the model read, its next token, which answer it prefers, and what it writes."""
    show_read(found.prompt)
    frame, spec = draw.answer_bars(found.bars)
    st.vega_lite_chart(frame, spec, key=key, alt="Probability of the next token, over the whole vocabulary")
    (yes, no), (p, q) = found.answers, found.chances
    prefers = yes if p > q else no
    st.markdown(f"*{yes}* {percent(p)}, *{no}* {percent(q)}: it prefers **{prefers}**.")
    end = " Then it ends." if found.ended else " …"
    st.caption(f"It writes: {plain(' '.join(found.written.split())) or '(nothing)'}{end}")
    if found.cut:
        st.caption(f"{count(found.cut)} tokens of the message did not fit and were left out.")


def show_read(text: str) -> None:
    """What a model reads, in small letters, because it is long."""
    with st.container(height=BOX, border=True):
        paragraphs = [part for part in text.split("\n\n") if part.strip()]
        st.markdown("\n\n".join("  \n".join(f":small[{plain(line)}]" for line in p.splitlines()) for p in paragraphs))


def head_of(state: PageState, loaded: LoadedModel) -> Head | None:
    """The head for this model, trained now where it is quick or asked for; else the button that asks."""
    head: Head | None = kept.kept(loaded, "head")
    if head is None and not kept.is_small(loaded) and not state.value("train", "", ["", "1"]):
        st.markdown("Every message has to pass this model once, which takes a while here.")
        st.button("Train the head", type="primary", on_click=state.set, kwargs={"train": "1"})
        return None
    if head is None:
        bar = st.progress(0.0, "Waiting for its turn")
        head = kept.made(loaded, "head", kept.train_head, lambda share, what: bar.progress(share, what))
        bar.empty()
    return head


def show_head(head: Head, message: str) -> None:
    """What the head makes of the message: it reads nothing else."""
    show_read(message or "(nothing)")
    _, chances = kept.spam_of(head, message)
    order = sorted(range(2), key=lambda i: -chances[i])
    frame, spec = draw.answer_bars([(kept.CLASSES[i], draw.COMPARED, chances[i]) for i in order])
    st.vega_lite_chart(frame, spec, key="which-head", alt="Probability of each of the two classes")
    st.markdown(
        f"It says **{kept.CLASSES[order[0]]}** (*ham* is any message that is not spam). There is no third answer, and "
        "it reads no question."
    )
    st.caption(
        f"Trained here in {head.seconds:.1f} s: {count(head.numbers)} new numbers, {kept.LEARNED} labelled messages, "
        f"epoch {head.best} of {head.epochs} kept. The model below the head is as it was."
    )
