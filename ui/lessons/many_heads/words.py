"""What the lesson on many heads gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question
from ui.word_vectors import JOURNEY

TEXT = "The old man said that the sea was his friend"


def experiments() -> list[Experiment]:
    """Things to do, guess and see."""
    return [
        Experiment(
            "Ask for 4 heads with d_out = 6.",
            "What happens?",
            ["Two heads get 2 numbers, two get 1", "An error", "The last head stays empty"],
            1,
            "Every head gets the same slice, d_out / num_heads numbers, so d_out must be divisible by num_heads. "
            "GPT-2 small: 768 / 12 = 64.",
            {"part": "split", "width": 6, "heads": 4, "words": JOURNEY},
        ),
        Experiment(
            "Choose a number in the second row of the queries and follow it through view and transpose.",
            "Which of the two moves numbers in memory?",
            ["view", "transpose", "Neither"],
            2,
            "Both only change how the same block of memory is read: the place stays, the strides change. Numbers are "
            "first copied when the heads are put together again, by `contiguous()`.",
            {"part": "split", "width": 6, "heads": 2, "cell": "7", "words": JOURNEY},
        ),
        Experiment(
            "Measure both classes at the foot of this part, once with 1 text in the batch and once with 8.",
            "By how much is the one class faster with 32 heads?",
            ["By the same factor both times", "By a larger factor with 1 text", "By a larger factor with 8 texts"],
            1,
            "Both do the same multiplications; the wrapper only starts many small ones instead of few large ones. Each "
            "start costs time, whatever the size, and weighs most where there is little to compute. How large the "
            "factors are depends on your machine. On a GPU, which has much to start and computes fast, they are "
            "usually larger still.",
            {"part": "classes", "batch": 1},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "Why several heads instead of one wide one?": "Each row of attention weights sums to 1, so one head has one "
        "way to look: to look at two things it must share. Several heads look at several things at once, each with "
        "queries and keys of its own. With d_out fixed, the multiplications for queries, keys and values "
        "cost the same.",
        "Do heads see the text from different perspectives?": "Nobody tells them to, and nothing makes them differ "
        "but their random start and training. Look at them in *Heads in the wild*: some have a job with a "
        "name, many do not.",
        "Wrapper or one class: what is the difference?": "None in the result: stack the wrapper's weight matrices and "
        "the one class gives the same numbers. The wrapper multiplies once per head, one after the other; the class "
        "once for all heads, then cuts the result into slices.",
        "Does the one class save multiplications?": "No, it does the same ones in fewer, larger pieces, which "
        "processors do faster. What it saves is the starting of each, and waiting between them. Measure it "
        "on this page.",
        "What does view do, and what transpose?": "`view` reads the same numbers in another shape: a row of D becomes "
        "H rows of K. `transpose(1, 2)` swaps two dimensions, so that each head has its own T × K matrix, and matrix "
        "multiplication, which works on the last two dimensions, runs for all heads at once.",
        "Why is there an output projection (out_proj)?": "Without it each number of the output belongs to one head. "
        "out_proj is one more matrix that mixes: every output number can take from every head. The heads then write "
        "into the model's vector together. It could be left out, and GPTs keep it.",
        "Why must d_out be divisible by num_heads?": "Because the slices have equal size: K = d_out / num_heads. "
        "Otherwise `view` cannot cut the row.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "d_out = 768 and 12 heads. How many numbers has one head's query?",
            ["768", "64", "12"],
            1,
            "768 / 12 = 64. All heads together have 768.",
        ),
        Question(
            "Queries have the shape (B, T, D) = (2, 5, 8), with 4 heads. Their shape after view and transpose?",
            ["(2, 4, 5, 2)", "(2, 5, 4, 2)", "(8, 5, 2)"],
            0,
            "view: (2, 5, 4, 2). transpose(1, 2): (2, 4, 5, 2), that is, (B, H, T, K).",
        ),
        Question(
            "Without out_proj, number 0 of the output depends on …",
            ["all heads", "head 0 alone", "the last head"],
            1,
            "The heads' results stand side by side; the first K numbers are head 0's.",
        ),
    ]
