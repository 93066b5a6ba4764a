"""What the lesson on gradients gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

START = "Every effort moves you, and every step is a little nearer to the top of the hill."


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "On the ravine, raise the learning rate of SGD to 10 to the power of −0.9, which is 0.126.",
            "What happens to SGD?",
            ["It is faster than before", "It leaps from wall to wall and away", "It stops"],
            1,
            "Across the ravine the surface bends 20 times as much as along it. A step of 0.126 × 20 = 2.5 times the "
            "height overshoots further each time; above 0.1 it diverges. The steepest direction limits the rate for "
            "all others. Adam divides each direction by the size of its own slopes.",
            {"surface": "ravine", "x": -2.5, "y": 1.0, "sgd": -0.9},
        ),
        Experiment(
            "Start on the saddle, exactly on its ridge: y = 0.",
            "Which optimizer finds the way down to the side?",
            ["Adam", "All of them", "None"],
            2,
            "On the ridge the slope to the side is exactly 0, and all four only follow slopes. Change y by 0.01, and "
            "momentum and Adam leave the ridge much sooner than SGD.",
            {"surface": "saddle", "x": -2.5, "y": 0.0},
        ),
        Experiment(
            "Nudge the real weight by 10⁻⁷, then by 10.",
            "Where does the gradient keep its promise?",
            ["The smaller the nudge, the better", "The larger, the better", "In between"],
            2,
            "A gradient is exact for infinitely small nudges, but a computer's numbers are not infinitely fine: tiny "
            "changes drown in rounding. Large nudges leave the neighbourhood in which the slope holds.",
            {"nudge": -7.0},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What is backpropagation?": "The way to get the slope of the loss at every weight in one go. First the model "
        "computes its loss, step by step. Then it goes back through the same steps, from the loss to the weights, and "
        "multiplies each step's own slope on the way: the chain rule, shown in the graph on this page. It only "
        "computes slopes; changing the weights is the optimizer's work.",
        "What is the Adam optimizer?": "A rule for the size of each step. It keeps two running means for every weight: "
        "of its gradients (m), so that steps keep their direction, and of their squares (v), which says how large they "
        "usually are. The step is the learning rate × m / √v: weights with large and with small gradients move about "
        "equally far. The arithmetic is written out above.",
        "What is AdamW, then?": "Adam with weight decay done separately: besides Adam's step, every weight shrinks by "
        "learning rate × decay. In plain Adam the decay would be part of the gradient and be divided by √v too, so "
        "weights with large gradients would hardly decay.",
        "What is a gradient?": "For one weight: how much the loss changes for a small change of the weight, per unit. "
        "Positive: a larger weight makes the loss larger, so go down. The gradient is all these slopes together; it "
        "points up the steepest way, and training steps the other way.",
        "What does momentum do?": "It keeps most of the last step and adds the new slope, like a ball that rolls. "
        "Slopes that change sign from step to step cancel out, those that agree add up.",
        "Does the optimizer find the lowest point?": "Nobody can know. It follows slopes and may rest in a local "
        "minimum or near a saddle. In models with millions of weights, low enough is usually good enough.",
        "Why weight decay?": "Large weights let a model bend to every example. Pulling all towards 0 keeps those "
        "that the data do not insist on small, which often helps on new data.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "A weight's gradient is 2, the learning rate 0.1. What does plain SGD do?",
            ["It adds 0.2 to the weight", "It takes 0.2 from the weight", "It sets the weight to 0.2"],
            1,
            "New weight = weight − rate × gradient: against the slope.",
        ),
        Question(
            "In Adam's very first step, how far does a weight move whose gradient is 1,000, with rate 0.01?",
            ["10", "About 0.01", "It depends on its size"],
            1,
            "m / √v is then 1,000 / √(1,000²) = 1: the first step is about as long as the rate, whatever the gradient.",
        ),
        Question(
            "Loss → p → z → w: the slopes on the way are −2, 0.25 and 1.5. What is the gradient at w?",
            ["−0.75", "−0.25", "0.75"],
            0,
            "The chain rule multiplies: −2 × 0.25 × 1.5.",
        ),
    ]
