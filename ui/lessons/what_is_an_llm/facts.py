"""What the lesson "What is an LLM?" says: the boxes and their examples, published sizes, the pocket model's story."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.config import as_config, parameter_count
from ui.catalog import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SIZES = ROOT / "data" / "model_sizes.csv"
POCKET = ROOT / "data" / "models" / "pocket"
POCKET_NAME = "Pocket (ours)"


@dataclass(frozen=True)
class Example:
    """A system that belongs in a box; `makes` says whether it makes new content."""

    name: str
    label: str
    about: str
    makes: bool = False


@dataclass(frozen=True)
class Ring:
    """One box: what belongs in it, what sets it apart from the box around it, and examples in it alone."""

    name: str
    label: str
    meaning: str
    adds: str
    examples: tuple[Example, ...]


RINGS = (
    Ring(
        "ai",
        "Artificial intelligence (AI)",
        "Machines that do tasks which need intelligence when people do them.",
        "The widest box. How the machine does it is left open: a person may have written every rule.",
        (
            Example(
                "eliza",
                "ELIZA, 1966",
                "Chatted like a therapist by turning your sentence round, with patterns that a person wrote. It "
                "learned "
                "nothing from data (Weizenbaum 1966).",
            ),
            Example(
                "deepblue",
                "Deep Blue, 1997",
                "Beat the world champion at chess by searching through moves and judging positions by rules "
                "that experts "
                "had mostly set by hand (Campbell et al. 2002).",
            ),
        ),
    ),
    Ring(
        "ml",
        "Machine learning (ML)",
        "Systems that learn patterns from data instead of following rules that a person wrote.",
        "New in this box: numbers inside the system are set by examples. What it looks at (its features) may "
        "still be chosen by a person.",
        (
            Example(
                "counting",
                "Counting words",
                "The first of the two spam filters in this lesson: a person decided that words are counted; "
                "from examples "
                "it learns one weight a word. Try it under *Counting or a GPT?*",
            ),
            Example(
                "markov",
                "Shannon's chain, 1948",
                "Drew each next word by how often it follows the words before, from counts. It makes new text "
                "without "
                "a neural network (Shannon 1948).",
                makes=True,
            ),
        ),
    ),
    Ring(
        "dl",
        "Deep learning (DL)",
        "Machine learning with deep neural networks: many layers, each working on what the one before made.",
        "New in this box: the features are learned too. Nobody says which edges, words or patterns matter.",
        (
            Example(
                "lenet",
                "LeNet-5, 1998",
                "Read handwritten digits on cheques; its layers learned the strokes to look for (LeCun et al. 1998).",
            ),
            Example(
                "diffusion",
                "Stable Diffusion, 2022",
                "Makes pictures from a description: deep learning that makes new content, but its content is not "
                "language (Rombach et al. 2022).",
                makes=True,
            ),
        ),
    ),
    Ring(
        "llm",
        "Large language models (LLM)",
        "Deep neural networks with very many parameters, trained on massive amounts of text to predict "
        "missing or next words.",
        "New in this box: the data is language, and the labels come for free, because the next word is always there.",
        (
            Example(
                "bert",
                "BERT, 2018",
                "Fills holes in a text by reading both sides of them. It understands and classifies, but does "
                "not write "
                "(Devlin et al. 2019).",
            ),
            Example(
                "gpt2",
                "GPT-2, 2019",
                "Predicts the next token from those before, and so writes (Radford et al. 2019). The model of "
                "the notes; "
                "this lesson's second spam filter works the same way.",
                makes=True,
            ),
            Example(
                "pocket",
                "Our pocket model",
                "Built, trained and running here. The same design as GPT-2 and the same training task; *large* it is "
                "not: see *Large? Size of what?*",
                makes=True,
            ),
        ),
    ),
)
GENERATIVE = tuple(example.name for ring in RINGS for example in ring.examples if example.makes)


def find(name: str) -> tuple[Ring, Example | None]:
    """The box with this name, or the example with this name and its box; the outermost box for an unknown one."""
    for ring in RINGS:
        if ring.name == name:
            return ring, None
        for example in ring.examples:
            if example.name == name:
                return ring, example
    return RINGS[0], None


def chain(ring: Ring) -> list[str]:
    """The labels of all boxes that this one lies in, itself last."""
    return [each.label for each in RINGS[: RINGS.index(ring) + 1]]


def model_sizes(folder: Path = POCKET) -> pd.DataFrame:
    """Published sizes (data/model_sizes.csv), our own model first; what is not known is missing.

    Columns model, year, developer, parameters, training_tokens, note, source.
    """
    published = pd.read_csv(SIZES)
    story = pocket_story(folder)
    ours = {
        "model": POCKET_NAME,
        "year": 2026,
        "developer": "Glassbox",
        "parameters": story["parameters"],
        "training_tokens": story["tokens_seen"],
        "note": "Made by scripts/train_pocket.py",
        "source": "data/models/pocket: config.json and training_log.csv",
    }
    sizes = pd.concat([pd.DataFrame([ours]), published], ignore_index=True)
    numbers = ["parameters", "training_tokens"]
    return sizes.astype(dict.fromkeys(numbers, "float64")).fillna({"note": ""})


def pocket_story(folder: Path = POCKET) -> dict[str, Any]:
    """How the pocket model was made, from its own folder.

    returns  config, parameters, tokens_seen, log (a frame with a row per logged step), snapshots (step, tokens_seen,
             loss, sample, from first to last) and prompt; the last four are empty while a model is still in training
    """
    config = as_config(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    log_file, snapshot_file = folder / "training_log.csv", folder / "snapshots.json"
    log = pd.read_csv(log_file) if log_file.is_file() else pd.DataFrame()
    about = json.loads(snapshot_file.read_text(encoding="utf-8")) if snapshot_file.is_file() else {}
    snapshots = about.get("snapshots", [])
    seen = [one["tokens_seen"] for one in snapshots] + ([] if log.empty else [int(log["tokens_seen"].max())])
    return {
        "config": config,
        "parameters": parameter_count(config),
        "tokens_seen": max(seen, default=None),
        "log": log,
        "snapshots": snapshots,
        "prompt": about.get("prompt", ""),
    }
