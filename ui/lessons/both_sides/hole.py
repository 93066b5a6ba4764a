"""A sentence with a hole, read by the chosen model: from the left alone, then whole with each candidate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError
from ui.labels import quote, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ui.models import LoadedModel

    Floats = NDArray[np.float64]

HOLE = re.compile(r"_{2,}")
MOST_LEFT, MOST_RIGHT = 120, 40  # tokens that are read
MOST_WORDS, LONGEST_WORD = 8, 8  # own words, and tokens of one


@dataclass(frozen=True)
class Reading:
    """The hole as the model sees it. Candidates, N of them, come in the order of the left-only list.

    words   N texts; pieces their token IDs; own whether the reader typed it
    left    (N,) P(candidate | left)
    ranks   (N,) place of a single token in the whole vocabulary; 0 for words of several tokens
    rest    probability of all tokens that are not among the candidates
    vocab   size of the vocabulary
    right   texts of the R tokens to the right of the hole
    log_right  (N, R) ln P of each of these, after the left side and the candidate
    share   (N,) probability of each candidate given both sides, if it must be one of these
    order   (N,) candidates by share, best first
    cut     tokens at the far left and the far right that were not read
    """

    words: list[str]
    pieces: list[list[int]]
    own: list[bool]
    left: Floats
    ranks: list[int]
    rest: float
    vocab: int
    right: list[str]
    log_right: Floats
    share: Floats
    order: list[int]
    cut: tuple[int, int]


def split(text: str) -> tuple[str, str, bool]:
    """Text before the hole, text after it, and whether the word in it begins with a space.

    Raises InputError when there is not exactly one hole.
    """
    holes = HOLE.findall(text)
    if len(holes) != 1:
        found = "no hole" if not holes else f"{len(holes)} holes"
        raise InputError(f"the sentence has {found}; write ___ (three underscores) in one place.")
    before, after = HOLE.split(text)
    return before.removesuffix(" "), after, before.endswith(" ")


def own_words(text: str) -> list[str]:
    """The reader's words, separated by commas; each once."""
    return list(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))[:MOST_WORDS]


def tokens(loaded: LoadedModel, text: str) -> tuple[list[int], list[int], bool, tuple[int, int]]:
    """IDs left and right of the hole, whether the word begins with a space, and how many IDs were cut on each side."""
    from engine.tokenizers.pretrained import encode_text

    before, after, spaced = split(text)
    left, right = (encode_text(loaded.tokenizer, part) for part in (before, after))
    cut = (max(0, len(left) - MOST_LEFT), max(0, len(right) - MOST_RIGHT))
    # <|endoftext|> says that a text begins here; without it a hole at the very start had nothing on its left.
    start = [] if cut[0] else [loaded.tokenizer.eot_token]
    return [*start, *left[-MOST_LEFT:]], right[:MOST_RIGHT], spaced, cut


def read(loaded: LoadedModel, text: str, top: int, own: str) -> Reading:
    """The likeliest tokens from the left and the reader's own words, both ways.

    Raises InputError for a sentence without a hole, or an own word that is too long.
    """
    import torch

    from engine.evaluation.holes import fill_hole, next_probabilities
    from engine.tokenizers.pretrained import encode_text, token_text

    left, right, spaced, cut = tokens(loaded, text)
    probs = next_probabilities(loaded.model, left)
    pieces = [[i] for i in probs.topk(top).indices.tolist()]
    typed = []
    for word in own_words(own):
        piece = encode_text(loaded.tokenizer, " " * spaced + word)
        if len(piece) > LONGEST_WORD:
            raise InputError(f"{word[:30]!r} has {len(piece)} tokens; an own word may have up to {LONGEST_WORD}.")
        typed.append(piece)
        if piece not in pieces:
            pieces.append(piece)
    found = fill_hole(loaded.model, left, pieces, right)
    by_left = torch.argsort(-found.word, stable=True).tolist()
    pieces = [pieces[i] for i in by_left]
    single = [piece[0] for piece in pieces if len(piece) == 1]
    share = found.share[by_left]
    return Reading(
        words=["".join(token_text(loaded.tokenizer, i) for i in piece) for piece in pieces],
        pieces=pieces,
        own=[piece in typed for piece in pieces],
        left=found.word[by_left].exp().cpu().numpy(),
        ranks=[int((probs > probs[p[0]]).sum()) + 1 if len(p) == 1 else 0 for p in pieces],
        rest=max(0.0, 1 - float(probs[single].sum())),
        vocab=len(probs),
        right=[token_text(loaded.tokenizer, i) for i in right],
        log_right=found.right[by_left].cpu().numpy(),
        share=share.cpu().numpy(),
        order=torch.argsort(-share, stable=True).tolist(),
        cut=cut,
    )


