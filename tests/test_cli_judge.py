"""The command line judges answers: measures, pairs, and a model of an Ollama server."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from engine.cli import app
from engine.evaluation import judge
from tests.evaluation.ollama_stub import ollama

ROWS = [
    {"instruction": "Say one.", "output": "one", "model_response": "one", "before": "three"},
    {"instruction": "Say two.", "output": "two words", "model_response": "two", "before": "two words"},
    {"instruction": "Say six.", "output": "six", "model_response": "six", "before": "6"},
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(ROWS))
    return str(path)


def run(*words):
    result = CliRunner().invoke(app, ["judge", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_measures_and_pairs(file):
    said = run(file, "--key", "model_response")
    assert f"{(1 + 2 / 3 + 1) / 3:.3f}" in said  # ROUGE-L
    assert f"{2 / 3:.3f}" in said  # exact
    assert "means over 3 entries" in said
    said = run(file, "--against", "before")
    assert "rouge_l: model_response wins 66.7 % of 3 pairs" in said
    result = CliRunner().invoke(app, ["judge", file, "--key", "after"])
    assert result.exit_code == 1
    assert "no answers under 'after'; it has model_response, before" in " ".join(result.output.split())


def test_a_model_scores_and_compares(file, monkeypatch):
    with ollama() as stub:
        monkeypatch.setenv(judge.SETTING, stub.url)
        replies = iter(["90", "hm", "Score: 60/100"])
        stub.reply = lambda asked: next(replies)
        said = run(file, "--key", "model_response", "--ollama", "llama3")
        assert "model_response 2: no score in 'hm'" in said
        assert "model_response: mean 75.0 of 2 scores; 1 could not be read" in said
        replies = iter(["1", "2", "1", "1", "tie", "?"])
        said = run(file, "--ollama", "llama3", "--against", "before")
        assert "the answer: 1 the other: 0 the first place: 1" in said
        assert "llama3: model_response wins 75.0 % of 2 pairs" in said
