"""The notes' training functions (section 5.2), on top of the one training loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from engine.decoding import generate_text_simple, text_to_token_ids, token_ids_to_text
from engine.evaluation.loss import evaluate_model
from engine.training.events import EpochEnd, Evaluation
from engine.training.loop import LoopSettings, train

if TYPE_CHECKING:
    from torch.utils.data import DataLoader

    from engine.model import GPTModel


def generate_and_print_sample(model: GPTModel, tokenizer: Any, device: torch.device | str, start_context: str) -> None:
    """Print how the model goes on from start_context, 50 tokens, greedily, on one line."""
    model.eval()
    context_size = model.pos_emb.weight.shape[0]
    encoded = text_to_token_ids(start_context, tokenizer).to(device)
    with torch.no_grad():
        token_ids = generate_text_simple(model=model, idx=encoded, max_new_tokens=50, context_size=context_size)
    print(token_ids_to_text(token_ids, tokenizer).replace("\n", " "))
    model.train()


def train_model_simple(
    model: GPTModel,
    train_loader: DataLoader[Any],
    val_loader: DataLoader[Any],
    optimizer: torch.optim.Optimizer,
    device: torch.device | str,
    num_epochs: int,
    eval_freq: int,
    eval_iter: int,
    start_context: str,
    tokenizer: Any,
) -> tuple[list[float], list[float], list[int]]:
    """Train as in the notes, printing losses every eval_freq steps and a sample after every epoch.

    eval_iter  batches of each loader that an evaluation looks at
    returns    training losses, validation losses, and tokens seen, one entry an evaluation
    """
    settings = LoopSettings(epochs=num_epochs, clip_norm=None, eval_every=eval_freq)
    train_losses: list[float] = []
    val_losses: list[float] = []
    tokens_seen: list[int] = []
    events = train(
        model,
        train_loader,
        optimizer,
        settings,
        evaluate=lambda: evaluate_model(model, train_loader, val_loader, device, eval_iter),
    )
    for event in events:
        if isinstance(event, Evaluation):
            train_losses.append(event.train_loss)
            val_losses.append(event.val_loss)
            tokens_seen.append(event.tokens_seen)
            print(
                f"Ep {event.epoch + 1} (Step {event.step:06d}): "
                f"Train loss {event.train_loss:.3f}, Val loss {event.val_loss:.3f}"
            )
        elif isinstance(event, EpochEnd):
            generate_and_print_sample(model, tokenizer, device, start_context)
    return train_losses, val_losses, tokens_seen
