"""Writing text with a GPT, one token at a time.

`stream` yields every token with the distribution it was drawn from and the random number that chose it; `generate`
and `generate_text_simple` are the notes' functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tiktoken
import torch
from torch import Tensor

from engine.errors import InputError
from engine.packed import KVCache, packed
from engine.sampling import (
    DecodingSettings,
    Draw,
    Summary,
    draw,
    filtered_probs,
    softmax_with_temperature,
    stages,
    summarise,
)
from engine.tokenizers.pretrained import encode_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.model import GPTModel

__all__ = [
    "DecodingSettings",
    "DecodingStep",
    "Draw",
    "Summary",
    "draw",
    "filtered_probs",
    "generate",
    "generate_each",
    "generate_text_simple",
    "softmax_with_temperature",
    "stages",
    "stream",
    "summarise",
    "text_to_token_ids",
    "token_ids_to_text",
]


@dataclass(frozen=True)
class DecodingStep:
    """One new token for every text of the batch, and how it was chosen. Everything lies on the CPU.

    index            0 for the first new token
    ids              (B,) the tokens; a text that has stopped repeats its stop token
    probability      (B,) their probability after the filters; nan for texts that stopped before
    raw_probability  (B,) their probability as the model has it; nan for texts that stopped before
    draw             the random numbers, and where the tokens lie on the bars from 0 to 1 that they fell on
    raw              the model's own distribution, in short
    filtered         the distribution after the filters, in short
    stopped          (B,) whether a text has its stop token, now or from before
    slid             whether the text was longer than the context, so that its beginning was not looked at
    """

    index: int
    ids: Tensor
    probability: Tensor
    raw_probability: Tensor
    draw: Draw
    raw: Summary
    filtered: Summary
    stopped: Tensor
    slid: bool


def stream(
    model: GPTModel,
    ids: Tensor,
    settings: DecodingSettings,
    *,
    use_cache: bool = True,
    first: int = 0,
    precision: str = "fp32",
) -> Iterator[DecodingStep]:
    """Continue texts and yield each token as it is drawn; ends when all texts have their stop token.

    ids        (B, T) token IDs of the prompts, all equally long; longer ones than the context lose their beginning
    use_cache  keep keys and values of tokens already read; the same tokens, faster
    first      index of the first token to draw: a text written in parts is the same as one written at once
    precision  fp32, or bf16: faster, with slightly other scores

    Dropout is off. One seed gives one row of random numbers for each text, whatever the other settings are.

    Raises InputError for an empty prompt, IDs that the model does not have or another precision, at once.
    """
    text = _Text(model, ids, model.cfg.context_length, use_cache, precision)
    return _steps(text, settings, first)


def _steps(text: _Text, settings: DecodingSettings, first: int) -> Iterator[DecodingStep]:
    random = torch.Generator()
    if settings.seed is None:
        random.seed()
    else:
        random.manual_seed(settings.seed)
    stop_ids = torch.tensor(list(settings.stop_ids), dtype=torch.long)
    stopped = torch.zeros(len(text.ids), dtype=torch.bool)
    ids = torch.zeros(len(text.ids), dtype=torch.long)
    for _ in range(first):
        torch.rand(len(ids), generator=random, dtype=torch.float64)
    for index in range(first, first + settings.max_new_tokens):
        slid = text.slid
        logits = text.next_logits().float().cpu()  # choosing is little work, and the same on every device
        raw = torch.softmax(logits, dim=-1)
        probs = filtered_probs(logits, settings, text.ids.cpu())
        drawn = draw(probs, torch.rand(len(ids), generator=random, dtype=torch.float64))
        ids = torch.where(stopped, ids, drawn.ids)
        probability, raw_probability = (
            p.gather(-1, ids[:, None])[:, 0].masked_fill(stopped, torch.nan) for p in (probs, raw)
        )
        stopped = stopped | torch.isin(ids, stop_ids)
        text.append(ids)
        yield DecodingStep(
            index, ids, probability, raw_probability, drawn, summarise(raw), summarise(probs), stopped, slid
        )
        if stopped.all():
            return


def generate(
    model: GPTModel,
    idx: Tensor,
    max_new_tokens: int,
    context_size: int,
    temperature: float = 0.0,
    top_k: int | None = None,
    eos_id: int | None = None,
) -> Tensor:
    """Continue token IDs (notes, section 5.3); draws come from PyTorch's global generator, as in the book.

    idx           (B, T) token IDs of the prompts
    context_size  most tokens to look at; of a longer text, its end
    eos_id        a text ends before this token; in a batch it is filled up with it until all texts have ended
    returns       (B, T + new tokens) prompts and continuations

    Raises InputError for an empty prompt, IDs that the model does not have, or a setting out of bounds.
    """
    settings = DecodingSettings(max_new_tokens, temperature, top_k)
    text = _Text(model, idx, context_size)
    ended = torch.zeros(len(idx), dtype=torch.bool, device=idx.device)
    for _ in range(max_new_tokens):
        probs = filtered_probs(text.next_logits(), settings)
        greedy = temperature == 0
        new = probs.argmax(dim=-1) if greedy else torch.multinomial(probs, num_samples=1)[:, 0]
        if eos_id is not None:
            new = new.masked_fill(ended, eos_id)
            ended = ended | (new == eos_id)
            if ended.all():
                break
        text.append(new)
    return text.ids


@torch.no_grad()
def generate_each(
    model: GPTModel, prompts: Sequence[Sequence[int]], max_new_tokens: int, eos_id: int, device: torch.device
) -> list[list[int]]:
    """Continue prompts of different lengths together with the likeliest token each time, without padding.

    All are read as far as the shortest one goes; from there on each takes its own tokens while it has any, and what
    the model says after that.

    prompts         token IDs, together with the new tokens at most the context long
    max_new_tokens  for each; fewer where eos_id comes earlier, which is then the last one
    returns         the new tokens of each

    Raises InputError as generate does.
    """
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
    longest = max(map(len, prompts))
    own = torch.tensor([[*prompt, *[eos_id] * (longest - len(prompt))] for prompt in prompts], device=device)
    text = _Text(model, own[:, : int(lengths.min())], model.cfg.context_length)
    ended = torch.zeros_like(lengths, dtype=torch.bool)
    for at in range(int(lengths.min()), longest + max_new_tokens):
        new, still = text.next_logits().argmax(dim=-1), at < lengths
        if at < longest:
            new = torch.where(still, own[:, at], new)
        text.append(new)
        ended |= ~still & ((new == eos_id) | (at + 1 >= lengths + max_new_tokens))
        if ended.all():
            break
    rows = zip(text.ids.tolist(), map(len, prompts), strict=True)
    return [_up_to(row[start : start + max_new_tokens], eos_id) for row, start in rows]


def _up_to(ids: list[int], end: int) -> list[int]:
    return ids[: ids.index(end) + 1] if end in ids else ids


def generate_text_simple(model: GPTModel, idx: Tensor, max_new_tokens: int, context_size: int) -> Tensor:
    """Continue token IDs (B, T) with the most probable token, again and again (notes, section 4.7).

    context_size  most tokens to look at; of a longer text, its end
    returns       (B, T + max_new_tokens)

    Raises InputError for an empty prompt or IDs that the model does not have.
    """
    return generate(model, idx, max_new_tokens, context_size)


def text_to_token_ids(text: str, tokenizer: tiktoken.Encoding | Any) -> Tensor:
    """Token IDs (1, T) of a text, <|endoftext|> as one token (notes, section 5.1)."""
    if isinstance(tokenizer, tiktoken.Encoding):
        ids = encode_text(tokenizer, text, allow_special=True)
    else:
        ids = tokenizer.encode(text)
    return torch.tensor(ids, dtype=torch.long)[None]


def token_ids_to_text(token_ids: Tensor, tokenizer: Any) -> str:
    """The text of token IDs (1, T) or (T,) (notes, section 5.1).

    Raises InputError for more than one text.
    """
    if token_ids.dim() == 2 and len(token_ids) != 1:
        raise InputError(f"these are {len(token_ids)} texts; give one row at a time.")
    return tokenizer.decode(token_ids.flatten().tolist())


class _Text:
    """Texts that grow, and the model's scores for what comes next.

    ids  (B, T) prompts and what was added
    """

    def __init__(
        self,
        model: GPTModel,
        ids: Tensor,
        context_size: int,
        use_cache: bool = True,
        precision: str = "fp32",
    ) -> None:
        _check_ids(ids, model.cfg.vocab_size)
        if context_size < 1:
            raise InputError(f"context_size is {context_size}; give at least 1.")
        self.model, self.ids = packed(model, precision), ids
        self.context = min(context_size, model.cfg.context_length)
        self.cache = KVCache(model, len(ids), self.context)
        self.use_cache = use_cache

    @property
    def slid(self) -> bool:
        """Whether the text is longer than the context."""
        return self.ids.shape[1] > self.context

    def next_logits(self) -> Tensor:
        """Scores (B, V) of the next token."""
        if self.slid or not self.use_cache:
            # Once the window moves, it moves with every token, and each token in it gets another position.
            self.cache.clear()
        window = self.ids[:, -self.context :]
        return self.model.next_logits(window[:, self.cache.length :], self.cache)

    def append(self, new: Tensor) -> None:
        """Add one token (B,) to every text."""
        self.ids = torch.cat([self.ids, new.to(self.ids.device)[:, None]], dim=1)


def _check_ids(ids: Tensor, vocab_size: int) -> None:
    if ids.dim() != 2 or ids.is_floating_point():
        raise InputError(f"token IDs must be whole numbers of shape (B, T), and these have shape {tuple(ids.shape)}.")
    if ids.numel() == 0:
        raise InputError("the prompt is empty; give at least one token, such as <|endoftext|>.")
    if ids.min() < 0 or ids.max() >= vocab_size:
        raise InputError(
            f"the prompt has token IDs from {int(ids.min())} to {int(ids.max())} and the model knows 0 to "
            f"{vocab_size - 1:,}; use the tokenizer that belongs to the model."
        )
