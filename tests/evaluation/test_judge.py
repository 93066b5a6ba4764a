"""The judge's client, against a server that speaks Ollama's interface: well, slowly, brokenly, or nonsense."""

from __future__ import annotations

import json
from itertools import count

import pytest

import engine
from engine.errors import InputError, JudgeError
from engine.evaluation import judge
from engine.evaluation.judge import NoModel, Ollama, allowed_addresses, ask, health, origin
from engine.evaluation.preferences import Preference
from engine.evaluation.scores import parse_choice, parse_score
from engine.evaluation.verdicts import judge_all, read_verdicts
from tests.evaluation.ollama_stub import MODELS, Stub, ollama

ENTRY = {"instruction": "Name a colour.", "input": "", "output": "red", "model_response": "blue"}


@pytest.fixture
def stub(monkeypatch):
    with ollama() as stub:
        monkeypatch.setenv(judge.SETTING, stub.url)
        yield stub


def quick(stub, **settings):
    return Ollama(stub.url, **{"wait": 0.0, "silence": 5.0, **settings})


# ---- the interface


def test_health_tells_version_and_models(stub):
    assert health(quick(stub)) == judge.Health("0.9.6", MODELS)


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_comes_whole_and_the_same_each_time(stub, stream):
    stub.reply = lambda asked: "eighty-five, as ünïcode 👍"
    assert ask(quick(stub), "How good?", "llama3", stream=stream) == stub.reply({})
    (asked,) = stub.asked
    assert asked["messages"] == [{"role": "user", "content": "How good?"}]
    assert asked["stream"] is stream
    assert asked["options"] == {"seed": 123, "temperature": 0, "num_ctx": 2048}


def test_the_notes_functions(stub):
    replies = iter(["70", "Score: 85/100", "great!", "12.5"])
    stub.reply = lambda asked: next(replies)
    assert engine.query_model("What?", "llama3", f"{stub.url}/api/chat") == "70"
    scores = engine.generate_model_scores([ENTRY] * 3, "model_response", model="phi3:mini")
    assert scores == [85, 12.5]  # what is no number is left out
    assert isinstance(scores[0], int)
    prompt = stub.asked[-1]["messages"][0]["content"]
    assert all(part in prompt for part in (ENTRY["instruction"], "red", "blue"))
    with pytest.raises(InputError, match="entry 2 has no answer under 'before'"):
        engine.generate_model_scores([ENTRY | {"before": "x"}, ENTRY], "before")


# ---- failures


@pytest.mark.parametrize("how", ["status", "half", "cut", "error"])
def test_a_failure_that_passes_is_tried_again(stub, how):
    stub.failures, stub.how = 2, how
    assert ask(quick(stub), "?", "llama3") == "85"
    assert len(stub.asked) == 3
    stub.failures = 3
    with pytest.raises(JudgeError, match="asked 3 times"):
        ask(quick(stub), "?", "llama3")


def test_waits_double(stub, monkeypatch):
    waits = []
    monkeypatch.setattr(judge.time, "sleep", waits.append)
    stub.failures = 3
    with pytest.raises(JudgeError):
        ask(quick(stub, tries=4, wait=0.5, silence=5), "?", "nobody")
    assert waits[:3] == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(("how", "said"), [("html", "not Ollama"), ("redirect", "refuses: status 302")])
def test_what_is_not_ollama_is_not_asked_twice(stub, how, said):
    stub.failures, stub.how = 9, how
    with pytest.raises(JudgeError, match=said):
        ask(quick(stub), "?", "llama3")
    assert len(stub.asked) == 1


def test_a_model_that_is_not_there(stub):
    with pytest.raises(NoModel, match="ollama pull gemma"):
        ask(quick(stub), "?", "gemma")
    assert len(stub.asked) == 1


def test_a_silent_server_is_given_up(stub):
    stub.pause = 1.0
    with pytest.raises(JudgeError, match="said nothing for 0.1 seconds"):
        ask(quick(stub, silence=0.1, tries=1), "?", "llama3", stream=False)
    stub.pause = 0.02
    with pytest.raises(JudgeError, match="come to an end"):
        ask(quick(stub, whole=0.0, tries=1), "?", "llama3")


def test_nobody_there(monkeypatch):
    with ollama() as gone:
        monkeypatch.setenv(judge.SETTING, gone.url)
    for action in (health, lambda server: ask(server, "?", "llama3")):
        with pytest.raises(JudgeError, match="no Ollama server answers"):
            action(quick(gone))


def test_stopped_between_two_words(stub):
    stub.reply = lambda asked: "a long answer"
    asked = count()
    with pytest.raises(JudgeError, match="stopped"):
        ask(quick(stub), "?", "llama3", stop=lambda: next(asked) > 3)


