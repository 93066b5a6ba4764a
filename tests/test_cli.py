"""`python -m engine`: every command, what it says to a mistake, and Ctrl-C in the middle of a training."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from typer.testing import CliRunner

from engine.cli import app
from engine.cli_output import out as out_console
from engine.config import GPTConfig
from engine.model import GPTModel
from engine.weights.pocket import POCKET_DIR, load_folder, save_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ("info", "tokenize", "generate", "evaluate", "download", "pretrain", "jobs", "judge")
HAS_POCKET = (POCKET_DIR / "model.safetensors").exists()
STORY = "The cat sat on the mat. The dog sat on the cat. The cat did not like the dog on the mat.\n" * 30


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small model with the pocket tokenizer's 8,192 tokens and random weights."""
    torch.manual_seed(1)
    model = GPTModel(GPTConfig(8192, 16, 8, 2, 1, 0.0, tie_weights=True))
    return str(save_folder(model, tmp_path_factory.mktemp("model")))


@pytest.fixture(autouse=True)
def same_place_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_DOWNLOADS", str(tmp_path / "downloads"))
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    # Rich lays out its tables for the terminal's width, whatever that is here.
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(out_console, "width", 120)


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """A training listens to Ctrl-C and keeps listening; here it must give the test run its own back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def story(tmp_path: Path) -> str:
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    return str(tmp_path / "story.txt")


def run(*args: str, stdin: str | bytes = "") -> str:
    """What a command that works writes."""
    result = CliRunner().invoke(app, args, input=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


def refuse(*args: str, stdin: str | bytes = "") -> str:
    """What a command that fails says: one sentence on standard error, exit code 1, no traceback."""
    result = CliRunner().invoke(app, args, input=stdin)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert re.fullmatch(r"error: .*\.", lines[0]), lines[0]
    return lines[0]


# ------------------------------------------------------------------------------------------------------------- help


@pytest.mark.parametrize("command", COMMANDS)
def test_help_explains_every_option(command: str) -> None:
    help_text = run(command, "--help")
    assert "Usage:" in help_text
    options = re.findall(r"(?m)^│ (?:\*\s+)?(--[a-z-]+)(.*)", help_text)
    assert options
    for name, rest in options:
        assert re.search(r"[a-z]{3}", re.sub(r"\[.*?\]|\b[A-Z|]+\b", "", rest)), f"{name} of {command} says nothing"


def test_without_a_command_the_list_is_shown() -> None:
    result = CliRunner().invoke(app, [])
    assert all(re.search(rf"(?m)^│ {command} ", result.output) for command in COMMANDS)


def test_the_module_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "Build, train and use a GPT from scratch." in done.stdout


# --------------------------------------------------------------------------------------------------------- tokenize


def test_tokenize_shows_ids_and_tokens() -> None:
    out = run("tokenize", "Hello, do you", "--tokenizer", "gpt2")
    rows = re.findall(r"(?m)^│ (\d+) +│ (\d+) +│ (\S+(?: \S+)?) +│$", out)
    assert rows == [("0", "15496", "'Hello'"), ("1", "11", "','"), ("2", "466", "' do'"), ("3", "345", "' you'")]
    assert out.endswith("4 tokens for 13 characters\n")


def test_tokenize_reads_standard_input_and_special_tokens() -> None:
    out = run("tokenize", "-", "--tokenizer", "gpt2", "--special", stdin="a<|endoftext|>b")
    assert "50256" in out
    assert "3 tokens for 15 characters" in out
    assert "50256" not in run("tokenize", "a<|endoftext|>b", "--tokenizer", "gpt2")


def test_tokenize_takes_what_is_in_brackets_for_text() -> None:
    """Rich would read [red] as a colour and :cat: as a picture."""
    out = run("tokenize", "[red]:cat:", "--tokenizer", "gpt2")
    assert "'red'" in out
    assert "'cat'" in out
    assert "0 tokens for 0 characters" in run("tokenize", "")


def test_tokenize_mistakes() -> None:
    assert "no tokenizer 'gpt9'; choose one of pocket, gpt2" in refuse("tokenize", "x", "--tokenizer", "gpt9")
    assert "standard input is not UTF-8 text" in refuse("tokenize", "-", stdin=b"\xff\xfe\x00")


# --------------------------------------------------------------------------------------------------------- generate


def test_generate_goes_on_from_the_prompt(model_folder: str) -> None:
    settings = ("--model", model_folder, "--max-new-tokens", "8")
    out = run("generate", "The cat [red]:cat:", *settings, "--seed", "1")
    assert out.startswith("The cat [red]:cat:")
    assert len(out) > len("The cat [red]:cat:\n")
    assert out == run("generate", "The cat [red]:cat:", *settings, "--seed", "1")
    assert out != run("generate", "The cat [red]:cat:", *settings, "--seed", "2")
    greedy = run("generate", "The cat", *settings, "--temperature", "0")
    assert greedy == run("generate", "The cat", *settings, "--top-k", "1")
    assert run("generate", "The cat", *settings[:2], "--max-new-tokens", "0") == "The cat\n"


def test_generate_shows_all_that_was_decoded(model_folder: str) -> None:
    """The text equals the library's, to the last character, though it is written piece by piece."""
    from engine.decoding import DecodingSettings, stream
    from engine.tokenizers.pretrained import load_tokenizer

    tokenizer, model = load_tokenizer("pocket"), load_folder(model_folder)
    ids = torch.tensor([tokenizer.encode_ordinary("The cat")])
    for seed in range(6):
        steps = stream(model, ids, DecodingSettings(9, 0.8, stop_ids=(tokenizer.eot_token,), seed=seed))
        new = [int(step.ids[0]) for step in steps]
        expected = "The cat" + tokenizer.decode([i for i in new if i != tokenizer.eot_token]) + "\n"
        out = run("generate", "The cat", "--model", model_folder, "--max-new-tokens", "9", "--seed", str(seed))
        # Rich drops the characters that would ring the bell or move the cursor.
        assert out == re.sub("[\x07\x08\x0b\x0c\r]", "", expected)


