"""The frame of a lesson: title and idea above, what to try and to ask below, the next lesson at the end."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from engine.errors import GlassboxError
from ui.catalog import Lesson, find, neighbours
from ui.components.copy_link import copy_link
from ui.components.keys import presentation_keys
from ui.share import PageState, left_out_of_link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from streamlit.delta_generator import DeltaGenerator

STATE = "_page_state"


@dataclass(frozen=True)
class Experiment:
    """Something to try: what to do, a question with guesses, and what happens and why.

    setup  values of the page's controls that set the experiment up, by name; empty: the reader does it alone
    """

    do: str
    ask: str
    guesses: Sequence[str]
    truth: int
    why: str
    setup: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """One question of the check: its answers, the index of the right one, and why it is right."""

    ask: str
    answers: Sequence[str]
    truth: int
    why: str


@dataclass(frozen=True)
class Page:
    """One lesson being drawn: `state` holds its controls, the methods draw its fixed parts."""

    lesson: Lesson
    state: PageState

    def stage(self, controls: float = 1, picture: float = 2.2) -> tuple[DeltaGenerator, DeltaGenerator]:
        """Two columns: the controls on the left, the picture on the right (below one another on a phone)."""
        left, right = st.columns([controls, picture], gap="medium")
        return left, right

    def try_this(self, experiments: Sequence[Experiment]) -> None:
        """Two or three experiments: do, guess, then see."""
        st.header("Try this", anchor=False)
        for number, experiment in enumerate(experiments, start=1):
            with st.container(border=True):
                st.markdown(f"**{number}.** {experiment.do}")
                if experiment.setup:
                    st.button(
                        "Set it up",
                        key=f"{self.lesson.slug}-setup-{number}",
                        on_click=self.state.set,
                        kwargs=dict(experiment.setup),
                    )
                self._ask(f"guess-{number}", experiment.ask, experiment.guesses, experiment.truth, experiment.why)

    def questions(self, answers: Mapping[str, str]) -> None:
        """Questions from the margin of the notes, each with a short answer."""
        st.header("Questions from the margin", anchor=False)
        for question, answer in answers.items():
            with st.expander(question):
                st.markdown(answer)

    def check(self, questions: Sequence[Question]) -> None:
        """Two or three questions with an answer at once."""
        st.header("Check yourself", anchor=False)
        for number, question in enumerate(questions, start=1):
            self._ask(
                f"check-{number}",
                f"**{number}.** {question.ask}",
                question.answers,
                question.truth,
                question.why,
            )

    @st.fragment
    def _ask(self, name: str, ask: str, options: Sequence[str], truth: int, why: str) -> None:
        """A question whose answer stays hidden until the reader has chosen; nothing else runs again."""
        chosen = st.radio(ask, options, index=None, key=f"{self.lesson.slug}-{name}", persist_state="session")
        if chosen is None:
            return
        if chosen == options[truth]:
            st.success(f"Yes. {why}", icon=":material/check:")
        else:
            st.info(f"Not quite: {lower_first(options[truth])}. {why}", icon=":material/lightbulb:")


@contextmanager
def lesson(slug: str) -> Iterator[Page]:
    """Draw a lesson's frame around the `with` block; an error of the engine in the block becomes a sentence.

    slug  the page's file name without .py, one of ui.catalog
    """
    through_the_router()
    state = st.session_state.pop(STATE, None) or PageState(slug)
    page = Page(find(slug), state)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(page.lesson.title, anchor=False, width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center", key="lesson-head"):
            links = st.empty()
            st.button("Reset", key=f"{slug}-reset", on_click=state.reset, help="Every control back to its start")
    with st.container(key="idea"):
        st.markdown(page.lesson.idea)
    with friendly_errors():
        yield page
    draw_links(page)
    state.sync()
    with links:
        copy_link(left_out_of_link())


def through_the_router() -> None:
    """Start again at app.py when Streamlit ran the page's file by itself.

    Until some session has run app.py, a fresh server treats a folder named pages as its old kind of app and
    serves a deep link past the router: no sidebar, no model, no presentation mode.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


@contextmanager
def friendly_errors() -> Iterator[None]:
    """Show an error of the engine as its sentence, where it happened; controls keep their values."""
    try:
        yield
    except GlassboxError as error:
        st.error(plain(sentence(str(error))), icon=":material/error:")


def draw_links(page: Page) -> None:
    """Links to the lessons before and after; while presenting, buttons that the arrow keys press too."""
    before, after = neighbours(page.lesson.slug)
    presenting = bool(st.session_state.get("present"))
    there = None
    with st.container(horizontal=True, horizontal_alignment="distribute", key="lesson-links"):
        for lesson_, label in ((before, "Previous"), (after, "Next")):
            if lesson_ is None:
                st.space("small")
            elif presenting:
                if st.button(f"{label}: {lesson_.title}", key=f"go-{label}"):
                    there = lesson_
            else:
                link(lesson_, label)
        if presenting:
            st.button("Leave presentation", key="leave", on_click=leave_presentation, args=(page,))
    if presenting:
        press = presentation_keys(lambda: leave_presentation(page))
        there = {"previous": before, "next": after}.get(press or "", there)
    if there is not None:
        st.switch_page(there.path)


def link(lesson_: Lesson, label: str) -> None:
    """A link to another lesson, with an arrow on its outer side."""
    back = label == "Previous"
    st.page_link(
        lesson_.path,
        label=f"{label}: {lesson_.title}",
        icon=":material/arrow_back:" if back else ":material/arrow_forward:",
        icon_position="left" if back else "right",
    )


def leave_presentation(page: Page) -> None:
    """Back to the usual size with the sidebar; a callback."""
    st.session_state["present"] = False
    page.state.sync()


def sentence(text: str) -> str:
    """The text with a capital first and a full stop last."""
    text = text.strip()
    if not text:
        return "Something did not work."
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def lower_first(text: str) -> str:
    """The text with its first letter small, unless it begins with a name in capitals."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def plain(text: str) -> str:
    """Text that markdown shows as it is: a user's words must not become links, formulas or pictures."""
    for sign in "\\`*_{}[]()<>#+-.!|~$:&":
        text = text.replace(sign, "\\" + sign)
    return text
