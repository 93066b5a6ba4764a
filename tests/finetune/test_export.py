"""A classifier taken away: it runs where nothing of ours is, gives the same probabilities, and its card is counted."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import precision_recall_fscore_support

from engine.config import GPTConfig
from engine.datasets.markup import ROUNDS
from engine.evaluation.metrics import Accuracy
from engine.finetune.card import of_part
from engine.finetune.export import NEEDS, PREDICT, export
from engine.finetune.fitting import fit
from engine.finetune.recipe import PADDING, READS, TRAINED, ClassifierRecipe
from engine.finetune.standalone import TextClassifier
from engine.model import GPTModel, gpt2_init_

TEXTS = [
    "win a free prize now",
    "",
    "dinner is at eight, mum says hello, and the train is late again",
    "free " * 40,
    "emoji \U0001f600, half a pair \ud83d, עברית",
    "a" + " " * 10_001 + "b",
    " " * 20_000 + "b ",
]


def made(examples, recipe, qkv_bias=False):
    cfg = GPTConfig(8192, 16, 32, 4, 2, 0.0, qkv_bias=qkv_bias)
    model = gpt2_init_(GPTModel(cfg), torch.Generator().manual_seed(1)).eval()
    from engine.weights.by_name import tokenizer_of

    texts, labels = examples
    rows = pd.DataFrame({"row": range(len(texts)), "text": texts, "label": labels})
    parts = {"train": rows, "validation": rows[::3], "test": rows[1::2]}
    numbers = [int(label == "spam") for label in labels]
    data = {"train": (texts, numbers), "validation": (texts[::3], numbers[::3])}
    classifier = fit(model, tokenizer_of(model), data, ("ham", "spam"), recipe)
    tables = []
    for part in ("validation", "test"):
        p = classifier.probabilities(list(parts[part]["text"])).numpy()
        table = parts[part][["row", "label"]].assign(part=part).reset_index(drop=True)
        tables.append(pd.concat([table, pd.DataFrame(p).add_prefix("p")], axis=1))
    return classifier, parts, pd.concat(tables)


def unpacked(folder, *asked):
    out = io.BytesIO()
    export(out, *asked)
    with zipfile.ZipFile(out) as bundle:
        assert bundle.testzip() is None
        bundle.extractall(folder)
    return folder


@pytest.mark.parametrize(
    ("trained", "reads", "padding"),
    [(t, READS[i % 4], PADDING[i % 2]) for i, t in enumerate(TRAINED)]
    + [("all", "mean", "none"), ("lora", "layers", "none")],
)
def test_the_same_probabilities(trained, reads, padding, examples, tmp_path):
    recipe = ClassifierRecipe(
        trained=trained, reads=reads, padding=padding, epochs=2, batch_size=4, opening=reads != "last_position"
    )
    asked = made(examples, recipe, qkv_bias=trained == "lora")
    taken = TextClassifier(unpacked(tmp_path, *asked, "spam"))
    ours = asked[0].probabilities(TEXTS)
    theirs = torch.tensor([taken.probabilities(text) for text in TEXTS])
    assert (ours - theirs).abs().max() < 1e-5
    assert ours.std(dim=0).min() > 1e-6  # or equal numbers would mean nothing
    assert [taken.encode(text) for text in TEXTS] == asked[0].encode(TEXTS)


def test_html_is_taken_out_there_too(examples, tmp_path):
    asked = made(examples, ClassifierRecipe(trained="head", epochs=1, plain_text=True))
    taken = TextClassifier(unpacked(tmp_path, *asked, "spam"))
    marked = ["<p>win a &amp;amp; <b>free</b> prize</p>", "2 &lt; 3", "<br>"]
    read = ["win a & free prize", "2 < 3", ""]
    for texts in (marked, read):
        assert [taken.encode(text) for text in texts] == asked[0].encode(texts) == asked[0].encode(read)
    deep = "&" + "amp;" * (ROUNDS + 2)  # both give up after as many rounds
    assert taken.encode(deep) == asked[0].encode([deep])[0]
    assert "HTML tags are taken out" in (tmp_path / "README.md").read_text(encoding="utf-8")
    plain, *_ = made(examples, ClassifierRecipe(trained="head", epochs=1))
    assert plain.encode(marked) != plain.encode(read)


def test_it_runs_where_nothing_of_ours_is(examples, tmp_path):
    asked = made(examples, ClassifierRecipe(epochs=2, batch_size=4))
    folder = unpacked(tmp_path / "taken", *asked, "spam")
    script = (
        "import importlib.util, json, runpy, sys\n"
        "assert importlib.util.find_spec('engine') is None\n"
        "sys.argv = ['predict.py', *json.loads(sys.argv[1])]\n"
        "sys.path.insert(0, '.')\n"
        "runpy.run_path('predict.py', run_name='__main__')\n"
        "ours = {'engine', 'ui', 'streamlit', 'pandas'} & {name.split('.')[0] for name in sys.modules}\n"
        "assert not ours, ours\n"
    )
    texts = [text for text in TEXTS[:4] if text]
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, json.dumps(texts)], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    head, *lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert head == ["predicted", "p ham", "p spam", "text"]
    ours = asked[0].probabilities(texts)
    np.testing.assert_allclose([[float(p) for p in line[1:3]] for line in lines], ours, atol=1e-5)
    assert [line[0] for line in lines] == asked[0].classify(texts)
    assert len(PREDICT.splitlines()) <= 20


def test_every_package_it_imports_is_named(examples, tmp_path):
    folder = unpacked(tmp_path, *made(examples, ClassifierRecipe(epochs=1, batch_size=4)), "spam")
    source = (folder / "model.py").read_text() + (folder / "predict.py").read_text()
    imported = set(re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE)) - sys.stdlib_module_names
    assert imported - {"model"} <= set(NEEDS)
    required = (folder / "requirements.txt").read_text().splitlines()
    assert [line.split("==")[0] for line in required] == list(NEEDS)
    assert all(re.fullmatch(r"\w+==\d[\w.]*", line) for line in required)


def test_the_card_is_counted(examples, tmp_path):
    asked = made(
        examples, ClassifierRecipe(epochs=3, batch_size=4, learning_rate=5e-3, reads="last", class_weights=True)
    )
    card = (unpacked(tmp_path, *asked, "My <b>spam</b>\n| filter") / "README.md").read_text()
    assert card.startswith(r"# My \<b\>spam\</b\> \| filter" + "\n")
    p, truth = of_part(asked[2], "test", asked[0].classes)
    right = int((p.argmax(axis=1) == truth).sum())
    low, high = Accuracy(right, len(truth)).interval
    assert f"**{right / len(truth):.1%} ({right} of {len(truth)}; {low:.1%} to {high:.1%})**" in card
    precision, recall, _, _ = precision_recall_fscore_support(truth, p.argmax(axis=1))
    for i, name in enumerate(asked[0].classes):
        line = re.search(rf"(?m)^\| {name} \| ([\d.]+%) .*\| ([\d.]+%) ", card)
        assert line.groups() == (f"{precision[i]:.1%}", f"{recall[i]:.1%}")
    assert "| ham | 5 | 2 | 3 |" in card
    assert "unknown here" in card
    assert "every class counts the same" in card
    assert "as if every class were equally frequent" in card
    assert not any(text in card for text in examples[0])


def test_pocket_weights_stay_small(examples, tmp_path):
    """What is half precision already is stored so; what was trained keeps all its digits."""
    classifier, parts, predictions = made(examples, ClassifierRecipe(epochs=1, batch_size=4))
    with torch.no_grad():
        for p in classifier.model.parameters():
            p.copy_(p.half().float())
    folder = unpacked(tmp_path, classifier, parts, predictions, "spam")
    numbers = sum(p.numel() for p in classifier.whole().parameters())
    learned = sum(p.numel() for p in classifier.network.learned().values())
    assert (folder / "model.safetensors").stat().st_size < 2 * numbers + 2 * learned + 10_000
