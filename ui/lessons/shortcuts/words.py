"""What the lesson on shortcuts gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

TEXT = "The lamp on the hill was lit again, and the fishermen saw it: one light, then two."


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Make the notes' network 30 layers deep instead of 5.",
            "How large is the first layer's gradient then, without shortcuts?",
            ["About a sixth of what it was", "More than a billion times smaller", "The same"],
            1,
            "Each layer multiplies by another factor well below 1. With shortcuts the first layers still learn; now "
            "the trouble is rather that gradients can grow.",
            {"part": "bars", "depth": 30, "seed": 123, "axis": "log"},
        ),
        Experiment(
            "Look at the same numbers on a linear axis, as bars.",
            "Of how many of the 10 layers can you still see the bar without shortcuts?",
            ["All", "About half", "Hardly any"],
            2,
            "Next to the others they have no height at all. A linear axis shows differences, a log axis factors, and "
            "these numbers were multiplied again and again. A log axis has no 0 that a bar could stand on, which is "
            "why it shows points.",
            {"part": "bars", "depth": 10, "seed": 123, "axis": "linear"},
        ),
        Experiment(
            "In the real GPT, take weights from before training, switch the layer norms off, and look at both curves.",
            "Which of the two networks can still learn in its first block?",
            ["Both", "Only the one with shortcuts", "None"],
            1,
            "Without norms and without shortcuts every block multiplies by the product of small weights. With "
            "shortcuts the gradient arrives nearly unchanged. With norms alone it survives too, but the tokens "
            "become alike.",
            {"part": "real", "model_weights": "fresh", "norms": False, "of": "stream"},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What are gradients?": "A gradient says how much the loss would change if one number changed a little: its "
        "slope. A gradient of 0.2 at a weight means: make the weight larger by 0.01, and the loss grows by about "
        "0.002. There is one for every weight. Training goes through all of them and moves each weight a little "
        "against its gradient. Where it is nearly 0, the weight hardly moves: it does not learn.",
        "Why do gradients vanish in deep networks?": "The loss stands at the end. The way from an early weight to it "
        "leads through every later layer, and each multiplies by its slope. Many factors below 1 make a product near "
        "0. The second part shows the factors.",
        "What does a shortcut do about it?": "The layer's output becomes x + f(x). Its slope is 1 + f′: even where f′ "
        "is nearly 0, the 1 lets the gradient through. Going forward, x itself is kept, and the layer only has to "
        "find what to add.",
        "Are the larger gradients themselves what helps?": "Not by themselves: with shortcuts the network here "
        "answers with larger numbers, so its loss and all its gradients are larger. What helps is that the first "
        "layer's are not much smaller than the last one's. Compare the ratio of the two in each network.",
        "Where are the shortcuts in a GPT?": "Two in every block: around attention and around the feed-forward. "
        "Together they form one straight line from the embedding to the last layer norm, the residual stream; every "
        "part reads from it and adds to it.",
        "Why does a shortcut need equal widths?": "Numbers are added place by place, so both sides must have equally "
        "many. In ExampleDeepNeuralNetwork the last layer narrows from 3 to 1 and therefore has none.",
        "Does a GPT's gradient vanish without shortcuts?": "Less than the story has it, because layer norms resize "
        "what arrives. What happens instead is that tokens become alike, block by block, and the loss shows it. "
        "Without the norms as well, fresh weights let it vanish completely. The third part measures all four cases "
        "on your text.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "Ten layers, each with slope 0.1. How much of the gradient reaches the input, without and with shortcuts?",
            ["0.0000000001 and about 2.6", "1 and 11", "0.1 and 1.1"],
            0,
            "0.1 multiplied ten times, against 1.1 multiplied ten times.",
        ),
        Question(
            "A shortcut is …",
            ["a layer that is left out", "the layer's input, added to its output", "a smaller network"],
            1,
            "x + f(x): nothing is left out, the input is passed on as well.",
        ),
        Question(
            "A weight has the gradient 0.5. What does a training step do to it?",
            ["It makes it a little smaller", "It makes it a little larger", "It sets it to 0.5"],
            0,
            "A positive gradient: a larger weight means a larger loss, so the step goes the other way.",
        ),
    ]
