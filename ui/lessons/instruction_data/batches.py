"""What the lesson computes: the collate function's work on a real batch, step by step, and the model's loss on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.datasets.instructions import find_style
from engine.tokenizers.pretrained import END_OF_TEXT, encode_text, token_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tiktoken
    from numpy.typing import NDArray

    from engine.datasets.instructions import Entry
    from ui.models import LoadedModel

STEPS = {
    "format": "1 Format",
    "tokens": "2 Tokenise",
    "pad": "3 Pad",
    "shift": "4 Shift",
    "hide": "5 Hide",
    "cut": "6 Cut",
}
PROMPT, ANSWER, END, PADDING, HIDDEN = "prompt", "answer", "end of text", "padding", "−100"
LOOKED_AT = 2_000  # entries that a share is worked out over
PROMPT_LEFT = 3  # places of the prompt that a picture shows before the first answer
FEWEST_FOLDED = 4  # places


@dataclass(frozen=True)
class Row:
    """One entry as the collate function pads it.

    ids    its tokens, then one end of text, then padding up to one more than the longest of the batch
    roles  what each of them is
    """

    ids: list[int]
    roles: list[str]


@dataclass(frozen=True)
class Cell:
    """One place of a picture: which line of it, which column, which token, and what that is."""

    line: str
    place: int
    id: int
    token: str
    role: str


def rows_of(entries: Sequence[Entry], tokenizer: tiktoken.Encoding, style: str) -> list[Row]:
    """The entries of a batch, padded to one more than the longest."""
    from engine.finetune.instructions import InstructionDataset

    dataset = InstructionDataset(entries, tokenizer, style)
    longest = max(map(len, dataset.encoded_texts))
    rows = []
    for ids, start in zip(dataset.encoded_texts, dataset.response_starts, strict=True):
        spare = longest - len(ids)
        roles = [PROMPT] * start + [ANSWER] * (len(ids) - start) + [END] + [PADDING] * spare
        rows.append(Row(ids + [tokenizer.eot_token] * (spare + 1), roles))
    return rows


def cells(rows: Sequence[Row], step: str, masked: bool, allowed: int, tokenizer: tiktoken.Encoding) -> list[Cell]:
    """What the batch looks like after a step: a line for each text, from the fourth step on inputs and targets."""
    found = []
    for number, row in enumerate(rows, 1):
        pairs = list(zip(row.ids, row.roles, strict=True))
        if step in ("format", "tokens"):
            lines = {f"text {number}": [pair for pair in pairs if pair[1] in (PROMPT, ANSWER)]}
        elif step == "pad":
            lines = {f"text {number}": pairs}
        else:
            targets = pairs[1:]
            if step != "shift":
                gone = (PADDING, PROMPT) if masked else (PADDING,)
                targets = [(-100, HIDDEN) if role in gone else (token, role) for token, role in targets]
            most = allowed if step == "cut" else len(pairs)
            lines = {f"inputs {number}": pairs[:-1][:most], f"targets {number}": targets[:most]}
        for line, shown in lines.items():
            for place, (token, role) in enumerate(shown):
                found.append(Cell(line, place, token, name_of(tokenizer, token), role))
    return found


def alike(found: Sequence[Cell]) -> int:
    """How many places at the beginning hold prompt in every line, but for the last few: a picture folds them."""
    different = [cell.place for cell in found if cell.role not in (PROMPT, HIDDEN)]
    folded = min(different, default=0) - PROMPT_LEFT
    return folded if folded >= FEWEST_FOLDED else 0


def lines(found: Sequence[Cell], text: int) -> dict[str, list[int]]:
    """The token IDs in the lines of one text, numbered from 1."""
    numbers: dict[str, list[int]] = {}
    for cell in found:
        if cell.line.split()[1] == str(text):
            numbers.setdefault(cell.line, []).append(cell.id)
    return numbers


def name_of(tokenizer: tiktoken.Encoding, token: int) -> str:
    """A token's text as pictures show it; −100 is none."""
    if token == -100:
        return "−100"
    return END_OF_TEXT if token == tokenizer.eot_token else token_text(tokenizer, token)


