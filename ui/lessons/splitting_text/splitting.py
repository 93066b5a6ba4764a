"""What the lesson on splitting text computes: tokens under a pattern, a vocabulary, batches with special tokens."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import InputError
from engine.tokenizers.pretrained import END_OF_TEXT
from engine.tokenizers.words import (
    DEFAULT_PATTERN,
    UNKNOWN,
    SimpleTokenizerV2,
    build_vocabulary,
    split_text,
)
from ui.catalog import ROOT
from ui.components.token_strip import Chip
from ui.lessons.splitting_text.split_worker import every_way
from ui.palette import CHOSEN, NEUTRAL, ordinary_hue, token_hue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_TEXT = 100_000  # characters
LONGEST_PATTERN = 300
PATTERNS = {"at spaces": r"(\s)", "and at , .": r"([,.]|\s)", "and at other signs": DEFAULT_PATTERN}
STYLES = {"gpt2": f"GPT-2's: {END_OF_TEXT}", "four": "[BOS], [EOS], [PAD]"}
MOST_TEXTS, MOST_TOKENS = 6, 24  # in a batch on screen
# Seconds until an answer; mostly for starting Python on a busy machine.
_PATIENCE = 15
_GATE = threading.BoundedSemaphore(2)


def split_every_way(text: str, pattern: str) -> list[list[str]]:
    """The tokens of the text under each of split_worker.WAYS.

    A regular expression is a small program, and (a{999999999}) fills any memory: one that the reader typed
    runs in a process that the system ends.

    Raises InputError when the pattern is wrong, too long, or takes too much time or memory.
    """
    if pattern in PATTERNS.values():
        return every_way(text, pattern)
    if len(pattern) > LONGEST_PATTERN:
        raise InputError(f"the pattern has {len(pattern):,} characters; use at most {LONGEST_PATTERN}.")
    request = json.dumps({"text": text, "pattern": pattern})
    try:
        with _GATE:
            done = subprocess.run(
                [sys.executable, "-m", "ui.lessons.splitting_text.split_worker"],
                input=request,
                capture_output=True,
                text=True,
                cwd=ROOT,
                timeout=_PATIENCE,
                check=True,
            )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as e:
        raise InputError("the pattern takes too much time or memory; simplify it, or shorten the text.") from e
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise InputError(answer["error"])
    ways: list[list[str]] = answer["ways"]
    return ways


def vocabulary_growth(tokens: Sequence[str], points: int = 300) -> tuple[list[int], list[int]]:
    """How many different tokens there are among the first n: n and that number, at most `points` of them."""
    seen: set[str] = set()
    sizes = []
    for token in tokens:
        seen.add(token)
        sizes.append(len(seen))
    step = -(-len(sizes) // points) or 1
    # The last one is always there.
    at = sorted({*range(0, len(sizes), step), len(sizes) - 1}) if sizes else []
    return [i + 1 for i in at], [sizes[i] for i in at]


def same_hue_chips(tokens: Sequence[str]) -> list[Chip]:
    """Chips whose colour and ID are those of the token in the vocabulary of these tokens: equal tokens match."""
    vocabulary = build_vocabulary(tokens)
    return [Chip(token, vocabulary[token], hue=token_hue(vocabulary[token])) for token in tokens]


def id_chips(ids: Sequence[int], vocabulary: Mapping[str, int]) -> list[Chip]:
    """Chips of encoded text with the ID beneath each; <|unk|> in the chosen colour."""
    names = {i: token for token, i in vocabulary.items()}
    return [Chip(names[i], i, note=str(i), hue=hue_of(names[i], i)) for i in ids]


def hue_of(token: str, token_id: int) -> str:
    """The colour of a token, which no ordinary one shares with a special one."""
    if token == "[PAD]":
        return NEUTRAL
    special = token in (UNKNOWN, END_OF_TEXT, "[BOS]", "[EOS]")
    return CHOSEN if special else ordinary_hue(token_id)


@dataclass(frozen=True)
class Batch:
    """Texts with special tokens around them, padded to one length.

    vocabulary  token -> ID, the special ones last
    rows        the tokens of each text, all rows equally long
    ids         the same as SimpleTokenizerV2 encodes it
    lengths     places of each row before its padding
    cut         texts that were shortened to fit on screen
    """

    vocabulary: dict[str, int]
    rows: list[list[str]]
    ids: list[list[int]]
    lengths: list[int]
    cut: int


def padded_batch(texts: Sequence[str], style: str) -> Batch:
    """The batch of these texts in one of STYLES; raises InputError when no text has a token."""
    all_tokens = [tokens for tokens in map(split_text, texts) if tokens][:MOST_TEXTS]
    if not all_tokens:
        raise InputError("there is no text; write one on each line.")
    rows = [tokens[:MOST_TOKENS] for tokens in all_tokens]
    first, last, pad = special_of(style)
    vocabulary = build_vocabulary((token for row in rows for token in row), special=(UNKNOWN, *first, *last, pad))
    framed = [[*first, *row, *last] for row in rows]
    longest = max(map(len, framed))
    padded = [row + [pad] * (longest - len(row)) for row in framed]
    tokenizer = SimpleTokenizerV2(vocabulary)
    return Batch(
        vocabulary,
        padded,
        [tokenizer.encode(" ".join(row)) for row in padded],
        [len(row) for row in framed],
        sum(len(tokens) > MOST_TOKENS for tokens in all_tokens),
    )


def special_of(style: str) -> tuple[list[str], list[str], str]:
    """What stands before a text, after it, and in the places left over."""
    return ([], [END_OF_TEXT], END_OF_TEXT) if style == "gpt2" else (["[BOS]"], ["[EOS]"], "[PAD]")


def batch_chips(batch: Batch, number: int) -> list[Chip]:
    """One row of a batch with the IDs beneath; padding is grey."""
    return [
        Chip(
            token,
            i,
            note=str(i),
            hue=NEUTRAL if at >= batch.lengths[number] else hue_of(token, i),
        )
        for at, (token, i) in enumerate(zip(batch.rows[number], batch.ids[number], strict=True))
    ]


def split_code(text: str, pattern: str, keep: bool, lower: bool) -> str:
    """The code behind the part on splitting."""
    return f"""\
