"""What the lesson on the sliding window gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

START = (
    "The lamp on the hill was lit again, and the fishermen saw it: one light, then two, and the sea, dark as ever, "
    "let them come home. Nobody asked who had lit it. They tied up their boats, counted one another, and went to sleep."
)


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Make the stride 1 instead of 4, with windows of 4 tokens.",
            "What happens to the number of windows?",
            ["It stays", "About four times as many", "It doubles"],
            1,
            "A window starts at every token instead of every fourth. In an epoch, one pass over all windows, nearly "
            "every token is now a target four times, each time with a different amount of text before it. More to "
            "compute, nothing new to read: the model overfits sooner.",
            {"max_length": 4, "stride": 1},
        ),
        Experiment(
            "Make the stride 6, larger than the window of 4.",
            "What does the model never see?",
            ["Nothing is lost", "Some tokens between the windows", "The beginning of the text"],
            1,
            "Two tokens after each window are skipped; the first of them is at least a target. A stride as "
            "long as the window uses every token and repeats none.",
            {"max_length": 4, "stride": 6},
        ),
        Experiment(
            "Turn shuffle on and change the seed a few times.",
            "What changes in a window itself?",
            ["Its tokens are mixed", "Nothing: only which windows share a batch", "Its target"],
            1,
            "The order of tokens inside a window is what the model learns from, so it is never touched. Only the "
            "windows come in another order, so that a batch is no single stretch of one text.",
            {"shuffle": True, "seed": 7},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What is a tensor, and why is this structure efficient?": "A tensor is a block of numbers of one kind with a "
        "shape: one number, a row, a table, a stack of tables. A batch here is a table, (windows, tokens). All "
        "numbers lie side by side in memory, without Python objects around them, so the processor works through many "
        "at once, a GPU through thousands. The page compares the bytes with Python lists, "
        "and the button measures the time.",
        "What is a DataLoader talking about?": "It is the link between data and training. A **Dataset** can say how "
        "many samples there are and give sample number i, here one window with its target. A **DataLoader** decides "
        "the order (shuffle), takes batch_size of them at a time, stacks them into tensors, and drops the last batch "
        "if it is not full (drop_last). With num_workers above 0, other processes prepare batches while the "
        "model computes.",
        "Are the targets the input shifted to the right?": "It depends on what you look at, and *left* is safer: the "
        "target at place i is the input at place i + 1. The *window* moves one token to the right over the text, so "
        "each number in the row moves one place to the left.",
        "What is an input-target pair?": "A stretch of text, and the same stretch one token later. It holds an "
        "exercise for each place: after these tokens, which comes next? Nobody has to label anything, "
        "the text is its own solution.",
        "What does the stride decide?": "How far the window moves between samples. Smaller than max_length: windows "
        "overlap, there are more of them, and tokens are trained on several times. Equal: each token once. Larger: "
        "some are skipped.",
        "What does max_length decide?": "How much text the model can look back on while training. Longer windows "
        "teach longer connections, and attention costs grow with the square of the length.",
        "Why drop the last batch?": "It is usually not full. The mean over few samples is noisier, and its step "
        "would count as much as the others: a spike in the loss. For measuring a loss, keep it.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "The input is [5, 8, 2, 9]. How does its target begin?",
            ["[5, 8, 2, …]", "[8, 2, 9, …]", "[0, 5, 8, …]"],
            1,
            "Each target is the next input; the last one, after 9, is in the text but not in the input.",
        ),
        Question(
            "A text of 101 tokens, max_length 10, stride 10. How many windows?",
            ["9", "10", "11"],
            1,
            "They start at 0, 10, … 90. The window at 90 needs token 100 as its last target, and that is there.",
        ),
        Question(
            "A batch has the shape (8, 4). What do the numbers mean?",
            ["8 tokens in 4 windows", "8 windows of 4 tokens", "8 batches of 4 numbers"],
            1,
            "batch_size first, then max_length.",
        ),
    ]
