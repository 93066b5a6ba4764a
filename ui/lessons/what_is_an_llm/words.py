"""What to try, the questions from the margin, and the check of "What is an LLM?"."""

from __future__ import annotations

from ui.lesson import Experiment, Question

# The lesson's own message, its words in another order: the same words, as often.
SHUFFLED = "Today back me text you can? Number new my is this broke, phone my mum hi."


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Set the same message up with its words in another order, and compare with the original.",
            "Whose probability changes?",
            ["Both change", "Only the counting model's", "Only the GPT's"],
            2,
            "Counting sees a bag of words: the same words give the same sum, to the last digit. The GPT reads in "
            "order, so every vector after the first changed word is another one. (Fine-tune it first to see its "
            "number.)",
            {"part": "contest", "message": SHUFFLED},
        ),
        Experiment(
            "Compare Chinchilla with Gopher, made by the same people for about the same cost of computing.",
            "Chinchilla has a quarter of the parameters. Which was better in the tests of its paper?",
            ["Gopher: it is larger", "Chinchilla: it read more", "They were equal"],
            1,
            "Chinchilla read 4.67 times the tokens and was better on nearly everything (Hoffmann et al. 2022). "
            "*Large* has two sides, and many models of that time were too large for the text they were given.",
            {"part": "size", "which": "Chinchilla", "against": "Gopher"},
        ),
        Experiment(
            "Give the labels part a sentence that says the same thing twice.",
            "Where does the model find its right answers more probable?",
            ["In the first half", "In the second half", "No difference"],
            1,
            "In the second half it can look back at the first: with a longer context the next token is easier to "
            "know. A model trained on little text profits less; look at the numbers and compare the two halves "
            "yourself.",
            {
                "part": "labels",
                "text": "The captain gave the letter to the doctor. The captain gave the letter to the doctor.",
                "place": "12",
            },
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "Large? Size of what?": "Of two things at once: the **parameters** (the numbers that training adjusts) and "
        "the **training text** (the tokens it reads). Nobody has fixed from which size on a model counts as large; "
        "GPT-2 with 124 million parameters did in 2019. Ours would not, and works the same way. See the part *Large? "
        "Size of what?*",
        "Pretrained model, base model, foundation model: what is the difference?": "One thing seen from three sides. "
        "*Pretrained*: how it was made, by predicting next tokens. *Base* and *foundation*: what it is for, a "
        "starting point that is fine-tuned to many tasks.",
        "Why would predicting the next word teach anything else?": "Because knowing what comes next needs the rest: "
        "after “3 + 4 =” arithmetic, after “in French:” translation. The task is simple to state, not simple to do "
        "well.",
        "Does deep learning do away with all features made by hand?": "With most. Nobody tells the GPT which words "
        "speak for spam. People still choose how text is cut into tokens, the architecture, and the data.",
        "Why build a model of one's own?": "It can be better in a narrow field, data stays in the house, and a small "
        "model answers fast and cheaply. The price is stage 3, and for a model from nothing, stage 2.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "In pretraining, who writes the labels?",
            ["People, one a text", "Nobody: the text itself has them", "Another model"],
            1,
            "The label of each position is the token that follows it. That is what self-supervised means.",
        ),
        Question(
            "A spam filter counts words and learns a weight for each. It is …",
            [
                "AI, but not machine learning",
                "Machine learning, but not deep learning",
                "Deep learning, but not an LLM",
            ],
            1,
            "Its weights are learned from data, so it is machine learning; it has no layers that make their own "
            "features.",
        ),
        Question(
            "Which stage needs the most text?",
            ["Building", "Pretraining", "Fine-tuning"],
            1,
            "Pretraining reads everything it can get, without labels. Fine-tuning needs few texts, but labelled ones.",
        ),
    ]