@dataclass(frozen=True)
class Surprise:
    """What a model thinks of a batch's shifted targets, nothing hidden yet, cut to what fits.

    nats   (B, T) minus the logarithm of each target's probability
    roles  (B, T) what each target is
    """

    nats: NDArray[np.float64]
    roles: NDArray[np.str_]

    def mean(self, *roles: str) -> float:
        """The loss when only targets with these roles count; nan when there is none."""
        counted = np.isin(self.roles, roles)
        return float(self.nats[counted].mean()) if counted.any() else float("nan")

    def number(self, *roles: str) -> int:
        """How many targets have these roles."""
        return int(np.isin(self.roles, roles).sum())


# What counts -> its roles. The second is the notes'.
COUNTED = {
    "Everything, padding too": (PROMPT, ANSWER, END, PADDING),
    "Padding hidden, one end kept (the notes)": (PROMPT, ANSWER, END),
    "No end kept": (PROMPT, ANSWER),
    "Only answers and their ends": (ANSWER, END),
}


def surprise(loaded: LoadedModel, text: str, style: str, allowed: int) -> Surprise:
    """The model's surprise at each target of a batch; text is the entries as JSON, for the cache."""
    import torch

    from engine.fast import fast_forward

    rows = rows_of(json.loads(text), loaded.tokenizer, style)
    ids = torch.tensor([row.ids for row in rows], device=loaded.device)
    inputs, targets = ids[:, :-1][:, :allowed], ids[:, 1:][:, :allowed]
    logs = fast_forward(loaded.model, inputs).float().log_softmax(dim=-1)
    nats = -logs.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    roles = np.array([row.roles[1:][:allowed] for row in rows])
    return Surprise(nats.double().cpu().numpy(), roles)


def token_count(tokenizer: tiktoken.Encoding, text: str) -> int:
    """Tokens of a text."""
    return len(encode_text(tokenizer, text))


def lengths(entries: Sequence[Entry], tokenizer: tiktoken.Encoding, style: str) -> NDArray[np.int64]:
    """Tokens of each of the first LOOKED_AT entries, prompt and answer."""
    chosen = find_style(style)
    return np.array([token_count(tokenizer, chosen.whole(e)) for e in entries[:LOOKED_AT]], dtype=np.int64)


def wasted(tokens: NDArray[np.int64], size: int) -> tuple[float, float]:
    """The share of places that hold padding: each batch as long as its own longest text, and all as long as one."""
    ends = [*range(size, len(tokens), size), len(tokens)]
    starts = [0, *ends[:-1]]
    own = sum(int(tokens[a:b].max()) * (b - a) for a, b in zip(starts, ends, strict=True))
    return 1 - int(tokens.sum()) / own, 1 - int(tokens.sum()) / (int(tokens.max()) * len(tokens))


def code(entries: Sequence[Entry], name: str, style: str, masked: bool, allowed: int) -> list[str]:
    """The cells that make the batch on screen and the model's loss on it."""
    from ui.code import model_cell

    return [
        model_cell(name),
        "from functools import partial\n\nimport torch\nfrom torch.utils.data import DataLoader\n\n"
        "from engine import InstructionDataset, calc_loss_batch, custom_collate_fn\n\n"
        f"entries = {json.dumps(list(entries), ensure_ascii=False, indent=4)}\n"
        f"dataset = InstructionDataset(entries, tokenizer, style={style!r}, mask_instruction={masked})\n"
        f"collate = partial(\n    custom_collate_fn, pad_token_id=tokenizer.eot_token, allowed_max_length={allowed}, "
        'device="cpu"\n)\n'
        "inputs, targets = next(iter(DataLoader(dataset, batch_size=len(entries), collate_fn=collate)))\n"
        "print(inputs)\nprint(targets)",
        'with torch.no_grad():\n    loss = calc_loss_batch(inputs, targets, model.to("cpu"), "cpu")\n'
        'print(f"loss {loss.item():.4f}")',
    ]
