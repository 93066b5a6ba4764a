"""Texts that are alike: found among 100,000 in seconds, without comparing each with each.

Two texts are as alike as the share of their pieces of five characters that both have (the Jaccard index of their
shingles), capitals, digits and the width of spaces ignored. A text's signature is the smallest value of each of
thirty hash functions over its pieces: two texts agree in one with a probability that is just that share. Only texts
that agree in a whole band of the signature are compared for real.

Source: Broder 1997, "On the resemblance and containment of documents"; bands as in Leskovec, Rajaraman and Ullman,
"Mining of Massive Datasets", section 3.4.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

PIECE = 5  # characters
ALIKE = 0.7  # one changed letter in 35 characters and more
BANDS, IN_BAND = 10, 3  # finds 98% of the pairs at ALIKE, 99.95% of those at 0.8
WORTH_COMPARING = 0.5  # share of equal values in the signatures
MOST_COMPARED = 100_000  # pairs; beyond them the signature alone decides, and it must be nearly the same
CHUNK = 128_000  # characters hashed at a time: few enough for a processor's cache
SHORTENED = 20_000  # characters of a text that are looked at


def alike(a: str, b: str) -> float:
    """The share of their pieces that two texts have in common, 0 to 1."""
    first, second = _pieces(_plain(a)), _pieces(_plain(b))
    return len(first & second) / len(first | second)


def clusters(texts: Sequence[str]) -> NDArray[np.int64]:
    """For each text the number of the first text that it is alike to, directly or by way of others.

    A text that is like no other gets its own number; so `clusters(texts)[i] == i` for the first of each cluster.
    """
    plain = [_plain(text[:SHORTENED]) for text in texts]
    codes, different = pd.factorize(pd.Series(plain, dtype="object"))
    parents = _unite(list(different)) if len(different) else np.zeros(0, dtype=np.int64)
    # Numbers of different texts -> numbers of the first row that has one of the cluster.
    of_row = pd.Series(parents[codes])
    return pd.Series(np.arange(len(plain))).groupby(of_row).transform("min").to_numpy()


def _plain(text: str) -> str:
    return re.sub(r"\d", "0", " ".join(text.lower().split())).ljust(PIECE, "\0")


def _pieces(plain: str) -> set[str]:
    return {plain[i : i + PIECE] for i in range(len(plain) - PIECE + 1)}


def _unite(texts: list[str]) -> NDArray[np.int64]:
    """For each of these different texts the smallest number in its cluster."""
    parents = np.arange(len(texts))

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = i = int(parents[parents[i]])
        return i

    compared = 0
    for a, b, share in _candidates(_signatures(texts)):
        first, second = root(a), root(b)
        if first == second:
            continue
        compared += 1
        if compared > MOST_COMPARED:
            same = share > 0.9
        else:
            one, other = _pieces(texts[a]), _pieces(texts[b])
            both = len(one & other)
            same = both >= ALIKE * (len(one) + len(other) - both)
        if same:
            parents[max(first, second)] = min(first, second)
    return np.array([root(i) for i in range(len(texts))], dtype=np.int64)


def _signatures(texts: list[str]) -> NDArray[np.uint32]:
    """(N, 30) the smallest hash of each text's pieces, by each of thirty functions."""
    rng = np.random.default_rng(0)
    factors = rng.integers(1, 2**31, BANDS * IN_BAND, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    masks = rng.integers(0, 2**32, BANDS * IN_BAND, dtype=np.uint32)
    signatures = np.empty((len(texts), BANDS * IN_BAND), dtype=np.uint32)
    for start, end in pairwise(_chunk_ends(texts)):
        hashes, offsets = _hashed_pieces(texts[start:end])
        for i, (factor, mask) in enumerate(zip(factors, masks, strict=True)):
            mixed = (hashes ^ mask) * factor
            signatures[start:end, i] = np.minimum.reduceat(mixed ^ (mixed >> np.uint32(16)), offsets)
    return signatures


def _chunk_ends(texts: list[str]) -> list[int]:
    chunk_of = np.cumsum([len(text) for text in texts]) // CHUNK
    return [0, *(np.flatnonzero(np.diff(chunk_of)) + 1).tolist(), len(texts)]


def _hashed_pieces(texts: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """A hash of every piece of every text, and where each text's begin."""
    letters = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    rolled = np.zeros(len(letters) - PIECE + 1, dtype=np.uint32)
    for i in range(PIECE):
        rolled = rolled * np.uint32(0x01000193) + letters[i : len(rolled) + i] * np.uint32(0x9E3779B1)
    rolled ^= rolled >> np.uint32(15)
    rolled *= np.uint32(0x85EBCA6B)
    rolled ^= rolled >> np.uint32(13)
    lengths = np.array([len(text) for text in texts])
    ends = np.cumsum(lengths)
    whole = np.ones(len(rolled), dtype=bool)
    for back in range(1, PIECE):  # pieces that reach into the next text
        whole[ends[:-1] - back] = False
    offsets = np.concatenate([[0], np.cumsum(lengths - PIECE + 1)[:-1]])
    return rolled[whole], offsets


def _candidates(signatures: NDArray[np.uint32]) -> Iterator[tuple[int, int, float]]:
    """Pairs that agree in a whole band, with the share of their signatures that is equal; most alike first."""
    pairs: list[NDArray[np.int64]] = []
    for band in range(BANDS):
        codes = np.zeros(len(signatures), dtype=np.uint64)  # equal where the whole band is
        for column in signatures[:, band * IN_BAND : (band + 1) * IN_BAND].T:
            codes = pd.factorize(codes << np.uint64(32) | column)[0].astype(np.uint64)
        order = np.argsort(codes, kind="stable")
        same = np.flatnonzero(codes[order[1:]] == codes[order[:-1]])
        starts = np.flatnonzero(np.concatenate([[True], codes[order[1:]] != codes[order[:-1]]]))
        first = order[starts[np.searchsorted(starts, same + 1, side="right") - 1]]
        pairs += [np.stack([order[same], order[same + 1]]), np.stack([first, order[same + 1]])]
    every = np.unique(np.concatenate(pairs, axis=1), axis=1)
    shares = np.concatenate(
        [
            (signatures[part[0]] == signatures[part[1]]).mean(axis=1)
            for part in np.array_split(every, max(1, every.shape[1] // 100_000), axis=1)
        ]
    )
    for i in np.argsort(-shares, kind="stable"):
        if shares[i] < WORTH_COMPARING:
            return
        yield int(every[0, i]), int(every[1, i]), float(shares[i])
