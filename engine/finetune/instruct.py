"""Tuning a GPT on instructions: entries become tokens, batches of similar length, losses and answers.

The notes' own way, InstructionDataset and custom_collate_fn, is in engine.finetune.instructions. This one gives the
same loss for the same entries (tests hold it to that) in less time: little padding, and only tokens that count are
scored.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

from engine.decoding import generate
from engine.device import supports_bf16
from engine.errors import InputError
from engine.fast import fast_loss
from engine.finetune.frozen import LengthBatches
from engine.finetune.instruction_recipe import prompt_of
from engine.model import GPTModel
from engine.tokenizers.pretrained import encode_text
from engine.training.loop import LoopSettings, train
from engine.training.optim import Schedule, adamw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import tiktoken

    from engine.datasets.instructions import Entry
    from engine.finetune.instruction_recipe import InstructionRecipe
    from engine.training.events import Event

IGNORED = -100  # a target that does not count, as in PyTorch's cross_entropy
ANSWERED_AT_ONCE = 32  # prompts of one length
LOOKED_AT = 64  # entries of each part that an evaluation takes
EVALUATIONS = 12


@dataclass(frozen=True)
class Example:
    """An entry as the model learns it: inputs[i] is to be followed by targets[i].

    inputs, targets  (T,) token IDs; a target of -100 does not count
    """

    inputs: Tensor
    targets: Tensor


def encode_entry(entry: Entry, tokenizer: tiktoken.Encoding, style: str, masked: bool, max_length: int) -> Example:
    """Prompt, answer and one end-of-text as token IDs, cut to max_length inputs.

    masked  the targets inside the prompt become -100
    """
    prompt = encode_text(tokenizer, prompt_of(entry, style))
    ids = torch.tensor([*prompt, *encode_text(tokenizer, entry["output"]), tokenizer.eot_token])
    targets = ids[1:].clone()
    if masked:
        targets[: len(prompt) - 1] = IGNORED
    return Example(ids[:-1][:max_length], targets[:max_length])


def encode_entries(
    entries: Sequence[Entry], tokenizer: tiktoken.Encoding, recipe: InstructionRecipe, context: int
) -> list[Example]:
    """All entries in which something counts after cutting.

    Raises InputError when none is left.
    """
    length = min(recipe.max_length, context)
    examples = [encode_entry(entry, tokenizer, recipe.style, recipe.masked, length) for entry in entries]
    kept = [example for example in examples if (example.targets != IGNORED).any()]
    if not kept:
        raise InputError(
            f"every instruction fills all {length} tokens that an entry may have, so that nothing is left of its "
            "answer; allow more tokens, or give shorter instructions."
        )
    return kept


def collate(examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Inputs and targets (B, T), the shorter ones filled up behind their end, where no token looks."""
    inputs = pad_sequence([e.inputs for e in examples], batch_first=True)
    return inputs, pad_sequence([e.targets for e in examples], batch_first=True, padding_value=IGNORED)


