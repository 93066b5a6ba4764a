"""What the lesson on the sliding window computes: windows over a text, the batches of one epoch, their cost."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from engine.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ui.models import LoadedModel

    Ids = NDArray[np.int64]

LONGEST_TEXT = 20_000  # characters
ROWS = 12  # windows in one picture
REPEATS = 5  # of a measurement; the shortest counts


@dataclass(frozen=True)
class Settings:
    """What the reader sets: the arguments of create_dataloader_v1 and the seed of the shuffling."""

    tokenizer: str
    max_length: int
    stride: int
    batch_size: int
    shuffle: bool
    drop_last: bool
    seed: int


@dataclass(frozen=True)
class Epoch:
    """A text cut into windows, and the order in which one epoch reads them.

    ids      (tokens,) the text
    inputs   (N, T) each window
    targets  (N, T) the same one token later
    order    the numbers of the windows in each batch
    """

    settings: Settings
    ids: Ids
    inputs: Ids
    targets: Ids
    order: list[list[int]]

    @property
    def left_out(self) -> list[int]:
        """Windows that drop_last leaves out of this epoch."""
        return sorted(set(range(len(self.inputs))) - {number for batch in self.order for number in batch})

    @property
    def tail(self) -> int:
        """Tokens at the end of the text that no window reaches, not even as a target."""
        s = self.settings
        return len(self.ids) - ((len(self.inputs) - 1) * s.stride + s.max_length + 1)

    @property
    def overlap(self) -> int:
        """Tokens that neighbouring inputs share; below zero, tokens skipped between them."""
        return self.settings.max_length - self.settings.stride


def read_epoch(text: str, settings: Settings) -> Epoch:
    """All windows of the text and the order of the first epoch.

    Raises InputError when the text is too short for one window.
    """
    import torch
    from torch.utils.data import DataLoader

    from engine.datasets.windows import GPTDatasetV1
    from engine.tokenizers.pretrained import END_OF_TEXT, load_tokenizer

    s, tokenizer = settings, load_tokenizer(settings.tokenizer)
    ids = tokenizer.encode(text, allowed_special={END_OF_TEXT})
    if len(ids) <= s.max_length:
        raise InputError(
            f"the text has {len(ids)} tokens, and a window of {s.max_length} needs {s.max_length + 1}, because its "
            "last token needs a target; write more, or make max_length smaller."
        )
    dataset = GPTDatasetV1(text, tokenizer, s.max_length, s.stride)
    # The same draws as for the windows themselves, over their numbers.
    numbers: DataLoader[int] = DataLoader(
        range(len(dataset)),  # type: ignore[arg-type]
        batch_size=s.batch_size,
        shuffle=s.shuffle,
        drop_last=s.drop_last,
        generator=torch.Generator().manual_seed(s.seed),
    )
    return Epoch(
        s,
        torch.tensor(ids).numpy(),
        torch.stack(dataset.input_ids).numpy(),
        torch.stack(dataset.target_ids).numpy(),
        [torch.as_tensor(batch).tolist() for batch in numbers],
    )


def batch_of(text: str, settings: Settings, number: int) -> tuple[Ids, Ids]:
    """Inputs and targets (B, T) of one batch, from the engine's loader itself."""
    import torch

    from engine.datasets.windows import create_dataloader_v1

    s = settings
    loader = create_dataloader_v1(
        text,
        s.batch_size,
        s.max_length,
        s.stride,
        s.shuffle,
        s.drop_last,
        tokenizer=s.tokenizer,
        generator=torch.Generator().manual_seed(s.seed),
    )
    inputs, targets = next(islice(loader, number, None))
    return inputs.numpy(), targets.numpy()


def page_of(epoch: Epoch, window: int) -> tuple[range, int]:
    """The windows to draw so that this one is among them, and how many tokens the picture is wide."""
    s = epoch.settings
    width = max(40, 2 * s.stride + s.max_length + 1)
    rows = min(ROWS, max(1, (width - 1) // s.stride))
    first = window // rows * rows
    return range(first, min(first + rows, len(epoch.inputs))), width


def list_bytes(rows: list[list[int]]) -> int:
    """Memory of nested Python lists, bytes: the lists, and each different number object once."""
    numbers = {id(n): sys.getsizeof(n) for row in rows for n in row}
    return sys.getsizeof(rows) + sum(map(sys.getsizeof, rows)) + sum(numbers.values())


def measure(loaded: LoadedModel, text: str, max_length: int, stride: int, batch_size: int) -> tuple[int, float, float]:
    """Windows run, seconds for them as one batch, seconds one after another; the shortest of REPEATS each."""
    import torch

    from engine.datasets.windows import GPTDatasetV1
    from engine.fast import fast_forward

    dataset = GPTDatasetV1(text, loaded.tokenizer, max_length, stride)
    if not len(dataset):
        raise InputError("this model's tokenizer finds too few tokens for a window; write more.")
    batch = torch.stack(dataset.input_ids[:batch_size]).to(loaded.device)

    def seconds(parts: list[torch.Tensor]) -> float:
        start = time.perf_counter()
        for part in parts:
            # Reading a number back waits for a GPU to finish.
            fast_forward(loaded.model, part)[0, 0, 0].item()
        return time.perf_counter() - start

    singles = list(batch.split(1))
    seconds([batch])
    together = min(seconds([batch]) for _ in range(REPEATS))
    return len(batch), together, min(seconds(singles) for _ in range(REPEATS))


def code(text: str, settings: Settings, batch: int) -> list[str]:
    """The code behind the pictures."""
    s = settings
    return [
        f"""\
import torch

from engine import create_dataloader_v1

text = {text!r}
loader = create_dataloader_v1(
    text,
    batch_size={s.batch_size},
    max_length={s.max_length},
    stride={s.stride},
    shuffle={s.shuffle},
    drop_last={s.drop_last},
    tokenizer={s.tokenizer!r},
    generator=torch.Generator().manual_seed({s.seed}),
)
print(len(loader.dataset), "windows,", len(loader), "batches")""",
        f"""\
for number, (inputs, targets) in enumerate(loader):
    # The target at place i is the input at place i + 1.
    assert torch.equal(inputs[:, 1:], targets[:, :-1])
    if number == {batch}:
        print(inputs, targets, sep="\\n")""",
    ]
