"""An encoder and a decoder between which only one vector passes, and the same with attention (notes, 3.1 and 3.2).

Both read a sequence of letters and digits with a GRU and write it again, as it is or backwards, with another GRU.
At every step the decoder gets a *context*. In one model it is always the encoder's last state: the bottleneck. In the
other it is a weighted average of all the encoder's states, with weights computed anew for every symbol: attention.

Source: Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder" (the context is the last state);
Bahdanau et al. 2014, "Neural Machine Translation by Jointly Learning to Align and Translate" (attention).
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.errors import InputError, check_bounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

SYMBOLS = "abcdefghijklmnopqrstuvwxyz0123456789"
START = len(SYMBOLS)  # what the decoder gets before its first symbol
TASKS = ("copy", "reverse")
KINDS = {False: "bottleneck", True: "attention"}
LONGEST = 40  # symbols that a model can be given
EMB_DIM = 32
BATCH = 64
BOUNDS = {"longest": (2, 24), "hidden": (8, 128), "steps": (20, 10_000), "seed": (0, 99_999)}


@dataclass(frozen=True)
class Seq2SeqSettings:
    """What both models are trained on.

    task     "copy" or "reverse"
    longest  symbols in the longest training sequence; every length from 1 is trained equally often
    hidden   numbers in a hidden state
    steps    of training, 64 sequences each
    seed     of weights and sequences
    """

    task: str = "reverse"
    longest: int = 16
    hidden: int = 64
    steps: int = 4_000
    seed: int = 1

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise InputError(f"there is no task {self.task!r}; choose {' or '.join(TASKS)}.")
        check_bounds(self, BOUNDS)

    def to_dict(self) -> dict[str, Any]:
        """The same settings as a plain dict, ready for JSON."""
        return asdict(self)


class Seq2Seq(nn.Module):
    """A GRU that reads and a GRU that writes, with attention between them or one vector.

    hidden     numbers in a hidden state
    attention  where the context of each step comes from: all states, or only the last one
    """

    def __init__(self, hidden: int, attention: bool) -> None:
        super().__init__()
        self.attention = attention
        self.emb = nn.Embedding(len(SYMBOLS) + 1, EMB_DIM)
        self.encoder = nn.GRU(EMB_DIM, hidden, batch_first=True)
        self.decoder = nn.GRUCell(EMB_DIM + hidden, hidden)
        self.out = nn.Linear(2 * hidden, len(SYMBOLS))
        if attention:
            self.W_state = nn.Linear(hidden, hidden)
            self.W_memory = nn.Linear(hidden, hidden, bias=False)
            self.v = nn.Linear(hidden, 1, bias=False)

    def encode(self, ids: Tensor) -> Tensor:
        """Hidden states (B, T, hidden) after each symbol of ids (B, T)."""
        return self.encoder(self.emb(ids))[0]

    def scores(self, state: Tensor, memory: Tensor) -> Tensor:
        """Scores (B, T) of the encoder's states (B, T, hidden) for the decoder's state (B, hidden).

        With attention v . tanh(W_state state + W_memory memory); else minus infinity for all but the last.
        """
        if self.attention:
            return self.v(torch.tanh(self.W_state(state)[:, None] + self.W_memory(memory)))[..., 0]
        scores = memory.new_full(memory.shape[:2], -torch.inf)
        scores[:, -1] = 0
        return scores

    def step(self, state: Tensor, previous: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One symbol further: the new state (B, hidden), logits (B, V), and the scores (B, T) of the states.

        state     (B, hidden) the decoder's state so far
        previous  (B,) the symbol written last
        memory    (B, T, hidden) all states of the encoder
        """
        scores = self.scores(state, memory)
        context = (torch.softmax(scores, dim=-1)[:, None] @ memory)[:, 0]
        state = self.decoder(torch.cat([self.emb(previous), context], dim=-1), state)
        return state, self.out(torch.cat([state, context], dim=-1)), scores

    def forward(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Logits (B, T, V) while the right symbols are given as the ones written before (teacher forcing)."""
        memory = self.encode(ids)
        state, previous, logits = memory[:, -1], torch.full_like(targets[:, 0], START), []
        for n in range(targets.shape[1]):
            state, found, _ = self.step(state, previous, memory)
            logits.append(found)
            previous = targets[:, n]
        return torch.stack(logits, dim=1)


@dataclass(frozen=True)
class Walk:
    """One sequence read and written, step by step.

    read      (T, hidden) the encoder's state after each symbol
    wrote     (T, hidden) the decoder's state after each symbol
    scores    (T, T) row n: how well each encoder state suits step n; minus infinity where it cannot be looked at
    weights   (T, T) softmax of each row: how much of each encoder state went into the context of step n
    chances   (T, V) probability of each symbol at each step
    written   the likeliest symbols
    """

    read: Floats
    wrote: Floats
    scores: Floats
    weights: Floats
    chances: Floats
    written: str


@torch.no_grad()
def walk(model: Seq2Seq, text: str) -> Walk:
    """Let the model read the text and write as many symbols as it has.

    Raises InputError for a text with other symbols than a-z and 0-9, or with none or too many.
    """
    ids = read_symbols(text)[None]
    memory = model.encode(ids)
    state, previous, rows = memory[:, -1], torch.tensor([START]), []
    for _ in text:
        state, logits, scores = model.step(state, previous, memory)
        previous = logits.argmax(-1)
        rows.append((state[0], scores[0], logits[0].softmax(-1)))
    states, scores, chances = (torch.stack(part) for part in zip(*rows, strict=True))
    written = "".join(SYMBOLS[n] for n in chances.argmax(-1).tolist())
    weights = torch.softmax(scores, dim=-1)
    return Walk(memory[0].numpy(), states.numpy(), scores.numpy(), weights.numpy(), chances.numpy(), written)


def read_symbols(text: str) -> Tensor:
    """The symbols' numbers (T,).

    Raises InputError for other symbols, none, or too many.
    """
    wrong = sorted(set(text) - set(SYMBOLS))
    if wrong:
        raise InputError(f"these models know only the letters a to z and the digits; {wrong[0]!r} is neither.")
    if not 1 <= len(text) <= LONGEST:
        raise InputError(f"the sequence has {len(text)} symbols; give 1 to {LONGEST}.")
    return torch.tensor([SYMBOLS.index(symbol) for symbol in text])


def answer(task: str, ids: Tensor) -> Tensor:
    """What should be written for ids (..., T): the same, or the same backwards."""
    return ids.flip(-1) if task == "reverse" else ids


@dataclass(frozen=True)
class Progress:
    """Training so far: losses in nats per symbol, means since the last report; `models` go on changing."""

    step: int
    losses: dict[bool, float]
    seconds: float
    models: dict[bool, Seq2Seq] = field(repr=False)


def train(settings: Seq2SeqSettings, every: int = 20) -> Iterator[Progress]:
    """Train both models on the same sequences, one step each in turn; yields a report after every `every` steps.

    To stop, stop asking.
    """
    started = time.perf_counter()
    models = {attention: new_model(settings, attention) for attention in KINDS}
    optimizers = {kind: torch.optim.Adam(model.parameters()) for kind, model in models.items()}
    random = torch.Generator().manual_seed(settings.seed)
    sums = dict.fromkeys(KINDS, 0.0)
    since = 0
    for step in range(1, settings.steps + 1):
        length = int(torch.randint(1, settings.longest + 1, (), generator=random))
        ids = torch.randint(len(SYMBOLS), (BATCH, length), generator=random)
        for kind, model in models.items():
            sums[kind] += train_step(model, optimizers[kind], ids, settings, step)
        since += 1
        if step % every == 0 or step == settings.steps:
            means = {kind: total / since for kind, total in sums.items()}
            sums, since = dict.fromkeys(KINDS, 0.0), 0
            yield Progress(step, means, time.perf_counter() - started, models)


def train_step(
    model: Seq2Seq, optimizer: torch.optim.Optimizer, ids: Tensor, settings: Seq2SeqSettings, step: int
) -> float:
    """One step on ids (B, T); returns the loss before it."""
    targets = answer(settings.task, ids)
    for group in optimizer.param_groups:
        group["lr"] = 4e-3 * min(1.0, step / 50, (settings.steps - step + 1) / (0.5 * settings.steps))
    loss = F.cross_entropy(model(ids, targets).flatten(0, 1), targets.flatten())
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def new_model(settings: Seq2SeqSettings, attention: bool) -> Seq2Seq:
    """A model with the weights of this seed; what both kinds share starts the same."""
    model = Seq2Seq(settings.hidden, attention)
    random = torch.Generator().manual_seed(settings.seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            # PyTorch's own range for GRUs; for embeddings its own is a normal distribution.
            if name == "emb.weight":
                p.normal_(generator=random)
            else:
                p.uniform_(-1, 1, generator=random).mul_(settings.hidden**-0.5)
    return model


@torch.no_grad()
def accuracy_by_length(model: Seq2Seq, task: str, lengths: Sequence[int], samples: int, seed: int) -> Floats:
    """(len(lengths),) the share of symbols that are right when the model writes alone, 0 to 1.

    samples  random sequences of each length, none of which need have been seen in training
    """
    random = torch.Generator().manual_seed(seed)
    shares = []
    for length in lengths:
        ids = torch.randint(len(SYMBOLS), (samples, length), generator=random)
        memory = model.encode(ids)
        state, previous, written = memory[:, -1], torch.full((samples,), START), []
        for _ in range(length):
            state, logits, _ = model.step(state, previous, memory)
            previous = logits.argmax(-1)
            written.append(previous)
        shares.append((torch.stack(written, dim=1) == answer(task, ids)).float().mean())
    return torch.stack(shares).numpy()