def pick(reading: Reading, wanted: str, both: bool) -> int:
    """The chosen candidate: the one of these token IDs, such as "262" or "12-7".

    Else the first one; once both sides are read the one that is first now, or if that is the same, the one that
    climbed the most ranks.
    """
    for index, piece in enumerate(reading.pieces):
        if "-".join(map(str, piece)) == wanted:
            return index
    if not both or reading.order[0] != 0:
        return reading.order[0] if both else 0
    climbed = [old - new for new, old in enumerate(reading.order)]
    return reading.order[int(np.argmax(climbed))]


def rival(reading: Reading, chosen: int) -> int:
    """What the chosen candidate is compared with: the left side's favourite, or the next one if it is that."""
    return 0 if chosen != 0 else min(1, len(reading.words) - 1)


def sentence(reading: Reading, chosen: int) -> str:
    """The arithmetic of one candidate, from both probabilities to its share."""
    from ui.numbers import count, fmt, percent

    word, logs = reading.left[chosen], float(reading.log_right[chosen].sum())
    all_of_them = np.log(reading.left) + reading.log_right.sum(axis=1)
    mine = float(all_of_them[chosen])
    total = float(np.exp(all_of_them - mine).sum())
    rank = f", rank {count(reading.ranks[chosen])} of {count(reading.vocab)}" if reading.ranks[chosen] else ""
    return (
        f"**1.** From the left: P({quote(reading.words[chosen])}) = **{percent(float(word))}**{rank}; its logarithm is "
        f"{fmt(float(np.log(word)))}.\n\n"
        f"**2.** The {count(len(reading.right))} tokens on the right, each given all before it: their logarithms add "
        f"up to {fmt(logs)}.\n\n"
        f"**3.** Together {fmt(float(np.log(word)))} + ({fmt(logs)}) = **{fmt(mine)}**, the logarithm of the "
        "probability of word and right side. (That of the left side is the same for all.)\n\n"
        f"**4.** Among these {len(reading.words)} candidates: e^({fmt(mine)}), divided by the sum over all of them, "
        f"which is {fmt(total)} times as much: **{percent(float(reading.share[chosen]))}**."
    )


def what_helped(reading: Reading, chosen: int, other: int) -> str:
    """Which token on the right speaks most for the chosen candidate."""
    from ui.numbers import fmt

    if not reading.right or chosen == other:
        return ""
    gain = reading.log_right[chosen] - reading.log_right[other]
    best = int(np.argmax(gain))
    if gain[best] <= 0:
        return f"No token on the right is more probable after {quote(reading.words[chosen])}."
    return (
        f"Most for {quote(reading.words[chosen])} speaks {quote(reading.right[best])}: it is "
        f"**{fmt(float(np.exp(gain[best])))} times** as probable after it as after {quote(reading.words[other])}. "
        f"The whole right side is {fmt(float(np.exp(gain.sum())))} times as probable."
    )


def label(word: str) -> str:
    """A candidate on a picture: a leading space goes without saying, every other one is shown."""
    return visible(word.removeprefix(" ")) or visible(word)


def code(name: str, text: str, top: int, own: Sequence[str]) -> list[str]:
    """The code behind the two lists, as cells of a notebook."""
    load = "load_pocket()" if name == "pocket" else f'load_gpt2("{name}").eval(), load_tokenizer("gpt2")'
    before, after, spaced = split(text)
    words = [" " * spaced + word for word in own]
    return [
        f"""\
from engine import load_gpt2, load_pocket, load_tokenizer
from engine.evaluation.holes import fill_hole, next_probabilities
from engine.tokenizers.pretrained import encode_text

model, tokenizer = {load}
left = [tokenizer.eot_token, *encode_text(tokenizer, {before!r})][-{MOST_LEFT}:]
right = encode_text(tokenizer, {after!r})[:{MOST_RIGHT}]""",
        f"""\
# From the left alone: a softmax over the whole vocabulary
probabilities = next_probabilities(model, left)
best = probabilities.topk({top})
for p, i in zip(best.values.tolist(), best.indices.tolist()):
    print(f"{{p:.4f}}", repr(tokenizer.decode([i])))""",
        f"""\
# Whole sentences: each candidate in the hole
candidates = [[i] for i in best.indices.tolist()]
candidates += [ids for word in {words!r} if (ids := encode_text(tokenizer, word)) not in candidates]
found = fill_hole(model, left, candidates, right)
for i in found.share.argsort(descending=True).tolist():
    print(f"{{found.share[i].item():.4f}}", repr(tokenizer.decode(candidates[i])), found.sentence[i].item())""",
    ]
