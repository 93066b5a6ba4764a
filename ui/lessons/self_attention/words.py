"""What the lesson on self-attention gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question
from ui.word_vectors import JOURNEY


def experiments() -> list[Experiment]:
    """Things to do, guess and see."""
    return [
        Experiment(
            "Make two words the same: give *step* the numbers of *journey* (0.55 0.87 0.66).",
            "How do their rows of attention weights compare?",
            ["They become equal", "They add up to 1 together", "Nothing changes"],
            0,
            "Same numbers, same dot products with everyone, same row. Attention sees only the numbers: "
            "it cannot tell two equal words apart, wherever they stand. That is why positions must be "
            "added to them.",
            {
                "part": "plain",
                "plain_step": "weights",
                "words": JOURNEY.replace("0.05 0.80 0.55", "0.55 0.87 0.66"),
            },
        ),
        Experiment(
            "Multiply the numbers of *journey* by ten (5.5 8.7 6.6) and look at its row of weights.",
            "What happens to its weights?",
            ["They stay: softmax normalises", "Almost all weight goes to one word", "They become equal"],
            1,
            "Softmax divides by the sum, but before that it raises e to the score: a difference of 10 "
            "between two scores is a factor of 22,026 between their weights. So the length of vectors "
            "matters, not only their direction, and journey, now the longest, looks at itself alone.",
            {
                "part": "plain",
                "plain_step": "weights",
                "cell": "1-1",
                "words": JOURNEY.replace("0.55 0.87 0.66", "5.5 8.7 6.6"),
            },
        ),
        Experiment(
            "Give queries and keys 1,024 numbers, and leave the scores as they are. Six keys share the weight.",
            "How much of it does the winner get, typically?",
            ["About 1/6", "About half", "Almost all of it"],
            2,
            "The scores' spread is √1024 = 32. With softmax that is one winner, entropy near 0 bits, slope near 0: "
            "the grey bars below the curves. Divided by 32, the scores are as spread out as for d_k = 1.",
            {"part": "scaling", "d_k": "1024", "keys": 6},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What is *self* in self-attention?": "Queries, keys and values all come from the same sentence: "
        "its words look at one another. In a translation model, the words of one language can also look "
        "at those of another: that is cross-attention.",
        "What is a dot product, and why does it measure similarity?": "Multiply two vectors number by "
        "number and add. It is the product of their lengths and the cosine of the angle between them: "
        "large when they point the same way, 0 at a right angle, negative when they point apart. Longer "
        "vectors give larger ones too.",
        "Why softmax and not simply dividing by the sum?": "Scores can be negative, and then shares of a "
        "sum make no sense. Softmax makes everything positive first (e to the score), gives the larger a "
        "clearer lead, and has a smooth slope everywhere, which training needs.",
        "What is a context vector?": "The weighted average of all words' values for one word. It has the "
        "same kind of numbers as the values, but holds what this word has gathered from its sentence.",
        "What are queries, keys and values for, when the words alone work too?": "Without trainable "
        "weights a word can only look for words that resemble it, and nothing can be learned. With three matrices "
        "a word can look for something else than it is, offer itself under another label, and pass on "
        "something else again.",
        "Why do we divide by √d_k?": "So that scores keep the same spread however wide the vectors are. "
        "Otherwise softmax picks one word, its slope vanishes, and training stands still. See the third "
        "part.",
        "v1 or v2: does it matter?": "They compute the same. `nn.Linear` only starts from better scaled "
        "numbers, and it can have a bias.",
    }


def check() -> list[Question]:
    """Questions with an answer at once."""
    return [
        Question(
            "Row *journey* of the attention weights sums to …",
            ["the score of journey", "1", "the number of words"],
            1,
            "Softmax divides by the sum of the row, so the weights are shares.",
        ),
        Question(
            "One score in a row grows by 1, the others stay. What happens to the other weights in this row?",
            ["They shrink", "They stay the same", "They grow too"],
            0,
            "The sum under the fraction grows, so every other share becomes smaller; they stay in proportion.",
        ),
        Question(
            "Queries and keys have 64 numbers. By what are the scores divided?",
            ["64", "8", "32"],
            1,
            "√64 = 8: the spread of a sum of 64 independent terms is 8 times that of one.",
        ),
    ]
