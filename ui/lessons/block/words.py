"""What the lesson on the transformer block gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

START = "The old man looked at her and said that he had never seen such a"


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Look at the first block's rows 1 and 2 in the picture, for a few tokens.",
            "Does the norm change the stream itself?",
            ["Yes, the stream is normalised from then on", "No, only what attention reads"],
            1,
            "Row 4 is row 1 plus row 3. The norm works on a copy: attention and feed-forward read a normalised "
            "vector, and the stream itself is never touched except by adding. That is what “pre-norm” means.",
            {"layer": 0, "cell": "3-0"},
        ),
        Experiment(
            "In “Norm before, norm after”, train both with 12 blocks, then with 2.",
            "Which model suffers from depth?",
            ["The one with the norm before", "The one with the norm after", "Both alike"],
            1,
            "With the norm after each addition, the shortcut is no free road any more: every block rescales it. With "
            "these settings and many blocks, that model stays for long at what counting characters gives. The book's "
            "and GPT-2's order keeps learning.",
            {"blocks": 12, "rate": -2.5, "trained": "1"},
        ),
        Experiment(
            "In “Who added what”, compare the bars on the left and on the right, part by part, for the last token.",
            "Does every part that adds a long vector add much to the logit?",
            ["Yes, the two pictures look alike", "No, a long vector may add next to nothing"],
            1,
            "Length says how much is written, not what about. In the pocket model the attention of block 5 writes one "
            "of the longest vectors here, but nearly at a right angle to what the output head looks for: hardly "
            "anything is added to this token's logit. It may serve other tokens.",
            {"text": START, "average": True, "answer": "1", "place": "", "part": "12"},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and others, with short answers."""
    return {
        "What is a transformer block made of?": "Two parts, each with a norm before it and a shortcut around it: "
        "attention, which mixes tokens, and a feed-forward network, which works on each token alone. In training, "
        "dropout as well. Out comes what went in, in shape: a vector for each token.",
        "Does the norm stand before or after attention?": "Before, in GPT-2: before attention, before the "
        "feed-forward, and once more at the very end (pre-norm). It is not applied both before and after "
        "attention. The first transformer had it after each addition (post-norm), which is harder to train when there "
        "are many blocks.",
        "How can the shape stay the same and the content change?": "Each part writes a vector of the same width, and "
        "it is added. So a block can be followed by another, and the vector of a token slowly changes from “which "
        "token is this?” to “what comes next?”; the logit lens shows how far it has come.",
        "What is the residual stream?": "The vector that runs along the shortcuts, one for each token. Everything "
        "reads from it (through a norm) and adds to it. At the end it is the sum of all that was ever added, which "
        "this page checks.",
        "Is the logit lens what the model thinks?": "No. It reads an early vector with a head that was trained for "
        "the last one. It shows what is already written in the head's language; an early layer may know things in "
        "another form. Also the final norm was made for the last stream.",
        "Why does the start level predict the token itself?": "Before any block, the stream is the token's own vector "
        "plus its position's. In GPT-2 and the pocket model the head's rows *are* the token vectors (weight tying), "
        "and a vector is usually most like itself. The first block's feed-forward writes over that.",
        "Does a part that adds nothing to the logit do nothing?": "Not so. Direct logit attribution counts only what "
        "a part writes itself, with the final norm's division held fixed. A part may work through others: write "
        "something that a later attention fetches. Switching heads off (in “Heads in the wild”) counts both ways.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "In which order does GPT-2's block work?",
            [
                "attention, norm, add, feed-forward, norm, add",
                "norm, attention, add, norm, feed-forward, add",
                "norm, attention, norm, add, feed-forward",
            ],
            1,
            "Each part reads a normalised copy, and its result is added to the stream.",
        ),
        Question(
            "12 tokens, each 256 numbers, go into a block. What comes out?",
            ["12 × 1,024 numbers", "one vector of 256", "12 × 256 numbers"],
            2,
            "The feed-forward is four times wider only on the inside.",
        ),
        Question(
            "The stream before block 3 has the number 0.8 at one place, its attention adds −0.3 and its feed-forward "
            "0.1. What flows into block 4?",
            ["0.1", "0.6", "−0.024"],
            1,
            "Parts only add: 0.8 − 0.3 + 0.1.",
        ),
    ]
