"""The notes' classifier (chapter 6): a GPT whose last output says which class a text belongs to.

The functions have the book's names, signatures and results; they print nothing. What fails in the book's
versions works here: a message longer than the context is cut, max_length=None works, and with `skip_pad` the
scores are those of the last token that is not padding.

`engine.finetune.fitting.fit` is the faster and better way that the lessons use.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from engine.errors import InputError
from engine.tokenizers.pretrained import encode_text
from engine.training.events import EpochEnd, Evaluation
from engine.training.loop import LoopSettings, train

if TYPE_CHECKING:
    from pathlib import Path

    from engine.model import GPTModel

Device = torch.device | str


class SpamDataset(Dataset[tuple[Tensor, Tensor]]):
    """Messages of a CSV as token IDs of one length, with their labels (notes, section 6.3).

    csv_file      columns Text and Label (0, 1, …)
    max_length    tokens in every message, longer ones cut, shorter ones padded; None: as in the longest
    pad_token_id  what fills up short messages; 50256 is <|endoftext|> in GPT-2's vocabulary

    Raises InputError for a missing column, no rows, or a max_length below 1.
    """

    def __init__(
        self,
        csv_file: str | Path | IO[str],
        tokenizer: Any,
        max_length: int | None = None,
        pad_token_id: int = 50256,
    ) -> None:
        self.data = pd.read_csv(csv_file, keep_default_na=False)
        for column in ("Text", "Label"):
            if column not in self.data.columns:
                raise InputError(f"the file has no column {column!r}, only {list(self.data.columns)}.")
        if self.data.empty:
            raise InputError("the file has no messages; give at least one.")
        if max_length is not None and max_length < 1:
            raise InputError(f"max_length is {max_length}; give at least 1, or None for the longest message.")
        encoded = [encode_text(tokenizer, str(text)) for text in self.data["Text"]]
        # A message without a token still gets one, the padding, so that there is something to read.
        self.max_length = max_length or max(1, *map(len, encoded))
        self.encoded_texts = [_pad(ids[: self.max_length], self.max_length, pad_token_id) for ids in encoded]

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        label = int(self.data.iloc[index]["Label"])
        return torch.tensor(self.encoded_texts[index]), torch.tensor(label)

    def __len__(self) -> int:
        return len(self.data)


def _pad(ids: list[int], length: int, pad_token_id: int) -> list[int]:
    return ids + [pad_token_id] * (length - len(ids))


def class_logits(model: GPTModel, input_batch: Tensor, skip_pad: int | None = None) -> Tensor:
    """Scores of the classes (B, C), read off one position of each text in input_batch (B, T).

    skip_pad  the padding's ID: read the last token that is not it; None: the last position, as in the book

    Tokens beyond the model's context are cut off.
    """
    input_batch = input_batch[:, : model.pos_emb.num_embeddings]
    logits = model(input_batch)
    if skip_pad is None:
        return logits[:, -1, :]
    places = torch.arange(input_batch.shape[1], device=input_batch.device)
    # The largest place that holds no padding; a text of nothing but padding is read at its start.
    last = torch.where(input_batch != skip_pad, places, 0).amax(dim=1)
    return logits[torch.arange(len(logits), device=logits.device), last]


@torch.no_grad()
def calc_accuracy_loader(
    data_loader: DataLoader[Any],
    model: GPTModel,
    device: Device,
    num_batches: int | None = None,
    skip_pad: int | None = None,
) -> float:
    """Share of right answers over a loader's first num_batches batches, or over all (notes, section 6.6).

    Leaves the model in evaluation mode, as the book's does; nan when there are no batches.
    """
    model.eval()
    right, total = 0, 0
    for i, (input_batch, target_batch) in enumerate(data_loader):
        if num_batches is not None and i >= num_batches:
            break
        predicted = class_logits(model, input_batch.to(device), skip_pad).argmax(dim=-1)
        right += int((predicted == target_batch.to(device)).sum())
        total += len(target_batch)
    return right / total if total else float("nan")


def calc_loss_batch(
    input_batch: Tensor, target_batch: Tensor, model: GPTModel, device: Device, skip_pad: int | None = None
) -> Tensor:
    """Mean cross-entropy of a batch, in nats a text (notes, section 6.6); can be trained on."""
    return F.cross_entropy(class_logits(model, input_batch.to(device), skip_pad), target_batch.to(device))


def calc_loss_loader(
    data_loader: DataLoader[Any],
    model: GPTModel,
    device: Device,
    num_batches: int | None = None,
    skip_pad: int | None = None,
) -> float:
    """Mean of calc_loss_batch over the first num_batches batches, or over all; nan when there are none."""
    wanted = len(data_loader) if num_batches is None else min(num_batches, len(data_loader))
    total = 0.0
    for i, (input_batch, target_batch) in enumerate(data_loader):
        if i >= wanted:
            break
        total += calc_loss_batch(input_batch, target_batch, model, device, skip_pad).item()
    return total / wanted if wanted else float("nan")


def evaluate_model(
    model: GPTModel,
    train_loader: DataLoader[Any],
    val_loader: DataLoader[Any],
    device: Device,
    eval_iter: int,
    skip_pad: int | None = None,
) -> tuple[float, float]:
    """Training and validation loss of the first eval_iter batches, without dropout (notes, section 6.7).

    Leaves the model in training mode, as the book's does.
    """
    model.eval()
    with torch.no_grad():
        train_loss = calc_loss_loader(train_loader, model, device, eval_iter, skip_pad)
        val_loss = calc_loss_loader(val_loader, model, device, eval_iter, skip_pad)
    model.train()
    return train_loss, val_loss


def train_classifier_simple(
    model: GPTModel,
    train_loader: DataLoader[Any],
    val_loader: DataLoader[Any],
    optimizer: torch.optim.Optimizer,
    device: Device,
    num_epochs: int,
    eval_freq: int,
    eval_iter: int,
    skip_pad: int | None = None,
) -> tuple[list[float], list[float], list[float], list[float], int]:
    """Train all parameters that are not frozen, as in the notes' section 6.7.

    eval_freq  steps between two looks at the losses
    eval_iter  batches of each loader that a look takes
    returns    training and validation losses, one a look; training and validation accuracies, one an epoch;
               how many examples were seen
    """
    train_losses: list[float] = []
    val_losses: list[float] = []
    train_accs: list[float] = []
    val_accs: list[float] = []
    examples_seen = 0

    def batch_loss(model: Any, inputs: Tensor, targets: Tensor) -> Tensor:
        nonlocal examples_seen
        examples_seen += len(inputs)
        return calc_loss_batch(inputs, targets, model, device, skip_pad)

    settings = LoopSettings(epochs=num_epochs, clip_norm=None, eval_every=eval_freq)
    for event in train(
        model,
        train_loader,
        optimizer,
        settings,
        batch_loss=batch_loss,
        evaluate=lambda: evaluate_model(model, train_loader, val_loader, device, eval_iter, skip_pad),
    ):
        if isinstance(event, Evaluation):
            train_losses.append(event.train_loss)
            val_losses.append(event.val_loss)
        elif isinstance(event, EpochEnd):
            train_accs.append(calc_accuracy_loader(train_loader, model, device, eval_iter, skip_pad))
            val_accs.append(calc_accuracy_loader(val_loader, model, device, eval_iter, skip_pad))
    return train_losses, val_losses, train_accs, val_accs, examples_seen


@torch.no_grad()
def classify_review(
    text: str,
    model: GPTModel,
    tokenizer: Any,
    device: Device,
    max_length: int | None = None,
    pad_token_id: int = 50256,
    last_real_token: bool = False,
) -> str:
    """The fine-tuned model's verdict, "spam" or "not spam" (notes, section 6.8).

    max_length       tokens to cut or pad to, that of the training data; None: as long as the text
    last_real_token  read the last token that is not padding; False: the last position, as in the book
    """
    model.eval()
    context = model.pos_emb.num_embeddings
    ids = encode_text(tokenizer, text) or [pad_token_id]
    length = min(max_length or len(ids), context)
    inputs = torch.tensor(_pad(ids[:length], length, pad_token_id), device=device).unsqueeze(0)
    logits = class_logits(model, inputs, pad_token_id if last_real_token else None)
    return "spam" if int(logits.argmax(dim=-1)) == 1 else "not spam"