# ---- which addresses


def test_only_named_servers_are_asked(monkeypatch):
    assert allowed_addresses() == ["http://localhost:11434", "http://127.0.0.1:11434"]
    refused = (
        *("http://169.254.169.254", "http://localhost:22", "http://example.com:11434", "https://localhost:11434"),
        *("http://localhost:11434@example.com:11434", "http://127.0.0.1.example.com:11434"),
    )
    for address in refused:
        with pytest.raises(InputError):
            Ollama(address)
        with pytest.raises(InputError):
            engine.query_model("?", url=f"{address}/api/chat")
    for address in ("file:///etc/passwd", "localhost:11434", "", "http://[", "http://h:x", "http://h:99999"):
        with pytest.raises(InputError, match="address"):
            origin(address)
    monkeypatch.setenv(judge.SETTING, "http://gpu.local:1234, https://[fd00::1]")
    assert allowed_addresses() == ["http://gpu.local:1234", "https://[fd00::1]:443"]
    Ollama("http://gpu.local:1234/api/chat")


# ---- reading what was said


@pytest.mark.parametrize(
    ("said", "score"),
    [
        *((" 85 ", 85), ("**85**.", 85), ("85%", 85), ("0", 0), ("100", 100), ("84.5", 84.5)),
        *(("Score: 85/100", 85), ("I'd give it 70.", 70), ("The score is 30 because it names 2 animals.", 30)),
        ("On a scale from 0 to 100, the score is 30", 30),
        ("I would score this 40 out of 100: it has 3 errors", 40),
        ("<think>20? or 30?</think>\n90", 90),
        *((said, None) for said in ("", "great", "eighty", "-5", "150", "2024", "8/10", "Score: 8/10", "1,000")),
        *((said, None) for said in ("3 mistakes", "given 3 mistakes", "Rating 4/5", "Score: 70. Score: 80")),
    ],
)
def test_scores_are_read_and_never_invented(said, score):
    assert parse_score(said) == score


def test_choices_are_read():
    assert [parse_choice(said) for said in ("1", " 2.", "**Tie**", "Answer 2 is better")] == ["1", "2", "tie", "2"]
    assert [parse_choice(said) for said in ("", "both", "I prefer 1 over 2", "12")] == [None] * 4
    assert [Preference(said).wins for said in (("1", "2"), ("2", "1"), ("1", "1"), ("tie", "2"))] == [1, 0, 0.5, 0.75]
    assert Preference(("1", "?")).wins is None


# ---- many answers


def test_verdicts_are_kept_and_not_asked_for_again(stub, tmp_path):
    file = tmp_path / "verdicts.jsonl"
    replies = iter(["1", "words", "3", "4"])
    stub.reply = lambda asked: next(replies)
    first = list(judge_all(quick(stub), "llama3", ["a", "b"], file))
    assert [v.score for v in first] == [1, None]
    with file.open("a") as f:
        f.write('{"prompt": "half')
    again = list(judge_all(quick(stub), "llama3", ["a", "b", "c"], file))
    assert [v.said for v in again] == ["1", "words", "3"]
    assert len(stub.asked) == 3
    assert len(read_verdicts(file)) == 3
    assert next(judge_all(quick(stub), "phi3:mini", ["a"], file)).said == "4"  # another judge is asked


def test_one_failure_is_a_verdict_and_three_are_the_end(stub, tmp_path):
    stub.failures = 1
    found = list(judge_all(quick(stub, tries=1), "llama3", ["a", "b"], tmp_path / "v"))
    assert [bool(v.failed) for v in found] == [True, False]
    assert len(read_verdicts(tmp_path / "v")) == 1
    stub.failures = 9
    with pytest.raises(JudgeError, match="terminated"):
        list(judge_all(quick(stub, tries=1), "llama3", list("cdefg"), None))
    assert stub.failures == 6
    with pytest.raises(JudgeError, match="stopped"):
        list(judge_all(quick(stub), "llama3", ["z"], stop=lambda: True))


def test_the_stub_speaks_as_documented(stub):
    """The lines of a stream are those of Ollama's docs/api.md."""
    import requests

    body = {"model": "llama3", "messages": [{"role": "user", "content": "?"}]}
    lines = requests.post(f"{stub.url}/api/chat", json=body, timeout=5).text.splitlines()
    parts = [json.loads(line) for line in lines]
    assert [p["done"] for p in parts] == [False, False, True]
    assert "".join(p["message"]["content"] for p in parts) == "85"
    assert isinstance(Stub().reply({}), str)
