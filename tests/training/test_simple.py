"""train_model_simple is the book's function: the same losses, the same prints, the same random numbers."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from engine.training.simple import generate_and_print_sample, train_model_simple
from tests.training.tiny import CONTEXT, assert_same_weights, weights

CFG = {
    "vocab_size": 50257,
    "context_length": CONTEXT,
    "emb_dim": 4,
    "n_heads": 2,
    "n_layers": 1,
    "drop_rate": 0.1,
    "qkv_bias": False,
}
START = "Every effort moves you"
TEXT = "I had always thought Jack Gisburn rather a cheap genius, though a good fellow enough. " * 4


def make(shuffle: bool = True):
    """Model, loaders and optimizer as the notes make them, small."""
    torch.manual_seed(123)
    model = GPTModel(CFG)
    ids = torch.tensor(load_tokenizer("gpt2").encode(TEXT))
    pairs = [(ids[i : i + CONTEXT], ids[i + 1 : i + CONTEXT + 1]) for i in range(0, len(ids) - CONTEXT, CONTEXT)]
    train_loader = DataLoader(pairs[:-4], batch_size=2, shuffle=shuffle, drop_last=True)
    val_loader = DataLoader(pairs[-4:], batch_size=2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0004, weight_decay=0.1)
    return model, train_loader, val_loader, optimizer


def bare_loop(model, train_loader, val_loader, optimizer, epochs, eval_freq, eval_iter, write):
    """Gradient descent in plain PyTorch, in the order that the notes describe (section 5.2)."""

    def batch_loss(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(model(x).flatten(0, 1), y.flatten())

    def mean_loss(batches: DataLoader) -> float:
        total = 0.0
        for i, (x, y) in enumerate(batches):
            if i == eval_iter:
                break
            total += batch_loss(x, y).item()
        return total / min(eval_iter, len(batches))

    train_losses, val_losses, seen, tokens, step = [], [], [], 0, -1
    for epoch in range(epochs):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            batch_loss(x, y).backward()
            optimizer.step()
            tokens += x.numel()
            step += 1
            if step % eval_freq == 0:
                model.eval()
                with torch.no_grad():
                    train_losses.append(mean_loss(train_loader))
                    val_losses.append(mean_loss(val_loader))
                model.train()
                seen.append(tokens)
                write(
                    f"Ep {epoch + 1} (Step {step:06d}): "
                    f"Train loss {train_losses[-1]:.3f}, Val loss {val_losses[-1]:.3f}"
                )
        write(greedy(model))
    return train_losses, val_losses, seen


def greedy(model: GPTModel, new: int = 50) -> str:
    """The text after START, the likeliest token each time."""
    tokenizer = load_tokenizer("gpt2")
    ids = tokenizer.encode(START)
    model.eval()
    with torch.no_grad():
        for _ in range(new):
            ids.append(int(model(torch.tensor([ids[-CONTEXT:]]))[0, -1].argmax()))
    model.train()
    return tokenizer.decode(ids).replace("\n", " ")


@pytest.mark.parametrize("shuffle", [True, False])
def test_it_equals_a_loop_in_plain_pytorch(shuffle: bool, capsys) -> None:
    """Bit for bit: every loss, every weight, and where the random numbers stand afterwards."""
    lines: list[str] = []
    theirs, *rest = make(shuffle)
    expected = bare_loop(theirs, *rest, epochs=2, eval_freq=3, eval_iter=2, write=lines.append)
    generator = torch.get_rng_state()

    ours, *rest = make(shuffle)
    tokenizer = load_tokenizer("gpt2")
    losses = train_model_simple(ours, *rest, "cpu", 2, 3, 2, START, tokenizer)
    assert losses == expected
    assert len(losses[0]) == 3
    assert_same_weights(weights(ours), weights(theirs))
    assert torch.equal(torch.get_rng_state(), generator)
    assert capsys.readouterr().out.splitlines() == lines


def test_a_sample_is_printed_on_one_line_and_training_goes_on(capsys) -> None:
    model, *_ = make()
    generate_and_print_sample(model, load_tokenizer("gpt2"), "cpu", START)
    out = capsys.readouterr().out
    assert out == greedy(model) + "\n"
    assert out.startswith(START)
    assert model.training
