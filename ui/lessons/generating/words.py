"""What the lesson on generating gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

START = "Hello, I am"


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Go to the last token, 24, and read what the trained model wrote.",
            "What tends to happen when a small model always takes the most probable token?",
            ["It gets better and better", "It repeats itself", "It stops by itself"],
            1,
            "What stands in the text makes the same thing likelier to come again, and greedy decoding never takes "
            "another way. The lesson on decoding shows what helps. Nothing stops the loop but its counter.",
            {"step": 24, "stage": "append"},
        ),
        Experiment(
            "Look at stage 5 of the first token, then change the seed of the untrained model a few times.",
            "How sure of itself is an untrained model?",
            [
                "As sure as the trained one",
                "Hardly: its best token has only a few times an even share",
                "It always gives 0%",
            ],
            1,
            "Random weights give all tokens much the same score, so each gets about one part in as many as there are "
            "tokens. argmax takes one all the same: it does not ask how large the largest is.",
            {"step": 1, "stage": "argmax"},
        ),
        Experiment(
            "Measure the KV cache with 32 tokens, then with 200.",
            "Where does the cache save more?",
            ["With 32 tokens", "With 200 tokens", "The same share in both"],
            1,
            "Without it, each token costs one pass over the whole text, which gets longer and longer. With it, each "
            "token costs one pass over one token, plus a look at the kept keys and values.",
            {"tokens": "200"},
        ),
    ]


def questions() -> dict[str, str]:
    """The notes' margin question, and others on section 4.7."""
    return {
        "What is the argmax function?": "It gives the **place** of the largest number, not the number itself: "
        "argmax of (2.1, 7.5, 0.3) is 1, counted from 0. Over the scores of the vocabulary the place *is* the token's "
        "ID. Stage 5 shows it on real scores. When two are equal, one of them is taken.",
        "Why softmax, if argmax of the logits gives the same token?": "To choose the best token it is not needed: "
        "softmax is *monotonic*, a larger logit always gets a larger probability, so the order stays. It is needed to "
        "say how sure the model is, to draw at random instead of taking the best, and to train.",
        "Does the model predict a token at every place? (The notes say so.)": "It gives scores at every place, and "
        "training uses them all. To write on, only those of the last place are used: what comes after the earlier "
        "tokens is known already.",
        "Are the logits probabilities?": "No. They are scores of any size, also negative. Softmax makes them positive "
        "and divides by their sum.",
        "What is greedy decoding?": "Taking the most probable token at each step. It is quick and always gives the "
        "same text, but it often ends in a loop, and the likeliest first token need not begin the likeliest sentence.",
        "Why does the untrained model write nonsense?": "It has the same layers and as many numbers, but they are "
        "random. Everything that the trained one knows about words is in the values of its weights, not in its layers.",
        "What if the text is longer than the context?": "The window slides: the model reads the last tokens only and "
        "knows nothing of the beginning. Every token then stands at another place than before, so that kept keys and "
        "values are of no use and the window is read again for each token.",
    }


def check() -> list[Question]:
    """Three questions at the end."""
    return [
        Question(
            "A text has 10 tokens and the vocabulary 50,257. What comes out of one forward pass?",
            ["One token", "50,257 scores", "10 times 50,257 scores"],
            2,
            "Shape (1, 10, 50257): scores at every place. The loop takes the last row, 50,257 scores, and argmax makes "
            "one token of them.",
        ),
        Question(
            "The best logit is 9.0 and the next 8.5. What does softmax do to their order?",
            ["It keeps it", "It may swap them", "It depends on the other tokens"],
            0,
            "Softmax raises e to each score and divides by one and the same sum: larger stays larger.",
        ),
        Question(
            "What does a KV cache change?",
            ["The text that is written", "The time that it takes, and the memory", "The weights"],
            1,
            "Kept keys and values are the ones that would be computed again. Time is saved, memory is spent: two "
            "vectors for every token in every block.",
        ),
    ]
