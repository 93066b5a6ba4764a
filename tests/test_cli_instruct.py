"""`python -m engine instruct`: a tiny model tuned, asked, resumed; its mistakes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from engine.jobs.store import find
from tests.jobs.tuned import ENTRIES, tiny_base
from tests.test_cli import own_signals, refuse, run, same_place_everywhere

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["own_signals", "same_place_everywhere"]  # fixtures, used by their names


def test_train_ask_and_again(tmp_path: Path) -> None:
    base = find(tmp_path / "runs", tiny_base(tmp_path / "runs", "anna").id).folder / "snapshots" / "step-000001"
    (tmp_path / "mine.json").write_text(json.dumps(ENTRIES))
    to = tmp_path / "tuned"
    options = ("--to", str(to), "--model", str(base), "--epochs", "3", "--batch-size", "4", "--answer-tokens", "4")
    out = run("instruct", "train", *options, "--data", str(tmp_path / "mine.json"))
    assert "15/15" in out
    assert "the model is in" in out
    rows = json.loads((to / "responses.json").read_text())
    assert [row["output"] for row in rows] == [entry["output"] for entry in ENTRIES[17:19]]
    asked = ("instruct", "ask", rows[0]["instruction"], "--input", rows[0]["input"])
    assert run(*asked, "--model", str(to)).strip() == rows[0]["model_response"]
    again = run("instruct", "train", *options, "--data", str(tmp_path / "mine.json"))
    assert "step 0:" not in again
    assert "the model is in" in again
    assert "other settings" in refuse("instruct", "train", *options, "--data", "own")
    assert "the instruction is empty" in refuse("instruct", "ask", " ", "--model", str(to))


def test_mistakes(tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "run"))
    assert "there is no file 'none.json'" in refuse("instruct", "train", *to, "--data", "none.json")
    assert "there is no file 'xxx" in refuse("instruct", "train", *to, "--data", "x" * 300)
    (tmp_path / "bad.json").write_text('[{"instruction": "x"}]')
    assert "entry 1 has no 'input'" in refuse("instruct", "train", *to, "--data", str(tmp_path / "bad.json"))
    assert "choose one of alpaca, phi3" in refuse("instruct", "train", *to, "--style", "none")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "recipe.json").write_text("{")
    assert "recipe.json cannot be read as JSON" in refuse("instruct", "train", "--to", str(tmp_path / "empty"))
    assert "no model that was tuned" in refuse("instruct", "ask", "Hello", "--model", str(tmp_path / "empty"))
