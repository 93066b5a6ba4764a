"""The lesson on judging: numbers on screen are the engine's, and a vote is counted, blind, and revealed."""

from __future__ import annotations

import json
from itertools import count

import pytest
import torch

from engine.config import GPTConfig
from engine.errors import JudgeError
from engine.evaluation import judge
from engine.evaluation.agreement import spearman
from engine.evaluation.answers import measure, rouge_l
from engine.evaluation.preferences import majority
from engine.evaluation.responses import load_example
from engine.evaluation.small_judge import prefer
from engine.evaluation.votes import Pair, create_poll, find_poll, read_votes
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from tests.evaluation.ollama_stub import Stub, ollama
from tests.notebooks import run_notebook
from tests.pages.test_sliding_window import HOSTILE
from tests.ui.helpers import charts, frames, open_page, words
from ui import models, owner
from ui.code import model_cell, notebook
from ui.lessons.judging import panel, vote
from ui.numbers import fmt, percent

ROWS = [
    {"instruction": f"Say number {i}.", "input": "", "output": f"number {i}", "model_response": text, "before": "a b c"}
    for i, text in enumerate(["number 0", "number", "x y", "It is number 3.", *HOSTILE[:4]])
]
BAD = {
    b"{": "bad.json is not JSON: line 1",
    b"": "empty",
    b"\x00\x01\xff": "not JSON",
    b"[]": "at least one entry",
    b"[1]": "entry 1 is no object",
    json.dumps([ROWS[0], {"instruction": "x"}]).encode(): "entry 2: 'output' is missing",
    json.dumps([ROWS[0], {**ROWS[1], "output": " "}]).encode(): "entry 2 has an empty 'output'",
    json.dumps([{**ROWS[0], "input": 5}]).encode(): "entry 1: 'input' is no text",
    json.dumps([ROWS[0]] * 3 + [{**ROWS[0], "before": "x" * 20_001}]).encode(): "entry 4: 'before' has 20,001",
    json.dumps([{k: ROWS[0][k] for k in ("instruction", "output")}]).encode(): "no key besides",
    json.dumps([{"instruction": "a", "output": "b", "m": ""}] * 100_000).encode(): "100,000 entries; 5,000 are the",
    b"[" * 100_000: "is not JSON that can be read",
}


