"""Votes counted: who won how often, and how sure one may be of that."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.evaluation.agreement import DRAWS, alpha
from engine.evaluation.metrics import Accuracy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.evaluation.votes import Vote

FEWEST_ENTRIES = 5  # below that, drawing entries anew says little


@dataclass(frozen=True)
class Tally:
    """Wins of a and of b, and ties, together or for one entry."""

    a: int = 0
    b: int = 0
    ties: int = 0

    @property
    def total(self) -> int:
        """All votes."""
        return self.a + self.b + self.ties

    @property
    def win_rate(self) -> float:
        """How often b is preferred, 0 to 1; a tie is half a win. Not a number without votes."""
        return (self.b + self.ties / 2) / self.total if self.total else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Where b's true share of the votes that chose a side lies, with 95% confidence, if votes were independent.

        The votes of one person are not quite: see `entry_interval`. Source: Wilson 1927. (0, 1) without such votes.
        """
        decided = self.a + self.b
        return Accuracy(self.b, decided).interval if decided else (0.0, 1.0)


def count_votes(votes: Sequence[Vote]) -> Tally:
    """All votes together."""
    counted = Counter(vote.choice for vote in votes)
    return Tally(counted["a"], counted["b"], counted["tie"])


def by_entry(votes: Sequence[Vote], entries: int) -> list[Tally]:
    """The votes on each entry."""
    return [count_votes([vote for vote in votes if vote.entry == i]) for i in range(entries)]


def entry_interval(tallies: Sequence[Tally], seed: int = 0) -> tuple[float, float] | None:
    """Where b's win rate would lie with other entries of the same kind, with 95% confidence; None for too few.

    Entries are drawn anew, each with all its votes: thirty votes on one entry are not thirty independent proofs.
    """
    voted = [tally for tally in tallies if tally.total]
    if len(voted) < FEWEST_ENTRIES:
        return None
    won = np.array([tally.b + tally.ties / 2 for tally in voted])
    total = np.array([tally.total for tally in voted])
    picks = np.random.default_rng(seed).integers(0, len(voted), (DRAWS, len(voted)))
    low, high = np.quantile(won[picks].sum(axis=1) / total[picks].sum(axis=1), (0.025, 0.975))
    return float(low), float(high)


def voters_agree(votes: Sequence[Vote], entries: int) -> float:
    """Krippendorff's alpha of the voters over the entries; not a number when nothing can be compared."""
    return alpha([[vote.choice for vote in votes if vote.entry == i] for i in range(entries)])
