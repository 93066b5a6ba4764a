"""One contender of benchmarks/classifier.py in a process of its own, so that its memory can be told apart.

`python -m benchmarks.classifier_run CONTENDER STEPS FOLDER` prints one line of JSON. CONTENDER is

    book    llms-from-scratch's own model, loader and train_classifier_simple
    padded  ours on the same batches, padded to the longest text and read at the last position, as the book does
    ours    ours as it is used: the last token of the text itself is read, and texts of similar length share a batch

FOLDER holds train.csv and validation.csv with the columns Text and Label. All three start from the same random weights
and take the same optimizer; dropout is off, as in the book's chapter.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from engine.config import GPT_CONFIG_124M
from engine.finetune.batches import LengthBatches, stack
from engine.finetune.network import Network, encode, run_lower
from engine.finetune.recipe import BOOK, ClassifierRecipe
from engine.model import GPTModel
from engine.tokenizers.pretrained import encode_text, load_tokenizer
from engine.training.events import Evaluation, Step
from engine.training.loop import LoopSettings, train

CONFIG = GPT_CONFIG_124M | {"drop_rate": 0.0, "qkv_bias": True}
BATCH, EVAL_STEPS, EVAL_BATCHES = BOOK.batch_size, 50, 5  # the book's


def start(model_class: type[nn.Module], cfg: dict[str, Any] = CONFIG) -> Any:
    """Random weights, the same in both, with the book's head of two outputs; what is not trained is frozen."""
    torch.manual_seed(123)
    model: Any = model_class(cfg)
    model.requires_grad_(False)
    torch.manual_seed(123)
    model.out_head = nn.Linear(cfg["emb_dim"], 2)
    for part in (model.trf_blocks[-1], model.final_norm):
        part.requires_grad_(True)
    return model


def adamw(parameters: Any) -> torch.optim.AdamW:
    """The book's optimizer."""
    return torch.optim.AdamW(parameters, lr=BOOK.learning_rate, weight_decay=BOOK.weight_decay)


def book(steps: int, folder: Path, cfg: dict[str, Any] = CONFIG) -> dict[str, Any]:
    """The book's training for so many steps; each is timed from zero_grad to the optimizer's end."""
    # Two of its modules import this for figures that are never drawn here.
    pyplot = ModuleType("matplotlib.pyplot")
    sys.modules |= {"matplotlib": ModuleType("matplotlib"), "matplotlib.pyplot": pyplot}
    sys.modules["matplotlib"].pyplot = pyplot
    from llms_from_scratch import ch06
    from llms_from_scratch.ch04 import GPTModel as BookModel

    model = start(BookModel, cfg)
    tokenizer = load_tokenizer("gpt2")
    data = ch06.SpamDataset(folder / "train.csv", tokenizer)
    val = ch06.SpamDataset(folder / "validation.csv", tokenizer, max_length=data.max_length)
    losses, times = [], {"step": [], "looked": []}
    plain = ch06.calc_loss_batch

    def listened(*args: Any) -> torch.Tensor:
        began = time.perf_counter()
        loss = plain(*args)
        if torch.is_grad_enabled():
            losses.append(loss.item())
        else:
            times["looked"].append(time.perf_counter() - began)
        return loss

    class Timed(torch.optim.AdamW):
        def zero_grad(self, *args: Any, **kwargs: Any) -> None:
            self.began = time.perf_counter()
            super().zero_grad(*args, **kwargs)

        def step(self, *args: Any, **kwargs: Any) -> Any:
            super().step(*args, **kwargs)
            times["step"].append(time.perf_counter() - self.began)

    ch06.calc_loss_batch = listened
    order = epochs_of_batches([data.max_length] * len(data), padded=True)[:steps]
    train_loader = DataLoader(data, batch_sampler=order)
    optimizer = Timed(model.parameters(), lr=BOOK.learning_rate, weight_decay=BOOK.weight_decay)
    with contextlib.redirect_stdout(sys.stderr):
        ch06.train_classifier_simple(
            model, train_loader, DataLoader(val, BATCH), optimizer, "cpu", 1, 10**9, EVAL_BATCHES
        )
    ch06.calc_loss_batch = plain
    return {"losses": losses, **times, "length": data.max_length}


