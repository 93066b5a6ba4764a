"""Do judges agree? Many of them on the same pairs, as a jury; or the scores of two of them against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.errors import InputError
from engine.evaluation.agreement import alpha, spearman
from engine.evaluation.preferences import majority, side
from ui.figures import judging as draw
from ui.lesson import plain
from ui.lessons.judging import asking, measures, ollama, panel
from ui.lessons.judging.pairs import COUNTING, chosen_entry, pair_controls, two_answers
from ui.lessons.judging.sources import choose_key
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from engine.evaluation.responses import Responses
    from ui.lessons.judging.panel import Pairs
    from ui.share import PageState

COUNTED = ("rouge_l", "chrf", "exact", "solved", "words", "repetition")
VIEWS = {"jury": "Pairs, as a jury", "scores": "Scores of two judges"}
MAJORITY = "Majority"
FEWEST = 3  # answers that both have judged


def show(
    state: PageState, responses: Responses, owner: str | None, left: DeltaGenerator, right: DeltaGenerator
) -> None:
    """The jury on pairs, or two judges' scores."""
    with left:
        view = state.choice("agree", "Compare", list(VIEWS), "jury", labels=VIEWS)
    if view == "jury":
        show_jury(state, responses, owner, left, right)
    else:
        show_scores(state, responses, owner, left, right)


# ---- pairs


def show_jury(
    state: PageState, responses: Responses, owner: str | None, left: DeltaGenerator, right: DeltaGenerator
) -> None:
    """A row for each judge, the majority below."""
    server = asking.server_of(state)
    with left:
        pairs = pair_controls(state, responses)
        own = state.toggle("own", "Also ask the sidebar's model")
        i = chosen_entry(state, pairs)
    labels = panel.labels_of(pairs, server, owner)
    names = [name for name in labels if name != panel.OWN or own]
    wins = {labels[name]: panel.judge(name, pairs, server, owner).wins for name in names}
    wins = {name: said for name, said in wins.items() if any(w is not None for w in said)}
    together = [majority(column) for column in zip(*wins.values(), strict=True)]
    said = {name: [side(w) for w in row] for name, row in (wins | {MAJORITY: together}).items()}
    frame, spec = draw.jury(said, pairs.titles, i)
    with right:
        st.vega_lite_chart(
            frame,
            spec,
            key="jury",
            on_select=lambda: pick(state),
            selection_mode="pick",
            alt="For whom each judge is, entry by entry, and the majority of the judges",
        )
        st.markdown(verdict(pairs, wins, together))
        st.dataframe([row_of(name, wins) for name in wins], hide_index=True, key="judges")
        st.caption(COUNTING)
    st.header("One pair before the jury", anchor=False)
    two_answers(pairs, i)
    voices = [f"{plain(name)}: **{plain(words(row[i], pairs))}**" for name, row in wins.items()]
    st.markdown(" · ".join(voices) + f" · majority: **{plain(words(together[i], pairs))}**.")


def pick(state: PageState) -> None:
    """A callback: the clicked entry becomes the one that is worked out."""
    if found := st.session_state["jury"]["selection"].get("pick"):
        state.set(entry=int(found[0]["entry"]))


def words(wins: float | None, pairs: Pairs) -> str:
    """Whom a judge is for, in words."""
    return {"a": pairs.titles[0], "b": pairs.titles[1], "tie": "tie", None: "not said"}[side(wins)]


def verdict(pairs: Pairs, wins: dict[str, list[float | None]], together: list[float | None]) -> str:
    """The majority's win rate, and how far its members agree."""
    voted = [w for w in together if w is not None]
    units = [[s for s in map(side, column) if s is not None] for column in zip(*wins.values(), strict=True)]
    agree = alpha(units)
    return (
        f"By the majority of {count(len(wins))} judges **{plain(pairs.titles[0])}** wins "
        f"**{percent(sum(voted) / len(voted))}** of {count(len(voted))} pairs (a tie is half a win). "
        + (
            "Nothing can be said about their agreement."
            if np.isnan(agree)
            else f"They agree with Krippendorff's alpha **{fmt(agree)}** (1: always, 0: as by chance)."
        )
    )