from engine.tokenizers.words import build_vocabulary, split_text

text = {text!r}
pattern = {pattern!r}
tokens = split_text(text, pattern, keep_whitespace={keep}, lowercase={lower})
print(len(tokens), "tokens,", len(build_vocabulary(tokens)), "different")
print(tokens)"""


def numbers_code(text: str, sentence: str) -> list[str]:
    """The code behind the part on token IDs."""
    return [
        f"""\
from engine import SimpleTokenizerV1, SimpleTokenizerV2
from engine.errors import UnknownTokenError
from engine.tokenizers.words import build_vocabulary, split_text

tokens = split_text({text!r})
sentence = {sentence!r}""",
        """\
v1 = SimpleTokenizerV1(build_vocabulary(tokens))
try:
    ids = v1.encode(sentence)
    print(ids, v1.decode(ids), sep="\\n")
except UnknownTokenError as error:
    print(error)""",
        """\
v2 = SimpleTokenizerV2(build_vocabulary(tokens, special=("<|endoftext|>", "<|unk|>")))
ids = v2.encode(sentence)
print(ids, v2.decode(ids), sep="\\n")""",
    ]


def special_code(texts: Sequence[str], style: str) -> str:
    """The code behind the part on special tokens."""
    first, last, pad = special_of(style)
    return f"""\
from engine import SimpleTokenizerV2
from engine.tokenizers.words import build_vocabulary, split_text

texts = {list(texts)!r}
rows = [split_text(text)[:{MOST_TOKENS}] for text in texts]
words = [token for row in rows for token in row]
vocabulary = build_vocabulary(words, special=("<|unk|>", *{first}, *{last}, {pad!r}))
framed = [[*{first}, *row, *{last}] for row in rows]
longest = max(map(len, framed))
tokenizer = SimpleTokenizerV2(vocabulary)
for row in framed:
    print(tokenizer.encode(" ".join(row + [{pad!r}] * (longest - len(row)))))"""
