"""Byte pair encoding: a trainer that shows its work, and files of ranks.

Training starts from the 256 bytes and joins, again and again, the pair of neighbours that occurs most often.

    >>> training = train_bpe("low low low lower lowest", vocab_size=259)
    >>> [left + right for left, right in training.merges]
    [b'lo', b'low', b' low']

Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"; on bytes with a
regular expression before it: Radford et al. 2019 (GPT-2).
"""

from __future__ import annotations

import base64
import gzip
import heapq
import io
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import regex

from engine.errors import InputError, WeightsError
from engine.whole_files import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

# Contractions, then letters, digits or other signs with at most one leading space, then the spaces left over.
GPT2_PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""

Pair = tuple[int, int]


def gpt2_byte_order() -> list[int]:
    """The 256 bytes in the order in which GPT-2 numbers them: printable ones first."""
    printable = [b for b in range(256) if chr(b).isprintable() and b != ord(" ")]
    return printable + [b for b in range(256) if b not in printable]


@dataclass(frozen=True)
class MergeStep:
    """One merge of the training.

    step      0 for the first merge
    pair      the two pieces joined
    count     how often the pair stood side by side in the training text
    ties      how many other pairs occurred just as often; of equals, the one whose left piece has the lowest rank is
              joined, then the one whose right piece has
    token     the new piece
    rank      its number in the vocabulary
    affected  the words (as bytes) that the merge changed, in order of first occurrence in the text
    """

    step: int
    pair: tuple[bytes, bytes]
    count: int
    ties: int
    token: bytes
    rank: int
    affected: tuple[bytes, ...]


@dataclass(frozen=True)
class BPETraining:
    """What training gives: the ranks to encode with, and everything that led to them.

    ranks   piece -> rank; 0 to 255 are the bytes, in GPT-2's order
    merges  the pairs joined, first merge first
    trace   one MergeStep for each merge; empty when the trace was not kept
    words   the pre-split words of the text and how often each occurs, in order of first occurrence
    gaps    for each word, the merge that closed each gap between two of its bytes; len(merges) where none
            did. From it, engine.tokenizers.replay reads the text at any point of the training. Empty when the
            trace was not kept
    """

    ranks: dict[bytes, int]
    merges: list[tuple[bytes, bytes]]
    trace: list[MergeStep]
    words: Counter[bytes]
    gaps: dict[bytes, list[int]]

    def ranks_after(self, step: int) -> dict[bytes, int]:
        """The ranks as they were after the first `step` merges, to encode with."""
        return dict(islice(self.ranks.items(), 256 + step))


class _PieceChain:
    """All words, one after another, as chains of pieces; with every pair's count, kept up to date.

    A piece is known by the position of its first byte. What a merge costs depends on how often the pair
    occurs, not on how long the words are, so that a text without spaces is no slower than any other.
    """

    def __init__(self, words: Counter[bytes], rank_of_byte: dict[int, int]) -> None:
        self.weights = list(words.values())
        self.piece: list[int] = []  # rank of the piece that starts here; -1 inside a piece
        self.before: list[int] = []  # where the piece before it starts; -1 at the start of a word
        self.after: list[int] = []  # where the piece after it starts; -1 at the end of a word
        self.word: list[int] = []  # the word it belongs to
        for w, word in enumerate(words):
            start, end = len(self.piece), len(self.piece) + len(word)
            self.piece += [rank_of_byte[b] for b in word]
            self.before += [-1, *range(start, end - 1)]
            self.after += [*range(start + 1, end), -1]
            self.word += [w] * len(word)
        self.joined_by = [-1] * len(self.piece)  # which merge joined this piece to the one before it
        self._count_pairs()

    def _count_pairs(self) -> None:
        self.counts: Counter[Pair] = Counter()
        self.places: defaultdict[Pair, list[int]] = defaultdict(list)  # some may have been joined since
        for here, there in enumerate(self.after):
            if there >= 0:
                pair = self.piece[here], self.piece[there]
                self.counts[pair] += self.weights[self.word[here]]
                self.places[pair].append(here)
        self.pairs_with_count = Counter(self.counts.values())
        self.heap = [(-count, pair) for pair, count in self.counts.items()]
        heapq.heapify(self.heap)

    def most_frequent(self) -> tuple[Pair, int] | None:
        """The pair to merge and its count; None when every word is one piece."""
        while self.heap:
            count, pair = self.heap[0]
            if self.counts.get(pair) == -count:
                return pair, -count
            heapq.heappop(self.heap)  # an old entry: the pair's count has changed since
        return None

    def merge(self, pair: Pair, new: int, step: int) -> list[int]:
        """Join the pair wherever it stands, from left to right; returns the words changed."""
        changed: Counter[Pair] = Counter()
        affected: dict[int, None] = {}  # a set that keeps its order
        for here in sorted(self.places.pop(pair)):
            there = self.after[here]
            if there >= 0 and (self.piece[here], self.piece[there]) == pair:
                self._join(here, there, new, changed)
                self.joined_by[there] = step
                affected[self.word[here]] = None
        changed[pair] = -self.counts[pair]  # none is left, whatever the neighbours in "aaaa" counted
        for other, delta in changed.items():
            self._change_count(other, delta)
        return list(affected)

    def _join(self, here: int, there: int, new: int, changed: Counter[Pair]) -> None:
        piece, weight = self.piece, self.weights[self.word[here]]
        left, right, last, following = piece[here], piece[there], self.before[here], self.after[there]
        if last >= 0:
            changed[piece[last], left] -= weight
            changed[piece[last], new] += weight
            self.places[piece[last], new].append(last)
        if following >= 0:
            changed[right, piece[following]] -= weight
            changed[new, piece[following]] += weight
            self.places[new, piece[following]].append(here)
            self.before[following] = here
        piece[here], piece[there], self.after[here] = new, -1, following

    def _change_count(self, pair: Pair, delta: int) -> None:
        if not delta:
            return
        old = self.counts[pair]
        count = old + delta
        if old:
            self.pairs_with_count[old] -= 1
        if count:
            self.counts[pair] = count
            self.pairs_with_count[count] += 1
            heapq.heappush(self.heap, (-count, pair))
        else:
            del self.counts[pair]
            self.places.pop(pair, None)