def tune(
    model: GPTModel,
    parts: dict[str, list[Example]],
    recipe: InstructionRecipe,
    *,
    sample: Callable[[], str] | None = None,
    checkpoint: str | Path | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Train what is not frozen of the model, in place; yields what happens, at each Evaluation the losses.

    parts                     "train" and "validation"
    sample, checkpoint, stop  as in engine.training.loop.train

    Raises what engine.training.loop.train raises.
    """
    device = model.tok_emb.weight.device
    generator = torch.Generator().manual_seed(recipe.seed)
    examples = parts["train"]
    loader: DataLoader[Any] = DataLoader(
        examples,  # type: ignore[arg-type]
        batch_sampler=LengthBatches([len(e.inputs) for e in examples], recipe.batch_size, generator),
        generator=generator,
        collate_fn=collate,
    )
    total = recipe.steps(len(examples))
    every = max(1, total // EVALUATIONS)
    yield from train(
        model,
        loader,
        adamw(model, recipe.learning_rate, recipe.weight_decay, betas=(0.9, 0.99)),
        LoopSettings(
            epochs=recipe.epochs,
            split=recipe.split,
            precision="bf16" if supports_bf16(device) else "fp32",
            eval_every=every,
            sample_every=2 * every,
            checkpoint_every=checkpoint_every(model, total),
        ),
        batch_loss=_loss,
        schedule=Schedule(total, warmup_steps=round(recipe.warmup * total), shape="cosine"),
        evaluate=lambda: (mean_loss(model, some(parts["train"])), mean_loss(model, some(parts["validation"]))),
        sample=sample,
        checkpoint=checkpoint,
        stop=stop,
    )


def checkpoint_every(model: GPTModel, total: int) -> int:
    """Steps between two checkpoints: about ten in all, fewer where each takes gigabytes."""
    size = sum(p.nbytes * (3 if p.requires_grad else 1) for p in model.parameters())
    many = min(10, max(2, 5_000_000_000 // size))
    return max(5, total // many)


def some(examples: Sequence[Example]) -> list[Example]:
    """The same few at every look, spread evenly over all."""
    return list(examples[:: max(1, -(-len(examples) // LOOKED_AT))])


@torch.no_grad()
def mean_loss(model: GPTModel, examples: Sequence[Example], batch_size: int = 32) -> float:
    """Nats a token that counts, without dropout, over all these examples; the model's mode stays as it is."""
    was_training, device = model.training, model.tok_emb.weight.device
    model.eval()
    total, number = 0.0, 0
    ordered = sorted(examples, key=lambda e: len(e.inputs))
    for start in range(0, len(ordered), batch_size):
        inputs, targets = collate(ordered[start : start + batch_size])
        counts = int((targets != IGNORED).sum())
        total += float(fast_loss(model, inputs.to(device), targets.to(device))) * counts
        number += counts
    model.train(was_training)
    return total / number


def answer_all(
    model: GPTModel,
    tokenizer: tiktoken.Encoding,
    entries: Sequence[Entry],
    style: str = "alpaca",
    answer_tokens: int = 40,
) -> Iterator[dict[int, str]]:
    """The model's answers, likeliest token first, up to end-of-text; yields some at a time, by the entry's place.

    Prompts of one length are answered together. One that is longer than the context less the answer loses its
    beginning.
    """
    was_training, device = model.training, model.tok_emb.weight.device
    model.eval()
    room = max(1, model.cfg.context_length - answer_tokens)
    by_length: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
    for place, entry in enumerate(entries):
        ids = encode_text(tokenizer, prompt_of(entry, style))[-room:]
        by_length[len(ids)].append((place, ids))
    for length, group in sorted(by_length.items()):
        for start in range(0, len(group), ANSWERED_AT_ONCE):
            places, prompts = zip(*group[start : start + ANSWERED_AT_ONCE], strict=True)
            new = _continued(model, torch.tensor(prompts, device=device), answer_tokens, tokenizer.eot_token)
            yield {
                place: response_text(row, tokenizer)
                for place, row in zip(places, new[:, length:].tolist(), strict=True)
            }
    model.train(was_training)


def _continued(model: GPTModel, ids: Tensor, answer_tokens: int, end: int) -> Tensor:
    with torch.no_grad():
        return generate(model, ids, answer_tokens, model.cfg.context_length, eos_id=end)


def response_text(ids: Sequence[int], tokenizer: tiktoken.Encoding) -> str:
    """The answer in the tokens that came after the prompt: up to end-of-text, without space around it."""
    kept = list(ids)
    if tokenizer.eot_token in kept:
        kept = kept[: kept.index(tokenizer.eot_token)]
    return tokenizer.decode(kept).strip()


def answers(*args: Any, **settings: Any) -> list[str]:
    """All answers of answer_all, in the order of the entries."""
    found: dict[int, str] = {}
    for some_answers in answer_all(*args, **settings):
        found |= some_answers
    return [found[i] for i in range(len(found))]


def _loss(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    assert isinstance(model, GPTModel)
    return fast_loss(model, inputs, targets)
