"""The classifier's step use: one text, a rule, a CSV there and back, the link for others, the zip."""

from __future__ import annotations

import csv
import io
import zipfile

import numpy as np
import pytest

from engine.datasets.labelled import load_messages
from engine.evaluation.thresholds import Rule, effect
from engine.finetune.draft import create as create_draft
from engine.finetune.parts import part_files, read_parts
from engine.finetune.recipe import ClassifierRecipe
from engine.finetune.saved import load_classifier
from engine.jobs import shared
from engine.jobs.classifying import read_predictions, run
from engine.jobs.spec import JobSpec, owner_of
from engine.jobs.store import create, set_state
from tests.notebooks import run_notebook
from tests.pages.finished_run import ME, OTHER, open_as, runs_root
from tests.ui.helpers import frames, words
from ui.code import notebook
from ui.lessons.classifier import using
from ui.numbers import count, percent
from ui.share import clean_text

__all__ = ["runs_root"]
OWNER = owner_of(f"browser {ME}")
HOSTILE = "<script>alert(1)</script> $x^2$ [a](http://b) שלום 👩‍👩‍👧 \x00 :red[no]"


@pytest.fixture
def job(runs_root):
    """A finished training of a head on eighty of our messages, started from a draft."""
    data = load_messages()[:80].to_csv(index=False).encode()
    recipe = ClassifierRecipe(trained="head", epochs=1, batch_size=16, max_length=24)
    draft = create_draft(runs_root, OWNER, "few.csv", data).update(recipe=recipe)
    spec = JobSpec("classify", OWNER, "few.csv, head", recipe.settings())
    job = create(runs_root, spec, part_files(draft.parts()))
    list(run(spec, job.folder, lambda: False))
    set_state(job, status="finished")
    draft.add_job(job.id)
    return job


def test_without_a_classifier_it_leads_to_training(runs_root):
    app = open_as("classifier", {"step": "using"})
    assert not app.exception
    assert "No classifier has been trained" in words(app)
    next(b for b in app.button if b.label == "Go to training").click().run()
    assert app.session_state["classifier.step"] == "training"


def test_html_is_taken_out_where_it_was_for_training(runs_root):
    data = load_messages()[:80].assign(text=lambda t: "<p>" + t["text"] + "</p>").to_csv(index=False).encode()
    draft = create_draft(runs_root, OWNER, "web.csv", data).update(repairs=["html"])
    spec = JobSpec("classify", OWNER, "web.csv", draft.recipe.settings())
    job = create(runs_root, spec, part_files(draft.parts()))
    list(run(spec, job.folder, lambda: False))
    set_state(job, status="finished")
    draft.add_job(job.id)
    app = open_as("classifier", {"step": "using"})
    app.text_area(key="classifier.try").set_value("See you at eight").run()
    plain = frames(app)[0]["probability"]
    assert "HTML is taken out" not in words(app)
    app.text_area(key="classifier.try").set_value("<b>See you</b> at eight").run()
    assert "Read is: See you at eight" in words(app)
    assert frames(app)[0]["probability"].to_list() == plain.to_list()


def test_one_text_a_rule_and_its_effect(job):
    classifier = load_classifier(job.folder / "checkpoint")
    app = open_as("classifier", {"step": "using"})
    assert not app.exception
    assert not app.error
    first = read_parts(job.folder / "input")[0]["test"].iloc[0]
    assert app.text_area(key="classifier.try").value == first["text"]
    assert f"its label is **{first['label']}**" in words(app)
    for text in ("See you at eight", HOSTILE, "word " * 900):
        app.text_area(key="classifier.try").set_value(text).run()
        assert not app.exception
        p = classifier.probabilities([clean_text(text).strip()[:5000]])[0].numpy()
        shown = frames(app)[0]
        assert shown["probability"].to_numpy() == pytest.approx(np.sort(p)[::-1], abs=1e-5)
        assert f"**{classifier.classes[int(p.argmax())]}**, {percent(float(p.max()))}" in words(app)
    app.text_area(key="classifier.try").set_value("  ").run()
    assert "Type a text to classify" in words(app)
    table = read_predictions(job.folder)
    table = table[table["part"] == "validation"]
    p = table[["p0", "p1"]].to_numpy()
    truth = np.array([classifier.classes.index(label) for label in table["label"]])
    for threshold in (0.0, 0.5, 1.0):
        app.selectbox(key="classifier.favoured").set_value("1").run()
        app.slider(key="classifier.threshold").set_value(threshold).run()
        app.slider(key="classifier.least").set_value(0.5).run()
        assert not app.exception
        assert not app.error
        found = effect(Rule(1, threshold, 0.5), p, truth)
        assert f"**{count(found.answered)}** get an answer" in words(app)
        assert f"Recall: of the texts that are, so many are found: {using.share(found.recall[1])}" in words(app)
        # The curve is that of this rule, not of the likeliest class: at the limit it says what the sentence says.
        if found.answered:
            curve = next(frame for frame in frames(app) if "texts that get an answer" in set(frame.get("what", ())))
            share = {what: rows.loc[rows["at"] >= 0.5, "share"].iloc[0] for what, rows in curve.groupby("what")}
            assert share["texts that get an answer"] == pytest.approx(found.answered / len(p))
            assert share["right answers out of all answers"] == pytest.approx(found.accuracy.share)
        assert ("so it decides" in words(app)) == (threshold < 0.5)


