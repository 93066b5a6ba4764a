"""One instruction-tuning step at GPT-2 355M's width, cut to four layers: ours against the book's own code.

The book's code is the PyPI package llms-from-scratch (its chapter 7's data set and collate function, chapter 4's
model, chapter 5's loop), which Glassbox does not need otherwise. The batch is one of the book's entries where they
are there, else of ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from benchmarks.timing import Report, machine, ratio, spread, take_turns
from engine.config import GPT_CONFIG_124M
from engine.datasets.instructions import load_own_instructions, read_instructions, split_instructions
from engine.device import supports_bf16
from engine.fast import IGNORE_INDEX, fast_loss
from engine.finetune.batches import LengthBatches
from engine.finetune.instructions import InstructionDataset, custom_collate_fn
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from engine.training.loop import LoopSettings, train
from engine.training.optim import adamw

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from engine.datasets.instructions import Entry

BATCH, LAYERS = 8, 4
CFG = GPT_CONFIG_124M | {"emb_dim": 1024, "n_heads": 16, "n_layers": LAYERS, "drop_rate": 0.0, "qkv_bias": True}
RATE, DECAY = 5e-5, 0.1  # the book's
BOOK = Path(__file__).resolve().parents[2] / "shared" / "datasets" / "instruction-data.json"
NEEDED = "the book's code is not here: pip install --no-deps llms-from-scratch==1.0.19, then run this again."


def run(rounds: int = 5) -> Report:
    """The book's step; ours on the same targets; ours when only the answer counts; and both in bf16, if any."""
    entries, whose = (read_instructions(BOOK), "the book's") if BOOK.exists() else (load_own_instructions(), "our")
    training = split_instructions(entries)[0]
    order = torch.randperm(len(training), generator=torch.Generator().manual_seed(123)).tolist()
    some = [training[i] for i in order[:BATCH]]
    inputs, targets = batch_of(some, masked=False)
    _, answers = batch_of(some, masked=True)
    contenders = {
        "the book's": book_step(some, inputs, targets),
        "ours, the same targets": our_step(CFG, inputs, targets),
        "ours, only the answer counts": our_step(CFG | {"tie_weights": True}, inputs, answers),
    }
    if supports_bf16(torch.device("cpu")):
        contenders["ours, the same targets, bf16"] = our_step(CFG | {"tie_weights": True}, inputs, targets, "bf16")
        contenders["ours, only the answer counts, bf16"] = our_step(
            CFG | {"tie_weights": True}, inputs, answers, "bf16"
        )
    seconds = take_turns(contenders, rounds)
    title = f"Instruction-tuning step: GPT-2 355M's width, {LAYERS} of 24 layers, {BATCH} of {whose} entries"
    report = Report(title)
    for name, times in seconds.items():
        report.rows.append((name, f"{spread(times, 2)} seconds"))
    for name in list(contenders)[1:]:
        report.claim(f"{name} against the book's", 2.0, ratio(seconds["the book's"], seconds[name]))
    report.notes.append(
        f"{inputs.numel()} places in the batch; {counted(targets)} count in the book's loss, {counted(answers)} when "
        "only the answer does, as the lesson has it by default. That row's model and those in bf16, which a tuning "
        "uses where the processor has it, have one matrix for embedding and head, as GPT-2 and so every tuning of it "
        "in Glassbox; the book's and the first row of ours have two."
    )
    report.notes.append(padding(training))
    report.notes.append(machine(("torch", "llms-from-scratch")))
    return report


def batch_of(entries: list[Entry], masked: bool) -> tuple[Tensor, Tensor]:
    """Inputs and targets of these entries, as our collate function makes them."""
    data = InstructionDataset(entries, load_tokenizer("gpt2"), mask_instruction=masked)
    return custom_collate_fn([data[i] for i in range(len(data))], allowed_max_length=1024)


def counted(targets: Tensor) -> int:
    """How many of these targets count in the loss."""
    return int((targets != IGNORE_INDEX).sum())


def book_step(entries: list[Entry], inputs: Tensor, targets: Tensor) -> Callable[[], object]:
    """A function that takes one step with the book's own data set, collate function, model and loss."""
    try:
        from llms_from_scratch import ch04, ch07
    except ImportError as error:
        raise SystemExit(NEEDED) from error
    data = ch07.InstructionDataset(entries, load_tokenizer("gpt2"))
    batch = ch07.custom_collate_fn(list(data), allowed_max_length=1024)
    assert torch.equal(batch[0], inputs)
    assert torch.equal(batch[1], targets)
    torch.manual_seed(123)
    model = ch04.GPTModel(CFG).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)

    def step() -> None:
        optimizer.zero_grad()
        ids, right = ch07.custom_collate_fn(list(data), allowed_max_length=1024)
        loss = F.cross_entropy(model(ids).flatten(0, 1), right.flatten())  # as its chapter 5's calc_loss_batch
        loss.backward()
        optimizer.step()

    return step


def our_step(cfg: dict[str, Any], inputs: Tensor, targets: Tensor, precision: str = "fp32") -> Callable[[], object]:
    """A function that takes the next step of our training loop, clipping included."""
    torch.manual_seed(123)
    model = GPTModel(cfg)
    more_than_rounds = [(inputs, targets)] * 1000
    batches = DataLoader(more_than_rounds, batch_size=None)  # type: ignore[arg-type,var-annotated]
    optimizer = adamw(model, RATE, DECAY)
    steps = train(model, batches, optimizer, LoopSettings(precision=precision), batch_loss=fast_loss)
    return lambda: next(steps)


def padding(entries: list[Entry]) -> str:
    """How much of all batches is padding, in the book's order and in ours: what the rows above leave out."""
    lengths = [len(ids) for ids in InstructionDataset(entries, load_tokenizer("gpt2")).encoded_texts]
    draws = torch.Generator().manual_seed(123)
    shuffled = torch.randperm(len(lengths), generator=draws).tolist()
    by_chance = [shuffled[i : i + BATCH] for i in range(0, len(shuffled), BATCH)]
    shares = []
    for batches in (by_chance, list(LengthBatches(lengths, BATCH, draws))):
        places = sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)
        shares.append(100 * (1 - sum(lengths) / places))
    return (
        f"On top of that, over a whole epoch of these {len(entries):,} entries, padding fills {shares[0]:.1f} % of all "
        f"places in shuffled batches, as in the book, and {shares[1]:.1f} % in ours, where similar lengths share one."
    )
