"""The section on analogies: a - b + c over the whole table, and an honest score over many questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import models
from ui.code import show_code
from ui.figures.embeddings import neighbour_bars
from ui.figures.embeddings_measures import analogy_scores
from ui.labels import quote
from ui.lesson import friendly_errors
from ui.lessons.embeddings import pairs, tokens
from ui.lessons.embeddings.code import analogy_cells
from ui.lessons.embeddings.map_section import choose, unique
from ui.numbers import count, percent

if TYPE_CHECKING:
    from engine.analysis.neighbours import AnalogyScore
    from ui.lesson import Page
    from ui.lessons.embeddings.tokens import TokenTable
    from ui.models import LoadedModel

START = {"a": "king", "b": "man", "c": "woman"}


def score_all(loaded: LoadedModel, _: str) -> dict[str, AnalogyScore]:
    """The score of each relation on this model's table."""
    from engine.analysis.neighbours import analogy_score

    table = tokens.read_table(loaded, "")
    return {name: analogy_score(table.unit, asked) for name, asked in pairs.questions(table).items()}


@st.fragment
def draw_analogies(page: Page) -> None:
    """Three words, the ten nearest to a - b + c, and the score."""
    st.header("Arithmetic with words", anchor=False)
    st.markdown(
        "If “man → woman” is a *direction* in the space, then going from “king” along it should arrive near “queen”: "
        "king − man + woman. It is the most famous claim about word vectors. Does it hold in this table?"
    )
    with friendly_errors():
        table = tokens.current_table()
        left, right = page.stage(1, 1.4)
        with right:
            draw_scores(table)
        with left:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                a, b, c = (
                    page.state.text(name, label, START[name], width=110)
                    for name, label in (("a", "a"), ("b", "− b"), ("c", "+ c"))
                )
            leave_out = page.state.toggle("leave_out", "Leave the three words themselves out of the answers", True)
            draw_answers(page, table, [tokens.one_token(table, word) for word in (a, b, c)], leave_out)


def draw_answers(page: Page, table: TokenTable, given: list[int], leave_out: bool) -> None:
    """The ten tokens nearest to a - b + c."""
    from engine.analysis.neighbours import analogy, nearest

    target = analogy(table.unit, *given)
    near, cosines = (a.tolist() for a in nearest(table.unit, target, 10, given if leave_out else ()))
    labels = unique([table.names[i] for i in near], near)

    def pick() -> None:
        picks = st.session_state["answers"].selection.get("pick") or []
        if picks and picks[0].get("name") in labels:
            choose(page, table, near[labels.index(picks[0]["name"])])

    a, b, c = (quote(table.names[i]) for i in given)
    st.markdown(f"**{a} − {b} + {c}** comes nearest to **{quote(table.names[near[0]])}**")
    notes = ["one of the three words" if i in given else "" for i in near]
    frame, spec = neighbour_bars(labels, cosines, notes, "cosine to a − b + c")
    st.vega_lite_chart(frame, spec, key="answers", on_select=pick, selection_mode="pick", alt="Nearest to a − b + c")
    show_code(analogy_cells(table.model, given, leave_out), "embeddings_analogies", "Show the code of this analogy")


def draw_scores(table: TokenTable) -> None:
    """The share of questions answered, by relation, beside what c alone gives away."""
    with st.spinner("Asking the whole table …"):
        scores = models.infer(score_all, models.current(), "")
    asked = sum(s.questions for s in scores.values())
    if not asked:
        st.info("None of the prepared pairs are single tokens of this model.")
        return
    right, alone = (sum(getattr(s, name) for s in scores.values()) for name in ("by_offset", "by_c"))
    ten, given = (sum(getattr(s, name) for s in scores.values()) for name in ("first_ten", "given"))
    st.markdown(
        f"**One lucky example proves nothing, so here are {count(asked)} questions**, each answered among all "
        f"{count(len(table.names) - 3)} other tokens. First place is the right word in **{percent(right / asked)}** "
        f"(among the first ten: {percent(ten / asked)}). Simply answering with the nearest neighbour of the third "
        f"word, without any arithmetic, is right in **{percent(alone / asked)}**."
    )
    frame, spec = analogy_scores(scores)
    st.vega_lite_chart(frame, spec, key="scores", alt="Share of analogies answered right, by relation")
    st.caption(
        "In brackets: how many questions. Only the difference between the two bars is the analogy's own work; where "
        "grey is longer, the arithmetic did harm. The three given words are passed over, as is usual; if they were "
        f"not, one of them would come first in {percent(given / asked)} of the questions."
    )
