"""The matrices of the lesson on the causal mask, each with the arithmetic of its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ui.figures.attention_by_hand import answer, size, softmax_sentence
from ui.figures.matrices import Mark, Matrix, Product, Run
from ui.labels import short
from ui.numbers import fmt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Cells = list[list[list[Run]]]
SUM = "row sum"


def product(way: str, words: Sequence[str], a: Mapping[str, np.ndarray]) -> Product:
    """The matrices of one way to mask: before, after, difference or bare.

    a  the matrices of engine.attention_steps.MaskedSteps by name, each (T, T)
    """
    return {"before": before, "after": after, "difference": difference, "bare": bare}[way](words, a)


def before(words: Sequence[str], a: Mapping[str, np.ndarray]) -> Product:
    """Minus infinity in the scores, then softmax."""
    largest = float(np.abs(a["scores"]).max())
    return Product(
        [
            Matrix(
                "scaled scores, the future set to −∞",
                a["masked"],
                words,
                words,
                marks=[Mark("row", "i", "weight")],
                top=largest or 1.0,
            )
        ],
        Matrix(f"attention weights {size(a['before'])}", a["before"], words, words, before="softmax", top=1.0),
        each(words, words, lambda i, j: softmax_of_masked(words, a, i, j)),
    )


def softmax_of_masked(words: Sequence[str], a: Mapping[str, np.ndarray], i: int, j: int) -> list[Run]:
    """One weight from a row whose future is minus infinity."""
    future = len(words) - 1 - i
    rest: list[Run] = [(f" The {future} masked add e", "aside"), ("−∞", "sup"), (" = 0 each.", "aside")]
    if j > i:
        return [
            (f"{short(words[i])} may not look at {short(words[j])}: ", ""),
            (f"the score {fmt(a['scores'][i, j])} became −∞, and e", ""),
            ("−∞", "sup"),
            (" = 0, so the weight is ", ""),
            ("0", "result"),
        ]
    seen = slice(i + 1)
    return [*softmax_sentence(words[seen], a["scores"][i, seen], a["before"][i, seen], i, j), *(rest if future else [])]


def after(words: Sequence[str], a: Mapping[str, np.ndarray]) -> Product:
    """Softmax of everything, zeros in the future, then each row divided by its sum."""
    full, sums = a["full"], a["row_sums"]

    def explain(i: int, j: int) -> list[Run]:
        looks = f"{short(words[i])} looks at {short(words[j])}: "
        if j > i:
            return [(f"{looks}{fmt(full[i, j])} is set to 0, and 0 / {fmt(sums[i])} = ", ""), ("0", "result")]
        return [
            (looks, ""),
            (fmt(full[i, j]), "weight"),
            (f" / ({' + '.join(fmt(v) for v in full[i, : i + 1])}) = ", ""),
            (f"{fmt(full[i, j])} / {fmt(sums[i])}", ""),
            *answer(a["after"][i, j]),
        ]

    return Product(
        [
            Matrix(
                "softmax of all, the future set to 0",
                with_sums(a["zeroed"], sums),
                words,
                [*words, SUM],
                marks=[Mark("row", "i", "weight")],
                top=1.0,
            )
        ],
        Matrix(f"each row / its sum {size(a['after'])}", a["after"], words, words, before="→", top=1.0),
        each(words, words, explain),
    )


def bare(words: Sequence[str], a: Mapping[str, np.ndarray]) -> Product:
    """Softmax of everything and zeros in the future, and no more: what goes wrong."""
    full, sums = a["full"], a["row_sums"]

    def explain(i: int, j: int) -> list[Run]:
        if j == len(words):
            terms = " + ".join(fmt(v) for v in full[i, : i + 1])
            lost = float(full[i, i + 1 :].sum())
            missing = f". The other {fmt(lost)} went to words that {short(words[i])} may not see, and is lost."
            return [
                (f"row {short(words[i])}: {terms}", ""),
                *answer(sums[i]),
                (missing if i + 1 < len(words) else "", ""),
            ]
        if j > i:
            return [
                (f"{short(words[i])} may not look at {short(words[j])}: {fmt(full[i, j])} is set to ", ""),
                ("0", "result"),
            ]
        shared = "all words, hidden ones too" if i + 1 < len(words) else "all words"
        return [
            (f"{short(words[i])} looks at {short(words[j])}: the weight stays ", ""),
            (fmt(full[i, j]), "result"),
            (f", its share among {shared}: e", ""),
            (fmt(a["scores"][i, j]), "sup"),
            (f" divided by a sum over {len(words)} words.", ""),
        ]

    return Product(
        [Matrix("softmax of all scores", full, words, words, marks=[Mark("row", "i", "weight")], top=1.0)],
        Matrix("the future set to 0", with_sums(a["zeroed"], sums), words, [*words, SUM], before="→", top=1.0),
        each(words, [*words, SUM], explain),
    )


def difference(words: Sequence[str], a: Mapping[str, np.ndarray]) -> Product:
    """Both correct ways and what is between them: rounding of 32-bit numbers."""
    rest = a["before"] - a["after"]
    lost = np.isnan(rest)  # 0 / 0, where the future took all the weight that 32 bits can hold
    most = float(np.abs(rest[~lost]).max(initial=0))
    verdict = "All differences are 0." if most == 0 else f"The largest difference is {fmt(most)}: rounding."
    if lost.any():
        verdict = "Some rows are 0 / 0: the future took all the weight, and nothing was left to renormalise."
    mark = [Mark("cell", "i", "weight")]
    return Product(
        [
            Matrix("−∞ before softmax", a["before"], words, words, marks=mark, top=1.0),
            Matrix("0 after, renormalised", a["after"], words, words, before="−", marks=mark, top=1.0),
        ],
        # Rounding must not look like a difference: full colour from 0.1 on.
        Matrix(f"difference {size(rest)}", rest, words, words, before="=", top=max(most, 0.1)),
        each(
            words,
            words,
            lambda i, j: [
                (fmt(a["before"][i, j]), "weight"),
                (" − ", ""),
                (fmt(a["after"][i, j]), "weight"),
                *answer(rest[i, j]),
                (f"  {verdict}", ""),
            ],
        ),
    )


def dropout(words: Sequence[str], weights: np.ndarray, dropped: np.ndarray, rate: float, training: bool) -> Product:
    """Attention weights (T, T) and what dropout made of them in one draw (T, T)."""
    sums = dropped.sum(-1)

    def explain(i: int, j: int) -> list[Run]:
        if j == len(words):
            terms = " + ".join(fmt(v) for v in dropped[i, : i + 1])
            return [(f"row {short(words[i])}: {terms}", ""), *answer(sums[i])]
        looks = f"{short(words[i])} looks at {short(words[j])}: "
        if j > i:
            return [(f"{looks}masked, 0 stays ", ""), ("0", "result")]
        if not training:
            return [(f"{looks}in evaluation the weight passes as it is", ""), *answer(dropped[i, j])]
        if dropped[i, j] == 0:
            return [
                (f"{looks}drawn to be dropped, so ", ""),
                (fmt(weights[i, j]), "weight"),
                (" becomes ", ""),
                ("0", "result"),
            ]
        return [
            (f"{looks}kept, so ", ""),
            (fmt(weights[i, j]), "weight"),
            (f" / (1 − {fmt(rate)}) = {fmt(weights[i, j])} · {fmt(1 / (1 - rate))}", ""),
            *answer(dropped[i, j]),
        ]

    return Product(
        [Matrix("attention weights", weights, words, words, marks=[Mark("cell", "i", "weight")], top=1.0)],
        Matrix("after dropout", with_sums(dropped, sums), words, [*words, SUM], before="→", top=1.0),
        each(words, [*words, SUM], explain),
    )


def with_sums(matrix: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """The matrix with its row sums as a last column."""
    return np.concatenate([matrix, sums[:, None]], axis=1)


def each(rows: Sequence[str], columns: Sequence[str], sentence: Callable[[int, int], list[Run]]) -> Cells:
    """The sentence of every cell."""
    return [[sentence(i, j) for j in range(len(columns))] for i in range(len(rows))]
