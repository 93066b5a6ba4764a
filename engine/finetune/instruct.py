"""Tuning a GPT on instructions: the notes' data set and collate function, in batches of similar length, and answers.

`fast_loss` scores only the tokens that count, and batches of entries of similar length need little padding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from engine.datasets.instructions import find_style
from engine.decoding import DecodingSettings, generate_each, stream
from engine.device import supports_bf16
from engine.errors import InputError
from engine.fast import IGNORE_INDEX, fast_forward, fast_loss
from engine.finetune.batches import LengthBatches
from engine.finetune.instruction_recipe import ANSWERED_AT_ONCE
from engine.finetune.instructions import InstructionDataset, custom_collate_fn
from engine.model import GPTModel
from engine.tokenizers.pretrained import encode_text
from engine.training.loop import LoopSettings, train
from engine.training.optim import Schedule, adamw, muon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import tiktoken
    from numpy.typing import NDArray

    from engine.datasets.instructions import Entry
    from engine.finetune.instruction_recipe import InstructionRecipe
    from engine.training.events import Event

LOOKED_AT = 64  # entries of each part that an evaluation takes
EVALUATIONS = 12
CHECKPOINTS = 10


class Part:
    """The entries of one part as tokens, those left out of which nothing would be learned.

    entries  as in the notes
    context  of the model; recipe.max_length may cut earlier

    Raises InputError when none is left.
    """

    def __init__(
        self, entries: Sequence[Entry], tokenizer: tiktoken.Encoding, recipe: InstructionRecipe, context: int
    ) -> None:
        cut = min(recipe.max_length, context)
        self.data = InstructionDataset(entries, tokenizer, recipe.style, mask_instruction=recipe.masked)
        # An answer that begins beyond the cut leaves nothing to learn from, and a batch of such ones no number.
        self.kept = [i for i, start in enumerate(self.data.response_starts) if start <= cut]
        if not self.kept:
            raise InputError(
                f"every prompt fills all {cut} tokens that an entry may have, so that nothing is left of its answer; "
                "allow more tokens, or give shorter instructions."
            )
        # A text of n tokens gives n inputs: after its last token comes end-of-text.
        self.lengths = [min(len(self.data.encoded_texts[i]), cut) for i in self.kept]
        self.collate = partial(custom_collate_fn, pad_token_id=tokenizer.eot_token, allowed_max_length=cut)

    def loader(self, batch_size: int, generator: torch.Generator) -> DataLoader[Any]:
        """All entries once, in an order drawn from the generator, similar lengths together."""
        batches = LengthBatches(self.lengths, batch_size, generator)
        data = Subset(self.data, self.kept)
        return DataLoader(data, batch_sampler=batches, generator=generator, collate_fn=self.collate)

    def some(self, batch_size: int = 32) -> list[tuple[Tensor, Tensor]]:
        """Batches of the same few entries at every look, spread evenly over all."""
        few = range(0, len(self.kept), max(1, -(-len(self.kept) // LOOKED_AT)))
        ordered = [self.data[self.kept[i]] for i in sorted(few, key=self.lengths.__getitem__)]
        return [self.collate(ordered[i : i + batch_size]) for i in range(0, len(ordered), batch_size)]


def tune(
    model: GPTModel,
    train_part: Part,
    validation: Part,
    recipe: InstructionRecipe,
    *,
    sample: Callable[[], str] | None = None,
    checkpoint: str | Path | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Train what is not frozen of the model, in place; yields what happens.

    sample, checkpoint, stop  as in engine.training.loop.train

    Raises what engine.training.loop.train raises.
    """
    device = model.tok_emb.weight.device
    total = recipe.steps(len(train_part.kept))
    every = max(1, total // EVALUATIONS)
    looks = train_part.some(), validation.some()
    yield from train(
        model,
        train_part.loader(recipe.batch_size, torch.Generator().manual_seed(recipe.seed)),
        optimizer_of(model, recipe),
        LoopSettings(
            epochs=recipe.epochs,
            split=recipe.split,
            precision="bf16" if supports_bf16(device) else "fp32",
            eval_every=every,
            sample_every=2 * every,
            checkpoint_every=checkpoint_every(model, total),
        ),
        batch_loss=_loss,
        schedule=Schedule(total, round(recipe.warmup * total), shape="linear", hold=recipe.hold),
        evaluate=lambda: (mean_loss(model, looks[0]), mean_loss(model, looks[1])),
        sample=sample,
        checkpoint=checkpoint,
        stop=stop,
    )


def optimizer_of(model: GPTModel, recipe: InstructionRecipe) -> Any:
    """The recipe's optimizer over what is not frozen."""
    rate, decay = recipe.learning_rate, recipe.weight_decay
    return muon(model, rate, rate / 10, decay) if recipe.optimizer == "muon" else adamw(model, rate, decay, (0.9, 0.99))


def checkpoint_every(model: GPTModel, total: int) -> int:
    """Steps between two checkpoints: about ten in all, fewer where each takes gigabytes."""
    size = sum(p.nbytes * (3 if p.requires_grad else 1) for p in model.parameters())
    return max(5, total // min(CHECKPOINTS, max(2, 5_000_000_000 // size)))


@torch.no_grad()
def mean_loss(model: GPTModel, batches: Sequence[tuple[Tensor, Tensor]]) -> float:
    """Nats a token that counts, without dropout; the model's mode stays as it is."""
    was_training, device = model.training, model.tok_emb.weight.device
    model.eval()
    total, number = 0.0, 0
    for inputs, targets in batches:
        counts = int((targets != IGNORE_INDEX).sum())
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

    A prompt that is longer than the context less the answer loses its beginning.
    """
    prompts = [find_style(style).prompt(entry) for entry in entries]
    yield from continue_all(model, tokenizer, prompts, answer_tokens)


def continue_all(
    model: GPTModel, tokenizer: tiktoken.Encoding, prompts: Sequence[str], answer_tokens: int
) -> Iterator[dict[int, str]]:
    """As answer_all, for prompts as they are; those of similar length are continued together."""
    was_training, device = model.training, model.tok_emb.weight.device
    model.eval()
    room = max(1, model.cfg.context_length - answer_tokens)
    ids = [encode_text(tokenizer, prompt)[-room:] for prompt in prompts]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    for start in range(0, len(ids), ANSWERED_AT_ONCE):
        places = order[start : start + ANSWERED_AT_ONCE]
        new = generate_each(model, [ids[i] for i in places], answer_tokens, tokenizer.eot_token, device)
        yield {place: response_text(row, tokenizer) for place, row in zip(places, new, strict=True)}
    model.train(was_training)


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


@dataclass(frozen=True)
class Answering:
    """An answer as far as it is written.

    text   without end-of-text; a character that needs more tokens is left out until they are there
    ended  whether end-of-text has come
    """

    text: str
    ended: bool = False


def stream_answer(
    model: GPTModel, tokenizer: tiktoken.Encoding, entry: Entry, style: str, settings: DecodingSettings
) -> Iterator[Answering]:
    """Let a tuned model answer one entry, yielding the answer after each token; it stops at end-of-text."""
    room = max(1, model.cfg.context_length - settings.max_new_tokens)
    ids = encode_text(tokenizer, find_style(style).prompt(entry))[-room:]
    start = torch.tensor([ids], device=model.tok_emb.weight.device)
    new: list[int] = []
    for step in stream(model, start, replace(settings, stop_ids=(tokenizer.eot_token,))):
        new.append(int(step.ids[0]))
        ended = new[-1] == tokenizer.eot_token
        text = tokenizer.decode(new[:-1] if ended else new).lstrip()
        yield Answering(text if ended else text.removesuffix("\ufffd"), ended)


@dataclass(frozen=True)
class AnswerLoss:
    """How likely the right answer is to a model, token by token.

    ids            (N,) the answer's tokens, the last one end-of-text
    probabilities  (N,) of each, after the prompt and the tokens before it
    """

    ids: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    @property
    def loss(self) -> float:
        """Mean of -ln p: what training on this entry makes smaller when only the answer counts."""
        return float(-np.log(self.probabilities).mean())


@torch.inference_mode()
def answer_loss(model: GPTModel, tokenizer: tiktoken.Encoding, entry: Entry, style: str) -> AnswerLoss:
    """The probabilities of an entry's expected answer.

    Raises InputError when prompt and answer are longer than the model's context.
    """
    prompt = encode_text(tokenizer, find_style(style).prompt(entry))
    answer = [*encode_text(tokenizer, entry["output"]), tokenizer.eot_token]
    ids = torch.tensor([prompt + answer], device=model.tok_emb.weight.device)
    scores = fast_forward(model, ids[:, :-1])[0, len(prompt) - 1 :].double()
    chosen = scores.log_softmax(dim=-1).gather(-1, ids[0, len(prompt) :, None])[:, 0]
    return AnswerLoss(np.array(answer), chosen.exp().cpu().numpy())


def _loss(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    assert isinstance(model, GPTModel)
    return fast_loss(model, inputs, targets)