def count_words(text: str | Iterable[str], pattern: str = GPT2_PATTERN) -> Counter[bytes]:
    """The words of one text or many, split by the pattern, and how often each occurs, as UTF-8 bytes.

    Raises InputError when the pattern is not a regular expression.
    """
    try:
        split = regex.compile(pattern)
    except regex.error as e:
        raise InputError(f"the pattern is not a regular expression ({e}); correct it.") from e
    counts: Counter[str] = Counter()
    for part in [text] if isinstance(text, str) else text:
        counts.update(m.group() for m in split.finditer(replace_surrogates(part)))
    return Counter({word.encode(): n for word, n in counts.items() if word})


def replace_surrogates(text: str) -> str:
    """The text with each half of a surrogate pair replaced by U+FFFD, and two halves that fit joined.

    They come from text that a program counting in UTF-16 cut in the middle of an emoji; UTF-8 has none.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def train_bpe(
    text: str | Iterable[str], vocab_size: int, *, pattern: str = GPT2_PATTERN, keep_trace: bool = True
) -> BPETraining:
    """Learn the merges of a text.

    text        one text or several; merges never cross the words that the pattern finds
    vocab_size  how many pieces to end with, at least 256; training stops earlier when no pair is left
    keep_trace  keep a MergeStep for every merge, and the gaps

    Raises InputError for a vocab_size below 256 or a pattern that is not a regular expression.
    """
    if vocab_size < 256:
        raise InputError(f"vocab_size is {vocab_size}; give at least 256, because every byte is a piece.")
    words = count_words(text, pattern)
    names = list(words)
    pieces = [bytes([b]) for b in gpt2_byte_order()]
    chain = _PieceChain(words, {piece[0]: rank for rank, piece in enumerate(pieces)})
    merges: list[tuple[bytes, bytes]] = []
    trace: list[MergeStep] = []
    while len(pieces) < vocab_size and (best := chain.most_frequent()):
        pair, count = best
        step, rank, ties = len(merges), len(pieces), chain.pairs_with_count[count] - 1
        joined = pieces[pair[0]], pieces[pair[1]]
        affected = chain.merge(pair, rank, step)
        merges.append(joined)
        pieces.append(b"".join(joined))
        if keep_trace:
            changed = tuple(names[w] for w in affected)
            trace.append(MergeStep(step, joined, count, ties, pieces[rank], rank, changed))
    ranks = {piece: rank for rank, piece in enumerate(pieces)}
    return BPETraining(ranks, merges, trace, words, _gaps(chain, names, len(merges)) if keep_trace else {})


def _gaps(chain: _PieceChain, names: list[bytes], never: int) -> dict[bytes, list[int]]:
    steps = [never if step < 0 else step for step in chain.joined_by]
    gaps, start = {}, 0
    for name in names:
        gaps[name] = steps[start + 1 : start + len(name)]
        start += len(name)
    return gaps


def rank_lines(ranks: dict[bytes, int]) -> bytes:
    """Ranks as tiktoken's files have them: a line a piece, base64 and rank, lowest rank first."""
    in_order = sorted(ranks, key=ranks.__getitem__)
    return b"".join(base64.b64encode(piece) + f" {ranks[piece]}\n".encode() for piece in in_order)


def save_ranks(ranks: dict[bytes, int], path: str | Path) -> None:
    """Write ranks as tiktoken reads them; gzip when the name ends in .gz."""
    data = rank_lines(ranks)
    if str(path).endswith(".gz"):
        packed = io.BytesIO()
        # No name and no time inside: the same ranks give the same file, so that its checksum can be kept.
        with gzip.GzipFile("", "wb", 9, packed, mtime=0) as file:
            file.write(data)
        data = packed.getvalue()
    write_bytes(Path(path), data)


def load_ranks(path: str | Path) -> dict[bytes, int]:
    """Read ranks that save_ranks or tiktoken wrote.

    Raises WeightsError when the file is missing, damaged, or not of this format.
    """
    try:
        data = Path(path).read_bytes()
        text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        pairs = (line.split() for line in text.splitlines() if line)
        ranks = {base64.b64decode(piece, validate=True): int(rank) for piece, rank in pairs}
    except (OSError, EOFError, ValueError, zlib.error) as e:
        raise WeightsError(f"{path} holds no tokenizer ranks ({e}); fetch it again or train it anew.") from e
    if not all(bytes([b]) in ranks for b in range(256)) or {*ranks.values()} != {*range(len(ranks))}:
        raise WeightsError(f"{path} lacks some of its pieces; fetch it again or train it anew.")
    return ranks
