"""What the lesson on decoding gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

TEMPERATURE = "What is a temperature value?"
ARGMAX = "What is the argmax function?"


def experiments() -> list[Experiment]:
    """What to try, with a guess before; true for any model."""
    return [
        Experiment(
            "Set the temperature to 0, then press *Draw again* a few times.",
            "The random number changes. What happens to the drawn token?",
            ["It changes too", "It stays the same", "It changes now and then"],
            1,
            "At temperature 0 one token has the whole bar from 0 to 1, so every number falls on it. That is greedy "
            "decoding.",
            {"part": "one", "temperature": 0.0, "token": ""},
        ),
        Experiment(
            "Keep all tokens and raise the temperature from 0.5 to 2. Watch the row *rest*.",
            "What happens to the thousands of tokens that have no row?",
            ["They stay negligible", "Together they get a larger and larger share", "They are cut off"],
            1,
            "Each one stays unlikely, but there are thousands. Hot text turns to nonsense because of this tail, and "
            "top-k, top-p and min-p exist to cut it.",
            {"part": "one", "temperature": 0.5, "top_k": "all", "top_p": 1.0, "min_p": 0.0},
        ),
        Experiment(
            "Two settings that differ in temperature only, A cooler than B. Press *Draw again* several times.",
            "The same number falls on both bars. Can B's token be one that the model finds more likely than A's?",
            ["Yes, half of the time", "Now and then", "Never"],
            2,
            "A hotter bar gives less room to the best tokens, so every border moves to the left and a number can "
            "only fall on the same token or a less likely one. It holds for the next token; later the texts differ.",
            {
                **{"part": "two", "temperature": 0.7, "top_k": "all", "top_p": 1.0, "min_p": 0.0, "penalty": 1.0},
                **{"temperature_b": 1.5, "top_k_b": "all", "top_p_b": 1.0},
            },
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        TEMPERATURE: "A number that all logits are divided by before softmax. **Below 1** differences grow and the "
        "best tokens get more; **above 1** differences shrink and the unlikely ones get more; **1** changes nothing; "
        "towards **0** the best token gets everything, which is what 0 stands for here. The order of the tokens "
        "never changes.",
        ARGMAX: "*max* is the largest number of a list, **argmax** the *place* where it stands: argmax(3, 9, 4) = 1, "
        "counting from 0. For a language model the place is a token's ID. Argmax of the logits and argmax of the "
        "probabilities are the same token, because softmax is **monotonic**: e to a larger number is larger, and all "
        "are divided by the same sum, so the order stays. That is why greedy decoding needs no softmax at all.",
        "Are logits normalised probabilities?": "No. Logits are **unnormalised** scores: any size, also negative, "
        "and they add up to nothing in particular. Softmax normalises them: positive numbers that add up to 1.",
        "What do top-k, top-p and min-p do?": "They cut off the long tail: thousands of tokens that are unlikely one "
        "by one and together come up often. **Top-k** keeps a fixed number. **Top-p** keeps as few as reach a "
        "probability together: few when the model is sure, many when it is not. **Min-p** keeps what has at least a "
        "share of the best one's probability. What is left is divided by its sum, so that it adds up to 1 again.",
        "Is the best token at every step the best text?": "No. Greedy decoding never looks ahead: a good token can "
        "lead into a dull or repeating text. See the tree: the product along a path counts, and the best first step "
        "need not begin the best path.",
        "If it is random, why does the same link give the same text?": "The random numbers come from a generator "
        "that starts from the **seed**. Same seed, same numbers, same draws. The number for each token is shown on "
        "the bar.",
    }


def check() -> list[Question]:
    """Three questions to check oneself with."""
    return [
        Question(
            "Top-k with k = 1 and temperature 2 gives …",
            ["very random text", "the same text as greedy decoding", "an error"],
            1,
            "Only the best token is left, and temperature does not change which one is best.",
        ),
        Question(
            "Two tokens have the logits 2 and 1. At temperature 0.5, the first is how many times as likely?",
            ["2 times", "e¹ ≈ 2.72 times", "e² ≈ 7.39 times"],
            2,
            "The logits become 4 and 2; they differ by 2, and softmax turns a difference into a factor e².",
        ),
        Question(
            "The best token has probability 0.95. How many tokens does top-p = 0.9 keep?",
            ["1", "2", "90% of the vocabulary"],
            0,
            "The best one alone reaches 0.9. When the model is sure, top-p keeps little.",
        ),
    ]