def test_generate_says_that_the_window_moved(model_folder: str) -> None:
    result = CliRunner().invoke(app, ["generate", "a b c d e f g h", "--model", model_folder, "--max-new-tokens", "20"])
    assert result.exit_code == 0
    assert "(the model looks at 16 tokens; the oldest fell out of its view)" in result.stderr


@pytest.mark.skipif(not HAS_POCKET, reason="the pocket model is not made yet")
def test_generate_with_the_pocket_model() -> None:
    out = run("generate", "Once upon a time", "--max-new-tokens", "5", "--temperature", "0")
    assert out.startswith("Once upon a time")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("",), "the prompt is empty; give at least one word"),
        (("x", "--temperature", "-1"), "temperature is -1.0; give 0"),
        (("x", "--top-k", "0"), "top_k is 0"),
        (("x", "--top-p", "1.5"), "top_p is 1.5"),
        (("x", "--min-p", "-0.5"), "min_p is -0.5"),
        (("x", "--repetition-penalty", "0"), "repetition_penalty is 0.0"),
        (("x", "--max-new-tokens", "-3"), "max_new_tokens is -3"),
        (("x", "--seed", str(2**64)), "seed is 18446744073709551616"),
        (("x", "--device", "toaster"), "there is no device 'toaster'; choose one of auto, cuda, mps, cpu"),
    ],
)
def test_generate_mistakes(model_folder: str, args: tuple[str, ...], sentence: str) -> None:
    assert sentence in refuse("generate", *args, "--model", model_folder)


