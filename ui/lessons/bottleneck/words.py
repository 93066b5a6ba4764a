"""What the lesson on the bottleneck gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question

TEXT = "glassbox2026"


def experiments() -> list[Experiment]:
    """Things to do, guess and see."""
    return [
        Experiment(
            "Let both models reverse a sequence of 24 symbols, longer than any that they were trained on.",
            "What does the model with one hidden state write?",
            [
                "The first 16 symbols right, then nothing",
                "The beginning of its answer, then mostly wrong symbols",
                "All",
            ],
            1,
            "Backwards, its answer begins with what it read last. That is still fresh in the hidden state; what came "
            "long before has been written over. With attention every state is still there to be looked at.",
            {"task": "reverse", "text": "q7w3kz90fjx2mbt5ay8hcd41", "run": ""},
        ),
        Experiment(
            "Change the task to copying, and compare the two curves beyond 16 symbols.",
            "Does attention copy sequences of any length?",
            ["Yes", "No: it, too, gets worse on lengths that it never trained on"],
            1,
            "Attention removes the bottleneck, not every limit. This model learned where to look next on sequences of "
            "up to 16 symbols, and on longer ones it loses its place more and more often.",
            {"task": "copy", "text": "glassbox2026", "run": ""},
        ),
        Experiment(
            "Train both yourself, with 64 numbers in a hidden state, and read the grey curve at 10 symbols. Then train "
            "them with 128 numbers, all else the same.",
            "What happens to the bottleneck?",
            ["It is gone", "It is wider: longer sequences fit, but it is still there", "Nothing"],
            1,
            "At 10 symbols about half were right with 64 numbers, about 70% with 128. More numbers hold more symbols, "
            "if training is long enough to learn to use them. But however wide the one vector is, some length no "
            "longer fits.",
            {"task": "reverse", "hidden": 64, "longest": 12, "steps": 800, "seed": 1, "run": ""},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What is the hidden state?": "The network's memory at one moment: a vector of fixed length, here 64 numbers. "
        "After each symbol it is computed anew from itself and that symbol. The picture shows it as it changes. Nobody "
        "says what each number means; training finds a code in which what was read can be found again.",
        "What is an encoder-decoder network?": "Two networks in a row. The encoder reads and ends in a state; the "
        "decoder starts from it and writes. So input and output may have different lengths, as in translation.",
        "Why do these networks struggle with long texts?": "Because all that was read must pass through one vector of "
        "fixed length. A long text has more to say than fits, and what was read early has been changed by all that "
        "came after. Look at the grey curve.",
        "Do they remember the input before encoding it?": "While and after: encoding *is* the remembering. The decoder "
        "never sees the input itself, only the last hidden state.",
        "What does attention change?": "The decoder may look back at *all* the encoder's states. For each symbol it "
        "scores them, turns the scores into weights that sum to 1, and takes the weighted average as its context. "
        "Nothing has to be squeezed into the last one.",
        "Is this the self-attention of GPT?": "Almost. Here a decoder looks at an encoder: that is *cross-attention*, "
        "and its scores come from a small network (Bahdanau et al. 2014). In self-attention the words of one text look "
        "at one another, scores are dot products, and no RNN is left, so all places can be computed at once.",
        "Why is translating word by word not enough?": "Languages order words differently and need not have a word for "
        "a word. Reversing is the simplest case of that: the first symbol to write is the last one read.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "A sequence gets twice as long. How many numbers has the encoder's last hidden state?",
            ["Twice as many", "As many as before", "Half as many"],
            1,
            "Its size is fixed when the network is built. That is the bottleneck.",
        ),
        Question(
            "With attention, the context of a step is …",
            ["the last hidden state", "a weighted average of all the encoder's hidden states", "the likeliest symbol"],
            1,
            "The weights are computed anew for each symbol that is written.",
        ),
        Question(
            "In the alignment of a reversing model, where do you expect the large weights?",
            ["On the diagonal", "On the other diagonal, from the last symbol to the first", "In the first column"],
            1,
            "The first symbol written is the last one read.",
        ),
    ]
