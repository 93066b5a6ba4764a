"""The command line's part for classifiers: python -m engine classify train | predict | test | export."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from engine.cli_jobs import one
from engine.cli_output import (
    STOPPED,
    counting_bar,
    destination,
    err,
    out,
    show_classifier,
    show_confusion,
    show_scores,
    stop_on_signal,
)
from engine.cli_texts import choices_of, cut
from engine.errors import InputError, JobError

if TYPE_CHECKING:
    from engine.finetune.saved import Classifier

classify = typer.Typer(
    help="Train a classifier on labelled texts, test it, use it, take it away.", no_args_is_help=True
)
ASKED = "asked.json"
Which = Annotated[str, typer.Argument(metavar="MODEL", help="the folder that classify train was given, or a run's id")]
TextColumn = Annotated[str, typer.Option("--text", help="the column with the texts; guessed when not given")]
LabelColumn = Annotated[str, typer.Option("--label", help="the column with the classes; guessed when not given")]


@classify.command()
def train(
    file: Annotated[Path, typer.Argument(help="a CSV of texts and their labels", exists=True, dir_okay=False)],
    to: Annotated[Path, typer.Option(help="folder for the classifier; a run there is resumed", file_okay=False)],
    text: TextColumn = "",
    label: LabelColumn = "",
    repair: Annotated[
        list[str] | None,
        typer.Option(
            help="mend the rows; may come several times: zeros, html, missing, placeholders, spellings, "
            "contradictions, duplicates, alike, too_many or rare"
        ),
    ] = None,
    balance: Annotated[str, typer.Option(help="none, undersample, or training (only the rows to learn from)")] = "none",
    class_weights: Annotated[bool, typer.Option("--class-weights", help="each class counts alike in the loss")] = False,
    split: Annotated[str, typer.Option(help="stratified, group, or random as in the notes")] = "stratified",
    group: Annotated[
        str, typer.Option(help="the column whose equal entries stay in one part with --split group; guessed too")
    ] = "",
    model: Annotated[str, typer.Option(help="pocket, or a downloaded GPT-2 such as 124M")] = "pocket",
    trained: Annotated[str, typer.Option(help="regression (a head), head, last_block, all or lora")] = "regression",
    reads: Annotated[
        str, typer.Option(help="last, last_position, first, mean or layers (a summary of all)")
    ] = "layers",
    epochs: Annotated[int, typer.Option(help="passes over the texts, at most")] = 8,
    batch_size: Annotated[int, typer.Option(help="texts in a step")] = 16,
    learning_rate: Annotated[float, typer.Option(help="of AdamW, at its highest")] = 1e-3,
    weight_decay: Annotated[float, typer.Option(help="pull of the weights towards 0")] = 0.3,
    patience: Annotated[int, typer.Option(help="epochs without a better one after which it ends; 0: never")] = 3,
    max_length: Annotated[int | None, typer.Option(help="tokens read of each text; all when not given")] = None,
    seed: Annotated[int, typer.Option(help="of the split, the head's first weights and the order of the texts")] = 123,
) -> None:
    """Train a classifier. Ctrl-C saves; the same command goes on. Its test part is scored at the end."""
    import torch

    from engine.finetune.card import counted
    from engine.finetune.parts import read_parts, write_parts
    from engine.finetune.recipe import ClassifierRecipe
    from engine.jobs.classifying import PREDICTIONS, read_predictions, run
    from engine.jobs.spec import JobSpec
    from engine.weights.files import read_json
    from engine.whole_files import write_json

    recipe = ClassifierRecipe(
        model=model,
        trained=trained,
        reads=reads,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        class_weights=class_weights,
        patience=patience,
        max_length=max_length,
        plain_text="html" in (repair or []),
        seed=seed,
    )
    choices = {
        "text": text,
        "label": label,
        "repairs": repair or [],
        "balance": {"how": balance, "seed": seed},
        "split": {"how": split, "seed": seed},
    } | ({"group": group} if group else {})
    asked = {"file": str(file.resolve()), "choices": choices, "recipe": recipe.settings()}
    try:
        if not (to / ASKED).exists():
            write_parts(to / "input", cut(file, choices, class_weights))
            write_json(to / ASKED, asked)
        elif read_json(to / ASKED) != asked:
            raise InputError(f"{to} holds a classifier with other settings; give the same, or another folder.")
    except OSError as e:
        raise InputError(f"the folder {to} cannot be used ({e.strerror or e}); choose another one.") from e
    parts, classes = read_parts(to / "input")
    counts = ", ".join(f"{len(rows):,} {name}" for name, rows in parts.items())
    err.print(f"texts: {counts}; classes: {', '.join(classes)}", markup=False, soft_wrap=True)
    if not (to / PREDICTIONS).exists() or (to / "checkpoint" / "training").exists():  # or it is finished already
        torch.manual_seed(seed)
        events = run(JobSpec("classify", "terminal", file.name, recipe.settings()), to, stop_on_signal())
        if show_classifier(events, "pass" if recipe.is_solved else "epoch"):
            out.print(f"stopped, with the best so far kept; the same command goes on from {to}", soft_wrap=True)
            raise typer.Exit(STOPPED)
    show_scores(counted(read_predictions(to), "test", classes), classes)
    out.print(f"the classifier is in {to}; try: python -m engine classify predict {to} 'A text'", soft_wrap=True)


@classify.command()
def predict(
    model: Which,
    what: Annotated[
        str, typer.Argument(metavar="FILE.csv|-|TEXT", help="a CSV, - for one from standard input, a text")
    ],
    to: Annotated[Path | None, typer.Option(help="write the CSV there instead of to standard output")] = None,
    text: TextColumn = "",
    favour: Annotated[str, typer.Option(help="a class that --threshold is for")] = "",
    threshold: Annotated[float, typer.Option(help="probability from which on --favour is the answer")] = 0.5,
    unsure: Annotated[float, typer.Option(help="say unsure below this probability")] = 0.0,
    neutralise: Annotated[bool, typer.Option(help="make cells harmless that a spreadsheet would run")] = False,
    utf8: Annotated[bool, typer.Option(help="write UTF-8 whatever came in")] = False,
    commas: Annotated[bool, typer.Option("--commas", help="write 0,25 instead of 0.25")] = False,
) -> None:
    """Classify one text, or every row of a CSV: the same file comes back with its classes and their probabilities."""
    from engine.datasets.appending import look
    from engine.evaluation.thresholds import Rule
    from engine.finetune.labelling import answers, label_csv

    is_file = what == "-" or os.path.isfile(what)  # Path.is_file fails for a text too long to be a file's name
    if not is_file and what.lower().endswith((".csv", ".tsv")):
        raise InputError(f"there is no file {what!r}; give a CSV, a text, or - for standard input.")
    if is_file and to and what != "-" and to.exists() and to.samefile(what):
        raise InputError("the result would replace the file that is read; give another name.")
    plan = None
    if is_file:
        plan = look(sys.stdin.buffer.read() if what == "-" else Path(what).read_bytes(), what, column=text)
    elif not what.strip():
        raise InputError("the text is empty; give a text, a CSV, or - for standard input.")
    elif to:
        raise InputError("--to is for a CSV; the class of a single text is written to standard output.")
    classifier = open_model(model)[0]
    if favour and favour not in classifier.classes:
        raise InputError(f"there is no class {favour!r}; the classes are {', '.join(classifier.classes)}.")
    rule = Rule(classifier.classes.index(favour) if favour else None, threshold, unsure)
    if plan is None:
        found = classifier.probabilities([what]).numpy()
        out.print(answers(found, classifier, rule)[0], markup=False, soft_wrap=True)
        rows = Table("class", "probability")
        for name, p in sorted(zip(classifier.classes, found[0], strict=True), key=lambda pair: -pair[1]):
            rows.add_row(escape(name), f"{p:.6f}")
        err.print(rows)
        return
    if plan.formulas:
        err.print(
            f"cells of {what} that a spreadsheet would run as formulas: {plan.formulas:,}, the first in row "
            f"{plan.where[0]:,}; " + ("they are made harmless." if neutralise else "--neutralise makes them harmless."),
            markup=False,
            soft_wrap=True,
        )
    with counting_bar("rows", plan.rows) as move, destination(to) as file:
        for done in label_csv(plan, classifier, file, rule, neutralise, utf8, commas):
            move(done)
    empty = f"; rows without a text, left empty: {plan.empty:,}" if plan.empty else ""
    said = f"texts of the column {plan.names[plan.column]!r} classified: {plan.rows - plan.empty:,}{empty}"
    err.print(said, markup=False, soft_wrap=True)


@classify.command("test")
def score(
    model: Which,
    file: Annotated[
        Path, typer.Argument(help="a CSV with a text and a label in each row", exists=True, dir_okay=False)
    ],
    text: TextColumn = "",
    label: LabelColumn = "",
) -> None:
    """Score a classifier on other texts: accuracy with its interval, each class, and what was taken for what."""
    from engine.datasets.repairs import missing, spelling
    from engine.evaluation.thresholds import Rule, effect
    from engine.finetune import tables
    from engine.finetune.parts import texts_seen

    asked = choices_of(file, {"text": text, "label": label})
    table = tables.raw(asked)
    classifier, folder, _ = open_model(model)
    without = missing(table)
    table = table[~without]
    if table.empty:
        raise InputError(f"{file} has no row with both a text and a label.")
    number = {spelling(name): i for i, name in enumerate(classifier.classes)}
    unknown = sorted({name for name in table["label"] if spelling(name) not in number})
    if unknown:
        raise InputError(
            f"the column {tables.columns(asked).label!r} has {unknown[0]!r}, which is no class of this model; it has "
            f"{', '.join(classifier.classes)}. Choose the column with --label, or mend the file."
        )
    texts, truth = list(table["text"]), [number[spelling(name)] for name in table["label"]]
    with counting_bar("texts", len(texts)) as move:
        import torch

        found = []
        for start in range(0, len(texts), 500):
            found.append(classifier.probabilities(texts[start : start + 500]))
            move(min(start + 500, len(texts)))
    p = torch.cat(found).numpy()
    if without.any():
        out.print(f"rows without a text or label, left out: {int(without.sum()):,}")
    if known := int(table["text"].map(classifier.recipe.as_read).isin(texts_seen(folder / "input")).sum()):
        out.print(f"not new to it: {known:,} of {len(texts):,} texts, so these figures flatter it", soft_wrap=True)
    show_scores(effect(Rule(), p, truth), classifier.classes)
    show_confusion(p.argmax(axis=1), truth, classifier.classes)


@classify.command()
def export(
    model: Which,
    to: Annotated[Path, typer.Argument(metavar="FILE.zip", help="the file to write", dir_okay=False)],
) -> None:
    """Pack a classifier with its model card and a predict.py that runs without Glassbox."""
    from engine.finetune.export import export as write
    from engine.finetune.parts import read_parts
    from engine.jobs.classifying import read_predictions
    from engine.memory import bytes_text

    classifier, folder, title = open_model(model)
    parts, _ = read_parts(folder / "input")
    predictions = read_predictions(folder)
    with destination(to) as file:
        write(file, classifier, parts, predictions, title)
    out.print(f"{to} has {bytes_text(to.stat().st_size)}; README.md in it says how to use it", soft_wrap=True)


def open_model(name: str) -> tuple[Classifier, Path, str]:
    """A classifier by its folder or its run's id, the folder of its run, and what it is called.

    Raises InputError when there is none.
    """
    from engine.finetune.saved import NAME, load_classifier

    folder, title = Path(name), Path(name).resolve().name
    if not os.path.isdir(folder):  # Path.is_dir fails for a name that is too long for any folder
        try:
            job = one(name)
        except JobError as e:
            raise InputError(f"there is no folder and no training {name!r}; `classify train` makes one.") from e
        folder, title = job.folder, job.title
    if (folder / f"{NAME}.json").is_file():  # the folder checkpoint itself
        return load_classifier(folder), folder.resolve().parent, title
    if not (folder / "checkpoint" / f"{NAME}.json").is_file():
        raise InputError(f"{name} holds no classifier; `classify train` makes one.")
    return load_classifier(folder / "checkpoint"), folder, title
