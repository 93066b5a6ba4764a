"""How each class fares, what every threshold would do, and whether the probabilities can be taken at their word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from engine.evaluation.classification import calibration, class_scores, threshold_curve
from ui.figures.classifier_testing import calibration_dots, threshold_lines
from ui.lesson import plain
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from ui.lessons.classifier.testing.tested import Tested
    from ui.share import PageState

FEW = 10  # messages of a class, below which its scores are hardly more than chance


def show_classes(_: PageState, found: Tested) -> None:
    """Precision, recall and F1 of every class as a table to sort."""
    scores = class_scores(found.answers.confusion)
    table = pd.DataFrame(
        {
            "class": found.classes,
            "messages": scores.support,
            "given": scores.given,
            "precision": scores.precision,
            "recall": scores.recall,
            "F1": scores.f1,
        }
    )
    share = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
    st.dataframe(
        table,
        hide_index=True,
        key="classifier-per-class",
        height=min(520, 38 + 36 * len(table)),
        column_config=dict.fromkeys(("precision", "recall", "F1"), share),
    )
    few = [plain(found.classes[i] or "(empty)") for i in np.flatnonzero(scores.support < FEW)]
    listed = ", ".join(few[:5]) + (", …" if len(few) > 5 else "")
    st.caption(
        "Click a heading to sort. Empty: nothing to count, such as the precision of a class never given."
        + (f" Fewer than {FEW} messages speak for {listed}: one more right or wrong would change much." if few else "")
    )
    at = int(scores.support.argmax())
    hits = int(found.answers.confusion[at, at])
    name = plain(found.classes[at] or "(empty)")
    st.markdown(
        f"Worked out for *{name}*: {count(hits)} messages are *{name}* and were called so. **Precision**: of "
        f"{count(int(scores.given[at]))} called *{name}*, {ratio(hits, int(scores.given[at]))}. **Recall**: of "
        f"{count(int(scores.support[at]))} that are, {ratio(hits, int(scores.support[at]))}. **F1** counts both: "
        f"2 × {hits} / ({scores.given[at]} + {scores.support[at]}) = **{fmt(float(scores.f1[at]))}**. "
        f"Mean F1 of all classes that have one: **{fmt(float(table['F1'].mean()))}**, each class counting the same."
    )


def ratio(part: int, whole: int) -> str:
    """A share as a quotient with its value."""
    return f"{count(part)} / {count(whole)} = **{percent(part / whole)}**" if whole else "nothing to count"


def show_curves(state: PageState, found: Tested) -> None:
    """ROC and PR of one class against the rest."""
    numbers = [str(i) for i in range(len(found.classes))]
    labels = {str(i): name or "(empty)" for i, name in enumerate(found.classes)}
    at = int(state.select("class", "One class against the rest", numbers, numbers[-1], labels=labels))
    positive = found.answers.targets == at
    curve = threshold_curve(found.answers.probabilities[:, at], positive)
    name, share = plain(labels[str(at)]), float(positive.mean())
    left, right = st.columns(2, gap="medium")
    with left:
        frame, spec = threshold_lines(curve, True, share)
        st.vega_lite_chart(frame, spec, key="classifier-roc", alt="ROC curve")
        st.markdown(
            f"**ROC** (receiver operating characteristic). Upwards: of the messages that are *{name}*, the share that "
            "is called so. To the right: of all others, the share that is wrongly called so. The best corner is the "
            f"upper left. Area below the line **{fmt(curve.area)}**: so often does a message that is *{name}* get a "
            "higher probability for it than one that is not. Dashed: guessing, 0.5."
        )
    with right:
        frame, spec = threshold_lines(curve, False, share)
        st.vega_lite_chart(frame, spec, key="classifier-pr", alt="Precision against recall")
        st.markdown(
            f"**Precision and recall.** Upwards: of the messages called *{name}*, the share that is. To the right: of "
            "those that are, the share called so. The best corner is the upper right. Average precision "
            f"**{fmt(curve.average_precision)}**. Dashed: guessing, the share of *{name}*, {percent(share)}. For a "
            "rare class this curve tells more than ROC."
        )
    st.caption("Each point is a threshold: messages with at least that probability are called the class. Hover for it.")


def show_calibration(_: PageState, found: Tested) -> None:
    """Confidence against what came of it."""
    bins = calibration(found.answers)
    left, right = st.columns([1.4, 1], gap="medium")
    with left:
        frame, spec = calibration_dots(bins)
        st.vega_lite_chart(frame, spec, key="classifier-calibration", alt="Share right against confidence")
    with right:
        most = int(bins.texts.argmax())
        st.markdown(
            "The probability of an answer should say how often such answers are right. Here the answers are sorted by "
            "it into ten bins, 0 to 10% and so on. The fullest bin: "
            f"{count(int(bins.texts[most]))} answers were given with {percent(float(bins.confidence[most]))} on "
            f"average, and {percent(float(bins.accuracy[most]))} of them are right."
        )
        over = float(bins.confidence @ bins.texts - bins.accuracy @ bins.texts) / int(bins.texts.sum())
        word = "surer than it should be" if over > 0 else "less sure than it could be"
        st.markdown(
            f"**ECE {percent(bins.error)}** (expected calibration error): the mean distance from the dashed line, bins "
            "weighted by their answers. "
            f"Over all answers it is {percent(abs(over))} {word}."
        )
        st.caption("A dot is a bin, larger for more answers. Line: 95% interval of its share of right answers.")
