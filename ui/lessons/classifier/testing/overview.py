"""The step's frame: which training is looked at, its accuracy, and one way to look at it at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.jobs.shared import has_classifier
from ui.code import show_code
from ui.lesson import friendly_errors, plain
from ui.lessons.classifier.testing import ablations, compared, mistakes, reasons, scores
from ui.lessons.classifier.testing.tested import read_tested, recipe_of
from ui.lessons.classifier.training import choose_run, runs_of
from ui.numbers import count, percent

if TYPE_CHECKING:
    from engine.finetune.draft import Draft
    from engine.jobs.store import Job
    from ui.lessons.classifier.testing.tested import Tested
    from ui.share import PageState

LOOKS = {
    "confusion": "Confusion",
    "classes": "Classes",
    "curves": "ROC and PR",
    "calibration": "Calibration",
    "worst": "Worst mistakes",
    "length": "Length",
    "compared": "Compared",
    "ablations": "Ablations",
    "pads": "Pads",
    "words": "Words",
}


def show(state: PageState, draft: Draft) -> None:
    """The step on the page."""
    jobs = [job for job in runs_of(draft) if job.state.status == "finished" and has_classifier(job)]
    if not jobs:
        st.info("There is nothing to test yet: no training of these texts has finished.", icon=":material/rule:")
        st.button("Go to training", on_click=state.set, kwargs={"step": "training"}, type="primary")
        return
    job = choose_run(state, jobs, "Training", "classifier-testing-run", cell="")
    with friendly_errors():
        found = read_tested(job)
        headline(found)
        look = state.choice("look", "Look at", list(LOOKS), "confusion", labels=LOOKS, label_visibility="collapsed")
        with friendly_errors():
            show_look(look, state, draft, job, found)
        show_code(cells(job), "classifier_testing")


def headline(found: Tested) -> None:
    """The accuracy and what may be concluded from it."""
    accuracy = found.answers.accuracy
    low, high = accuracy.interval
    st.markdown(
        f"**{percent(accuracy.share)}** of the test part is right: {count(accuracy.right)} of "
        f"{count(accuracy.total)} messages. With so many, the true accuracy lies between **{percent(low)}** and "
        f"**{percent(high)}** (95% confidence, Wilson's interval)."
    )
    chosen = found.validation.accuracy
    if chosen.interval[1] < low or chosen.interval[0] > high:
        st.markdown(
            f":material/warning: Of the validation part **{percent(chosen.share)}** is right, and the two intervals "
            "are apart: these parts hold different texts, as happens when there are few kinds of them and look-alikes "
            "stay together. Another seed in the step Split shows how much hangs on the cut."
        )
    if found.uneven:
        rows = found.texts["label"].value_counts()
        st.markdown(
            f"The classes are uneven: always answering *{plain(str(rows.index[0]))}* would be right for "
            f"**{percent(float(rows.iloc[0]) / accuracy.total)}**. Right answers counted in each class by itself, and "
            f"then averaged (balanced accuracy): **{percent(found.answers.balanced)}**; guessing gets "
            f"{percent(1 / len(found.classes))}."
        )


def show_look(look: str, state: PageState, draft: Draft, job: Job, found: Tested) -> None:
    """One way to look at it."""
    if look in ("confusion", "worst", "length"):
        show = {"confusion": mistakes.show_confusion, "worst": mistakes.show_worst, "length": mistakes.show_length}
        show[look](state, job, found)
    elif look in ("classes", "curves", "calibration"):
        {"classes": scores.show_classes, "curves": scores.show_curves, "calibration": scores.show_calibration}[look](
            state, found
        )
    elif look == "compared":
        compared.show(draft, job, found)
    elif look == "ablations":
        ablations.show(state, draft, job, found)
    elif look == "pads":
        reasons.show_pads(state, job, found)
    else:
        reasons.show_words(state, job, found)


def cells(job: Job) -> list[str]:
    """A small classifier, tested in the same way; over our own messages where the texts are the reader's own."""
    recipe = recipe_of(job)
    given = ", ".join(f"{name}={value!r}" for name, value in recipe.settings().items())
    return [
        "from engine.analysis.leave_one_out import leave_one_out\n"
        "from engine.datasets.labelled import load_messages, random_split\n"
        "from engine.evaluation.baseline import fit_counting_model\n"
        "from engine.evaluation.classification import Answers, calibration, class_scores, pair, threshold_curve\n"
        "from engine.finetune.fitting import fit\nfrom engine.finetune.recipe import ClassifierRecipe\n"
        "from engine.weights.by_name import load_by_name\n\n"
        "# Put your own table with the columns text and label here, and your own split.\n"
        "parts = dict(zip(('train', 'validation', 'test'), random_split(load_messages()[:200], 0.7, 0.1)))\n"
        "classes = sorted(parts['train']['label'].unique())\n"
        "data = {name: (list(p['text']), [classes.index(c) for c in p['label']]) for name, p in parts.items()}\n"
        f"classifier = fit(*load_by_name({recipe.model!r}), data, classes, ClassifierRecipe({given}))",
        "import numpy as np\n\ntexts, targets = data['test']\n"
        "answers = Answers(classifier.probabilities(texts).double().numpy(), np.array(targets))\n"
        "print(answers.accuracy, answers.accuracy.interval)\nprint(answers.confusion)\n"
        "print(class_scores(answers.confusion))\nprint(calibration(answers).error)\n"
        "curve = threshold_curve(answers.probabilities[:, 1], answers.targets == 1)\n"
        "print(curve.area, curve.average_precision)",
        "counting = fit_counting_model(*parts['train'][['text', 'label']].to_numpy().T, longest=2)\n"
        "counted = Answers(counting.probabilities(texts), answers.targets)\n"
        "print(pair(answers.right, counted.right))\n"
        "found = leave_one_out(classifier.probabilities, texts[0], 1)\nprint(list(zip(found.words, found.support)))",
    ]
