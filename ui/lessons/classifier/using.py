"""Step 8, use: one text, thresholds, a whole CSV, a link for others, and the classifier to take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.evaluation.thresholds import Rule, confident, effect, sweep
from engine.finetune.card import of_part
from engine.finetune.labelling import answers
from engine.jobs.shared import has_classifier
from ui import classifiers
from ui.code import show_code
from ui.figures.classifier_using import probability_bars, trade_off
from ui.lesson import friendly_errors, plain
from ui.lessons.classifier import taking, whole_csv
from ui.lessons.classifier.steps import LIKELIEST
from ui.lessons.classifier.testing.tested import inputs
from ui.lessons.classifier.training import choose_run, runs_of
from ui.numbers import count, percent

if TYPE_CHECKING:
    from engine.evaluation.metrics import Accuracy
    from engine.finetune.draft import Draft
    from engine.finetune.saved import Classifier
    from engine.jobs.store import Job
    from ui.share import PageState

LONGEST = 5_000  # characters


def show(state: PageState, draft: Draft) -> None:
    """The step on the page."""
    jobs = [job for job in runs_of(draft) if has_classifier(job)]
    if not jobs:
        st.info("No classifier has been trained from these texts yet.", icon=":material/label:")
        st.button("Go to training", on_click=state.set, kwargs={"step": "training"}, type="primary")
        return
    job = choose_run(state, jobs, "Classifier", "classifier-using-run")
    with friendly_errors():
        classifier = classifiers.load(job)
        left, right = st.columns([1, 1.3], gap="medium")
        with left:
            rule = rule_controls(state, classifier.classes)
        with right:
            try_it(state, job, classifier, rule)
        show_effect(job, classifier.classes, rule)
        whole_csv.show(job, classifier, rule)
        taking.show(draft, job, classifier)
    show_code(cells(draft), "classifier_using")


def rule_controls(state: PageState, classes: tuple[str, ...]) -> Rule:
    """How probabilities become an answer."""
    labels = {
        LIKELIEST: "The likeliest class",
        **{str(i): f"A threshold for “{name}”" for i, name in enumerate(classes)},
    }
    favoured = state.select("favoured", "Which class is the answer?", list(labels), LIKELIEST, labels=labels)
    threshold = 0.5
    if favoured != LIKELIEST:
        name = plain(classes[int(favoured)])
        threshold = state.slider("threshold", f"“{name}” is the answer from this probability on", 0.0, 1.0, 0.5, 0.01)
        st.caption(
            f"Higher: fewer texts are called *{name}*, and more of them rightly so. Lower: fewer are missed. Which "
            "mistake is worse is yours to say."
        )
    least = state.slider("least", "No answer when its probability is below", 0.0, 1.0, 0.0, 0.01)
    return Rule(None if favoured == LIKELIEST else int(favoured), threshold, least)


def try_it(state: PageState, job: Job, classifier: Classifier, rule: Rule) -> None:
    """One text and the probability of each class."""
    test = inputs(str(job.folder))[0]["test"]
    example = str(test["text"].iloc[0])[:LONGEST] if len(test) else ""
    text = state.text("try", "A text", example, area=True, height=80, max_chars=LONGEST).strip()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Next test text", icon=":material/skip_next:", on_click=next_text, args=(state, job), disabled=test.empty
        )
        known = test["label"][test["text"].str.strip() == text]
        if len(known):
            st.caption(f"Held out when this was trained; its label is **{plain(str(known.iloc[0]))}**.")
    if not text:
        st.caption("Type a text to classify, or take one of the test part.")
        return
    read = classifier.recipe.as_read(text)
    if read != text:
        st.caption(f"HTML is taken out first, as in training. Read is: {plain(read) or 'nothing'}")
    p = classifiers.probabilities(job, text)
    said = answers(p[None], classifier, rule)[0]
    answer = int(rule.decide(p[None])[0])
    st.markdown(f"Answer: **{plain(said)}**" + (f", {percent(float(p[answer]))}" if answer >= 0 else ""))
    if rule.favoured is not None and answer != rule.favoured and int(p.argmax()) == rule.favoured:
        name = plain(classifier.classes[rule.favoured])
        st.caption(f"*{name}* is likelier, but stays below its threshold of {percent(rule.threshold)}.")
    with st.container(height=340 if len(p) > 12 else "content", border=False):
        frame, spec = probability_bars(classifier.classes, [float(one) for one in p], answer)
        st.vega_lite_chart(frame, spec, key="classifier-try", alt="Probability of each class")
    st.caption("A softmax over all classes: together they are 100%, whatever the text is about.")


def next_text(state: PageState, job: Job) -> None:
    """A callback: the test text after the one in the field, the first one after any other; each text once."""
    texts = list(dict.fromkeys(text[:LONGEST] for text in inputs(str(job.folder))[0]["test"]["text"]))
    now = st.session_state.get(f"{state.slug}.try", "")
    state.set(**{"try": texts[(texts.index(now) + 1) % len(texts) if now in texts else 0]})


def show_effect(job: Job, classes: tuple[str, ...], rule: Rule) -> None:
    """What the rule does to the validation part, whose classes are known."""
    p, truth = of_part(classifiers.predictions(job), "validation", classes)
    st.header("What this rule does to texts whose class is known", anchor=False)
    found = effect(rule, p, truth)
    st.markdown(
        f"Of the **{count(found.texts)}** texts of the validation part, **{count(found.answered)}** get an answer"
        + (f", and {share(found.accuracy)} of the answers are right." if found.accuracy else ".")
    )
    left, right = st.columns(2, gap="medium")
    with left, friendly_errors():
        frame, spec = trade_off(
            confident(p, truth, rule),
            "least",
            rule.least,
            {"accuracy": "right answers out of all answers", "answered": "texts that get an answer"},
            "no answer below",
        )
        st.vega_lite_chart(frame, spec, key="classifier-least", alt="Share answered and accuracy by least probability")
        st.caption("For answers as chosen above. The upright line: your limit.")
    with right, friendly_errors():
        if rule.favoured is None:
            st.caption("Choose a class above to see what its threshold does.")
        else:
            name, limited = plain(classes[rule.favoured]), rule.least > rule.threshold
            frame, spec = trade_off(
                sweep(p, truth, rule.favoured),
                "threshold",
                max(rule.threshold, rule.least),  # an answer needs both
                {"precision": "precision", "recall": "recall"},
                f"threshold of “{classes[rule.favoured]}”",
            )
            st.vega_lite_chart(frame, spec, key="classifier-threshold", alt="Precision and recall by threshold")
            st.caption(
                f"Precision: of the texts called *{name}*, so many are: {share(found.precision[rule.favoured])}. "
                f"Recall: of the texts that are, so many are found: {share(found.recall[rule.favoured])}."
                + (" Your limit for no answer is higher than its threshold, so it decides." if limited else "")
            )
    st.caption(
        "Choose a rule by the validation part, as here, and not by the test part: what was chosen by a part looks "
        "better on it than it is."
    )


def share(found: Accuracy | None) -> str:
    """A share with its interval; a dash when nothing was counted."""
    if found is None:
        return "no text to count"
    low, high = found.interval
    return f"{percent(found.share)} (95% interval {percent(low)} to {percent(high)})"


def cells(draft: Draft) -> list[str]:
    """Train a small classifier, ask it, and label a CSV; over our own messages."""
    given = ", ".join(f"{name}={value!r}" for name, value in (draft.recipe.settings() | {"epochs": 1}).items())
    return [
        "import io\n\nfrom engine.datasets.appending import look\n"
        "from engine.datasets.labelled import load_messages, random_split\n"
        "from engine.evaluation.thresholds import Rule\nfrom engine.finetune.fitting import Fit\n"
        "from engine.finetune.labelling import answers, label_csv\n"
        "from engine.finetune.recipe import ClassifierRecipe\nfrom engine.weights.by_name import load_by_name\n\n"
        "parts = dict(zip(('train', 'validation', 'test'), random_split(load_messages()[:200], 0.7, 0.1)))\n"
        "classes = sorted(parts['train']['label'].unique())\n"
        "data = {name: (list(p['text']), [classes.index(c) for c in p['label']]) for name, p in parts.items()}\n"
        f"recipe = ClassifierRecipe({given})\nfit = Fit(*load_by_name(recipe.model), data, classes, recipe)\n"
        "for event in fit:\n    pass",
        "classifier = fit.classifier\n"
        "p = classifier.probabilities(['You have won a prize, reply now']).numpy()\n"
        "rule = Rule(favoured=0, threshold=0.8)\nprint(p, answers(p, classifier, rule))",
        "plan = look(b'message\\nSee you at eight\\nYou have won, reply now\\n')\nout = io.BytesIO()\n"
        "print(list(label_csv(plan, classifier, out)))\nprint(out.getvalue().decode())",
    ]
