"""How surprised a model is by a text: cross-entropy, perplexity and bits per byte."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.errors import InputError
from engine.evaluation.metrics import perplexity_of
from engine.fast import fast_forward
from engine.tokenizers.bpe import replace_surrogates
from engine.tokenizers.pretrained import encode_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tiktoken
    from torch.utils.data import DataLoader

    from engine.model import GPTModel


def calc_loss_batch(input_batch: Tensor, target_batch: Tensor, model: nn.Module, device: torch.device | str) -> Tensor:
    """Mean cross-entropy of a batch, in nats a token (notes, section 5.1).

    input_batch, target_batch  (B, T) token IDs; targets of -100 do not count
    returns                    a scalar that can be trained on
    """
    input_batch, target_batch = input_batch.to(device), target_batch.to(device)
    logits = model(input_batch)
    return F.cross_entropy(logits.flatten(0, 1), target_batch.flatten())


def calc_loss_loader(
    data_loader: DataLoader[Any], model: nn.Module, device: torch.device | str, num_batches: int | None = None
) -> float:
    """Mean of calc_loss_batch over a loader's first num_batches batches, or over all; nan when there are none."""
    if len(data_loader) == 0:
        return float("nan")
    wanted = len(data_loader) if num_batches is None else min(num_batches, len(data_loader))
    total = 0.0
    for i, (input_batch, target_batch) in enumerate(data_loader):
        if i >= wanted:
            break
        total += calc_loss_batch(input_batch, target_batch, model, device).item()
    return total / wanted if wanted else float("nan")


def evaluate_model(
    model: nn.Module,
    train_loader: DataLoader[Any],
    val_loader: DataLoader[Any],
    device: torch.device | str,
    eval_iter: int,
) -> tuple[float, float]:
    """Training and validation loss without dropout and without gradients (notes, section 5.2).

    eval_iter  batches of each loader to look at

    Leaves the model in training mode, as the book's does.
    """
    model.eval()
    with torch.no_grad():
        train_loss = calc_loss_loader(train_loader, model, device, num_batches=eval_iter)
        val_loss = calc_loss_loader(val_loader, model, device, num_batches=eval_iter)
    model.train()
    return train_loss, val_loss


@dataclass(frozen=True)
class TextScore:
    """How well a model predicts a text.

    tokens  tokens predicted
    bytes   bytes of UTF-8 that these tokens stand for
    loss    mean cross-entropy, nats a token
    """

    tokens: int
    bytes: int
    loss: float

    @property
    def perplexity(self) -> float:
        """exp(loss): as unsure as if choosing evenly among this many tokens."""
        return perplexity_of(self.loss)

    @property
    def bits_per_byte(self) -> float:
        """Bits that the model needs for one byte of the text; comparable across tokenizers."""
        return self.loss / math.log(2) * self.tokens / self.bytes

    @property
    def bytes_per_token(self) -> float:
        """Bytes that one token stands for, on average."""
        return self.bytes / self.tokens


@torch.no_grad()
def score_tokens(
    model: GPTModel, ids: Sequence[int], num_bytes: int, stride: int | None = None, batch_size: int = 8
) -> TextScore:
    """Score a text of any length in windows.

    ids        the text's token IDs; all but the first are predicted
    num_bytes  bytes of UTF-8 that the predicted tokens stand for
    stride     tokens from one window to the next; each window scores only what the last one did not, so
               a smaller stride gives every token more context; half the context length when not given

    Raises InputError for fewer than two tokens, or a stride that leaves tokens out.
    """
    if len(ids) < 2:
        raise InputError("a text of fewer than two tokens has nothing to predict; give a longer one.")
    context = model.cfg.context_length
    step = max(1, context // 2) if stride is None else stride
    if not 1 <= step <= context:
        raise InputError(f"the stride is {step}; give 1 to {context:,}, the model's context length.")
    device = model.tok_emb.weight.device
    all_ids = torch.tensor(ids)
    # Window i reads `context` tokens; the last windows are moved back so that all are equally long.
    starts = [min(s, max(0, len(ids) - 1 - context)) for s in range(0, max(1, len(ids) - 1 - context + step), step)]
    width = min(context, len(ids) - 1)
    was_training = model.training
    model.eval()
    losses = torch.zeros(len(ids) - 1, dtype=torch.float64)
    done = 0
    for i in range(0, len(starts), batch_size):
        group = starts[i : i + batch_size]
        x = torch.stack([all_ids[s : s + width] for s in group]).to(device)
        y = torch.stack([all_ids[s + 1 : s + width + 1] for s in group]).to(device)
        each = F.cross_entropy(fast_forward(model, x).transpose(1, 2).float(), y, reduction="none").cpu().double()
        for s, row in zip(group, each, strict=True):
            fresh = max(done, s)
            losses[fresh : s + width] = row[fresh - s :]
            done = s + width
    model.train(was_training)
    return TextScore(len(ids) - 1, num_bytes, losses.mean().item())


def score_text(model: GPTModel, tokenizer: tiktoken.Encoding, text: str, stride: int | None = None) -> TextScore:
    """Score a text as it stands at the start of a document, right after <|endoftext|>.

    Raises InputError for an empty text.
    """
    if not text:
        raise InputError("the text is empty; give some text to score.")
    ids = [tokenizer.eot_token, *encode_text(tokenizer, text)]
    return score_tokens(model, ids, len(replace_surrogates(text).encode()), stride)
