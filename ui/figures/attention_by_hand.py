"""The pictures of the lesson on self-attention: each step as matrices with the arithmetic of every cell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ui.figures.matrices import Mark, Matrix, Product, Run
from ui.labels import short
from ui.numbers import fmt

if TYPE_CHECKING:
    from collections.abc import Sequence

# Above this, e to the score no longer fits on screen, and the largest score is subtracted first.
LARGEST_EXPONENT = 20
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def numbered(letter: str, count: int) -> list[str]:
    """x₁, x₂, … : the names of a vector's numbers."""
    return [f"{letter}{n}".translate(SUBSCRIPTS) for n in range(1, count + 1)]


def projection(words: Sequence[str], inputs: np.ndarray, matrix: np.ndarray, out: np.ndarray, role: str) -> Product:
    """Words times a weight matrix: (T, D) x (D, K) gives the queries, keys or values (T, K)."""
    letter = role[0]
    features, outputs = numbered("x", inputs.shape[1]), numbered(letter, out.shape[1])
    return Product(
        [
            Matrix(f"words X {size(inputs)}", inputs, words, features, marks=[Mark("row", "i", "weight")]),
            Matrix(f"W_{role} {size(matrix)}", matrix, features, outputs, role, "×", [Mark("column", "j", role)]),
        ],
        Matrix(f"{plural(role)} {size(out)}", out, words, outputs, role, "="),
        [
            [
                [
                    (f"{outputs[j]} of {short(word)} = ", ""),
                    *sum_of_products(inputs[i], matrix[:, j], "weight", role),
                    *answer(out[i, j]),
                ]
                for j in range(out.shape[1])
            ]
            for i, word in enumerate(words)
        ],
    )


def dot_products(
    words: Sequence[str], queries: np.ndarray, keys: np.ndarray, scores: np.ndarray, plain: bool
) -> Product:
    """Every query with every key: scores (T, T). With plain, words are their own queries and keys."""
    formula = "X·Xᵀ" if plain else "Q·Kᵀ"
    query_row, key_row = Mark("row", "i", "query"), Mark("row", "j", "key")
    if plain:
        operands = [
            Matrix(
                f"words X {size(queries)}",
                queries,
                words,
                numbered("x", queries.shape[1]),
                marks=[query_row, key_row],
            )
        ]
    else:
        operands = [
            Matrix(
                f"queries Q {size(queries)}",
                queries,
                words,
                numbered("q", queries.shape[1]),
                "query",
                "",
                [query_row],
            ),
            Matrix(f"keys K {size(keys)}", keys, words, numbered("k", keys.shape[1]), "key", "", [key_row]),
        ]
    return Product(
        operands,
        Matrix(f"scores {formula} {size(scores)}", scores, words, words, before="→"),
        [
            [
                [
                    (short(asking), "query"),
                    (" · ", ""),
                    (short(asked), "key"),
                    (" = ", ""),
                    *sum_of_products(queries[i], keys[j], "query", "key"),
                    *answer(scores[i, j]),
                ]
                for j, asked in enumerate(words)
            ]
            for i, asking in enumerate(words)
        ],
    )


def scaling(words: Sequence[str], scores: np.ndarray, scaled: np.ndarray, width: int, on: bool) -> Product:
    """Each score divided by the square root of the width K, or left alone."""
    divisor = [(f" / √{width} = ", ""), (fmt(math.sqrt(width)), "aside"), (" → ", "")] if on else [(" stays ", "")]
    return Product(
        [Matrix(f"scores {size(scores)}", scores, words, words, marks=[Mark("cell", "i", "weight")])],
        Matrix(f"scaled scores {size(scaled)}", scaled, words, words, before=f"/ √{width} =" if on else "="),
        [
            [[(fmt(scores[i, j]), "weight"), *divisor, *answer(scaled[i, j], equals=False)] for j in range(len(words))]
            for i in range(len(words))
        ],
    )


def softmax(words: Sequence[str], scores: np.ndarray, weights: np.ndarray, name: str) -> Product:
    """Each row of scores becomes weights that are positive and sum to 1."""
    return Product(
        [Matrix(f"{name} {size(scores)}", scores, words, words, marks=[Mark("row", "i", "weight")])],
        Matrix(f"attention weights {size(weights)}", weights, words, words, before="softmax", top=1.0),
        [[softmax_sentence(words, scores[i], weights[i], i, j) for j in range(len(words))] for i in range(len(words))],
    )


