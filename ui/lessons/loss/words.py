"""What the lesson on the loss gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

START = "Every effort moves you, and every step is a little nearer to the top of the hill."
SHUFFLED = "The hill effort top the moves, every of and little is to step nearer you a every."


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Give the model the same words in another order.",
            "What happens to the loss?",
            ["It stays about the same", "It rises", "It falls"],
            1,
            "The words are as common as before, but none is where it can be expected. Loss measures prediction, not "
            "vocabulary.",
            {"text": SHUFFLED, "place": ""},
        ),
        Experiment(
            "Repeat one sentence three times, and compare the colours of the first and the last round.",
            "Is the third round less surprising?",
            ["Yes, as far as the model can look back and copy", "No, each round costs the same"],
            0,
            "Nothing is trained meanwhile: what helps is the text before. How much it helps says how well this model "
            "can copy from its context. Look at the numbers of this one; larger models do far better.",
            {"text": " ".join(["The lamp on the hill was lit again."] * 3), "place": ""},
        ),
        Experiment(
            "Change one word in the middle into something absurd.",
            "Which tokens change their surprise?",
            ["Only the absurd one", "All of them", "The absurd one and those after it"],
            2,
            "The model reads from left to right. Tokens before the change cannot know of it; those after it have it in "
            "their context.",
            {
                "text": "Every effort moves banana, and every step is a little nearer to the top of the hill.",
                "place": "",
            },
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What is a model's predicted output, what are target tokens, what are token probabilities?": "**Predicted "
        "output**: for each place, a score for every token of the vocabulary. **Token probabilities**: the same after "
        "softmax, between 0 and 1, together 1. **Target tokens**: what really comes next in the text, the input one "
        "place later. The loss looks up, for each place, the probability of the target.",
        "What is text generation loss?": "The mean, over all places, of minus the logarithm of the probability that "
        "the model gave to the true next token. Another name for it here is cross-entropy. It judges predictions of a "
        "given text; nothing has to be generated for it.",
        "What is a loss function?": "A rule that turns what a model says and what is true into one number, smaller for "
        "better. Training changes the weights so that this number falls, so it must have a slope: “right or wrong” "
        "has none, minus the logarithm of a probability has.",
        "Are logits probabilities?": "No. They are unnormalised: any size, any sign, no fixed sum. Softmax "
        "normalises them. Adding 10 to all logits changes no probability.",
        "Loss or perplexity: which is easier to interpret?": "Perplexity. A loss of 4.4 nats says little to anyone; "
        "“as unsure as among 81 equally likely tokens” can be pictured. Both say the same, one is e to the power of "
        "the other.",
        "Why is it called cross-entropy?": "It is the mean surprise when the world draws from one distribution and "
        "you expect another. Here the first is the text: probability 1 for the true token, 0 for all others. So of the "
        "whole sum only one term is left.",
        "Is a lower loss always better?": "On text that the model was not trained on, yes. On its own training text a "
        "low loss can also mean that it has learned the text by heart.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "A model gives the true token the probability 1. How large is the loss there?",
            ["1", "0", "It depends on the vocabulary"],
            1,
            "Minus the logarithm of 1 is 0: no surprise.",
        ),
        Question(
            "An untrained GPT-2 (50,257 tokens) shows a loss of 10.9 at its first step. Is something wrong?",
            ["Yes, it should be near 1", "No, ln(50,257) is 10.8", "Yes, it should be 0"],
            1,
            "It holds all tokens for about equally likely, and says so.",
        ),
        Question(
            "The loss falls from 3.0 to 2.3 nats. What happened to the perplexity?",
            ["It fell by 0.7", "It halved, from 20 to 10", "It stayed"],
            1,
            "e^3.0 is 20.1, e^2.3 is 10.0. A difference of ln(2) = 0.69 nats is a factor of 2.",
        ),
    ]
