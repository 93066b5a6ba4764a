"""The kind of job that makes a GPT into a classifier of the texts in its input folder.

Leaves checkpoint/classifier.safetensors and classifier.json (see engine.finetune.saved), and predictions.csv: row,
part, label and p0 … for each text of the validation and test parts, by the best epoch of validation.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine.device import describe_device, pick_device
from engine.errors import InputError
from engine.finetune.fitting import Fit
from engine.finetune.parts import PARTS, read_parts
from engine.finetune.recipe import ClassifierRecipe
from engine.finetune.saved import save_classifier
from engine.jobs.limits import read_limits
from engine.jobs.spec import JobSpec, Note, Planned
from engine.weights.by_name import load_by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PREDICTIONS = "predictions.csv"


def run(spec: JobSpec, folder: Path, stop: Callable[[], bool]) -> Iterator[Any]:
    """Train as spec.settings, the fields of a ClassifierRecipe, say, on the parts in the job's folder.

    Yields Planned, a Read for each batch through the frozen blocks, Step, Evaluation before the first step (step -1)
    and after each epoch, EpochEnd, Saved, Chosen and Finished. Stopped, it leaves the best so far and can be resumed.

    Raises InputError when texts and recipe do not fit, and what engine.training.loop.train raises.
    """
    recipe = ClassifierRecipe(**spec.settings)
    parts, classes = read_parts(folder / "input")
    model, tokenizer = load_by_name(recipe.model, str(pick_device()))
    parameters = sum(p.numel() for p in model.parameters())
    if recipe.trained == "all" and parameters > read_limits().parameters:
        raise InputError(
            f"the model has {parameters:,} parameters, and {read_limits().parameters:,} are the most that can all be "
            "trained here; train the last block, or choose a smaller model."
        )
    data = {name: (list(parts[name]["text"]), [classes.index(c) for c in parts[name]["label"]]) for name in PARTS}
    training = folder / "checkpoint" / "training"
    if recipe.is_solved:  # saves nothing on the way; the folder says that it is not finished
        training.mkdir(parents=True, exist_ok=True)
    fit = Fit(model, tokenizer, data, classes, recipe, training, stop)
    yield Planned(recipe.steps(len(parts["train"])))
    learned = sum(p.numel() for p in fit.classifier.network.learned().values())
    yield Note(
        f"{len(parts['train']):,} texts to learn from in {len(classes):,} classes, {learned:,} of {parameters:,} "
        f"parameters learn, on {describe_device(pick_device())}"
    )
    yield from fit
    save_classifier(fit.classifier, folder / "checkpoint")
    write_predictions(fit, parts, folder)
    if not fit.last.stopped:
        shutil.rmtree(training, ignore_errors=True)
    yield fit.last


def write_predictions(fit: Fit, parts: dict[str, pd.DataFrame], folder: Path) -> None:
    """predictions.csv of the validation and test parts, whole or not there."""
    tables = []
    for part in PARTS[1:]:
        table = parts[part][["row", "label"]].copy()
        table.insert(1, "part", part)
        found = fit.scores(part).softmax(dim=-1).numpy()
        tables.append(pd.concat([table, pd.DataFrame(found).add_prefix("p")], axis=1))
    fresh = folder / f".{PREDICTIONS}.new"
    pd.concat(tables).to_csv(fresh, index=False)
    fresh.replace(folder / PREDICTIONS)


def read_predictions(folder: Path) -> pd.DataFrame:
    """A job's predictions: columns row, part ("validation" or "test"), label, p0 … in the order of its classes.

    Raises InputError when there are none yet.
    """
    try:
        return pd.read_csv(folder / PREDICTIONS, dtype={"label": str, "part": str}, keep_default_na=False)
    except (OSError, ValueError) as e:
        raise InputError("this training has no predictions yet; wait for its end.") from e
