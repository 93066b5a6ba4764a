"""What the lesson on layer norm gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

TEXT = "The lamp on the hill was lit again, and the fishermen saw it."
# The notes' section 4.2: torch.manual_seed(123), then Linear(5, 6) and ReLU on the first row of torch.randn(2, 5).
NUMBERS = "0.2260 0.3470 0.0000 0.2216 0.0000 0.0000"


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Set the gain to 2: twice as much as at the start.",
            "How large are the numbers after 50 layers without layer norm?",
            ["Twice as large as before", "About 100 times as large", "Millions of times larger than the input"],
            2,
            "Each layer multiplies by more than 1 now, and 50 factors multiply. With layer norm the curve stays "
            "where it was: it divides the gain out in every layer.",
            {"part": "deep", "depth": 50, "width": 64, "gain": 2.0, "seed": 123},
        ),
        Experiment(
            "Find a gain at which the network without layer norm neither vanishes nor explodes. Then change the depth "
            "to 100.",
            "How exactly must you hit it?",
            ["Anything from 1 to 2 will do", "To a few hundredths, and more exactly the deeper it is"],
            1,
            "A factor of 1.05 or 0.95 per layer is harmless once, and a factor of 100 after 100 layers. Good initial "
            "weights can hit it at the start, but training then moves them. Layer norm needs no such luck.",
            {"part": "deep", "gain": 1.45, "width": 64},
        ),
        Experiment(
            "Choose batch norm and a batch of one.",
            "What is left of the example?",
            ["It is normalised as before", "Only zeros", "It stays as it was"],
            1,
            "Each number is compared with the mean of one number, itself: the difference is 0. Layer norm compares the "
            "numbers of the example with one another and does not care who else is in the batch.",
            {"part": "axes", "kind": "batch", "examples": 1},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What do vanishing and exploding gradients mean?": "A gradient says how much the loss would change if a number "
        "changed a little. It is computed backward, layer by layer, and every layer multiplies it. With factors below "
        "1 hardly anything is left for the first layers: it **vanishes**, and they do not learn. With factors above 1 "
        "it grows without end: it **explodes**, and a single training step throws the weights far off. The right "
        "picture of the first part shows both, when you move the gain.",
        "Why does layer norm help to stabilise training?": "It divides out, in every layer, whatever the weights did "
        "to the size of the numbers. So sizes no longer multiply from layer to layer, forward or backward, and one "
        "learning rate suits all layers. It is not perfect: this experiment's gradients keep a small factor per layer, "
        "and in a very narrow network (width 4) they vanish all the same. Shortcuts take care of that (two lessons "
        "on).",
        "What are biased and unbiased variance, and what are they for?": "Both are the mean squared distance from the "
        "mean. Divided by n it describes *these* numbers; as an estimate of where they came from it is too small on "
        "average, **biased**. Divided by n − 1 it is right on average, **unbiased**; use it to conclude from a sample. "
        "Layer norm only describes its own vector, and at hundreds of numbers the two are nearly the same.",
        "Does layer norm stand before and after attention?": "Not in GPT-2. It stands *before* attention, *before* the "
        "feed-forward, and once after the last block: 2 × 12 + 1 = 25 norms in GPT-2 small. The norm before the "
        "feed-forward comes after attention in order, which may be how the two got mixed up. The original transformer "
        "of 2017 normalised after each addition; that is called post-norm.",
        "What are scale and shift for, after all that?": "Mean 0 and variance 1 is a good start, not a law. With a "
        "factor and an addition for each place, training may choose another size where it helps, or tone a place down. "
        "They start at 1 and 0; the second part shows where the real model took them.",
        "Why not batch norm?": "It compares each number with the same number in other texts of the batch. The result "
        "for one text then depends on its neighbours, falls apart with a batch of one, and needs stored averages when "
        "the model is used. Texts of different lengths make it worse.",
        "Is a logit a normalised probability?": "No. Logits are what comes out last, before softmax: any numbers, not "
        "normalised. Softmax makes probabilities of them.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "A vector is [1, 3]. What does layer norm make of it (fresh: scale 1, shift 0)?",
            ["[−1, 1]", "[0, 1]", "[0.25, 0.75]"],
            0,
            "The mean is 2 and the variance, divided by n = 2, is 1: (1 − 2)/1 and (3 − 2)/1.",
        ),
        Question(
            "A batch of 8 texts, 100 tokens each, vectors of 768 numbers. How many means does one layer norm compute?",
            ["8", "768", "800"],
            2,
            "One for each token of each text, over its own 768 numbers: 8 × 100.",
        ),
        Question(
            "Each of 50 layers multiplies the gradient by 0.8. How much of it reaches the first?",
            ["About 40 percent", "About a seventy-thousandth", "About a fiftieth"],
            1,
            "0.8 multiplied by itself 50 times is about 0.000014.",
        ),
    ]
