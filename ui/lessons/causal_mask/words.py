"""What the lesson on the causal mask gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question
from ui.word_vectors import JOURNEY

TEXT = "The old man saw the sea"
STORY = (
    "The lamp on the hill was lit again, and the fishermen saw it: one light, then two, and the sea, dark as ever, "
    "let them come home. Nobody asked who had lit it. They tied up their boats, counted one another, and went to sleep."
)
LOUD = "\n".join(
    " ".join([word, *(str(round(60 * float(number), 2)) for number in numbers)])
    for word, *numbers in map(str.split, JOURNEY.splitlines())
)


def experiments() -> list[Experiment]:
    """Things to do, guess and see."""
    return [
        Experiment(
            "Set the future to 0 after softmax and do nothing else. Look at the row sums.",
            "Which row has lost the most?",
            ["The first", "The last", "All the same"],
            0,
            "The first word may see only itself; all that softmax gave to the others is cut off. The last word sees "
            "everyone and loses nothing. And the sentence above the matrices shows the leak: turn the last word's "
            "key round, and the rows above it change, although their cells for the last word are 0.",
            {"part": "mask", "source": "six", "way": "bare", "cell": "0-6", "words": JOURNEY},
        ),
        Experiment(
            "Give the words numbers sixty times as large and mask after softmax, with renormalising.",
            "Is it still the same as −∞ before softmax?",
            ["Yes, always", "No: some rows fall apart"],
            1,
            "In exact arithmetic, yes. But with scores this large softmax gives one word of the future everything "
            "that a 32-bit number can hold; the past gets 0, and 0 / 0 is not a number. Masking before softmax never "
            "divides by zero, which is one more reason why every GPT does it so.",
            {"part": "mask", "source": "six", "way": "difference", "cell": "0-0", "words": LOUD, "seed": 4},
        ),
        Experiment(
            "Train a tiny GPT that may see the next character, and the same with its mask.",
            "Which one writes better?",
            ["The one that sees more: its loss is lower", "The one with the mask, though its loss is higher"],
            1,
            "Without the mask the answer stands one place to the right, so the model learns to copy it and nothing "
            "else. When it writes, nothing stands there yet. A loss close to 0 can be the sign of a leak.",
            {"part": "leak", "story": STORY},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What is causal attention?": "Attention in which a token sees itself and what came before it, and nothing "
        "after it. Also called *masked attention*. A model that writes needs it: when it chooses the next token, "
        "there is nothing after it yet.",
        "Can masked positions still influence softmax?": "Only if you mask *after* softmax and do not renormalise. "
        "Then the hidden words have already taken their share of the sum, so rows no longer add up to 1 and every "
        "weight depends on the future a little. Divide each row by its sum, or put −∞ into the scores *before* "
        "softmax, and nothing is left of them: the two give the same weights.",
        "Why −∞, and not 0, before softmax?": "Softmax raises e to each score. e^−∞ is 0, so the masked word gets no "
        "weight. A score of 0 would become e^0 = 1, a perfectly ordinary share.",
        "What is dropout, and why is the rest scaled up?": "While training, a random share p of the attention "
        "weights is set to 0, so that the model cannot rely on one connection alone; it *overfits* less, that is, "
        "it learns less by heart. The others are divided by 1 − p: on average the weights, and what flows through "
        "them, stay as large as without dropout. Small GPTs trained on little text use it; many large models today "
        "do not.",
        "Why does dropout stop in evaluation?": "Its noise helps learning and spoils answers. `model.eval()` turns it "
        "off, `model.train()` on again. Thanks to the scale 1/(1 − p) nothing else has to change between the two.",
        "What is register_buffer for?": "It tells PyTorch that a tensor belongs to the module but is not trained. It "
        "then moves along with `.to(…)`, is saved in `state_dict`, and stays out of `parameters()`, so no optimizer "
        "changes it. A plain attribute stays behind on the old device.",
        "Does the mask also hide the padding?": "No. The causal mask only hides what comes later. In a batch of texts "
        "of different lengths, the padding at the end is later than every real token, so real tokens never see it.",
        "Why can all places learn at once?": "Because of the mask. Row i knows nothing after place i, so each place is "
        "an honest exercise of its own, and one pass through the model trains on all of them.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "A text has 5 tokens. How many attention weights does the causal mask set to 0?",
            ["5", "10", "20"],
            1,
            "Above the diagonal of a 5 × 5 matrix: 4 + 3 + 2 + 1 + 0 = 10.",
        ),
        Question(
            "What are the attention weights of the very first token after masking?",
            ["All 0", "1 on itself, 0 on all others", "The same on all"],
            1,
            "It may see only itself, and a row sums to 1.",
        ),
        Question(
            "Dropout with p = 0.2, in training. A weight of 0.4 is kept. What becomes of it?",
            ["0.4", "0.5", "0.32"],
            1,
            "0.4 / (1 − 0.2) = 0.5. With probability 0.2 it would have become 0; the mean is 0.8 · 0.5 = 0.4.",
        ),
    ]
