"""`python -m engine classify`: train, predict, test, export; what it says to mistakes; a run that is gone on with."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import zipfile

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from engine.cli import app
from engine.cli_output import err as err_console
from engine.cli_output import out as out_console
from engine.datasets.labelled import load_messages
from engine.finetune.card import counted
from engine.finetune.parts import read_parts
from engine.finetune.saved import load_classifier
from engine.jobs.classifying import read_predictions

ROWS = load_messages()[:60]


@pytest.fixture(autouse=True)
def same_everywhere(monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    monkeypatch.setenv("GLASSBOX_RUNS", str(tmp_path / "runs"))
    for console in (out_console, err_console):
        monkeypatch.setattr(console, "width", 120)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    random = torch.get_rng_state()
    yield
    torch.set_rng_state(random)
    for number, handler in before.items():
        signal.signal(number, handler)


def run(*args, stdin=""):
    result = CliRunner().invoke(app, ["classify", *map(str, args)], input=stdin)
    assert result.exit_code == 0, result.output
    return result


def refuse(*args, stdin="", code=1):
    """One sentence on standard error, no traceback."""
    result = CliRunner().invoke(app, ["classify", *map(str, args)], input=stdin)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    line = result.stderr.splitlines()[-1]
    if code == 1:
        assert re.fullmatch(r"error: .*[.]", line), result.stderr
        assert "Traceback" not in result.stderr
    return line


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A classifier of the pocket model's, trained for two epochs; its data in semicolons and UTF-16."""
    where = tmp_path_factory.mktemp("classify")
    table = ROWS.rename(columns={"text": "Body", "label": "Kind"}).to_csv(index=False, sep=";", lineterminator="\r\n")
    (where / "data.csv").write_bytes(table.encode("utf-16"))
    patch = pytest.MonkeyPatch()
    patch.setenv("GLASSBOX_DEVICE", "cpu")
    random, handlers = torch.get_rng_state(), [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    done = run("train", where / "data.csv", "--to", where / "model", *TRAIN)
    for number, handler in zip((signal.SIGINT, signal.SIGTERM), handlers, strict=True):
        signal.signal(number, handler)
    torch.set_rng_state(random)
    patch.undo()
    (where / "said.txt").write_text(done.output, encoding="utf-8")
    return where


TRAIN = ("--trained", "head", "--epochs", "2", "--max-length", "24", "--learning-rate", "0.01", "--class-weights")


def test_train_says_how_good_it_is_and_goes_on_from_there(folder):
    said = (folder / "said.txt").read_text(encoding="utf-8")
    found = counted(read_predictions(folder / "model"), "test", ("ham", "spam")).accuracy
    assert f"accuracy {found.share:.1%} ({found.right}/{found.total}; " in said
    assert "epoch 2: loss" in said
    assert "classes: ham, spam" in said
    assert load_classifier(folder / "model" / "checkpoint").recipe.class_weights
    again = run("train", folder / "data.csv", "--to", folder / "model", *TRAIN).output
    assert "epoch" not in again  # finished: nothing is trained twice
    assert f"accuracy {found.share:.1%}" in again
    assert "other settings" in refuse("train", folder / "data.csv", "--to", folder / "model", "--epochs", "3")


@pytest.mark.parametrize(
    ("options", "said"), [((), True), (("--class-weights",), False), (("--balance", "undersample"), False)]
)
def test_uneven_classes_are_named_until_something_is_done(tmp_path, options, said):
    ham, spam = (ROWS[ROWS["label"] == name] for name in ("ham", "spam"))
    pd.concat([ham[:24], spam[:4]]).to_csv(tmp_path / "uneven.csv", index=False)
    done = run("train", tmp_path / "uneven.csv", "--to", tmp_path / "model", *options)
    assert ("The classes are uneven" in done.output) == said
    assert ("--class-weights or --balance" in done.output) == said


def test_predict_a_text(folder):
    done = run("predict", folder / "model", "You have won a prize")
    classifier = load_classifier(folder / "model" / "checkpoint")
    p = classifier.probabilities(["You have won a prize"])[0]
    assert done.stdout == f"{classifier.classes[int(p.argmax())]}\n"
    assert f"{float(p[0]):.6f}" in done.stderr
    assert run("predict", folder / "model", "x y", "--unsure", "1").stdout == "unsure\n"
    assert run("predict", folder / "model", "longer than a file's name " * 20).stdout in ("ham\n", "spam\n")
    for name, threshold in (("ham", "0"), ("spam", "0")):
        assert run("predict", folder / "model", "x", "--favour", name, "--threshold", threshold).stdout == f"{name}\n"


def test_predict_a_csv_comes_back_the_same(folder, tmp_path):
    old = "\ufeff".encode("utf-16-le") + 'n;Body;predicted\r\n=1;"a ""b"";\r\nc";x\r\n2;;\r\n'.encode("utf-16-le")
    (tmp_path / "in.csv").write_bytes(old)
    done = run("predict", folder / "model", tmp_path / "in.csv", "--to", tmp_path / "out.csv", "--text", "Body")
    assert "formulas: 1, the first in row 2; --neutralise" in done.stderr
    assert "texts of the column 'Body' classified: 1; rows without a text, left empty: 1" in done.stderr
    text = (tmp_path / "out.csv").read_bytes().decode("utf-16")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert rows[0] == ["n", "Body", "predicted", "predicted (2)", "p ham", "p spam"]
    assert [row[:3] for row in rows[1:]] == [["=1", 'a "b";\r\nc', "x"], ["2", "", ""]]
    p = load_classifier(folder / "model" / "checkpoint").probabilities(['a "b";\r\nc'])[0]
    np.testing.assert_allclose([float(cell) for cell in rows[1][4:]], p, atol=1e-6)
    assert rows[2][3:] == ["", "", ""]
    piped = run("predict", folder / "model", "-", "--text", "Body", "--neutralise", stdin=old)
    assert piped.stdout_bytes.decode("utf-16").splitlines()[1].startswith("'=1;")


def test_score_other_texts(folder, tmp_path):
    rows = load_messages()[50:90].assign(label=lambda t: t["label"].str.upper() + " ")
    rows.iloc[0, rows.columns.get_loc("text")] = ""
    rows.to_csv(tmp_path / "new.csv", index=False)
    said = run("test", folder / "model", tmp_path / "new.csv").stdout
    classifier = load_classifier(folder / "model" / "checkpoint")
    right = sum(
        found == true.strip().lower()
        for found, true in zip(classifier.classify(list(rows["text"][1:])), rows["label"][1:], strict=True)
    )
    assert "rows without a text or label, left out: 1" in said
    assert f"({right}/39; " in said
    new = {*read_parts(folder / "model" / "input")[0]["test"]["text"], *rows["text"][10:]}
    assert f"not new to it: {39 - rows['text'][1:].isin(new).sum()} of 39 texts" in said
    assert sum(int(n) for n in re.findall(r"(?m)│ (\d+) +│$", said)) == 39
    rows.assign(label="eggs").to_csv(tmp_path / "eggs.csv", index=False)
    assert "has 'eggs', which is no class" in refuse(
        "test", folder / "model", tmp_path / "eggs.csv", "--label", "label", "--text", "text"
    )


def test_export_by_the_folder(folder, tmp_path):
    assert "MB; README.md" in run("export", folder / "model", tmp_path / "spam.zip").stdout
    with zipfile.ZipFile(tmp_path / "spam.zip") as bundle:
        assert {"predict.py", "model.py", "README.md", "model.safetensors"} <= set(bundle.namelist())
        assert json.loads(bundle.read("settings.json"))["classes"] == ["ham", "spam"]


def test_mistakes_are_sentences(folder, tmp_path):
    model, data = folder / "model", folder / "data.csv"
    (tmp_path / "bad.csv").write_text("text,label\n,spam\nhello,ham\n")
    (tmp_path / "one.csv").write_text("text,label\n" + "a text of one class,ham\n" * 40)
    (tmp_path / "zero.csv").write_bytes(b"\0" * 5000)
    new = ("--to", tmp_path / "new")
    assert "--repair missing" in refuse("train", tmp_path / "bad.csv", *new)
    assert "1 class" in refuse("train", tmp_path / "one.csv", *new)
    assert "no repair 'magic'" in refuse("train", data, *new, "--repair", "magic")
    assert "no column 'x' for --text" in refuse("train", data, *new, "--text", "x")
    assert "no column 'x' for --group" in refuse("train", data, *new, "--group", "x")
    assert "no column says" in refuse("train", data, *new, "--split", "group")
    assert "choose one of" in refuse("train", data, *new, "--trained", "feet")
    assert not (tmp_path / "new").exists()
    assert "no folder and no training 'nowhere'" in refuse("predict", "nowhere", "a text")
    assert "no folder and no training" in refuse("predict", "x" * 300, "a text")
    assert "holds no classifier" in refuse("predict", tmp_path, "a text")
    (tmp_path / "asked.json").write_text("{")
    assert "cannot be read as JSON" in refuse("train", data, "--to", tmp_path)
    assert "text is empty" in refuse("predict", model, " ")
    assert "--to is for a CSV" in refuse("predict", model, "a text", "--to", tmp_path / "out.csv")
    assert "no file 'gone.csv'" in refuse("predict", model, "gone.csv")
    assert "no plain text" in refuse("predict", model, tmp_path / "zero.csv")
    assert "no column 'Text'" in refuse("predict", model, data, "--text", "Text")
    assert "no class 'eggs'" in refuse("predict", model, "x", "--favour", "eggs")
    assert "from 0 to 1" in refuse("predict", model, "x", "--unsure", "2")
    assert "would replace" in refuse("predict", model, data, "--to", data)
    assert "cannot be written" in refuse("predict", model, data, "--to", tmp_path / "no" / "out.csv")
    refuse("train", tmp_path / "missing.csv", *new, code=2)
