"""`python -m engine pretrain`: its model, its mistakes, and Ctrl-C in the middle of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from engine.weights.pocket import load_folder
from tests.test_cli import ROOT, own_signals, refuse, run, same_place_everywhere, story

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["own_signals", "same_place_everywhere", "story"]  # fixtures, used by their names

TINY = ("--context", "8", "--width", "8", "--layers", "1", "--heads", "2", "--batch-size", "4")


def test_pretrain_leaves_a_model_that_generates(story: str, tmp_path: Path) -> None:
    to = tmp_path / "run"
    out = run("pretrain", story, "--to", str(to), "--steps", "51", *TINY, "--prompt", "The cat")
    assert re.search(r"step 0: train \d+\.\d+, validation \d+\.\d+ nats a token", out)
    assert re.search(r"step 50: train", out)
    assert f"the model is in {to}" in out
    model = load_folder(to)
    assert (model.cfg.context_length, model.cfg.emb_dim, model.cfg.vocab_size) == (8, 8, 8192)
    assert run("generate", "The cat", "--model", str(to), "--max-new-tokens", "4").startswith("The cat")
    assert "51/51" in out
    again = run("pretrain", story, "--to", str(to), "--steps", "51", *TINY)
    assert "step 0" not in again, "a finished run has nothing left to do"


def test_pretrain_mistakes(story: str, tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "run"))
    (tmp_path / "short.txt").write_text("Too short.")
    sentence = refuse("pretrain", str(tmp_path / "short.txt"), *to)
    assert "the part for validation has 1 tokens and one window of 128 needs at least 129" in sentence
    assert "must be divisible by n_heads (3)" in refuse("pretrain", story, *to, "--heads", "3")
    assert "steps and batch_size must both be at least 1" in refuse("pretrain", story, *to, "--steps", "0")
    assert "no optimizer 'sgd' here; choose muon or adamw" in refuse("pretrain", story, *to, "--optimizer", "sgd")
    assert "learning_rate is -1.0" in refuse("pretrain", story, *to, "--learning-rate", "-1")
    vast = ("--width", "65536", "--heads", "1", "--layers", "1024")
    assert "or choose a smaller model" in refuse("pretrain", story, *to, *vast)
    assert "not one whole batch" in refuse("pretrain", story, *to, *TINY, "--batch-size", "9999")
    (tmp_path / "file").write_text("in the way")
    assert "cannot be made" in refuse("pretrain", story, "--to", str(tmp_path / "file" / "run"))


def test_pretrain_refuses_another_models_checkpoint(story: str, tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "run"), "--steps", "2")
    run("pretrain", story, *to, *TINY)
    assert "belongs to another model" in refuse("pretrain", story, *to, *TINY, "--width", "16")
    (tmp_path / "run" / "checkpoint" / "state.pt").write_bytes(b"garbage")
    assert "checkpoint is damaged" in refuse("pretrain", story, *to, *TINY)


def start(story: str, to: Path, steps: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-m", "engine", "pretrain", story, "--to", str(to), "--steps", str(steps), *TINY]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.slow
def test_ctrl_c_leaves_a_checkpoint_and_the_same_command_goes_on(story: str, tmp_path: Path) -> None:
    """Interrupted once and resumed, the weights equal those of a run that nobody touched."""
    to, steps = tmp_path / "run", 150
    process = start(story, to, steps)
    for line in process.stdout:
        if line.startswith("step 50:"):
            process.send_signal(signal.SIGINT)
            break
    rest, errors = process.communicate(timeout=300)
    assert process.returncode == 130, errors
    assert f"stopped; the same command goes on from {to / 'checkpoint'}" in rest
    assert not (to / "model.safetensors").exists()

    process = start(story, to, steps)
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert "step 50:" not in out, "it goes on where it was"
    assert f"step {steps - 50}:" in out
    assert f"the model is in {to}" in out

    whole = tmp_path / "whole"
    undisturbed = start(story, whole, steps)
    _, errors = undisturbed.communicate(timeout=300)
    assert undisturbed.returncode == 0, errors
    for a, b in zip(load_folder(to).parameters(), load_folder(whole).parameters(), strict=True):
        assert torch.equal(a, b)
