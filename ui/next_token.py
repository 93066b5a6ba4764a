"""What the model says comes next, and what decoding makes of it: the arrays behind the decoding lesson."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
    import tiktoken

    from engine.branching import Node
    from engine.sampling import DecodingSettings
    from ui.models import LoadedModel

Path = tuple[int, ...]
EMPTY_PROMPT = "the prompt is empty; type at least one character for the model to continue."


@dataclass(frozen=True)
class NextScores:
    """The model's scores for the token after a text.

    scores   (V,) logits
    ids      the whole text: the prompt's tokens, then those added
    prompt   how many of them are the prompt's
    context  how many of the last ones the model looks at
    """

    scores: np.ndarray
    ids: Path
    prompt: int
    context: int


def next_scores(loaded: LoadedModel, text: str, path: Path = ()) -> NextScores:
    """One forward pass over prompt and added tokens; of a longer text than the context, its end.

    Raises InputError for an empty prompt.
    """
    import torch

    from engine.fast import fast_hidden
    from engine.tokenizers.pretrained import encode_text

    prompt = encode_text(loaded.tokenizer, text)
    if not prompt:
        raise InputError(EMPTY_PROMPT)
    ids, context = (*prompt, *path), loaded.model.cfg.context_length
    window = torch.tensor([ids[-context:]], device=loaded.device)
    hidden = fast_hidden(loaded.model, window)
    scores = loaded.model.out_head(hidden[:, -1])[0].float().cpu().numpy()
    return NextScores(scores, ids, len(prompt), context)


@dataclass(frozen=True)
class OneDraw:
    """How one token is drawn.

    names       the stages that are on, "model" first
    stages      (stages, V) probabilities after each; the last row is drawn from
    number      the uniform random number, 0 to below 1
    id          the token on which it falls
    start, end  where that token lies on the bar from 0 to 1
    """

    names: tuple[str, ...]
    stages: np.ndarray
    number: float
    id: int
    start: float
    end: float

    @property
    def probs(self) -> np.ndarray:
        """(V,) the probabilities that the token is drawn from."""
        return self.stages[-1]


def random_number(seed: int, index: int) -> float:
    """The number with this index in the seed's row of random numbers: the one that `engine.decoding.stream` uses."""
    import torch

    random = torch.Generator().manual_seed(seed)
    return [float(torch.rand(1, generator=random, dtype=torch.float64)) for _ in range(index + 1)][-1]


def draw_once(now: NextScores, settings: DecodingSettings) -> OneDraw:
    """All stages of decoding and the draw; `settings.seed` must be given."""
    import torch

    from engine.sampling import draw, stages

    number = random_number(settings.seed or 0, len(now.ids) - now.prompt)
    found = stages(torch.from_numpy(now.scores), settings, torch.tensor(now.ids))
    drawn = draw(found[-1][1][None], torch.tensor([number], dtype=torch.float64))
    return OneDraw(
        tuple(name for name, _ in found),
        torch.stack([probs for _, probs in found]).numpy(),
        number,
        int(drawn.ids),
        float(drawn.start),
        float(drawn.end),
    )


def draw_many(probs: np.ndarray, seed: int, count: int) -> np.ndarray:
    """(V,) how often each token comes in `count` draws from one distribution."""
    import torch

    from engine.branching import count_draws

    numbers = torch.rand(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return count_draws(torch.from_numpy(probs), numbers).numpy()


@dataclass(frozen=True)
class Written:
    """A token that was drawn: the random number and the probability that it had."""

    id: int
    number: float
    probability: float


def write(loaded: LoadedModel, text: str, path: Path, settings: DecodingSettings) -> tuple[Written, ...]:
    """Continue the text with `engine.decoding.stream`, from where the path ends.

    Raises InputError for an empty prompt.
    """
    import torch

    from engine.decoding import stream
    from engine.tokenizers.pretrained import encode_text

    prompt = encode_text(loaded.tokenizer, text)
    if not prompt:
        raise InputError(EMPTY_PROMPT)
    ids = torch.tensor([[*prompt, *path]], device=loaded.device)
    return tuple(
        Written(int(step.ids), float(step.draw.numbers), float(step.probability))
        for step in stream(loaded.model, ids, settings, first=len(path))
    )


def tree(loaded: LoadedModel, text: str, path: Path, opened: Collection[Path], settings: DecodingSettings) -> Node:
    """The tree of continuations after the text and the path; each opened node costs one forward pass, once."""
    import torch

    from engine.branching import grow_tree
    from ui import models

    def scores(more: Path) -> torch.Tensor:
        return torch.from_numpy(models.infer(next_scores, loaded, text, path=(*path, *more)).scores)

    now = models.infer(next_scores, loaded, text, path=path)
    return grow_tree(scores, now.ids, settings, opened)


def text_mark(tokenizer: tiktoken.Encoding, text: str) -> str:
    """Eight hexadecimal digits for a prompt and its tokenizer: added tokens belong to just this beginning."""
    return f"{zlib.crc32(f'{tokenizer.name}|{text}'.encode('utf-8', 'replace')):08x}"


def pack(mark: str, paths: Collection[Path]) -> str:
    """Paths of token IDs as a URL writes them: the mark, then each path's IDs joined by "-"."""
    return ".".join([mark, *("-".join(map(str, path)) for path in paths)])


def unpack(value: str, mark: str, vocab_size: int) -> list[Path] | None:
    """The paths in a URL's value; None when they belong to another text or are no token IDs."""
    head, *rest = value.split(".")
    if head != mark:
        return None
    try:
        paths = [tuple(int(part) for part in path.split("-")) for path in rest]
    except ValueError:
        return None
    return paths if all(0 <= token < vocab_size for path in paths for token in path) else None