def row_of(name: str, wins: dict[str, list[float | None]]) -> dict[str, object]:
    """One judge: the win rate it gives, and how often it is with the majority of the others."""
    mine = wins[name]
    said = [w for w in mine if w is not None]
    rest = [row for other, row in wins.items() if other != name]
    others = [majority(column) for column in zip(*rest, strict=True)] if rest else []
    both = [(side(w), side(o)) for w, o in zip(mine, others, strict=bool(rest)) if w is not None and o is not None]
    return {
        "judge": name,
        "pairs": len(said),
        "win rate": percent(sum(said) / len(said)),
        "with the majority of the others": percent(sum(a == b for a, b in both) / len(both)) if both else "–",
    }


# ---- scores


def judges(
    state: PageState, responses: Responses, key: str, owner: str | None
) -> dict[str, tuple[str, list[float | None], float]]:
    """Everything that has scored these answers: name -> title, a score for each answer, the highest score."""
    found = measures.all_measures(responses, key)
    there: dict[str, tuple[str, list[float | None], float]] = {}
    for name in COUNTED:
        scores = [None if getattr(m, name) is None else float(getattr(m, name)) for m in found]
        if any(score is not None for score in scores):
            top = max(score or 0.0 for score in scores) if name == "words" else 1.0
            there[name] = (measures.NAMES[name], scores, top)
    prompts = ollama.prompts_of(responses.entries, key)
    for model in asking.models_of(asking.server_of(state)):
        said = [None if v is None else v.score for v in asking.kept(owner, model, prompts)]
        if any(score is not None for score in said):
            there[f"model.{model}"] = (f"{model}, 0 to 100", said, 100.0)
    return there


def common(first: list[float | None], second: list[float | None]) -> tuple[list[float], list[float]]:
    """The scores of the answers that both have scored."""
    both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    return [a for a, _ in both], [b for _, b in both]


def show_scores(
    state: PageState, responses: Responses, owner: str | None, left: DeltaGenerator, right: DeltaGenerator
) -> None:
    """Two judges against each other, and every two of them as one number."""
    with left:
        key = choose_key(state, responses, "Whose answers")
        there = judges(state, responses, key, owner)
        labels = {name: title for name, (title, _, _) in there.items()}
        one = state.select("judge_a", "One judge", list(there), "rouge_l", labels=labels)
        two = state.select("judge_b", "Another", list(there), "chrf", labels=labels)
    first, second = common(there[one][1], there[two][1])
    if len(first) < FEWEST:
        raise InputError(f"fewer than {FEWEST} answers have been judged by both; let them judge more.")
    one_side, other_side = right.columns(2)
    with one_side:
        measures.agreement(first, second, (labels[one], labels[two]), (there[one][2], there[two][2]))
    with other_side:
        frame, spec = draw.correlations(list(labels.values()), all_correlations([s for _, s, _ in there.values()]))
        st.vega_lite_chart(frame, spec, key="correlations", alt="Rank correlations of every two judges")
        st.caption("Spearman's rank correlation of every two judges; –: one of them gives all answers the same.")
        st.caption("Models that have scored these answers in *A model scores* can be chosen here too.")


def all_correlations(scores: list[list[float | None]]) -> np.ndarray:
    """The rank correlation of every two lists of scores, over the answers that both have."""
    values = np.full((len(scores), len(scores)), np.nan)
    for i, one in enumerate(scores):
        for j, two in enumerate(scores[: i + 1]):
            first, second = common(one, two)
            if len(first) >= FEWEST:
                values[i, j] = values[j, i] = spearman(first, second)
    return values
