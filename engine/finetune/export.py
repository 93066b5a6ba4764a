"""A classifier to take away: a zip with all that it takes to run it, and nothing of ours needed.

model.safetensors     every weight, the base model's and what was trained, LoRA merged
tokenizer.tiktoken    the tokenizer's ranks
settings.json         shape, classes, and how a text is read
model.py              the model itself, in about a hundred lines (engine/finetune/standalone.py)
predict.py            classifies what it is given
requirements.txt      what `pip install -r` has to bring
README.md             the model card (engine/finetune/card.py)
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import torch
from safetensors.torch import save_file

from engine.datasets.markup import TAG
from engine.errors import WeightsError
from engine.finetune import standalone
from engine.finetune.card import model_card
from engine.tokenizers.bpe import load_ranks, rank_lines
from engine.tokenizers.pretrained import PATTERN, TOKENIZER_DIR

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from engine.finetune.saved import Classifier
    from engine.model import GPTModel

NEEDS = ("torch", "safetensors", "tiktoken", "numpy")
PREDICT = '''\
"""python predict.py "A text" "Another text"   or, one text a line, in UTF-8:   python predict.py < texts.txt"""

import sys
from pathlib import Path

from model import TextClassifier

for stream in (sys.stdin, sys.stdout):
    stream.reconfigure(encoding="utf-8", errors="replace")
classifier = TextClassifier(Path(__file__).resolve().parent)
texts = sys.argv[1:] or (line.rstrip("\\n") for line in sys.stdin)
print("predicted", *(f"p {name}" for name in classifier.classes), "text", sep="\\t")
for text in texts:
    probabilities = classifier.probabilities(text)
    best = max(range(len(probabilities)), key=probabilities.__getitem__)
    print(classifier.classes[best], *(f"{p:.6f}" for p in probabilities), text, sep="\\t")
'''


def export(
    out: IO[bytes],
    classifier: Classifier,
    parts: Mapping[str, pd.DataFrame],
    predictions: pd.DataFrame,
    title: str,
) -> None:
    """Write the zip.

    out          an empty file that can be sought in
    parts        what it was made with: "train", "validation", "test", each with the columns text and label
    predictions  of the validation and test parts: part, label and p0 …, as engine.jobs.classifying writes them
    title        one line: what the card calls it

    Raises WeightsError when there is no room to write.
    """
    try:
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
            weights = Path(folder) / "model.safetensors"
            save_file(all_weights(classifier.whole()), weights)
            bundle.write(weights, weights.name, zipfile.ZIP_STORED)  # numbers that were learned do not get smaller
            ranks = load_ranks(TOKENIZER_DIR / f"{classifier.tokenizer.name}.tiktoken.gz")
            bundle.writestr("tokenizer.tiktoken", rank_lines(ranks))
            bundle.writestr("settings.json", json.dumps(settings(classifier), indent=1, ensure_ascii=False) + "\n")
            bundle.writestr("model.py", Path(standalone.__file__).read_text(encoding="utf-8"))
            bundle.writestr("predict.py", PREDICT)
            needed = "".join(f"{name}=={version(name).partition('+')[0]}\n" for name in NEEDS)
            bundle.writestr("requirements.txt", needed)
            bundle.writestr("README.md", model_card(classifier, parts, predictions, title))
    except OSError as e:
        raise WeightsError(f"the model could not be packed ({e.strerror or e}); make room on the disk.") from e


def all_weights(model: GPTModel) -> dict[str, torch.Tensor]:
    """Every weight by its name, in half precision where that loses nothing: the pocket model's come so."""
    found = {}
    for name, p in model.named_parameters():
        whole = p.detach().cpu().contiguous()
        half = whole.half()
        found[name] = half if torch.equal(half.float(), whole) else whole.clone()
    return found


def settings(classifier: Classifier) -> dict[str, Any]:
    """What model.py has to know."""
    cfg, recipe = classifier.model.cfg, classifier.recipe
    return {
        "classes": list(classifier.classes),
        "n_layers": cfg.n_layers,
        "n_heads": cfg.n_heads,
        "length": classifier.length,
        "reads": recipe.reads,
        "padding": recipe.padding,
        "tags": TAG if recipe.plain_text else "",
        "opening": recipe.opening,
        "pattern": PATTERN,
    }
