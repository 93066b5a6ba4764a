"""The kind of job that trains a GPT on a text: from nothing, or from the pocket model."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch

from engine.datasets.windows import GPTDatasetV1
from engine.device import describe_device, pick_device
from engine.errors import InputError
from engine.evaluation.loss import evaluate_model
from engine.jobs.limits import read_limits
from engine.jobs.recipe import (
    BOOK_EVAL_BATCHES,
    BOOK_EVAL_STEPS,
    CHECKPOINTS,
    EVALUATIONS,
    TEXT_FILE,
    Plan,
    Recipe,
    plan,
    read_tokens,
    snapshot_steps,
    split_text,
)
from engine.jobs.spec import JobSpec, Note, Planned
from engine.model import GPTModel, gpt2_init_
from engine.tokenizers.pretrained import load_tokenizer
from engine.training.events import Finished, Sample, Step
from engine.training.loop import LoopSettings, train
from engine.training.pretrain import PretrainSettings, continuation, pretrain
from engine.weights.pocket import load_pocket, save_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import tiktoken

    from engine.training.events import Event


@dataclass(frozen=True)
class Snapshot:
    """A model was kept to look back at, in snapshots/ under this name; step -1 is before the first step."""

    step: int
    name: str


def run(spec: JobSpec, folder: Path, stop: Callable[[], bool]) -> Iterator[Event | Planned | Snapshot | Note]:
    """Train as spec.settings, the fields of a Recipe, say, on the text in the job's folder; yields what happens.

    Raises InputError when text and recipe do not fit, and what engine.training.loop.train raises.
    """
    recipe = Recipe(**spec.settings)
    text = (folder / "input" / TEXT_FILE).read_text(encoding="utf-8")
    train_ids, val_ids = read_tokens(recipe, text)
    course = plan(recipe, len(train_ids), len(val_ids))
    if course.parameters > read_limits().parameters:
        raise InputError(
            f"the model has {course.parameters:,} parameters, and {read_limits().parameters:,} are the most here; "
            "choose a smaller one."
        )
    device = pick_device()
    encoding = load_tokenizer(recipe.tokenizer)
    model = first_model(recipe).to(device)
    yield Planned(course.steps)
    yield Note(
        f"{course.train_tokens:,} tokens to learn from, {course.val_tokens:,} for validation, "
        f"{course.parameters:,} parameters, on {describe_device(device)}"
    )
    checkpoint = folder / "checkpoint"
    if recipe.as_book:
        events = train_as_book(recipe, text, model, checkpoint, stop)
    else:
        settings = pretrain_settings(recipe, course)
        events = pretrain(model, train_ids, val_ids, settings, checkpoint=checkpoint, stop=stop)
    yield from with_snapshots(events, model, encoding, recipe, snapshot_steps(course), folder / "snapshots")


def first_model(recipe: Recipe) -> GPTModel:
    """The model to start from: random weights from the seed, or the pocket model with its positions cut to the context.

    The global random generator must just have been seeded: as_book draws PyTorch's own first weights from it.
    """
    cfg = recipe.config()
    if recipe.start == "scratch":
        return GPTModel(cfg) if recipe.as_book else gpt2_init_(GPTModel(cfg), _generator(recipe.seed))
    pocket, _ = load_pocket()
    model = GPTModel(cfg)
    weights = {name: p for name, p in pocket.state_dict().items() if not name.endswith("mask")}
    weights["pos_emb.weight"] = weights["pos_emb.weight"][: cfg.context_length]
    model.load_state_dict(weights, strict=False)  # all but the masks, which follow from the context
    return model


def pretrain_settings(recipe: Recipe, course: Plan) -> PretrainSettings:
    """The recipe in the words of engine.training.pretrain."""
    return PretrainSettings(
        steps=course.steps,
        batch_size=recipe.batch_size,
        optimizer="adamw",
        learning_rate=recipe.learning_rate,
        warmup_steps=round(recipe.warmup * course.steps),
        schedule=recipe.schedule,
        hold=0.0,
        eval_every=max(1, course.steps // EVALUATIONS),
        checkpoint_every=max(5, course.steps // CHECKPOINTS),
        seed=recipe.seed,
        split=recipe.split,
    )


def train_as_book(
    recipe: Recipe, text: str, model: GPTModel, checkpoint: Path, stop: Callable[[], bool]
) -> Iterator[Event]:
    """The notes' loop (section 5.2) with its loaders and its evaluation, which draw from the same random numbers."""
    from torch.utils.data import DataLoader

    encoding = load_tokenizer(recipe.tokenizer)
    train_data, val_data = (GPTDatasetV1(part, encoding, recipe.context, recipe.context) for part in split_text(text))
    train_loader = DataLoader(train_data, recipe.batch_size, shuffle=True, drop_last=True)
    val_loader = DataLoader(val_data, recipe.batch_size, shuffle=False, drop_last=False)
    device = next(model.parameters()).device
    return train(
        model,
        train_loader,
        torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=0.1),
        LoopSettings(
            epochs=recipe.epochs,
            clip_norm=None,
            split=recipe.split,
            eval_every=BOOK_EVAL_STEPS,
            checkpoint_every=10,
        ),
        evaluate=partial(evaluate_model, model, train_loader, val_loader, device, BOOK_EVAL_BATCHES),
        checkpoint=checkpoint,
        stop=stop,
    )


def with_snapshots(
    events: Iterable[Event],
    model: GPTModel,
    encoding: tiktoken.Encoding,
    recipe: Recipe,
    steps: list[int],
    folder: Path,
) -> Iterator[Event | Snapshot]:
    """The same events, with a model kept and a sample written after each of these steps."""
    if 0 in steps and not folder.exists():
        yield from _snapshot(0, model, encoding, recipe, folder)
    for event in events:
        yield event
        if isinstance(event, Step) and event.step + 1 in steps:
            yield from _snapshot(event.step + 1, model, encoding, recipe, folder)
        elif isinstance(event, Finished) and event.stopped and event.step + 1 not in steps:
            # Whoever stops a training wants to see what it has become.
            yield from _snapshot(event.step + 1, model, encoding, recipe, folder)


def _snapshot(
    made: int, model: GPTModel, encoding: tiktoken.Encoding, recipe: Recipe, folder: Path
) -> Iterator[Snapshot | Sample]:
    name = f"step-{made:06d}"
    save_folder(model, folder / name)
    yield Snapshot(made - 1, name)
    with contextlib.suppress(InputError):  # the scores are no numbers: the next step says so, and what to do
        yield Sample(made - 1, continuation(model, encoding, recipe.prompt))


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