def test_models_that_cannot_be_used(model_folder: str, tmp_path: Path) -> None:
    assert "gpt2-small (124M) is not installed; run `python -m engine download 124M`" in refuse(
        "generate", "x", "--model", "124M"
    )
    assert "no GPT-2 called 'nonsense'" in refuse("generate", "x", "--model", "nonsense")
    assert "no GPT-2 called 'xxx" in refuse("generate", "x", "--model", "x" * 300)
    assert "config.json cannot be read" in refuse("generate", "x", "--model", str(tmp_path))
    other = save_folder(GPTModel(GPTConfig(100, 16, 8, 2, 1, 0.0)), tmp_path / "other")
    assert "the model has 100 tokens and no shipped tokenizer has as many" in refuse(
        "generate", "x", "--model", str(other)
    )
    weights = other / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-7])
    assert "model.safetensors cannot be read as weights" in refuse("generate", "x", "--model", str(other))


def test_text_that_the_terminal_cannot_show_ends_nothing(model_folder: str) -> None:
    """Bytes that are no UTF-8 in the prompt, and a terminal that knows only ASCII."""
    command = [sys.executable, "-m", "engine", "generate", b"caf\xc3\xa9 \xff", "--model", model_folder]
    done = subprocess.run(
        [*command, "--max-new-tokens", "3"],
        cwd=ROOT,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"caf\\xe9 ")
    assert b"Traceback" not in done.stderr


# --------------------------------------------------------------------------------------------------------- evaluate


def test_evaluate_shows_the_librarys_measures(model_folder: str, story: str) -> None:
    from engine.evaluation.loss import score_text
    from engine.tokenizers.pretrained import load_tokenizer

    score = score_text(load_folder(model_folder), load_tokenizer("pocket"), STORY)
    out = run("evaluate", story, "--model", model_folder)
    shown = [f"{score.bits_per_byte:.4f}", f"{score.perplexity:.2f}", f"{score.loss:.4f}", f"{score.tokens:,}"]
    row = next(line for line in out.splitlines() if "story.txt" in line)
    assert all(value in row for value in shown)


def test_evaluate_mistakes(model_folder: str, story: str, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "latin.txt").write_bytes("Grüße".encode("latin-1"))
    use = ("--model", model_folder)
    assert "the text is empty; give some text to score" in refuse("evaluate", str(tmp_path / "empty.txt"), *use)
    assert "latin.txt is not UTF-8 text; save it as UTF-8" in refuse("evaluate", str(tmp_path / "latin.txt"), *use)
    assert "the stride is 0; give 1 to 16" in refuse("evaluate", story, *use, "--stride", "0")
    result = CliRunner().invoke(app, ["evaluate", str(tmp_path / "nowhere.txt"), *use])
    assert result.exit_code == 2
    # The words only: a box around them is drawn as wide as the terminal, and breaks lines anywhere.
    assert "doesnotexist" in re.sub(r"[^a-z]", "", result.stderr)


def test_a_byte_order_mark_and_other_line_ends_are_no_text(model_folder: str, tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_bytes(b"one\ntwo\n")
    (tmp_path / "windows.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    out = run("evaluate", str(tmp_path / "plain.txt"), str(tmp_path / "windows.txt"), "--model", model_folder)
    rows = [re.split(r" *│ *", line)[2:-1] for line in out.splitlines() if ".txt" in line]
    assert len(rows) == 2
    assert rows[0] == rows[1]


# ------------------------------------------------------------------------------------------------- info and download


def test_info_names_the_machine_and_the_models() -> None:
    out = run("info")
    assert torch.__version__ in out
    assert "CPU" in out
    assert re.search(r"gpt2-small \(124M\) +124,439,808 parameters, not installed: python -m engine download 124M", out)
    assert re.search(rf"pocket +{'installed' if HAS_POCKET else 'missing'}", out)


def test_info_with_a_device_that_is_not_there(monkeypatch) -> None:
    monkeypatch.setenv("GLASSBOX_DEVICE", "toaster")
    assert "there is no device 'toaster'" in refuse("info")


def test_download_mistakes() -> None:
    sentence = refuse("download", "gpt5")
    assert "nothing called 'gpt5' to download" in sentence
    assert "124M, 355M, 774M, 1558M, the-verdict, sms-spam, instruction-data" in sentence
    assert "HF_HUB_OFFLINE is set" in refuse("download", "124M")  # tests have no network
