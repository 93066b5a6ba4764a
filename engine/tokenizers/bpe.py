"""Byte pair encoding: a trainer that shows its work, and the path of any word through the merges.

Training starts from the 256 bytes and joins, again and again, the pair of neighbours that occurs most often.

    >>> training = train_bpe("low low low lower lowest", vocab_size=259)
    >>> [left + right for left, right in training.merges]
    [b'lo', b'low', b' low']

Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"; on bytes with a
regular expression before it: Radford et al. 2019 (GPT-2).
"""

from __future__ import annotations

import base64
import binascii
import gzip
import heapq
import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import regex

from engine.errors import InputError, WeightsError

# Contractions, then letters, digits or other signs with at most one leading space, then the spaces left over.
GPT2_PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""


def gpt2_byte_order() -> list[int]:
    """The 256 bytes in the order in which GPT-2 numbers them: printable ones first."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return printable + [b for b in range(256) if b not in set(printable)]


@dataclass(frozen=True)
class MergeStep:
    """One merge of the training.

    step      0 for the first merge
    pair      the two pieces joined
    count     how often the pair stood side by side in the training text
    ties      how many other pairs occurred just as often (the pair of oldest pieces wins)
    token     the new piece
    rank      its number in the vocabulary
    affected  the words (as bytes) that the merge changed
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
    words   the pre-split words of the text and how often each occurred
    """

    ranks: dict[bytes, int]
    merges: list[tuple[bytes, bytes]]
    trace: list[MergeStep]
    words: Counter[bytes]


@dataclass
class _PairTable:
    """Every pair of neighbours with its count and the words that hold it, kept up to date merge by merge."""

    words: list[list[int]]
    weights: list[int]
    counts: dict[tuple[int, int], int] = field(default_factory=dict)
    homes: defaultdict[tuple[int, int], set[int]] = field(default_factory=lambda: defaultdict(set))
    pairs_with_count: Counter[int] = field(default_factory=Counter)
    heap: list[tuple[int, tuple[int, int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        counts: Counter[tuple[int, int]] = Counter()
        for w, (word, weight) in enumerate(zip(self.words, self.weights, strict=True)):
            for pair in zip(word, word[1:], strict=False):
                counts[pair] += weight
                self.homes[pair].add(w)
        self.counts = dict(counts)
        self.pairs_with_count.update(counts.values())
        self.heap = [(-count, pair) for pair, count in counts.items()]
        heapq.heapify(self.heap)

    def most_frequent(self) -> tuple[tuple[int, int], int] | None:
        """The pair to merge and its count; None when no word has two pieces left."""
        while self.heap:
            count, pair = self.heap[0]
            if self.counts.get(pair) == -count:
                return pair, -count
            heapq.heappop(self.heap)  # an old entry: the pair's count has changed since
        return None

    def merge(self, pair: tuple[int, int], new: int) -> list[int]:
        """Join the pair wherever it stands; returns the words changed, in order of first occurrence."""
        changed: Counter[tuple[int, int]] = Counter()
        touched = sorted(self.homes.pop(pair))
        affected = [w for w in touched if self._merge_in_word(w, pair, new, changed)]
        for other, delta in changed.items():
            self._change_count(other, delta)
        return affected

    def _merge_in_word(
        self, w: int, pair: tuple[int, int], new: int, changed: Counter[tuple[int, int]]
    ) -> bool:
        word, weight = self.words[w], self.weights[w]
        left, right = pair
        out: list[int] = []
        i, end = 0, len(word) - 1
        while i <= end:
            if i == end or word[i] != left or word[i + 1] != right:
                out.append(word[i])
                i += 1
                continue
            changed[pair] -= weight
            if out:
                changed[out[-1], left] -= weight
                changed[out[-1], new] += weight
                self.homes[out[-1], new].add(w)
            if i + 2 <= end:
                changed[right, word[i + 2]] -= weight
                changed[new, word[i + 2]] += weight
                self.homes[new, word[i + 2]].add(w)
            out.append(new)
            i += 2
        self.words[w] = out
        return len(out) < len(word)

    def _change_count(self, pair: tuple[int, int], delta: int) -> None:
        if not delta:
            return
        old = self.counts.get(pair, 0)
        count = old + delta
        if old:
            self.pairs_with_count[old] -= 1
        if count:
            self.counts[pair] = count
            self.pairs_with_count[count] += 1
            heapq.heappush(self.heap, (-count, pair))
        else:
            self.counts.pop(pair, None)
            self.homes.pop(pair, None)


def count_words(text: str | Iterable[str], pattern: str = GPT2_PATTERN) -> Counter[bytes]:
    """The words of one text or many, split by the pattern, and how often each occurs, as UTF-8 bytes.

    Raises InputError when the pattern is not a regular expression.
    """
    try:
        split = regex.compile(pattern)
    except regex.error as e:
        raise InputError(f"the pattern is not a regular expression ({e}); correct it or use the default.") from e
    counts: Counter[str] = Counter()
    for part in [text] if isinstance(text, str) else text:
        counts.update(m.group() for m in split.finditer(part))
    words: Counter[bytes] = Counter()
    for word, n in counts.items():
        if word:
            words[word.encode("utf-8", errors="replace")] += n
    return words


def train_bpe(
    text: str | Iterable[str], vocab_size: int, *, pattern: str = GPT2_PATTERN, keep_trace: bool = True
) -> BPETraining:
    """Learn the merges of a text.

    text        one text or several; merges never cross the words that the pattern finds
    vocab_size  how many pieces to end with, at least 256; training stops earlier when no pair is left
    keep_trace  keep a MergeStep for every merge

    Raises InputError for a vocab_size below 256 or a pattern that is not a regular expression.
    """
    if vocab_size < 256:
        raise InputError(f"vocab_size is {vocab_size}; give at least 256, because every byte is a piece.")
    words = count_words(text, pattern)
    order = gpt2_byte_order()
    pieces = [bytes([b]) for b in order]
    rank_of_byte = {b: rank for rank, b in enumerate(order)}
    names = list(words)
    table = _PairTable([[rank_of_byte[b] for b in word] for word in names], list(words.values()))
    merges: list[tuple[bytes, bytes]] = []
    trace: list[MergeStep] = []
    while len(pieces) < vocab_size and (best := table.most_frequent()):
        pair, count = best
        ties = table.pairs_with_count[count] - 1
        joined = pieces[pair[0]], pieces[pair[1]]
        affected = table.merge(pair, len(pieces))
        if keep_trace:
            changed = tuple(names[w] for w in affected)
            trace.append(MergeStep(len(merges), joined, count, ties, b"".join(joined), len(pieces), changed))
        merges.append(joined)
        pieces.append(b"".join(joined))
    return BPETraining({piece: rank for rank, piece in enumerate(pieces)}, merges, trace, words)


@dataclass(frozen=True)
class WordTrace:
    """How one word is encoded: every state from single bytes to the final pieces.

    states  lists of pieces; states[0] are the bytes, states[-1] what the tokenizer gives
    ranks   ranks[i] is the rank of the piece made between states[i] and states[i + 1]
    """

    states: tuple[tuple[bytes, ...], ...]
    ranks: tuple[int, ...]


def merge_trace(word: bytes, ranks: dict[bytes, int]) -> WordTrace:
    """The merges of one word, in the order in which the tokenizer makes them: lowest rank first.

    >>> merge_trace(b"lower", train_bpe("low low low lower lowest", 258).ranks).states[-1]
    (b'low', b'e', b'r')
    """
    parts = [bytes([b]) for b in word]
    states, made = [tuple(parts)], []
    while True:
        joined = [(ranks[a + b], i) for i, (a, b) in enumerate(zip(parts, parts[1:], strict=False)) if a + b in ranks]
        if not joined:
            return WordTrace(tuple(states), tuple(made))
        rank, i = min(joined)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
        states.append(tuple(parts))
        made.append(rank)


def save_ranks(ranks: dict[bytes, int], path: str | Path) -> None:
    """Write ranks as tiktoken reads them: a line a piece, base64 and rank; gzip when the name ends in .gz."""
    lines = "".join(
        f"{base64.b64encode(piece).decode()} {rank}\n" for piece, rank in sorted(ranks.items(), key=lambda p: p[1])
    )
    data = lines.encode("ascii")
    if str(path).endswith(".gz"):
        packed = io.BytesIO()
        # No name and no time inside: the same ranks give the same file, so that its checksum can be kept.
        with gzip.GzipFile("", "wb", 9, packed, mtime=0) as file:
            file.write(data)
        data = packed.getvalue()
    Path(path).write_bytes(data)


def load_ranks(path: str | Path) -> dict[bytes, int]:
    """Read ranks that save_ranks or tiktoken wrote.

    Raises WeightsError when the file is missing, damaged, or not of this format.
    """
    try:
        data = Path(path).read_bytes()
        text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        pairs = (line.split() for line in text.splitlines() if line)
        return {base64.b64decode(piece, validate=True): int(rank) for piece, rank in pairs}
    except (OSError, EOFError, ValueError, binascii.Error) as e:
        raise WeightsError(f"{path} holds no tokenizer ranks ({e}); fetch it again or train it anew.") from e
