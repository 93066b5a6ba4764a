"""Instructions as training batches: texts as token IDs, padded together, targets one token ahead (notes, 7.3, 7.4).

    entry 1  [0, 1, 2, 3, 4]    inputs [0, 1, 2, 3, 4]    targets [1, 2, 3, 4, E]
    entry 2  [5, 6]             inputs [5, 6, E, E, E]    targets [6, E, -, -, -]

E is <|endoftext|>, the padding; - is -100, which the loss leaves out. The first E after each text stays a target:
it is how a model learns to stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Dataset

from engine.datasets.instructions import find_style
from engine.errors import InputError
from engine.fast import IGNORE_INDEX
from engine.tokenizers.pretrained import encode_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tiktoken

    from engine.datasets.instructions import Entry


class MaskedText(NamedTuple):
    """A text whose prompt shall not count in the loss.

    ids             the whole text
    response_start  how many of them are the prompt
    """

    ids: list[int]
    response_start: int


class InstructionDataset(Dataset["list[int] | MaskedText"]):
    """Entries as token IDs, prompt and answer in one text, encoded once (notes, section 7.3).

    data              entries with instruction, input, output
    tokenizer         turns texts into IDs
    style             the prompt style: alpaca, as in the notes, or phi3
    mask_instruction  items are MaskedText, so that only the answer counts; else they are lists of IDs, as in the notes

    `response_starts` has the place of each answer's first token, masked or not.
    """

    def __init__(
        self, data: Sequence[Entry], tokenizer: tiktoken.Encoding, style: str = "alpaca", mask_instruction: bool = False
    ) -> None:
        chosen = find_style(style)
        self.data = data
        self.mask_instruction = mask_instruction
        self.encoded_texts = [encode_text(tokenizer, chosen.whole(entry)) for entry in data]
        prompts = (encode_text(tokenizer, chosen.prompt(entry)) for entry in data)
        self.response_starts = list(map(_common, prompts, self.encoded_texts))

    def __getitem__(self, index: int) -> list[int] | MaskedText:
        ids = self.encoded_texts[index]
        return MaskedText(ids, self.response_starts[index]) if self.mask_instruction else ids

    def __len__(self) -> int:
        return len(self.data)


def _common(prompt: list[int], whole: list[int]) -> int:
    """Tokens that both begin with. A token across the border, half prompt and half answer, belongs to the answer."""
    return next((i for i, (a, b) in enumerate(zip(prompt, whole, strict=False)) if a != b), len(prompt))


def custom_collate_fn(
    batch: Sequence[list[int] | MaskedText],
    pad_token_id: int = 50256,
    ignore_index: int = IGNORE_INDEX,
    allowed_max_length: int | None = None,
    device: torch.device | str = "cpu",
) -> tuple[Tensor, Tensor]:
    """One batch of texts as inputs and targets (B, T), on the device (notes, section 7.3).

    batch               items of an InstructionDataset; of MaskedText only the answer's tokens are targets
    pad_token_id        follows every text, and fills it up to the longest; 50256 is <|endoftext|> in GPT-2's vocabulary
    ignore_index        what stands in the targets where nothing shall be learned
    allowed_max_length  tokens to cut inputs and targets to, such as the model's context length; None: nothing is cut

    A DataLoader calls it with the batch alone; fill in the rest with functools.partial.

    Raises InputError for an empty batch or an allowed_max_length below 1.
    """
    if not batch:
        raise InputError("a batch needs at least one text.")
    if allowed_max_length is not None and allowed_max_length < 1:
        raise InputError(f"allowed_max_length is {allowed_max_length}; give at least 1, or None to cut nothing.")
    texts = [item if isinstance(item, MaskedText) else MaskedText(item, 0) for item in batch]
    length = max(len(text.ids) for text in texts)
    inputs = torch.full((len(texts), length), pad_token_id)
    targets = torch.full((len(texts), length), ignore_index)
    for row, (ids, start) in enumerate(texts):
        inputs[row, : len(ids)] = torch.tensor(ids, dtype=torch.long)
        # The target at place i is the token at i + 1; after the last token comes one end-of-text.
        learned = max(start - 1, 0)
        ahead = [*ids[1:], pad_token_id]
        targets[row, learned : len(ids)] = torch.tensor(ahead[learned : len(ids)])
    return inputs[:, :allowed_max_length].to(device), targets[:, :allowed_max_length].to(device)