def softmax_sentence(words: Sequence[str], scores: np.ndarray, weights: np.ndarray, i: int, j: int) -> list[Run]:
    """How the weight of word j comes from row i of the scores."""
    largest = float(scores.max())
    shift = largest if np.abs(scores).max() > LARGEST_EXPONENT else 0.0
    powers = np.exp(scores.astype(np.float64) - shift)
    runs: list[Run] = [
        (f"{short(words[i])} looks at {short(words[j])}: e", ""),
        (fmt(scores[j] - shift), "sup"),
        (" / (", ""),
    ]
    for k, score in enumerate(scores):
        runs += [(" + e" if k else "e", "weight" if k == j else ""), (fmt(score - shift), "sup")]
    runs += [(f") = {fmt(powers[j])} / {fmt(powers.sum())}", ""), *answer(weights[j])]
    if shift:
        runs.append((f" The largest score, {fmt(largest)}, is subtracted from each first; the shares stay.", "aside"))
    return runs


def weighted_average(
    words: Sequence[str], weights: np.ndarray, values: np.ndarray, context: np.ndarray, plain: bool
) -> Product:
    """Weights (T, T) times values (T, K): every word's values, each as much as its weight says."""
    letter, name, role = ("x", "words X", "") if plain else ("v", "values V", "value")
    features = numbered(letter, values.shape[1])
    return Product(
        [
            Matrix(
                f"attention weights {size(weights)}",
                weights,
                words,
                words,
                marks=[Mark("row", "i", "weight")],
                top=1.0,
            ),
            Matrix(f"{name} {size(values)}", values, words, features, role, "×", [Mark("column", "j", "value")]),
        ],
        Matrix(f"context vectors {size(context)}", context, words, numbered("z", values.shape[1]), before="="),
        [
            [
                [
                    (f"z{j + 1}".translate(SUBSCRIPTS) + f" of {short(word)} = ", ""),
                    *sum_of_products(weights[i], values[:, j], "weight", "value"),
                    *answer(context[i, j]),
                ]
                for j in range(values.shape[1])
            ]
            for i, word in enumerate(words)
        ],
    )


def sum_of_products(left: np.ndarray, right: np.ndarray, left_role: str, right_role: str) -> list[Run]:
    """a·b + c·d + … with each number in its hue."""
    runs: list[Run] = []
    for n, (a, b) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        runs += [(" + ", "")] if n else []
        runs += [(fmt(a), left_role), ("·", ""), (fmt(b) if b >= 0 else f"({fmt(b)})", right_role)]
    return runs


def answer(value: float, equals: bool = True) -> list[Run]:
    """The result with three digits, and with all that a 32-bit number has."""
    return [
        (" = " if equals else "", ""),
        (fmt(float(value)), "result"),
        (f"  (all digits: {float(value):.8g})", "aside"),
    ]


def size(matrix: np.ndarray) -> str:
    """(6 × 3): rows and columns."""
    return f"({matrix.shape[0]} × {matrix.shape[1]})"


def plural(role: str) -> str:
    """queries, keys, values."""
    return {"query": "queries", "key": "keys", "value": "values"}[role]


def difference(words: Sequence[str], outputs: dict[str, np.ndarray]) -> Product:
    """Outputs of SelfAttention_v1 and v2, each (T, K), and v1 minus v2."""
    first, second, rest = outputs["v1"], outputs["v2"], outputs["difference"]
    names = numbered("z", first.shape[1])
    most = float(np.abs(rest).max())
    verdict = "All differences are 0." if most == 0 else f"The largest difference is {fmt(most)}."
    return Product(
        [
            Matrix(f"v1 {size(first)}", first, words, names, marks=[Mark("cell", "i", "weight")]),
            Matrix(f"v2 {size(second)}", second, words, names, before="−", marks=[Mark("cell", "i", "weight")]),
        ],
        # Rounding of 32-bit numbers must not look like a difference: full colour from 0.1 on.
        Matrix(f"difference {size(rest)}", rest, words, names, before="=", top=max(most, 0.1)),
        [
            [
                [
                    (fmt(float(first[i, j])), "weight"),
                    (" − ", ""),
                    (fmt(float(second[i, j])), "weight"),
                    *answer(rest[i, j]),
                    (f"  {verdict}", ""),
                ]
                for j in range(first.shape[1])
            ]
            for i in range(len(words))
        ],
    )