def ours(steps: int, folder: Path, padded: bool, cfg: dict[str, Any] = CONFIG) -> dict[str, Any]:
    """Our training, in full (steps 0) with as many evaluations as the book's, or only so many steps."""
    model, tokenizer = start(GPTModel, cfg), load_tokenizer("gpt2")
    chosen = BOOK if padded else ClassifierRecipe(**asdict(BOOK) | {"reads": "last", "padding": "none"})
    parts = {name: pd.read_csv(folder / f"{name}.csv") for name in ("train", "validation")}
    length = max(len(encode_text(tokenizer, text)) for text in parts["train"]["Text"])
    network = Network(model, 2, chosen, torch.Generator().manual_seed(123))
    network.out_head.load_state_dict(model.out_head.state_dict())
    began = time.perf_counter()
    ids = {name: encode(list(part["Text"]), tokenizer, chosen, length) for name, part in parts.items()}
    targets = {name: torch.tensor(part["Label"].to_list()) for name, part in parts.items()}
    batches = epochs_of_batches([len(one) for one in ids["train"]], padded)[: steps or None]
    looked = list(range(len(ids["validation"])))[: EVAL_BATCHES * BATCH]
    used = {"train": sorted({i for batch in batches for i in batch}), "validation": looked}
    kept: dict[str, dict[int, torch.Tensor]] = {name: {} for name in parts}
    for name, numbers in used.items():
        for places, rows in run_lower(network, [ids[name][i] for i in numbers]):
            kept[name] |= {numbers[place]: row for place, row in zip(places, rows, strict=True)}
    read = time.perf_counter() - began
    data = TensorDataset(torch.arange(len(targets["train"])), targets["train"])
    loader = DataLoader(data, batch_sampler=batches)

    def loss(part: str, numbers: list[int]) -> torch.Tensor:
        return F.cross_entropy(network(*stack([kept[part][i] for i in numbers])), targets[part][numbers])

    @torch.no_grad()
    def evaluate() -> tuple[float, float]:
        some = sum(batches[:EVAL_BATCHES], [])
        return loss("train", some).item(), loss("validation", looked).item()

    settings = LoopSettings(clip_norm=None, eval_every=0 if steps else EVAL_STEPS)
    losses, looks = [], []
    for event in train(
        network, loader, adamw(network.parameters()), settings, evaluate=evaluate,
        batch_loss=lambda _, numbers, __: loss("train", numbers.tolist()),
    ):  # fmt: skip
        if isinstance(event, Step):
            losses.append(event.loss)
        elif isinstance(event, Evaluation):
            looks.append((event.step, event.train_loss, event.val_loss, time.perf_counter() - began))
    return {"losses": losses, "read": read, "seconds": time.perf_counter() - began, "looks": looks, "length": length}


def epochs_of_batches(lengths: list[int], padded: bool) -> list[list[int]]:
    """The texts' numbers, batch by batch through all epochs, without the remainder of an epoch, as in the book.

    padded  in random order, in the first epoch that of `book`; else texts of similar length together
    """
    generator = torch.Generator().manual_seed(123)
    batches: list[list[int]] = []
    for _ in range(BOOK.epochs):
        if padded:
            order = torch.randperm(len(lengths), generator=generator).tolist()
            found = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
        else:
            found = list(LengthBatches(lengths, BATCH, generator))
        batches += [batch for batch in found if len(batch) == BATCH]
    return batches


if __name__ == "__main__":
    asked, steps, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    found = book(steps, folder) if asked == "book" else ours(steps, folder, asked == "padded")
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB elsewhere
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps(found))
