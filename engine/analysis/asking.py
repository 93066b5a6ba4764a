"""A language model asked a yes-no question about a text, in several wordings: which answer it finds more probable.

Nothing is trained here. The question is part of what the model reads, and so can be any question; the answer is found
by comparing P(yes) and P(no) after the prompt, each from a softmax over the whole vocabulary. Source of the comparison:
Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; of its dependence on the wording: Zhao et
al. 2021, "Calibrate Before Use".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from engine.analysis.in_context import answer_log_probabilities
from engine.datasets.instructions import STYLES
from engine.datasets.labelled import load_messages, random_split
from engine.errors import InputError
from engine.tokenizers.pretrained import encode_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import tiktoken
    from numpy.typing import NDArray

    from engine.model import GPTModel

RECORD = Path(__file__).resolve().parents[2] / "data" / "asked.csv"
QUESTION = "Is this message spam?"
AT_ONCE = 20  # texts between two reports


@dataclass(frozen=True)
class Wording:
    """One way to put a question about a text.

    name     what lists call it
    write    text, question -> the prompt
    answers  yes and no, as they would stand right behind the prompt
    opening  <|endoftext|> before it, as before each document in pretraining; instruction tuning leaves it out
    """

    name: str
    write: Callable[[str, str], str]
    answers: tuple[str, str]
    opening: bool


def _instruction(style: str, addition: str = "") -> Callable[[str, str], str]:
    return lambda text, question: STYLES[style].prompt({"instruction": f"{question}{addition}", "input": text})


WORDINGS = {
    "plain": Wording("Text, question, answer", "{0}\n\nQuestion: {1}\nAnswer:".format, (" Yes", " No"), True),
    "line": Wording("Answer on a line of its own", "{0}\n\n{1}".format, ("\nYes", "\nNo"), True),
    "book": Wording("The book's wording", "{1} Answer with 'yes' or 'no': '{0}'".format, (" yes", " no"), True),
    "alpaca": Wording("Alpaca", _instruction("alpaca"), ("Yes", "No"), False),
    "alpaca_told": Wording("Alpaca, answers named", _instruction("alpaca", " Answer Yes or No."), ("Yes", "No"), False),
    "phi3": Wording("Phi-3", _instruction("phi3"), ("Yes", "No"), False),
}


def find_wording(name: str) -> Wording:
    """The wording with this key of WORDINGS. Raises InputError for another."""
    if name not in WORDINGS:
        raise InputError(f"there is no wording {name!r}; choose one of {', '.join(WORDINGS)}.")
    return WORDINGS[name]


def prompt_ids(
    tokenizer: tiktoken.Encoding, wording: Wording, text: str, question: str, room: int
) -> tuple[list[int], int]:
    """The prompt's token IDs, at most `room`, and how many tokens of the text were cut off its end for that.

    Raises InputError when the question alone takes up the room.
    """
    ids = _encode(tokenizer, wording, text, question)
    if len(ids) <= room:
        return ids, 0
    whole = encode_text(tokenizer, text)
    kept = room - (len(ids) - len(whole))
    while kept >= 0:
        ids = _encode(tokenizer, wording, tokenizer.decode(whole[:kept]), question)
        if len(ids) <= room:
            return ids, len(whole) - kept
        kept -= len(ids) - room  # where text and question meet, tokens may fall out differently
    raise InputError(f"the question is too long for this model, which reads {room:,} tokens here; shorten it.")


def _encode(tokenizer: tiktoken.Encoding, wording: Wording, text: str, question: str) -> list[int]:
    return [tokenizer.eot_token] * wording.opening + encode_text(tokenizer, wording.write(text, question))


def answer_ids(tokenizer: tiktoken.Encoding, wording: Wording) -> tuple[list[int], list[int]]:
    """The token IDs of yes and of no."""
    yes, no = (encode_text(tokenizer, answer) for answer in wording.answers)
    return yes, no


@torch.no_grad()
def ask_all(
    model: GPTModel, tokenizer: tiktoken.Encoding, texts: Sequence[str], wording: Wording, question: str = QUESTION
) -> Iterator[Tensor]:
    """Ln P(yes) and ln P(no), (n, 2), of some texts after others, in their order: all N rows put together.

    Raises InputError as prompt_ids does.
    """
    both = answer_ids(tokenizer, wording)
    room = model.cfg.context_length - max(map(len, both))
    for start in range(0, len(texts), AT_ONCE):
        prompts = [prompt_ids(tokenizer, wording, text, question, room)[0] for text in texts[start : start + AT_ONCE]]
        yield torch.stack([answer_log_probabilities(model, prompts, [ids] * len(prompts)) for ids in both], dim=1)


def few_messages() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The first 600 of our messages: 400 to learn from and 200 held out, those of the lesson on what an LLM is."""
    train, _, held_out = random_split(load_messages()[:600], 2 / 3, 0)
    return train, held_out.reset_index(drop=True)


@dataclass(frozen=True)
class Told:
    """What answers to a yes-no question were worth, by P(yes) / (P(yes) + P(no)).

    right       texts that were told rightly, by the likelier of the two answers; total: of so many
    said_yes    texts about which yes was the likelier answer
    ranked      of all pairs of a text of each kind, the share in which the one that is a yes has the larger share of
                yes (the area under the ROC curve): 0.5 knows nothing, whatever the threshold
    spoken      mean of P(yes) + P(no): how often the model would answer with either word at all
    """

    right: int
    total: int
    said_yes: int
    ranked: float
    spoken: float


def tell(logs: NDArray[np.float64], truth: NDArray[np.bool_]) -> Told:
    """Summary of logs (N, 2), ln P(yes) and ln P(no), against the truth (N,), which texts are a yes.

    Raises InputError unless there are texts of both kinds.
    """
    if not 0 < truth.sum() < len(truth):
        raise InputError("give texts of both kinds, those that are a yes and those that are none.")
    margin = logs[:, 0] - logs[:, 1]
    yes, no = margin[truth][:, None], margin[~truth][None]
    ranked = float(((yes > no) + 0.5 * (yes == no)).mean())
    said = margin > 0
    return Told(int((said == truth).sum()), len(truth), int(said.sum()), ranked, float(np.exp(logs).sum(axis=1).mean()))


def load_record() -> dict[tuple[str, str], NDArray[np.float64]]:
    """What scripts/record_asking.py has measured on the 200 held-out messages: (model, wording) -> (200, 2) ln P.

    The models: pocket, and the same after instruction tuning, called "tuned".
    """
    table = pd.read_csv(RECORD)
    groups = table.groupby(["model", "wording"], sort=False)
    return {(str(model), str(wording)): rows[["yes", "no"]].to_numpy() for (model, wording), rows in groups}
