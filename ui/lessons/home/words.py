"""What the lesson on following one sentence gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question


def experiments() -> list[Experiment]:
    """Things to do, guess and see."""
    return [
        Experiment(
            "Press “Next token” until the text begins to repeat itself.",
            "Always taking the likeliest token makes a text …",
            ["livelier", "more correct", "likely to go round in circles"],
            2,
            "What was said makes the same thing likelier to be said again, so always taking the top choice "
            "often ends in a loop. The lesson on decoding shows what to do about it.",
        ),
        Experiment(
            "Take one of the other tokens at stop 9, then go on with “Next token”.",
            "How far does the choice of one token reach?",
            ["Only the next token changes", "Everything after it can change"],
            1,
            "The chosen token becomes part of the text, and the whole text is what the model reads next.",
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "Does the model look words up in a list of sentences?": "No. It holds a table of vectors and some "
        "matrices of learned numbers, nothing else. Each stop is arithmetic with them; the text it learned from "
        "is not stored in it as text.",
        "Are the logits probabilities?": "Not yet. Logits are scores of any size, also below zero. Softmax makes "
        "them positive and divides by their sum; only then are they probabilities.",
    }


def check() -> list[Question]:
    """Questions with an answer at once."""
    return [
        Question(
            "What does the model compute?",
            ["The next sentence", "A probability for every token that it knows", "The right answer"],
            1,
            "One distribution for each step. Choosing a token from it is a separate, simple step.",
        ),
        Question(
            "What happens between two tokens of an answer?",
            ["The whole way is gone again, with one token more", "The model reads on in a stored text"],
            0,
            "Text in, one token out, and again: that loop is text generation.",
        ),
    ]
