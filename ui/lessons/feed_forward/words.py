"""What the lesson on the feed-forward and GELU gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

TEXT = "The lamp on the hill was lit again, and the fishermen saw it."


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Move x from −0.75 further and further to the left, with the slope on a log axis.",
            "What does GELU's slope do?",
            ["It stays at a small value", "It grows again", "It turns negative, then dies away to nothing"],
            2,
            "At about −0.75 it is 0, left of that slightly negative, and at −5 already below a hundred-thousandth. So "
            "GELU is not “non-zero for all negative values” in any useful sense. But a sum must go far astray to get "
            "there, while ReLU's slope is 0 right from the start.",
            {"part": "bends", "x": -5.0, "axis": "log"},
        ),
        Experiment(
            "Train with the learning rate 0.003, then with 0.3.",
            "What does a larger learning rate do to the ReLU units?",
            ["More of them die", "Nothing", "It brings dead ones back"],
            0,
            "One large step can throw a unit's weights so far that its sum is negative for every example. Then its "
            "slope is 0 for all of them, and nothing pulls it back. With rate 1 even some GELU units end up there, far "
            "to the left, where their slope has died away too.",
            {"part": "dead", "rate": "0.3", "dead_seed": 123},
        ),
        Experiment(
            "Choose the wave and go to the end of the training, then back to the beginning.",
            "Four hidden units or thirty-two: which can follow the wave?",
            ["Both, four only need more time", "Only the wide ones"],
            1,
            "Each unit brings one bend. The wave turns more often than four units can bend, however long they train.",
            {"part": "fit", "curve": "wave", "snapshot": 20},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What is ReLU, and what is GELU?": "Both are bends: functions that each number passes through. **ReLU** "
        "(rectified linear unit) keeps what is above 0 and makes everything else 0; it has a corner at 0. **GELU** "
        "(Gaussian error linear unit) multiplies x by the share of a bell curve that lies below x: almost 0 far to the "
        "left, almost x far to the right, smooth between. The first part draws both.",
        "Does GELU have a non-zero gradient for almost all negative values?": "In name only. Its slope is 0 at about "
        "−0.75, where the curve is lowest, and far below that it is so small that nothing is learned from it. The "
        "difference that counts: near 0, where most sums are, a negative number still has a slope, so a unit that went "
        "a little wrong can come back. ReLU gives it no way back.",
        "What does it mean to expand to a higher dimension?": "A token's D numbers are turned into 4 D others. Each of "
        "them is a question of its own about the token: a weighted sum of all D numbers, then the bend. Nothing new is "
        "known afterwards; it is the same token, looked at from four times as many sides.",
        "Why does that make the representation richer?": "Because each hidden unit adds one bend of its own. A network "
        "can only make curves with about as many bends as it has units; the third part shows four units fail where "
        "thirty-two succeed. In a GPT a unit can be a pattern (“a place, after *on the*”) and bring its own addition "
        "to the stream; more units, more patterns.",
        "Why a bend at all?": "Two linear layers without a bend between them are one linear layer: the wide middle "
        "would bring nothing. The bend makes it possible to react to one range of values and ignore another.",
        "Why does it come back to D numbers?": "So that the result can be added to the stream, and so that every block "
        "has the same shape and can be stacked.",
        "What is a feed-forward neural network?": "One in which everything flows in one direction, from input to "
        "output, without loops. In a GPT the name is used for this part of a block: widen, bend, narrow, each token on "
        "its own. Attention is the only part in which tokens look at each other.",
        "Is a unit that puts out 0 dead?": "No, that is its job for most tokens: the fourth part shows that most units "
        "of the real model are quiet for any one token. Dead means quiet for *every* example, for ever.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "ReLU gets −3 and GELU gets −3. What comes out?",
            ["−3 and −3", "0 and a little below 0", "0 and exactly 0"],
            1,
            "GELU(−3) = −3 × 0.00135 = −0.004: nearly silenced, not cut off.",
        ),
        Question(
            "D = 768. How many numbers does the hidden layer of a GPT-2 block have for each token?",
            ["768", "1,536", "3,072"],
            2,
            "Four times 768.",
        ),
        Question(
            "Two linear layers, D → 4D → D, with no bend between them. What can they do that one D → D layer cannot?",
            ["Four times as much", "Nothing", "Bend curves"],
            1,
            "A product of two matrices is a matrix. The bend makes the difference.",
        ),
    ]
