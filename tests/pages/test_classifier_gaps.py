"""Kill the server between any two steps of the classifier and go on: link and disk bring back what was chosen.

A server that is killed takes with it what sessions and caches know. So does `after_a_kill` here; that a real one can be
killed, in the middle of a training too, is tests/browser/test_classifier_path.py's.
"""

from __future__ import annotations

import streamlit as st

from engine.datasets.labelled import load_messages
from engine.finetune import tables
from engine.finetune.draft import all_drafts
from engine.finetune.remembering import Remembered
from tests.pages.finished_run import open_as, runs_root
from tests.pages.test_classifier_testing import OWNER, train
from tests.ui.helpers import words

__all__ = ["runs_root"]
DATA = load_messages()[:80].to_csv(index=False).encode() + b"spam,\n"


def after_a_kill(app, step):
    """The page at this step, from its link and the disk alone."""
    st.cache_data.clear()
    for cached in vars(tables).values():
        if isinstance(cached, Remembered):
            cached.cache_clear()
    link = {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}
    fresh = open_as("classifier", link | {"step": step})
    assert not fresh.exception
    assert not fresh.error, [error.value for error in fresh.error]
    assert fresh.query_params["draft"] == app.query_params["draft"]
    return fresh


def press(app, label):
    next(one for one in app.button if one.label == label).click().run()
    assert not app.exception


def put(app, kind, name, value):
    getattr(app, kind)(key=f"classifier.{name}").set_value(value).run()
    assert not app.exception


def test_every_gap(runs_root):
    app = open_as("classifier")
    app.file_uploader(key="classifier-upload").upload("mine.csv", DATA).run()
    press(app, "Leave these rows out")
    app = after_a_kill(app, "data")
    assert "Rows without a text or a label left out: 1 left out." in words(app)

    app = after_a_kill(app, "balance")
    put(app, "segmented_control", "balance-how", "training")
    put(app, "number_input", "balance-most", 39)
    app = after_a_kill(app, "split")
    put(app, "slider", "split-shares", (60, 80))
    app = after_a_kill(app, "balance")
    assert app.segmented_control(key="classifier.balance-how").value == "training"
    assert app.number_input(key="classifier.balance-most").value == 39

    app = after_a_kill(app, "padding")
    put(app, "slider", "recipe-max_length", 20)
    put(app, "segmented_control", "recipe-padding", "longest")
    app = after_a_kill(app, "head")
    put(app, "segmented_control", "recipe-trained", "head")
    put(app, "segmented_control", "recipe-reads", "last")
    app = after_a_kill(app, "training")
    put(app, "number_input", "recipe-epochs", 1)
    draft = all_drafts(runs_root, OWNER)[0]
    recipe, split, parts = draft.recipe, draft.split, draft.parts()
    chosen = (recipe.max_length, recipe.padding, recipe.trained, recipe.reads, recipe.epochs)
    assert chosen == (20, "longest", "head", "last", 1)
    assert (split.train, round(split.validation, 6)) == (0.6, 0.2)
    job = train(draft, recipe)

    app = after_a_kill(app, "training")
    assert app.dataframe[-1].value["run"].tolist() == [job.title]
    assert app.number_input(key="classifier.recipe-epochs").value == 1
    app = after_a_kill(app, "testing")
    put(app, "segmented_control", "look", "classes")
    app = after_a_kill(app, "testing")
    assert app.segmented_control(key="classifier.look").value == "classes"
    assert app.dataframe[0].value["messages"].sum() == len(parts["test"])
    app = after_a_kill(app, "using")
    put(app, "selectbox", "favoured", "1")
    put(app, "slider", "threshold", 0.7)
    put(app, "slider", "least", 0.3)
    app = after_a_kill(app, "testing")  # the rule stays in the link of other steps
    app = after_a_kill(app, "using")
    assert [app.slider(key=f"classifier.{name}").value for name in ("threshold", "least")] == [0.7, 0.3]
    # And back to what was chosen before any training.
    app = after_a_kill(app, "padding")
    assert app.slider(key="classifier.recipe-max_length").value == 20
    assert app.segmented_control(key="classifier.recipe-padding").value == "longest"
    assert all_drafts(runs_root, OWNER)[0].jobs == [job.id]
