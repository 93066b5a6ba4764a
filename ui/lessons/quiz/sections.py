"""Quiz: what the page shows, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.catalog import find, lessons
from ui.chapters import CHAPTERS, read_chapters, write_chapters
from ui.lessons.quiz.papers import by_chapter, draw_paper, repeated, shuffled_answers
from ui.numbers import count, percent

if TYPE_CHECKING:
    from ui.lessons.quiz.papers import Item
    from ui.share import PageState

MODES = {"one": "One at a time", "sheet": "All on one sheet"}
LARGEST_SEED = 99_999
RECORD = "quiz-record"  # question: whether its last answer was right
GIVEN = "quiz-given"  # (paper, question): the answer given
THERE = {entry.slug for entry in lessons()}


def chapter_choice(state: PageState) -> list[str]:
    """The chapters that questions are drawn from."""
    chosen = read_chapters(state.value("chapters", ""))
    key = "quiz-chapters"
    if sorted(st.session_state.get(key, [])) != chosen:
        st.session_state[key] = chosen

    def keep() -> None:
        state.set(chapters=write_chapters(st.session_state[key]), only="", at="0")

    st.pills(
        "Chapters of the notes",
        list(CHAPTERS),
        selection_mode="multi",
        key=key,
        format_func=lambda chapter: f"{chapter} {CHAPTERS[chapter]}",
        on_change=keep,
        wrap=True,
    )
    return chosen


def settings(state: PageState, items: list[Item]) -> tuple[list[Item], int]:
    """The controls; returns the paper and its seed."""
    chapters = chapter_choice(state)
    number = state.slider("number", "Questions", 3, 40, 10)
    field, button = st.columns(2, vertical_alignment="bottom")
    with field:
        seed = int(state.number("seed", "Paper number", 0, LARGEST_SEED, 1, help="Same number, same paper"))
    following = {"seed": (seed + 1) % (LARGEST_SEED + 1), "only": "", "at": "0"}
    button.button("Another paper", on_click=state.set, kwargs=following, width="stretch")
    only = state.value("only", "")
    paper = repeated(items, only, seed) if only else []
    if paper:
        st.caption(f"Again: {some(len(paper))} that went wrong before.")
        st.button("Back to whole papers", on_click=state.set, kwargs={"only": "", "at": "0"})
    return paper or draw_paper(items, chapters, number, seed), seed


def some(number: int) -> str:
    """1 question, 2 questions."""
    return f"{count(number)} question{'' if number == 1 else 's'}"


def given(paper_name: str) -> dict[str, str]:
    """The answers given in this paper, by question."""
    answers: dict[str, dict[str, str]] = st.session_state.setdefault(GIVEN, {})
    return answers.setdefault(paper_name, {})


def answer(paper_name: str, item: Item, chosen: str) -> None:
    """A callback: the first answer in a paper counts."""
    if item.id not in given(paper_name):
        given(paper_name)[item.id] = chosen
        record = st.session_state.setdefault(RECORD, {})
        record[item.id] = is_right(item, chosen)


def is_right(item: Item, chosen: str) -> bool:
    """Whether this is the right answer."""
    return chosen == item.question.answers[item.question.truth]


def show_question(paper_name: str, item: Item, seed: int, label: str, keys: bool) -> None:
    """One question: its answers as buttons, or what was answered and why it is right or not."""
    question, chosen = item.question, given(paper_name).get(item.id)
    with st.container(border=True, key=f"question-{item.id}"):
        st.caption(f"{label} · {item.chapter} {CHAPTERS[item.chapter]}")
        st.markdown(f"**{question.ask}**")
        options = shuffled_answers(item, seed)
        if chosen is not None:
            st.markdown("\n\n".join(marked(item, option, chosen) for option in options))
            explain(item, chosen)
            return
        for place, option in enumerate(options, start=1):
            st.button(
                option,
                key=f"answer-{paper_name}-{item.id}-{place}",
                on_click=answer,
                args=(paper_name, item, option),
                shortcut=str(place) if keys else None,
                width="stretch",
            )


def marked(item: Item, option: str, chosen: str) -> str:
    """An answer of a question that was answered: right, chosen and wrong, or neither."""
    if is_right(item, option):
        return f":material/check_circle: **{option}**"
    return f":material/cancel: {option}" if option == chosen else f":material/radio_button_unchecked: {option}"


def explain(item: Item, chosen: str) -> None:
    """Why the right answer is right, and where to see it."""
    if is_right(item, chosen):
        st.success(f"Right. {item.question.why}", icon=":material/check:")
    else:
        truth = item.question.answers[item.question.truth]
        st.info(f"Not quite. Right is **{truth}**.\n\n{item.question.why}", icon=":material/lightbulb:")
    if item.lesson in THERE:
        seen = find(item.lesson)
        st.page_link(seen.path, label=f"See it: {seen.title}", icon=seen.icon)


def one_at_a_time(state: PageState, paper_name: str, paper: list[Item], seed: int) -> None:
    """One question, with steps to those before and after."""
    text = state.value("at", "0")
    at = min(int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0, len(paper) - 1)
    show_question(paper_name, paper[at], seed, f"Question {at + 1} of {len(paper)}", keys=True)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        back, more = {"at": str(max(at - 1, 0))}, {"at": str(min(at + 1, len(paper) - 1))}
        st.button("Back", on_click=state.set, kwargs=back, disabled=at == 0, shortcut="B", key="quiz-back")
        answered = paper[at].id in given(paper_name)
        last = at == len(paper) - 1
        st.button(
            "Next question",
            on_click=state.set,
            kwargs=more,
            disabled=last,
            type="primary" if answered else "secondary",
            shortcut="N",
            key="quiz-on",
        )
    st.caption("Keys: 1, 2, 3 … answer, N goes on, B goes back.")


def progress(paper_name: str, paper: list[Item]) -> None:
    """How the paper went so far."""
    right = sum(is_right(item, given(paper_name).get(item.id, "")) for item in paper)
    answered = sum(item.id in given(paper_name) for item in paper)
    st.progress(answered / len(paper), text=f"{answered} of {len(paper)} answered, **{right}** right")


def what_next(state: PageState, paper_name: str, paper: list[Item], seed: int) -> None:
    """Once something is answered: again what went wrong, or all of it."""
    answers = given(paper_name)
    wrong = sorted(item.id for item in paper if item.id in answers and not is_right(item, answers[item.id]))
    if not answers:
        return
    with st.container(horizontal=True):
        if wrong:
            again = {"only": "-".join(wrong), "at": "0", "seed": (seed + 1) % (LARGEST_SEED + 1)}
            label = f"Again only what was wrong ({len(wrong)})"
            st.button(label, icon=":material/replay:", on_click=state.set, kwargs=again)
        st.button("Clear these answers", on_click=clear, args=(state, paper_name))


def clear(state: PageState, paper_name: str) -> None:
    """A callback: this paper from its beginning."""
    given(paper_name).clear()
    state.set(at="0")


def scores(items: list[Item]) -> None:
    """The score of each chapter, over all papers of this session."""
    record = st.session_state.get(RECORD, {})
    st.header("Your score in this session", anchor=False)
    for place, (chapter, (right, tried, there)) in enumerate(by_chapter(items, record).items()):
        if place % 2 == 0:  # a new row for every two, so that they stand in order on a phone too
            columns = st.columns(2)
        said = f"{right} of {tried} right ({percent(right / tried)})" if tried else "not tried yet"
        label = f"{chapter} {CHAPTERS[chapter]}: {said}, {count(there)} in all"
        columns[place % 2].progress(right / tried if tried else 0.0, text=label)
    if record:
        st.button("Forget the score", on_click=st.session_state.pop, args=(RECORD,), key="quiz-forget")
