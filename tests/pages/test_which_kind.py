"""Which kind? Three answers to one message are the models' own; the figures, the head and the notebook too."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engine.analysis import asking
from engine.analysis.asking import QUESTION, WORDINGS, Told, few_messages, load_record, prompt_ids, tell
from engine.evaluation.metrics import Accuracy
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, frames, open_page, words
from ui.code import notebook
from ui.figures.which_kind import COMPARED, HEAD, REST, TUNED, UNTOUCHED
from ui.lessons.which_kind import kept, say, sections
from ui.numbers import percent

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

HOSTILE = "<img src=x onerror=alert(1)> **bold** $x$ `code` [link](http://x.example) =1+1"
LONG = "word " * 3000


def write(app: AppTest, name: str, value: str) -> AppTest:
    """Type into one of the two fields."""
    field = app.text_area if name == "message" else app.text_input
    return field(key=f"which_kind.{name}").set_value(value).run()


def test_three_answers_and_what_they_come_to() -> None:
    app = open_page("which_kind", {"message": "WIN a prize, reply now"})
    assert not app.exception
    assert not app.error
    model, tokenizer = load_pocket()
    plain, told, head, figures = frames(app)[:4]
    for frame, name in ((plain, "plain"), (told, "alpaca")):
        ids, _ = prompt_ids(tokenizer, WORDINGS[name], "WIN a prize, reply now", QUESTION, 200)
        with torch.no_grad():
            chances = model(torch.tensor([ids]))[0, -1].double().softmax(-1)
        compared = frame[frame["kind"] == COMPARED]["probability"]
        expected = [float(chances[tokenizer.encode_ordinary(answer)[0]]) for answer in WORDINGS[name].answers]
        np.testing.assert_allclose(sorted(compared), sorted(expected), rtol=1e-3)
        assert frame["probability"].sum() == pytest.approx(1)
        assert frame["kind"].iloc[-1] == REST
        assert f"*{WORDINGS[name].answers[0].strip()}* {percent(expected[0])}" in words(app)
    assert sorted(head["answer"]) == ["ham", "spam"]
    assert head["probability"].sum() == pytest.approx(1)
    # The figures: the record's, and the head's that was trained here.
    truth = (few_messages()[1]["label"] == "spam").to_numpy()
    loaded = kept.shelf()[1]["head", "pocket", ""]
    right = int(((loaded.spam > 0.5) == truth).sum())
    assert figures[figures["kind"] == HEAD]["shown"].tolist() == [f"{percent(right / 200)} ({right} of 200)"]
    for (of, name), logs in load_record().items():
        one = tell(logs, truth)
        kind = {"pocket": UNTOUCHED, "tuned": TUNED}[of]
        row = figures[(figures["kind"] == kind) & (figures["name"] == WORDINGS[name].name)]
        assert row["share"].tolist() == [one.right / one.total]
    assert right > 130, "a head learns something in its seconds"

    # Another question: the first two may answer differently, the classifier is not asked.
    write(app, "question", "What language is this written in?")
    assert not app.exception
    assert frames(app)[2]["probability"].tolist() == head["probability"].tolist()
    assert frames(app)[0]["probability"].tolist() != plain["probability"].tolist()
    # One of our own messages, and where it is from.
    next(b for b in app.button if b.label == "Next held-out message").click().run()
    assert app.text_area(key="which_kind.message").value == few_messages()[1]["text"][0]
    assert "held out; its label is" in words(app)
    for text in ("", "🙂", "שלום עולם", HOSTILE, LONG):
        write(app, "message", text)
        assert not app.exception
        assert not app.error
        assert len(charts(app)) == 4
    assert "tokens of the message did not fit" in words(app)
    write(app, "question", LONG)
    assert not app.exception
    assert any("question is too long" in error.value for error in app.error)
    write(app, "message", "x" * 30_000)
    assert any("shorten it" in error.value for error in app.error)
    assert not app.exception


def test_a_model_that_is_not_small_waits_until_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "AT_ONCE", 1)
    kept.shelf.clear()
    app = open_page("which_kind")
    assert "Train the head" in [b.label for b in app.button]
    assert "is not trained yet" in words(app)
    next(b for b in app.button if b.label == "Train the head").click().run()
    assert not app.exception
    assert "Trained here in" in words(app)


def test_all_wordings_are_asked_of_another_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model, tokenizer = load_pocket()
    few = few_messages()[1][:3]
    monkeypatch.setattr(asking, "few_messages", lambda: (few, few))
    seen = []
    found = kept.ask_about_all(SimpleNamespace(model=model, tokenizer=tokenizer), lambda share, _: seen.append(share))
    record = load_record()
    for name, logs in found.items():
        np.testing.assert_allclose(logs, record["pocket", name][:3], atol=0.02)
    assert seen[-1] == 1.0


def test_sentences_follow_the_numbers() -> None:
    def told(right: int, said_yes: int, ranked: float, spoken: float) -> Told:
        return Told(right, 200, said_yes, ranked, spoken)

    weak = {(UNTOUCHED, "plain"): told(100, 0, 0.5, 0.01), (UNTOUCHED, "line"): told(120, 90, 0.55, 0.03)}
    text = " ".join(say.figures(weak, Accuracy(170, 200)))
    assert "**50.0%** to **60.0%**" in text
    assert "In 1 of 2 wordings" in text
    assert "2.00% of the time: mostly it would say something else" in text
    assert "cannot tell spam from ham this way" in text
    assert "clearly better than any" in text
    strong = {(UNTOUCHED, "plain"): told(190, 100, 0.98, 0.9)}
    text = " ".join(say.figures(strong, Accuracy(170, 200)))
    assert "98.0% of pairs" in text
    assert "mostly" not in text
    assert "no better than the best wording" in text
    assert "interval overlaps" in " ".join(
        say.figures({(TUNED, "plain"): told(160, 100, 0.8, 0.9)}, Accuracy(165, 200))
    )


def test_the_notebook_runs() -> None:
    cells = sections.cells(SimpleNamespace(name="pocket"), "WIN a 'prize'", QUESTION, "alpaca")
    out = run_notebook(notebook(cells, "which_kind"))
    assert "plain {' Yes':" in out
    assert "of 200 right" in out
