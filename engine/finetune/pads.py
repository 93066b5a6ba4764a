"""What padding does to a classifier's answer, if it is read: one text with more and more pads behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.finetune.saved import Classifier


@dataclass(frozen=True)
class Padded:
    """One text's probabilities with so many pads behind it.

    tokens   of the text, with its opening
    counts   (K,) pads
    read     (K, C) when the place that is read is the last one, padding or not (with "mean": pads count too)
    skipped  (C,) when padding is never read; no number of pads changes it
    """

    tokens: int
    counts: NDArray[np.int64]
    read: NDArray[np.float64]
    skipped: NDArray[np.float64]


def add_pads(classifier: Classifier, text: str, counts: Sequence[int]) -> Padded:
    """Ask a classifier with the pads read and with the pads left out, however it was trained.

    counts  pads; those that do not fit into the context behind the text are left out

    Raises InputError when the text fills all that the classifier reads, so that no pad fits.
    """
    recipe, context = classifier.recipe, classifier.model.cfg.context_length
    tokens = len(replace(classifier, recipe=replace(recipe, reads="last")).encode([text])[0])
    if tokens >= min(classifier.length, context):
        raise InputError("the text fills all the tokens that are read of it, so no pad fits; give a shorter one.")
    fitting = np.array(sorted({n for n in counts if 0 <= n <= context - tokens}), dtype=np.int64)
    reads = "last" if recipe.reads == "last_position" else recipe.reads
    skipped = replace(classifier, recipe=replace(recipe, reads=reads)).probabilities([text])[0].double().numpy()
    if reads == "first":  # it stands before all padding
        return Padded(tokens, fitting, np.tile(skipped, (len(fitting), 1)), skipped)
    last = replace(classifier, recipe=replace(recipe, reads="last_position"))
    rows = [last.probabilities([text], padded_to=tokens + int(n))[0].double().numpy() for n in fitting]
    return Padded(tokens, fitting, np.array(rows), skipped)
