"""The kind of job that tunes a GPT on instructions and lets it answer those that it never saw.

In the job's folder:

    input/train.json, validation.json, test.json   the entries
    before.json      the untuned model's answers to the test entries, until responses.json has them
    training/        to go on from; gone once the model is whole
    checkpoint/      the tuned model: model.safetensors, config.json (LoRA merged), prompt.json (see engine.jobs.models)
    responses.json   the test entries with "before" and, as in the notes' section 7.7, "model_response"
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from engine.device import describe_device, pick_device
from engine.errors import InputError, JobError
from engine.finetune.instruct import Part, answer_all, mean_loss, tune
from engine.finetune.instruction_recipe import InstructionRecipe, read_inputs, run_of
from engine.finetune.lora import add_lora, merge_lora
from engine.jobs.limits import read_limits
from engine.jobs.models import PROMPT_FILE, find_model, load_model
from engine.jobs.spec import JobSpec, Note, Planned
from engine.training.distributed import team
from engine.training.events import Evaluation, Finished
from engine.weights.by_name import load_by_name, tokenizer_of
from engine.weights.pocket import load_folder, save_folder
from engine.whole_files import write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    import tiktoken

    from engine.datasets.instructions import Entry
    from engine.model import GPTModel

RESPONSES, BEFORE, TRAINING, CHECKPOINT = "responses.json", "before.json", "training", "checkpoint"


@dataclass(frozen=True)
class Tested:
    """The loss on test entries after this step, nats a token that counts; nothing is ever chosen by it."""

    step: int
    loss: float


@dataclass(frozen=True)
class Answered:
    """So many of the test entries are answered; tuned says by which model."""

    done: int
    total: int
    tuned: bool


@dataclass(frozen=True)
class Stopped:
    """It ended while answering, before or after the steps."""

    stopped: bool = True


def run(spec: JobSpec, folder: Path, stop: Callable[[], bool]) -> Generator[Any, None, None]:
    """Tune as spec.settings, the fields of an InstructionRecipe, say; yields what happens.

    Raises InputError when entries and recipe do not fit, JobError when the earlier training that it goes on from is
    gone or has another owner, and what engine.training.loop.train raises.
    """
    recipe = InstructionRecipe(**spec.settings)
    parts = read_inputs(folder / "input")
    made = folder / CHECKPOINT
    if (folder / RESPONSES).exists():
        return  # it came to its end before
    if not (made / "config.json").exists():
        ended = yield from train_model(recipe, parts, spec.owner, folder, stop)
        if not ended:
            return
    if not team().leads:
        return  # under torchrun one answers, and the others are done
    model = load_folder(made).to(pick_device())
    given = yield from respond(model, tokenizer_of(model), parts["test"], recipe, stop, tuned=True)
    if given is not None:
        before = json.loads((folder / BEFORE).read_text(encoding="utf-8"))
        rows = zip(parts["test"], before, given, strict=True)
        write_json(folder / RESPONSES, [e | {"before": b, "model_response": a} for e, b, a in rows])
        (folder / BEFORE).unlink()


def train_model(
    recipe: InstructionRecipe, parts: dict[str, list[Entry]], owner: str, folder: Path, stop: Callable[[], bool]
) -> Generator[Any, None, bool]:
    """From the first model to the tuned one in checkpoint/; returns whether it came to its end."""
    model, tokenizer = first_model(recipe, folder.parent, owner)
    context = model.cfg.context_length
    encoded = {part: Part(entries, tokenizer, recipe, context) for part, entries in parts.items()}
    yield Planned(recipe.steps(len(encoded["train"].kept)))
    yield Note(describe(recipe, model, encoded))
    if team().leads and not (folder / BEFORE).exists():
        before = yield from respond(model, tokenizer, parts["test"], recipe, stop, tuned=False)
        if before is None:
            return False
        write_json(folder / BEFORE, before)
    if recipe.trained == "lora":
        add_lora(model, recipe.lora_rank, recipe.lora_alpha, torch.Generator().manual_seed(recipe.seed))
    shown, tested = parts["validation"][0], encoded["test"].some()

    def sample() -> str:
        answer = next(answer_all(model, tokenizer, [shown], recipe.style, recipe.answer_tokens))[0]
        return f"{shown['instruction']} {shown['input']}".strip() + f" → {answer}"

    learn, validate = encoded["train"], encoded["validation"]
    for event in tune(model, learn, validate, recipe, sample=sample, checkpoint=folder / TRAINING, stop=stop):
        yield event
        if isinstance(event, Evaluation):
            yield Tested(event.step, mean_loss(model, tested))
        if isinstance(event, Finished) and event.stopped:
            return False
    if not team().leads:
        return True
    merge_lora(model)
    write_prompt_file(folder / CHECKPOINT, recipe)
    save_folder(model, folder / CHECKPOINT)
    shutil.rmtree(folder / TRAINING, ignore_errors=True)
    return True


def first_model(recipe: InstructionRecipe, root: Path, owner: str) -> tuple[GPTModel, tiktoken.Encoding]:
    """The model to start from, on its device, with its tokenizer.

    Raises WeightsError or JobError when it is not there, InputError when it is larger than this machine allows.
    """
    job_id, device = run_of(recipe.model), pick_device()
    if job_id is None:
        model, tokenizer = load_by_name(recipe.model)
    else:
        model, tokenizer = load_model(find_model(root, job_id, owner))
    size, most = sum(p.numel() for p in model.parameters()), read_limits().parameters
    if size > most:
        raise InputError(f"the model has {size:,} parameters, and {most:,} are the most here; choose a smaller one.")
    return model.to(device).requires_grad_(True), tokenizer


def describe(recipe: InstructionRecipe, model: GPTModel, encoded: dict[str, Part]) -> str:
    """What is going to be trained on what, in a sentence for the log."""
    entries = ", ".join(f"{len(part.kept):,} for {name}" for name, part in encoded.items())
    how = f"LoRA of rank {recipe.lora_rank}" if recipe.trained == "lora" else "all weights"
    return f"{entries}; {how} of {recipe.model}, on {describe_device(model.tok_emb.weight.device)}"


def respond(
    model: GPTModel,
    tokenizer: tiktoken.Encoding,
    entries: list[Entry],
    recipe: InstructionRecipe,
    stop: Callable[[], bool],
    *,
    tuned: bool,
) -> Generator[Any, None, list[str] | None]:
    """Answer all entries; yields how far it is, returns the answers, or None when it was stopped."""
    found: dict[int, str] = {}
    for some_answers in answer_all(model, tokenizer, entries, recipe.style, recipe.answer_tokens):
        found |= some_answers
        yield Answered(len(found), len(entries), tuned)
        if len(found) < len(entries) and stop():
            yield Stopped()
            return None
    return [found[i] for i in range(len(entries))]


def write_prompt_file(folder: Path, recipe: InstructionRecipe) -> None:
    """What a chat with the tuned model needs to know of its recipe.

    Raises JobError when it cannot be written.
    """
    try:
        folder.mkdir(exist_ok=True)
        write_json(folder / PROMPT_FILE, {"style": recipe.style, "answer_tokens": recipe.answer_tokens})
    except OSError as e:
        raise JobError(f"{folder} cannot be written ({e.strerror or e}); make room there, and resume.") from e
