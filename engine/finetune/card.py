"""The model card of a classifier: what it is, what it was made with, how good it is, and where it ends.

Every figure is counted from the parts and predictions given; what nobody knows is called unknown.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError
from engine.evaluation.metrics import Accuracy
from engine.evaluation.thresholds import Effect, Rule, effect
from engine.tokenizers.pretrained import encode_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from engine.finetune.saved import Classifier

FEW = 30  # fewer texts of a class in the test part than this say little about it
TRAINED = {
    "regression": "a new last layer, worked out as a logistic regression",
    "head": "a new last layer",
    "last_block": "the last block, the final norm and a new last layer",
    "all": "every weight, with a new last layer",
    "lora": "thin matrices (LoRA) beside all blocks, merged here, and a new last layer",
}
LICENCES = {
    "pocket": "Glassbox's pocket model, pretrained on books in the public domain; its weights are under the MIT "
    "licence.",
    "gpt2": "OpenAI's GPT-2; its weights are under OpenAI's modified MIT licence, which asks that the use of it be "
    "made clear.",
}


def model_card(classifier: Classifier, parts: Mapping[str, pd.DataFrame], predictions: pd.DataFrame, title: str) -> str:
    """The card as Markdown; arguments as in engine.finetune.export.export."""
    sections = [
        f"# {_plain(title)}",
        f"Puts a text into one of {len(classifier.classes)} classes: {_names(classifier.classes)}. Made with Glassbox "
        f"on {time.strftime('%Y-%m-%d')}. Every figure below was counted when this file was written.",
        "## How to use it",
        '    pip install -r requirements.txt\n    python predict.py "A text to classify"',
        "Each line of the answer has the likeliest class, the probability of every class, and the text. In Python: "
        '`from model import TextClassifier`, then `TextClassifier(".").probabilities("A text")`.',
        "## What it was made from",
        _made(classifier),
        "## Data",
        _data(classifier, parts),
        "## How good it is",
        _scores(classifier, parts, predictions),
        "## Limits",
        _limits(classifier, parts, predictions),
        "## Licences",
        _licences(classifier),
    ]
    return "\n\n".join(sections) + "\n"


def counted(predictions: pd.DataFrame, part: str, classes: Sequence[str], rule: Rule | None = None) -> Effect:
    """What a rule does to a part's predictions; the likeliest class wins when no rule is given.

    Raises InputError when the predictions are not of these classes.
    """
    p, truth = of_part(predictions, part, classes)
    return effect(rule or Rule(), p, truth)


def of_part(predictions: pd.DataFrame, part: str, classes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """A part's probabilities (N, C) and the numbers (N,) of its true classes.

    Raises InputError when the predictions are not of these classes.
    """
    names = [f"p{i}" for i in range(len(classes))]
    rows = predictions[predictions["part"] == part]
    number = {name: i for i, name in enumerate(classes)}
    if not set(names) <= set(rows.columns) or not set(rows["label"]) <= set(number):
        raise InputError("these predictions are of other classes than the model's; train it again.")
    return rows[names].to_numpy(dtype=np.float64), rows["label"].map(number).to_numpy(dtype=np.int64)


def _made(classifier: Classifier) -> str:
    recipe, cfg = classifier.recipe, classifier.model.cfg
    learned = sum(p.numel() for p in classifier.network.learned().values())
    start = "random weights in the shape of" if recipe.random_start else "the pretrained model"
    rows = {
        "started from": f"{start} {recipe.model}",
        "shape": f"{cfg.n_layers} blocks, {cfg.emb_dim} wide, {cfg.n_heads} heads, {cfg.vocab_size:,} tokens",
        "what learned": f"{TRAINED[recipe.trained]}: {learned:,} numbers",
        "what is read": {
            "last": "the last token's vector",
            "last_position": "the vector at the last position, padding or not",
            "first": "the first token's vector",
            "mean": "the mean of all tokens' vectors",
            "layers": "mean, standard deviation, lowest and highest of the tokens' vectors, as embeddings and after "
            "every block, side by side",
        }[recipe.reads],
        "done to a text first": "HTML tags are taken out and entities written out" if recipe.plain_text else "nothing",
        "tokens read of a text": f"at most {classifier.length:,}",
        "training": f"L-BFGS over all texts to the lowest loss, weight decay {recipe.weight_decay:g}"
        if recipe.is_solved
        else f"AdamW, rate {recipe.learning_rate:g}, weight decay {recipe.weight_decay:g}, batches of "
        f"{recipe.batch_size}, at most {recipe.epochs} epochs, the best by validation loss kept, seed {recipe.seed}",
    }
    if recipe.class_weights:
        rows["weights in the loss"] = (
            "every class counts the same, however few of the texts are of it; the validation loss "
            f"{'' if recipe.is_solved else 'that chose the epoch '}is weighted too and does not compare with a "
            "training's without weights"
        )
    return _table(["", ""], [[name, value] for name, value in rows.items()])


def _data(classifier: Classifier, parts: Mapping[str, pd.DataFrame]) -> str:
    rows = [
        [_cell(name), *(f"{int((parts[part]['label'] == name).sum()):,}" for part in parts)]
        for name in classifier.classes
    ]
    solved = classifier.recipe.is_solved
    used = "the second was looked at beside it" if solved else "its best epoch was chosen by the second"
    rows.append(["all", *(f"{len(table):,}" for table in parts.values())])
    lengths = np.array([len(text) for text in parts["train"]["text"]])
    return (
        f"{sum(map(len, parts.values())):,} labelled texts in three parts that share no row: the model learned from "
        f"the first, {used}, and the third was kept for the end.\n\n"
        + _table(["class", *parts], rows)
        + f"\n\nHalf of the training texts have {int(np.median(lengths)):,} characters or fewer; the longest has "
        f"{int(lengths.max()):,}. The texts themselves are not in this folder. Where they come from, who labelled them "
        "and for whom they speak is not known to the program that wrote this: add it here."
    )


def _scores(classifier: Classifier, parts: Mapping[str, pd.DataFrame], predictions: pd.DataFrame) -> str:
    said = []
    found = counted(predictions, "test", classifier.classes)
    if found.accuracy is None:
        return "There was no test part, so nobody knows."
    shares = parts["test"]["label"].value_counts()
    usual = str(parts["train"]["label"].value_counts().index[0])
    majority = Accuracy(int(shares.get(usual, 0)), found.texts)
    said.append(
        f"On the test part it is right for **{_share(found.accuracy)}**, with the interval in which the true accuracy "
        "lies with 95% confidence (Wilson), if future texts are like these. Always answering the most frequent class "
        f"of the training part would be right for {_share(majority)}."
    )
    validation = counted(predictions, "validation", classifier.classes).accuracy
    if validation:
        chose = "may have chosen settings" if classifier.recipe.is_solved else "chose the epoch"
        said.append(f"On the validation part, which {chose} and so tends to flatter it, {_share(validation)}.")
    rows = [
        [_cell(name), _share(found.precision[i]), _share(found.recall[i])] for i, name in enumerate(classifier.classes)
    ]
    said.append("Precision: how many answers that name the class are right. Recall: how many of its texts were found.")
    said.append(_table(["class", "precision", "recall"], rows))
    return "\n\n".join(said)


def _limits(classifier: Classifier, parts: Mapping[str, pd.DataFrame], predictions: pd.DataFrame) -> str:
    lines = ["It always names one of its classes, also for texts that belong to none of them."]
    encoded = [encode_text(classifier.tokenizer, text) for text in parts["test"]["text"]]
    cut = sum(len(ids) + classifier.recipe.opening > classifier.length for ids in encoded)
    lines.append(
        f"It reads {classifier.length:,} tokens of a text and nothing behind them; {cut:,} of the {len(encoded):,} "
        "test texts are longer."
    )
    counts = parts["test"]["label"].value_counts()
    few = [name for name in classifier.classes if counts.get(name, 0) < FEW]
    if few:
        lines.append(f"Fewer than {FEW} test texts speak for {_names(few)}: what is said about them is uncertain.")
    found = counted(predictions, "test", classifier.classes)
    wrong = found.answered - found.right
    lines.append(
        f"Put into a wrong class: {wrong:,} of {found.answered:,} test texts. Decisions about people need a person."
    )
    if classifier.recipe.class_weights:
        lines.append(
            "Its probabilities speak as if every class were equally frequent, so it names rare classes more often than "
            "they come; choose a threshold by texts in the shares in which they come."
        )
    lines.append("Texts from another time, place or language than the training part's may fare much worse.")
    return "\n".join(f"- {line}" for line in lines)


def _licences(classifier: Classifier) -> str:
    name = classifier.recipe.model
    known = LICENCES["pocket"] if name == "pocket" else LICENCES["gpt2"] if _is_gpt2(name) else "unknown here: add it."
    return (
        f"- Base model ({_plain(name)}): {known}\n"
        "- model.py and predict.py: MIT, as Glassbox.\n"
        "- The labelled texts: the licence of whoever gave them; unknown here. Weights trained on texts may be "
        "bound by the terms of those texts."
    )


def _is_gpt2(name: str) -> bool:
    return name.startswith("gpt2") or name in ("124M", "355M", "774M", "1558M")


def _share(one: Accuracy | None) -> str:
    if one is None:
        return "none to count"
    low, high = one.interval
    return f"{one.share:.1%} ({one.right:,} of {one.total:,}; {low:.1%} to {high:.1%})"


def _names(classes: Sequence[str]) -> str:
    return ", ".join(_plain(name) for name in classes)


def _plain(text: str) -> str:
    """A user's words on one line, none of them Markdown."""
    text = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#|~!" else sign for sign in text)


def _cell(text: str) -> str:
    return _plain(text) or "(empty)"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