def test_a_csv_there_and_back(job):
    classifier = load_classifier(job.folder / "checkpoint")
    table = [["id", "message"], ["1", "See you at eight"], ["2", "=1+1;won a prize\nreply"], ["3", ""]]
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(table)
    data = out.getvalue().encode("utf-16")
    app = open_as("classifier", {"step": "using"})
    app.file_uploader(key="classifier-csv").upload("mine.csv", data).run()
    assert not app.exception
    assert "**3** rows, 1 of them without a text" in words(app)
    assert "1 cell begins like a formula" in words(app)
    app.button(key="classifier-label").click().run()
    assert not app.exception
    assert not app.error
    _, result = app.session_state[using.whole_csv.RESULT]
    rows = list(csv.reader(io.StringIO(result.decode("utf-16"), newline=""), delimiter=";"))
    assert rows[0] == ["id", "message", "predicted", *(f"p {name}" for name in classifier.classes)]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3"]
    assert rows[2][1] == "'=1+1;won a prize\nreply"
    assert rows[3][2:] == ["", "", ""]
    p = classifier.probabilities(["See you at eight"])[0].numpy()
    assert rows[1][2] == classifier.classes[int(p.argmax())]
    assert all("," in cell for cell in rows[1][3:]), "semicolons: a spreadsheet that expects decimal commas"
    assert [float(cell.replace(",", ".")) for cell in rows[1][3:]] == pytest.approx(p.tolist(), abs=1e-5)
    for name, content in (("no.csv", b"\x00\x01\x02" * 50), ("empty.csv", b""), ("one.csv", b"text\n")):
        app.file_uploader(key="classifier-csv").upload(name, content).run()
        assert not app.exception
        assert len(app.error) == 1


def test_a_link_for_others_and_the_zip(job, runs_root):
    app = open_as("classifier", {"step": "using"})
    app.button(key="classifier-share").click().run()
    assert not app.exception
    token = shared.token_of(job)
    assert any(f"shared_classifier?id={token}" in code.value for code in app.code)
    other = open_as("shared_classifier", {"id": token}, key=OTHER)
    assert not other.exception
    assert not other.error
    other.text_area(key="shared-text").set_value(HOSTILE)
    other.button[0].click().run()
    assert not other.exception
    assert "few.csv" not in words(other)
    assert frames(other)[0]["probability"].sum() == pytest.approx(1)
    app.button(key="classifier-unshare").click().run()
    assert shared.token_of(job) == ""
    gone = open_as("shared_classifier", {"id": token}, key=OTHER)
    assert "This link leads to no classifier" in gone.error[0].value


def test_the_page_packs_what_the_terminal_packs(job):
    from engine.finetune.export import export

    out = io.BytesIO()
    parts, _ = read_parts(job.folder / "input")
    export(out, load_classifier(job.folder / "checkpoint"), parts, read_predictions(job.folder), job.title)
    names = zipfile.ZipFile(out).namelist()
    assert {"predict.py", "README.md"} <= {name.rpartition("/")[2] for name in names}


def test_the_notebook_runs(runs_root):
    draft = create_draft(runs_root, OWNER, "few.csv", load_messages()[:80].to_csv(index=False).encode())
    draft = draft.update(recipe=ClassifierRecipe(trained="head", batch_size=16, max_length=24))
    run_notebook(notebook(using.cells(draft), "t"))
