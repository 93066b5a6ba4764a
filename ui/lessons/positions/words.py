"""What the lesson on positions gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "No positions, but the mask: compare the last token after block 1 and after block 2 (the slider).",
            "The last token sees the same tokens in both orders. Does its vector change?",
            ["Never", "Not in block 1, but in later blocks", "In every block"],
            1,
            "In block 1 it averages over the same set of vectors, so nothing changes but rounding. But the mask lets "
            "the *other* tokens see different company in the two orders, so they change, and in block 2 the last token "
            "reads them. The mask alone leaks some of the order.",
            {"part": "shuffle", "layer": 2, "cell": "1-99", "last_stays": True},
        ),
        Experiment(
            "Begin the same text 100 positions later, and watch the row *token*.",
            "Which rows of the picture change?",
            ["All three", "position and input", "Only position"],
            1,
            "The token table knows nothing of places. Another row of the position table is added, so the sum is "
            "another vector, for the same word.",
            {"part": "add", "start": 100},
        ),
        Experiment(
            "Move a pair of tokens along the sequence, always at the same distance.",
            "Which lines stay flat?",
            ["None", "Those of the relative schemes", "That of the learned table"],
            1,
            "Rotation and ALiBi are built so that a score knows only the distance. A learned table gives every place "
            "its own row; nothing forces two places with the same distance to score alike. Training may bring them "
            "close: look how close.",
            {"part": "relative", "moved": 150},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "Why does attention lack a notion of order?": "A score is a dot product of two vectors, and the result a "
        "weighted average. Neither knows where a vector stood. Put the tokens in another order and every token gets "
        "the same average as before: see *Shuffle the words*, first row.",
        "Does a causal mask not give the order away?": "In part. A token may see only what stands before it, so in "
        "another order it sees other tokens. From the second block on even the last token notices. GPT-like models "
        "without any position vectors can be trained, and learn from this leak (Haviv et al. 2022). The order of the "
        "words just before, which grammar needs most, is easier to learn from a table.",
        "What does *absolute* mean, and what *relative*?": "Absolute: every place has its own vector, added to the "
        "token. Relative: the score of two tokens is changed by the distance between them, wherever they stand. See "
        "*Absolute or relative*.",
        "Which does GPT use?": "GPT-1, 2 and 3 a learned absolute table: it starts as random numbers and is trained "
        "with everything else. BERT too. Many later models, such as Llama, turn queries and keys instead (rotation, "
        "RoPE).",
        "Do relative positions generalise to longer texts?": "They *can* be computed for any length, which a learned "
        "table cannot: it has no row after its last. Whether the model still works there is another question. With "
        "ALiBi, a model trained on 1,024 tokens did as well on 2,048 as one with waves trained on 2,048; "
        "waves and rotation by themselves failed soon after the trained length (Press et al. 2022).",
        "Why add the two vectors, and not put them side by side?": "Adding keeps the width. It can look as if the two "
        "got mixed up, but in so many dimensions two vectors can point in nearly unrelated directions, and the "
        "matrices for query, key and value can learn to read either.",
        "Does the same word get the same vector everywhere?": "The same *token* vector, yes. What enters the first "
        "block differs, since another position is added; the sentence below *How long the vectors are* measures it.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "A model has 50,257 tokens, 1,024 positions, and vectors of 768 numbers. How large is its position table?",
            ["50,257 × 768", "1,024 × 768", "1,024 × 50,257"],
            1,
            "A row for each place, as wide as a token's vector so that the two can be added.",
        ),
        Question(
            "Without positions and without a mask, you swap two words. What happens to the output for a third word?",
            ["It stays the same", "It changes a little", "It moves to another place"],
            0,
            "It looks at the same set of vectors as before, and a weighted average does not depend on the order.",
        ),
        Question(
            "A GPT was trained with a learned table of 256 positions. Why can it not read token number 257?",
            ["The token is unknown", "There is no row for that place", "The mask hides it"],
            1,
            "The table ends. One can only drop the beginning of the text.",
        ),
    ]
