"""How good the pocket model's classifier is, measured: `python scripts/classifier_quality.py [--save]`.

Two recipes over five seeds, ClassifierRecipe's default (a regression on a summary of all layers) and the last block:
the SMS Spam Collection, balanced and split as in the book, and our own messages. Beside it words counted (TF-IDF and
logistic regression). The recipes were settled by validation alone (see `TRIED`, `CROSSED`, `SETTLED`; `GROWN` came
after); the test parts were looked at only here.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pandas as pd

from benchmarks.__main__ import save
from benchmarks.timing import Report, machine
from engine.datasets.labelled import create_balanced_dataset, load_messages, random_split
from engine.evaluation.answers import wins
from engine.evaluation.baseline import fit_counting_model
from engine.finetune.fitting import Fit
from engine.finetune.recipe import LAST_BLOCK, ClassifierRecipe
from engine.weights.by_name import load_by_name

COLLECTION = Path(__file__).resolve().parents[2] / "shared" / "datasets" / "SMSSpamCollection.tsv"
SEEDS = (1, 2, 3, 4, 5)
OTHER_SPLITS = 10
CLASSES = ("ham", "spam")
NAMES = ("train", "validation", "test")
Data = dict[str, tuple[list[str], list[int]]]

# What was tried: lowest validation loss in nats a text, mean of two seeds; SMS collection, our own messages.
TRIED = """\
last block, last token, rate 1e-3        0.085  0.456
last block, mean, rate 5e-4              0.060  0.336
last block, mean, rate 1e-3              0.047  0.318  "last block"
last block, mean, rate 2e-3              0.063  0.326
head only, mean, rate 1e-2, 20 epochs    0.060  0.345
all weights, last token, rate 3e-4       0.056  0.446
all weights, mean, rate 1e-4             0.087  0.312
all weights, mean, rate 3e-4             0.093  0.325
all weights, mean, rate 1e-3             0.107  0.440
LoRA, last token, rate 2e-3              0.095  0.497
LoRA, mean, rate 2e-3                    0.088  0.342
LoRA, mean, rate 5e-3                    0.118  0.445"""
# Five folds of the training and validation parts together, every text judged once by a model not trained on it (but its
# fold chose the epoch, for all alike): share right, loss, processor time of training; SMS collection, our own messages.
# One seed a fold. Of words counted it is the mean of two such cuts.
CROSSED = """\
pocket model, second version
last block, mean                         96.8 %  0.098  25 s    -
head only, mean, 1e-2, 20 epochs         96.8 %  0.105   1 s    -
head only, layers, 3e-3, 20 epochs       97.1 %  0.090   1 s    85.3 %  0.367
words and pairs counted                  95.7 %                 81.7 %
pocket model, third version
last block, mean                         97.1 %  0.093  21 s    83.4 %  0.390
head only, mean, 1e-2, 20 epochs         97.2 %  0.093   1 s    84.0 %  0.379
head only, layers, 3e-3, 20 epochs       97.4 %  0.082   1 s    84.3 %  0.365
the same, another cut into folds; "maxima": means and largest values of all layers
head only, maxima, 1e-3, 20 epochs       97.8 %  0.089   2 s    85.5 %  0.365
the same, head begins 14 times smaller   97.1 %  0.089   2 s    85.0 %  0.345
last block, maxima, 3e-4, 8 epochs       97.3 %  0.095  35 s    -
words and pairs counted                  95.6 %                 82.7 %"""
# The same 1,194 and 962 texts, cut anew into five folds, a fold's texts to learn from into those and an eighth that
# chose the epoch where there is one: no text that is counted has chosen anything. Wrong answers of each cut, share
# right, nats a text.
SETTLED = """\
                                              SMS                            own
