"""word2vec: vectors of words from nothing but which words stand near one another (skip-gram, negative sampling).

Every word has two vectors: one for when it stands in the middle, one for when it stands near by. Training draws
a pair that occurs in the text and lets their dot product grow, and pairs the same middle with random words and
lets those shrink. The middle vectors are the result.

Source: Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their Compositionality",
sections 2.2 (negative sampling) and 2.3 (subsampling, not used here: the texts are small).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from engine.errors import InputError, check_bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
BATCH = 256  # pairs a step
LEARNING_RATE = 0.02
LONGEST = 20_000  # words read of a text
MOST_WORDS = 500  # different words; the rarest are left out
BOUNDS = {"emb_dim": (2, 32), "window": (1, 6), "negatives": (1, 15), "steps": (50, 1_500), "seed": (0, 99_999)}


@dataclass(frozen=True)
class Settings:
    """How word2vec is trained.

    emb_dim    numbers in a vector
    window     how many words to each side count as near
    negatives  random words for each real neighbour
    steps      of 256 pairs each
    seed       of the first vectors and of every draw
    """

    emb_dim: int = 16
    window: int = 2
    negatives: int = 5
    steps: int = 800
    seed: int = 123

    def __post_init__(self) -> None:
        check_bounds(self, BOUNDS, whole=True)


@dataclass(frozen=True)
class Pairs:
    """A text as exercises.

    words   the different words, most frequent first
    counts  (V,) how often each occurs
    middle  (P,) the word in the middle of each pair
    near    (P,) a word at most `window` places from it, in the same sentence
    """

    words: list[str]
    counts: NDArray[np.int64]
    middle: NDArray[np.int64]
    near: NDArray[np.int64]


@dataclass(frozen=True)
class Moment:
    """The training after `step` steps: the mean loss since the last moment, and (V, emb_dim) the vectors."""

    step: int
    loss: float
    vectors: NDArray[np.float32]


def read_pairs(text: str, window: int) -> Pairs:
    """Every pair of near words. Words are compared without capitals; a window ends with its sentence or line.

    Raises InputError when the text has too few words to learn from.
    """
    sentences: list[list[str]] = []
    room = LONGEST
    for part in re.split(r"[.!?\n]+", text):
        sentences.append(WORD.findall(part.lower())[:room])
        room -= len(sentences[-1])
    counts = Counter(word for sentence in sentences for word in sentence)
    words = [word for word, _ in counts.most_common(MOST_WORDS)]
    number = {word: i for i, word in enumerate(words)}
    middle, near = [], []
    for sentence in sentences:
        ids = [number[word] for word in sentence if word in number]
        for i, word in enumerate(ids):
            for other in ids[max(0, i - window) : i] + ids[i + 1 : i + 1 + window]:
                middle.append(word)
                near.append(other)
    if len(words) < 5 or not middle:
        raise InputError(
            f"the text has {len(words)} different words, and a word is known by its neighbours; "
            "write some sentences with at least 5."
        )
    return Pairs(words, np.array([counts[word] for word in words]), np.array(middle), np.array(near))


def train(pairs: Pairs, settings: Settings, moments: int = 20) -> Iterator[Moment]:
    """Train, and hand over the vectors before the first step and at `moments` moments on the way.

    The loss of a pair is -log sigmoid(middle . near) - sum over the random words of log sigmoid(-middle . random),
    nats. At the start all dot products are 0, and it is (1 + negatives) log 2.
    """
    s = settings
    generator = torch.Generator().manual_seed(s.seed)
    size = len(pairs.words)
    # Random middles and zeros for the others, as in the authors' program.
    middles, others = nn.Embedding(size, s.emb_dim), nn.Embedding(size, s.emb_dim)
    with torch.no_grad():
        middles.weight.copy_((torch.rand(size, s.emb_dim, generator=generator) - 0.5) / s.emb_dim)
        others.weight.zero_()
    optimizer = torch.optim.Adam([middles.weight, others.weight], lr=LEARNING_RATE)
    all_middle, all_near = torch.from_numpy(pairs.middle), torch.from_numpy(pairs.near)
    # Random words are drawn by their frequency to the power 3/4.
    frequency = torch.from_numpy(pairs.counts).double() ** 0.75

    def loss_of(batch: torch.Tensor) -> torch.Tensor:
        middle, near = middles(all_middle[batch]), others(all_near[batch])  # (B, D)
        drawn = torch.multinomial(frequency, len(batch) * s.negatives, replacement=True, generator=generator)
        random = others(drawn.view(len(batch), s.negatives))  # (B, negatives, D)
        real = nn.functional.logsigmoid((middle * near).sum(-1))
        false = nn.functional.logsigmoid(-(random @ middle[:, :, None])[:, :, 0]).sum(-1)
        return -(real + false).mean()

    def draw() -> torch.Tensor:
        return torch.randint(len(all_middle), (BATCH,), generator=generator)

    with torch.no_grad():
        yield Moment(0, float(loss_of(draw())), middles.weight.numpy().copy())
    every, since = max(1, s.steps // moments), []
    for step in range(1, s.steps + 1):
        loss = loss_of(draw())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        since.append(loss.item())
        if step % every == 0 or step == s.steps:
            yield Moment(step, float(np.mean(since)), middles.weight.detach().numpy().copy())
            since = []
