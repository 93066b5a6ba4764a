"""The lesson on judging: numbers on screen are the engine's, and a vote is counted, blind, and revealed."""

from __future__ import annotations

import json

import pytest
import torch

from engine.config import GPTConfig
from engine.evaluation import judge
from engine.evaluation.agreement import spearman
from engine.evaluation.answers import measure
from engine.evaluation.votes import Pair, create_poll, find_poll, read_votes
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from tests.evaluation.ollama_stub import ollama
from tests.pages.test_sliding_window import HOSTILE
from tests.ui.helpers import charts, frames, open_page, words
from ui import models, owner
from ui.code import notebook, run_notebook
from ui.lessons.judging import vote
from ui.numbers import fmt

ROWS = [
    {"instruction": f"Say number {i}.", "input": "", "output": f"number {i}", "model_response": text, "before": "a b c"}
    for i, text in enumerate(["number 0", "number", "x y", "It is number 3.", *HOSTILE[:4]])
]


@pytest.fixture(autouse=True)
def tiny(monkeypatch, tmp_path):
    cfg = GPTConfig(vocab_size=8192, context_length=64, emb_dim=16, n_heads=2, n_layers=1, drop_rate=0.0)
    torch.manual_seed(0)
    loaded = models.LoadedModel("tiny j", GPTModel(cfg).eval(), load_tokenizer("pocket"), torch.device("cpu"))
    monkeypatch.setattr(models, "current", lambda: loaded)
    monkeypatch.setenv("GLASSBOX_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(owner, "owner", lambda: "teacher")
    monkeypatch.setattr("ui.lessons.judging.ollama.look", judging_look)


def judging_look(address):
    from engine.errors import JudgeError

    try:
        return judge.health(judge.Ollama(address, connect=1.0, tries=1))
    except JudgeError as e:
        return str(e)


def with_file(query=None, rows=ROWS):
    app = open_page("judging", {"answers": "file", **(query or {})})
    app.file_uploader(key="judging-file").upload("answers.json", json.dumps(rows).encode())
    return app.run()


def test_every_part_of_live_answers_and_of_a_file():
    app = open_page("judging")
    for part in ("measure", "length", "agree", "model", "vote"):
        app.session_state["judging.part"] = part
        app.run()
        assert not app.exception, part
    app = with_file()
    assert not app.exception
    assert not app.error
    found = [measure(row, row["model_response"]) for row in ROWS]
    assert f"**model\\_response** {fmt(sum(m.rouge_l for m in found) / len(ROWS))}" in words(app)
    assert frames(app)[0].groupby("of")["answers"].sum().tolist() == [len(ROWS)] * 2
    table = app.dataframe[0].value
    assert table["ROUGE-L"].tolist() == sorted((m.rouge_l for m in found), reverse=True)
    app.session_state["judging.part"] = "agree"
    app.run()
    rho = spearman([m.rouge_l for m in found], [m.chrf for m in found])
    assert f"is **{fmt(rho)}**" in words(app)
    app.session_state["judging.part"] = "length"
    app.run()
    assert "length-controlled win rate" in words(app)
    assert len(charts(app)) == 1


@pytest.mark.parametrize("data", [b"{", b"[]", b"[1]", b"\x00\x01", b""])
def test_a_file_that_cannot_be_used_gets_a_sentence(data):
    app = open_page("judging", {"answers": "file", "part": "nonsense", "key": "x", "entry": "nan"})
    app.file_uploader(key="judging-file").upload("bad.json", data)
    app.run()
    assert not app.exception
    assert app.error or app.info


def test_a_model_scores_and_what_it_does_not_say_is_not_invented(monkeypatch):
    with ollama() as stub:
        monkeypatch.setenv(judge.SETTING, stub.url)
        replies = iter(["Score: 85/100", "nice!", *["40"] * 20])
        stub.reply = lambda asked: next(replies)
        app = with_file({"part": "model"})
        assert "Ollama 0\\.9\\.6 answers" in words(app)
        app.button(key="score").click().run()
        assert not app.exception
        mean = (85 + 40 * (len(ROWS) - 2)) / (len(ROWS) - 1)
        assert f"Mean **{fmt(mean)}** of {len(ROWS) - 1} scores. 1 replies" in words(app)
        assert "nice!" in app.dataframe[1].value["the judge said"].tolist()
        assert len(stub.asked) == len(ROWS)
    app = with_file({"part": "model"})  # the server is gone
    assert "No Ollama server answers" in words(app).replace("\\", "")
    assert not charts(app)


def test_a_vote_from_start_to_names(monkeypatch):
    app = with_file({"part": "vote"})
    (start,) = [b for b in app.button if b.label == "Start a vote"]
    start.click().run()
    assert not app.exception
    code = app.session_state["judging.poll"]
    poll = find_poll(vote.polls_folder(), code)
    assert len(poll.pairs) == 8
    assert f"Join code **{code}**" in words(app)
    voter = open_page("judging", {"vote": code.lower()})
    for number in range(8):
        seen = [t.value for t in voter.text]
        pair = poll.pairs[poll.order("teacher")[number]]
        assert {pair.a or "(nothing)", pair.b or "(nothing)"} <= set(seen)
        (left,) = [b for b in voter.button if b.label == "Left is better"]
        left.click().run()
        assert not voter.exception
    assert "voted on everything" in words(voter)
    assert len(read_votes(poll)) == 8
    assert "before" not in words(voter)
    chosen = [v.choice for v in read_votes(poll)]
    assert chosen == ["b" if poll.swapped("teacher", v.entry) else "a" for v in read_votes(poll)]
    app.run()
    app.button(key=f"revealed-{code}").click().run()
    assert not app.exception
    assert f"**before** was preferred {chosen.count('b')} times" in words(app)


def test_unknown_codes_and_hostile_answers():
    for code in ("NOSUCH", "../..", "😀"):
        app = open_page("judging", {"vote": code})
        assert "no vote with this code" in app.error[0].value.replace("\\", "")
    nasty = [Pair(text[:500], text[:500], text[:500], "") for text in HOSTILE]
    poll = create_poll(vote.polls_folder(), "t", "x", ("a", "b"), nasty)
    app = open_page("judging", {"vote": poll.code})
    assert not app.exception


def test_the_notebook_runs():
    app = with_file()
    assert not app.exception
    (code,) = [c.value for c in app.code if "check_responses" in c.value]
    out = run_notebook(notebook([code], "judging"))
    assert "model_response ROUGE-L" in out