words and pairs counted                       50 53 51 50  95.7 %  -         174 178 163 168  82.2 %  -
last block, mean, 1e-3, 8 epochs              40           96.7 %  0.133     132 160          84.8 %  0.381
last block, all layers, 3e-4, 8 epochs        32           97.3 %  0.095     -
head by steps, all layers, 1e-4, 20 epochs    28 25        97.8 %  0.079     134 133          86.1 %  0.333
regression, mean, decay 0.1                   41 43        96.5 %  0.115     160 155          83.6 %  0.383
regression, all layers, decay 0.03            29 28        97.6 %  0.083     128 130          86.6 %  0.403
regression, all layers, decay 0.1             30 27        97.6 %  0.079     127 129          86.7 %  0.359
regression, all layers, decay 0.3 (default)   30 25        97.7 %  0.078     128 129          86.6 %  0.329
regression, all layers, decay 1               34 27        97.5 %  0.083     130 133          86.3 %  0.312
scikit-learn's regression (C = 0.03), and which numbers of each column of all layers it reads
mean                                          37 33 35 30  97.2 %  0.090     141 148 144 153  84.8 %  0.384
mean, highest                                 28 30 30 28  97.6 %  0.077     142 137 156 150  84.8 %  0.387
mean, deviation                               26 25 32 28  97.7 %  0.075     135 139 138 138  85.7 %  0.372
mean, lowest, highest                         27 26 26 21  97.9 %  0.076     130 135 130 125  86.5 %  0.371
mean, deviation, lowest, highest              25 25 23 23  98.0 %  0.074     131 128 126 124  86.8 %  0.370"""
# Our own messages have grown since, from 1,204 to 1,434; the same for the 1,146 that are not test texts now.
GROWN = """\
words and pairs counted                       199 193  82.9 %  -
last block, mean, 1e-3, 8 epochs              180 199  83.5 %  -
regression, all layers, decay 0.3 (default)   164 171  85.4 %  0.342
regression, all layers, decay 1               158 164  86.0 %  -"""
RECIPES = {
    "regression on all layers": ClassifierRecipe(),
    "last block": LAST_BLOCK,
}


def sets() -> dict[str, Data]:
    """The parts of each set of messages that is here: texts and 0 for ham, 1 for spam."""
    tables = {"our own messages": load_messages()}
    if COLLECTION.exists():
        tables = {"SMS Spam Collection": create_balanced_dataset(collection(), "label")} | tables
    return {name: cut(table) for name, table in tables.items()}


def collection() -> pd.DataFrame:
    """The SMS Spam Collection, whole."""
    return pd.read_csv(COLLECTION, sep="\t", header=None, names=["label", "text"])


def cut(table: pd.DataFrame) -> Data:
    """The book's three parts of a table's rows in the order they have."""
    parts = zip(NAMES, random_split(table, 0.7, 0.1), strict=True)
    return {part: (rows["text"].to_list(), [CLASSES.index(label) for label in rows["label"]]) for part, rows in parts}


def trained(data: Data, recipe: ClassifierRecipe) -> tuple[float, float, float, float]:
    """Shares of the validation and of the test part that are right, the seconds it took, and those of processors."""
    began, worked = time.perf_counter(), time.process_time()
    model, tokenizer = load_by_name("pocket")
    fit = Fit(model, tokenizer, data, CLASSES, recipe)
    for _ in fit:
        pass
    right = [
        (fit.scores(part).argmax(dim=-1) == fit.targets[part]).float().mean().item() for part in ("validation", "test")
    ]
    return right[0], right[1], time.perf_counter() - began, time.process_time() - worked


def counted(data: Data, words: int) -> float:
    """The share of the test part that TF-IDF and logistic regression get right, over runs of so many words at most."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    texts, labels = data["train"]
    test, expected = data["test"]
    if words == 1:  # the model that the lessons show
        model = fit_counting_model(texts, [CLASSES[i] for i in labels])
        return sum(a == CLASSES[b] for a, b in zip(model.classify(test), expected, strict=True)) / len(test)
    vectorizer = TfidfVectorizer(ngram_range=(1, words))
    regression = LogisticRegression(max_iter=1000).fit(vectorizer.fit_transform(texts), labels)
    return float(regression.score(vectorizer.transform(test), expected))