@pytest.fixture(autouse=True)
def tiny(monkeypatch, tmp_path):
    cfg = GPTConfig(vocab_size=8192, context_length=256, emb_dim=16, n_heads=2, n_layers=1, drop_rate=0.0)
    torch.manual_seed(0)
    loaded = models.LoadedModel("tiny j", GPTModel(cfg).eval(), load_tokenizer("pocket"), torch.device("cpu"))
    monkeypatch.setattr(models, "current", lambda: loaded)
    monkeypatch.setenv("GLASSBOX_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(owner, "owner", lambda: "teacher")
    monkeypatch.setattr("ui.lessons.judging.asking.look", look)
    monkeypatch.setattr("ui.lessons.judging.code.model_cell", lambda _: model_cell("pocket"))


def look(address):
    """Without the page's cache."""
    try:
        return judge.health(judge.Ollama(address, connect=1.0, tries=1))
    except JudgeError as e:
        return str(e)


look.clear = lambda: None  # nothing is remembered here


def with_file(query=None):
    app = open_page("judging", {"answers": "file", **(query or {})})
    app.file_uploader(key="judging-file").upload("answers.json", json.dumps(ROWS).encode())
    return app.run()


def part(app, name, **more):
    """The same page with another part open."""
    for key, value in {"part": name, **more}.items():
        app.session_state[f"judging.{key}"] = value
    app.run()
    assert not app.exception, name
    assert not app.error, name
    return app


def code_of(app):
    """What "Show the code" shows."""
    (shown,) = [c.value for c in app.code if "responses" in c.value]
    return shown


def test_every_part_shows_the_engines_numbers_and_its_notebook_runs(monkeypatch):
    with ollama() as gone:
        monkeypatch.setenv(judge.SETTING, gone.url)
    app = with_file()
    assert not app.exception
    assert not app.error
    found = [measure(row, row["model_response"]) for row in ROWS]
    assert f"**model\\_response** {fmt(sum(m.rouge_l for m in found) / len(ROWS))}" in words(app)
    assert frames(app)[0].groupby("of")["answers"].sum().tolist() == [len(ROWS)] * 2
    table = app.dataframe[0].value
    assert table["ROUGE-L"].tolist() == sorted((m.rouge_l for m in found), reverse=True)
    cells = [code_of(app)]

    part(app, "agree", agree="scores")
    rho = spearman([m.rouge_l for m in found], [m.chrf for m in found])
    assert f"is **{fmt(rho)}**" in words(app)
    assert frames(app)[1].query("one == 'ROUGE-L' and two == 'chrF'")["r"].tolist() == [pytest.approx(rho)]
    cells.append(code_of(app))

    part(app, "pairs", against="before", pair_judge="rouge_l")
    won = [scored(row["model_response"], row["before"], row["output"]) for row in ROWS]
    assert f"wins **{percent(sum(won) / len(won))}** of {len(ROWS)} pairs" in words(app)
    assert "length-controlled win rate" in words(app)
    cells.append(code_of(app))

    part(app, "agree", agree="jury", entry=2)
    sides = frames(app)[0]
    assert set(sides["judge"]) == {*panel.COUNTED.values(), "Majority"}
    names = {1: "model_response", 0: "before", 0.5: "tie"}
    assert sides[sides["judge"] == panel.COUNTED["rouge_l"]]["for"].tolist() == [names[w] for w in won]
    assert sides[sides["chosen"]]["entry"].unique().tolist() == [2]
    columns = zip(*(panel.counted(ROWS, "model_response", "before", name) for name in panel.COUNTED), strict=True)
    voted = [majority(column) for column in columns]
    assert f"**{percent(sum(voted) / len(voted))}** of {len(ROWS)} pairs" in words(app)
    cells.append(code_of(app))

    cells += [code_of(part(app, name)) for name in ("model", "vote")]
    assert len(set(cells)) == len(cells)
    out = run_notebook(notebook(cells, "judging"))
    for said in ("model_response rouge_l:", "Krippendorff", "No judge: no Ollama server", "win rate of the second"):
        assert said in out


def scored(one, two, correct):
    first, second = rouge_l(one, correct), rouge_l(two, correct)
    return 0.5 if first == second else float(first > second)


def test_our_example_and_live_answers_in_every_part():
    app = open_page("judging")
    assert not app.exception
    assert frames(app)[0].groupby("of")["answers"].sum().tolist() == [250] * 3
    assert "load_example" in code_of(app)
    example = load_example()
    titles = {example.title(key) for key in example.keys}
    assert set(frames(app)[0]["of"]) == titles
    assert not titles & set(example.keys)  # plain words, though a file's own keys stand for themselves
    part(app, "pairs", pair_judge="own", pairs=5)
    assert frames(app)[0]["pairs"].sum() == 5
    assert example.title("model_response") in frames(app)[0]["outcome"].tolist()
    first, loaded = example.entries[0], models.current()
    both = prefer(loaded.model, loaded.tokenizer, first, first["model_response"], first["fewer_tasks"])
    assert f"“1” with **{percent(both[0].first)}**" in words(app)
    part(app, "agree", own=True)
    assert "The sidebar's model" in set(frames(app)[0]["judge"])
    for name in ("measure", "pairs", "agree", "vote"):
        part(app, name, answers="live")


def test_a_file_that_cannot_be_used_gets_a_sentence():
    app = open_page("judging", {"answers": "file", "part": "nonsense", "key": "x", "entry": "nan"})
    for data, said in BAD.items():
        app.file_uploader(key="judging-file").upload("bad.json", data)
        app.run()
        assert not app.exception
        assert said.lower() in app.error[0].value.replace("\\", "").lower()
    # other encodings are read, and said; an empty answer is an answer
    row = {"instruction": "Größe?", "output": "groß", "m": ""}
    app.file_uploader(key="judging-file").upload("a.json", json.dumps([row], ensure_ascii=False).encode("utf-16"))
    app.run()
    assert not app.exception
    assert not app.error
    assert "UTF-16" in words(app)
    assert app.dataframe[0].value["instruction"].tolist() == ["Größe?"]


def test_a_model_scores_and_compares_and_what_it_does_not_say_is_not_invented(monkeypatch):
    with ollama() as stub:
        monkeypatch.setenv(judge.SETTING, stub.url)
        replies = iter(["Score: 85/100", "nice!", *["40"] * 20])
        stub.reply = lambda asked: next(replies)
        app = with_file({"part": "model"})
        assert "Ollama 0\\.9\\.6 answers" in words(app)
        app.button(key="ask-judge").click().run()
        assert not app.exception
        mean = (85 + 40 * (len(ROWS) - 2)) / (len(ROWS) - 1)
        assert f"Mean **{fmt(mean)}** of {len(ROWS) - 1} scores" in words(app)
        assert app.dataframe[1].value["the judge said"].tolist() == ["nice!"]
        assert len(stub.asked) == len(ROWS)

        # the same server compares pairs; this judge likes the first place, and once says nothing that can be read
        replies = iter(["1", "1", "1", "2", "?", "1", *["1"] * 20])
        part(app, "pairs", against="before", pair_judge="model.llama3:latest")
        app.button(key="ask-judge").click().run()
        assert not app.exception
        assert len(stub.asked) == 3 * len(ROWS)
        bars = dict(zip(frames(app)[0]["outcome"], frames(app)[0]["pairs"], strict=True))
        assert bars["model_response"] == bars["cannot be read"] == 1
        assert bars["the first place"] == len(ROWS) - 2
        assert f"always first, it would win **{percent(1)}**; always second, **{percent(1 / 7)}**" in words(app)
        part(app, "agree")
        assert "llama3:latest (Ollama)" in set(frames(app)[0]["judge"])
    part(app, "model")  # the server is gone
    assert "No Ollama server answers" in words(app).replace("\\", "")
    assert not charts(app)


def test_a_judge_that_fails_says_so_and_what_it_said_is_kept(monkeypatch):
    said = count(1)

    def reply(asked):
        if next(said) == 3:
            stub.failures = 99
        return "60"

    with ollama(Stub(reply)) as stub:
        monkeypatch.setenv(judge.SETTING, stub.url)
        monkeypatch.setattr(judge.time, "sleep", lambda _: None)
        app = with_file({"part": "model"})
        app.button(key="ask-judge").click().run()
        assert not app.exception
        assert "terminated" in app.error[0].value
        assert f"Mean **{fmt(60)}** of 3 scores" in words(app)


def test_a_vote_from_start_to_names():
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
        (left,) = [b for b in voter.button if b.label == "Answer 1 is better"]
        left.click().run()
        assert not voter.exception
    assert "voted on everything" in words(voter)
    assert len(read_votes(poll)) == 8
    assert "before" not in words(voter)
    chosen = [v.choice for v in read_votes(poll)]
    assert chosen == ["b" if poll.swapped("teacher", v.entry) else "a" for v in read_votes(poll)]
    part(app, "agree", against="before")
    assert not any("The class" in name for name in frames(app)[0]["judge"])  # not before the names are shown
    part(app, "vote")
    app.button(key=f"revealed-{code}").click().run()
    assert not app.exception
    assert f"**before** got {vote.many(chosen.count('b'), 'vote')}" in words(app)
    part(app, "agree", against="before")
    sides = frames(app)[0].query(f"judge == 'The class, vote {code}'")["for"]
    assert (sides == "before").sum() == chosen.count("b")


def test_unknown_codes_and_hostile_answers():
    for code in ("NOSUCH", "../..", "😀"):
        app = open_page("judging", {"vote": code})
        assert "no vote with this code" in app.error[0].value.replace("\\", "")
    nasty = [Pair(text[:500], text[:500], text[:500], "") for text in HOSTILE]
    poll = create_poll(vote.polls_folder(), "t", "x", ("a", "b"), nasty)
    app = open_page("judging", {"vote": poll.code})
    assert not app.exception
