"""The command line's part for instruction tuning: python -m engine instruct train | ask."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli_output import STOPPED, out, read_text, show_training, stop_on_signal
from engine.errors import InputError

instruct = typer.Typer(help="Tune a model on instructions with answers, and ask it.", no_args_is_help=True)
SPEC = "recipe.json"


@instruct.command()
def train(
    to: Annotated[Path, typer.Option(help="folder for the model and its answers; a run there is resumed")],
    data: Annotated[str, typer.Option(help="own, tasks, both, book, or a JSON file as in the notes")] = "both",
    tasks: Annotated[int, typer.Option(help="generated tasks to train on, with tasks and both", min=1)] = 16_000,
    model: Annotated[str, typer.Option(help="pocket, a downloaded GPT-2 such as 124M, or a folder")] = "pocket",
    lora: Annotated[bool, typer.Option(help="thin matrices learn instead of all weights")] = False,
    rank: Annotated[int, typer.Option(help="LoRA's rank")] = 16,
    alpha: Annotated[float, typer.Option(help="LoRA's strength")] = 32.0,
    style: Annotated[str, typer.Option(help="alpaca or phi3")] = "phi3",
    mask: Annotated[bool, typer.Option(help="only the answer counts in the loss")] = True,
    epochs: Annotated[int, typer.Option(help="passes over the entries")] = 1,
    batch_size: Annotated[int, typer.Option(help="entries in a step")] = 48,
    learning_rate: Annotated[float | None, typer.Option(help="what suits the model, when not given")] = None,
    answer_tokens: Annotated[int, typer.Option(help="most tokens of an answer")] = 24,
    seed: Annotated[int, typer.Option(help="of the entries' order and LoRA's first weights", min=0)] = 123,
) -> None:
    """Tune a model, and let it answer entries that it never saw. Ctrl-C saves; the same command goes on.

    Several processes share the training when torchrun starts them, as with pretrain.
    """
    import torch

    from engine.finetune.instruction_recipe import InstructionRecipe, as_inputs, usual
    from engine.jobs.instructing import RESPONSES, run
    from engine.jobs.spec import JobSpec, Planned
    from engine.training.distributed import joined, team
    from engine.weights.files import read_json

    trained = "lora" if lora else "all"
    optimizer, rate = usual(trained, width_of(model))
    recipe = InstructionRecipe(
        model=model,
        trained=trained,
        style=style,
        masked=mask,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer,
        learning_rate=rate if learning_rate is None else learning_rate,
        answer_tokens=answer_tokens,
        lora_rank=rank,
        lora_alpha=alpha,
        seed=seed,
    )
    asked = recipe.settings() | {"data": data, "tasks": tasks}
    if (to / SPEC).exists() and read_json(to / SPEC) != asked:
        raise InputError(f"{to} holds a run with other settings; give the same ones, or choose another folder.")
    files = as_inputs(choose(data, tasks, seed))
    with joined():
        if team().leads:
            write_asked(to, files, asked)
        team().wait()
        torch.manual_seed(seed)
        events: Any = run(JobSpec("instruct", "terminal", "tuning", recipe.settings()), to, stop_on_signal())
        if not team().leads:
            for _ in events:
                pass
            return
        planned = next((event for event in events if isinstance(event, Planned)), None)
        stopped = planned is not None and show_training(events, planned.total_steps)
    if stopped or not (to / RESPONSES).exists():
        out.print(f"stopped; the same command goes on from {to}", soft_wrap=True)
        raise typer.Exit(STOPPED)
    show_right(json.loads(read_text(to / RESPONSES)))
    out.print(f"its answers are in {to / RESPONSES}, the model is in {to / 'checkpoint'}; try:", soft_wrap=True)
    out.print(f"python -m engine instruct ask 'Write the plural.' --input castle --model {to}", soft_wrap=True)


@instruct.command()
def ask(
    instruction: Annotated[str, typer.Argument(help="what it shall do")],
    model: Annotated[Path, typer.Option(help="the folder that instruct train was given, or a run's", file_okay=False)],
    given: Annotated[str, typer.Option("--input", help="what it shall do it with")] = "",
    temperature: Annotated[float, typer.Option(help="0: always the likeliest token")] = 0.0,
    seed: Annotated[int | None, typer.Option(help="the same seed gives the same answer")] = None,
    max_new_tokens: Annotated[int | None, typer.Option(help="as it was tuned for, when not given")] = None,
) -> None:
    """Ask a tuned model; it answers in the prompt style that it was tuned with, up to end-of-text."""
    from engine.decoding import DecodingSettings
    from engine.finetune.instruct import stream_answer
    from engine.jobs.models import PROMPT_FILE
    from engine.weights.by_name import load_by_name
    from engine.weights.files import read_json

    folder = model / "checkpoint" if (model / "checkpoint").is_dir() else model
    if not (folder / PROMPT_FILE).exists():
        raise InputError(f"{model} holds no model that was tuned on instructions; `instruct train` makes one.")
    about = read_json(folder / PROMPT_FILE)
    if not instruction.strip():
        raise InputError("the instruction is empty; ask something.")
    gpt, encoding = load_by_name(str(folder))
    settings = DecodingSettings(max_new_tokens or about["answer_tokens"], temperature=temperature, seed=seed)
    entry, shown = {"instruction": instruction, "input": given, "output": ""}, ""
    for now in stream_answer(gpt, encoding, entry, about["style"], settings):
        out.print(now.text[len(shown) :], end="", markup=False, soft_wrap=True)
        shown = now.text
    out.print()


def width_of(model: str) -> int:
    """The emb_dim of a model by its name. Raises what load_by_name raises."""
    from engine.config import GPT2_SIZES, POCKET_CONFIG
    from engine.weights.by_name import load_by_name

    known = {"pocket": POCKET_CONFIG, **GPT2_SIZES}
    cfg = known[model] if model in known else load_by_name(model, "cpu")[0].cfg
    return cfg.emb_dim


def write_asked(to: Path, files: dict[str, str], asked: dict[str, Any]) -> None:
    """The entries and the settings into the run's folder.

    Raises InputError when it cannot be written to.
    """
    from engine.whole_files import write_json

    try:
        (to / "input").mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (to / "input" / name).write_text(text, encoding="utf-8")
        write_json(to / SPEC, asked)
    except OSError as e:
        raise InputError(f"the folder {to} cannot be written to ({e.strerror}); choose another one.") from e


def choose(data: str, tasks: int, seed: int) -> dict[str, list[Any]]:
    """The entries by name, or those of a JSON file, in three parts."""
    from engine.datasets.instructions import read_instructions
    from engine.finetune.entries import SOURCES, choose_entries, in_parts
    from engine.weights.catalog import downloads_folder

    if data in SOURCES:
        return choose_entries(data, tasks, seed, downloads_folder() / "datasets")
    if not os.path.isfile(data):  # Path.is_file fails for a name that is too long for any file
        raise InputError(f"there is no file {data!r}; give one, or one of {', '.join(SOURCES)}.")
    return in_parts(read_instructions(Path(data)))


def show_right(rows: list[dict[str, str]]) -> None:
    """How many generated tasks were answered right, before and after."""
    from engine.datasets.tasks import check

    tasks = [row for row in rows if "kind" in row]
    if tasks:
        before, after = (sum(check(row, row[key]) for row in tasks) for key in ("before", "model_response"))
        out.print(f"of {len(tasks)} generated tasks that it never saw, right before: {before}, after: {after}")