def on_other_splits() -> str:
    """Every recipe and words and pairs counted, on other rows of the collection in other orders, cut as in the book.

    One test part of 300 texts says little: by chance alone its share lies within about 2 points of the true one.
    """
    pairs, found = [], {called: [] for called in RECIPES}
    for seed in range(1, OTHER_SPLITS + 1):
        table = create_balanced_dataset(collection(), "label", seed)
        data = cut(table.sample(frac=1, random_state=seed))
        pairs.append(counted(data, 2))
        for called, recipe in RECIPES.items():
            found[called].append(trained(data, replace(recipe, seed=seed))[1])
        print("split", seed, pairs[-1], *(shares[-1] for shares in found.values()), flush=True)
    rows = [f"{'words and pairs counted':<24} {spread(pairs)}"]
    for called, shares in found.items():
        better, worse, _ = wins(shares, pairs)
        rows.append(f"{called:<24} {spread(shares)}  better {better}, worse {worse}")
    return "\n".join(rows)


def spread(shares: list[float]) -> str:
    """Mean and standard deviation over the seeds, and the extremes, in percent."""
    mean, deviation = 100 * statistics.mean(shares), 100 * statistics.stdev(shares)
    return f"{mean:.1f} % ± {deviation:.1f} ({100 * min(shares):.1f} to {100 * max(shares):.1f})"


def measure() -> Report:
    """Both sets, as a report."""
    report = Report(f"Classifier: the pocket model, {len(SEEDS)} seeds")
    for name, data in sets().items():
        sizes = " / ".join(f"{len(data[part][0]):,}" for part in NAMES)
        pairs, words = counted(data, 2), counted(data, 1)
        report.rows += [
            (f"{name}, {sizes}", ""),
            ("  TF-IDF and logistic regression, words", f"{100 * words:.1f} %"),
            ("  the same, words and pairs", f"{100 * pairs:.1f} %"),
        ]
        for called, recipe in RECIPES.items():
            found = []
            for seed in SEEDS:
                found.append(trained(data, replace(recipe, seed=seed)))
                print(name, called, seed, found[-1], flush=True)
            validation, test, seconds, worked = (list(values) for values in zip(*found, strict=True))
            report.rows += [
                (f"  {called}: validation right", spread(validation)),
                ("    test right", spread(test)),
                ("    one training", f"{statistics.median(seconds):.0f} seconds (longest {max(seconds):.0f})"),
                ("    processor time of it", f"{statistics.median(worked):.0f} seconds"),
            ]
            if recipe != ClassifierRecipe():
                continue
            mean, of = statistics.mean(test), f"{name}, {called}"
            for what, target in (("words", words), ("words and pairs", pairs)):
                said = f"{of}: better than counting {what} ({100 * target:.1f} %)"
                report.claims.append((said, f"{100 * mean:.1f} %", mean > target))
            if name.startswith("SMS"):
                report.claims.append((f"{of}: at least 98 %", f"{100 * mean:.1f} %", mean >= 0.98))
            report.claims.append((f"{of}: one training within 90 s", f"{max(seconds):.0f} s", max(seconds) <= 90))
    if COLLECTION.exists():
        report.notes.append(
            f"Beside the book's split, {OTHER_SPLITS} others of the same sizes of the SMS collection, one training "
            "each; share of the test part that is right. (The recipes were settled with texts that stand in some of "
            f"these test parts.)\n\n```\n{on_other_splits()}\n```\n"
        )
    report.notes.append(
        "Recipes were settled by the validation parts; lowest validation loss in nats a text, SMS and own, mean of two "
        f"seeds, with the pocket model's second version:\n\n```\n{TRIED}\n```\n\nFive folds of the training and "
        f"validation parts (SMS, own; right, loss, processor time of training):\n\n```\n{CROSSED}\n```\n\nWhat settled "
        f"them, with an epoch that other texts chose:\n\n```\n{SETTLED}\n```\n\nThe same on "
        f"our own messages after they grew from 1,204 to 1,434; nothing was settled by it:\n\n```\n{GROWN}\n```\n"
    )
    report.notes.append(machine(("torch", "scikit-learn")))
    return report


if __name__ == "__main__":
    text = measure().text()
    print(text)
    if "--save" in sys.argv:
        save("classifier-quality", text)
