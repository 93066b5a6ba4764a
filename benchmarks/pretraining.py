"""One pretraining step at GPT-2 124M's shape, 2 x 256 tokens: our loop against the book's code."""

from __future__ import annotations

import statistics

import torch
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.book import book_step
from benchmarks.timing import Report, machine, ratio, spread, take_turns
from engine.config import GPT_CONFIG_124M
from engine.device import supports_bf16
from engine.fast import fast_loss
from engine.model import GPTModel
from engine.training.loop import LoopSettings, train
from engine.training.optim import adamw

BATCH, TOKENS = 2, 256


def run(rounds: int = 5) -> Report:
    """The book's step, ours with the same dropout, ours without, and in bf16 where the processor has it."""
    cfg = GPT_CONFIG_124M | {"context_length": TOKENS}
    ids = torch.randint(50257, (BATCH, TOKENS + 1), generator=torch.Generator().manual_seed(0))
    inputs, targets = ids[:, :-1].contiguous(), ids[:, 1:].contiguous()
    contenders = {
        "the book's": book_step(cfg, inputs, targets),
        "ours, dropout 0.1": our_step(cfg, inputs, targets),
        "ours, no dropout": our_step(cfg | {"drop_rate": 0.0}, inputs, targets),
    }
    if supports_bf16(torch.device("cpu")):
        contenders["ours, bf16"] = our_step(cfg | {"drop_rate": 0.0}, inputs, targets, "bf16")
    seconds = take_turns(contenders, rounds)
    report = Report(f"Pretraining step: GPT-2 124M's shape, {BATCH} x {TOKENS} tokens")
    for name, times in seconds.items():
        report.rows.append((name, f"{spread(times, 2)} seconds"))
    for name in list(contenders)[1:]:
        report.claim(f"{name} against the book's", 3.0, ratio(seconds["the book's"], seconds[name]))
    report.notes.append(_limit(seconds["the book's"], seconds["ours, no dropout"]))
    report.notes.append(machine(("torch",)))
    return report


def our_step(cfg: dict[str, object], inputs: torch.Tensor, targets: torch.Tensor, precision: str = "fp32"):
    """A function that takes the next step of our training loop, clipping included."""
    torch.manual_seed(123)
    model = GPTModel(cfg)
    more_than_rounds = 1000
    data = TensorDataset(inputs.repeat(more_than_rounds, 1), targets.repeat(more_than_rounds, 1))
    settings = LoopSettings(precision=precision)
    steps = train(model, DataLoader(data, batch_size=BATCH), adamw(model, 4e-4), settings, batch_loss=fast_loss)
    return lambda: next(steps)


def _limit(book: list[float], ours: list[float]) -> str:
    """Six operations for each weight of a matrix and each token: two forwards, four backwards."""
    d, layers, vocabulary = 768, 12, 50257
    needed = 6 * (layers * 12 * d * d + vocabulary * d) * BATCH * TOKENS
    side = 2048
    a, b = torch.ones(side, side), torch.ones(side, side)
    peak = 2 * side**3 / min(take_turns({"product": lambda: a @ b}, 5)["product"])
    least = needed / peak
    return (
        f"A step needs {needed / 1e9:.0f} GFLOP in matrix products. At the {peak / 1e9:.0f} GFLOP/s that two "
        f"{side} x {side} matrices reach here, they alone take {least:.2f} s: in fp32 no step can be more than "
        f"{statistics.median(book) / least:.2f}x as fast as the book's, or "
        f"{statistics.median(ours) / least:.2f}x as fast as ours."
    )
