"""What the lesson on loss curves gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question


def experiments() -> list[Experiment]:
    """Three treatments to guess and to run; setups name controls of the page."""
    return [
        Experiment(
            "Train recorded run 1 again with dropout 0.3 and everything else as before.",
            "Is its lowest validation loss better than before?",
            [
                "Yes, and it never turns up",
                "Yes, but it still turns up",
                "No, it turns up later and from a worse place",
            ],
            2,
            "When we tried it, validation was lowest at 6.06 after step 221; before, at 5.54 after step 119. Dropout "
            "makes learning by heart harder, and everything else too: in the same time less is learned. The text stays "
            "the same 12,000 tokens, read 20 times; more text is what helps.",
            {"curve": "1", "guess": "1:overfitting", "epochs1": 20, "drop1": 0.3},
        ),
        Experiment(
            "Train recorded run 2 again with a hundred times its learning rate.",
            "How far does the training loss come in the same 210 steps?",
            ["A little lower", "Far below 4.33, what counting tokens gives", "It jumps about"],
            1,
            "It ended at 0.45 when we tried it, instead of 8.11. Nothing was wrong but the length of the steps. That "
            "is why rates are tried in factors of 3 or 10, not in small changes.",
            {"curve": "2", "guess": "2:rate_too_low", "rate2": "0.003"},
        ),
        Experiment(
            "Train recorded run 5 again with five times the epochs, 60, instead of a larger model.",
            "What do both losses do?",
            ["They fall to where run 3 ends", "They stay close to where they were", "They rise"],
            1,
            "A token's vector has 2 numbers in this model, and 8,192 tokens have to be told apart with them. What does "
            "not fit into a model cannot be learned by waiting.",
            {"curve": "5", "guess": "5:underfitting", "size5": "as before", "epochs5": 60},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "Show me curves: what is a good curve, what is a bad one?": "Above, six real ones. *Good*: both losses fall "
        "and stay close. *Bad*: validation turns up while training falls (overfitting); both level off high "
        "(underfitting); both jump up again and again (unstable); a loss worse than guessing, then stuck (rate too "
        "high); both fall evenly and hardly (rate too low).",
        "What does it mean that the validation loss stagnates while the training loss falls?": "Overfitting has begun: "
        "what the model still learns holds only for its training text. Validation need not rise for that; a growing "
        "gap is enough.",
        "Is every gap between the two curves overfitting?": "No. Training text is always a little easier, and two "
        "texts are never equally hard. What counts is that the gap grows while validation no longer falls.",
        "How do I tell underfitting from a rate that is too low?": "By the end of the curve. Still falling evenly: the "
        "rate. Level: the model. Mind the schedule: when the rate falls to zero, every curve gets level; so the "
        "diagnosis measures the way by the sum of rates, not by steps.",
        "Why can the validation loss lie below the training loss?": "If the training loss is that of each batch, it is "
        "measured with dropout and before the step, and so too high: harmless. If both are measured without dropout, "
        "validation is easier: repeated texts across the split, or a part that is not typical.",
        "How high is high?": "Two losses are known before any training. Blind guessing: ln(8,192) = 9.01 nats. Knowing "
        "only how frequent each token is: the entropy of the text's tokens, which the diagnosis computes. Who ends no "
        "better has learned nothing about order.",
        "Is a spike in the thin curve bad?": "Rarely. A batch of unusual windows is enough. It is the evaluated curve, "
        "always on the same windows, that tells whether the weights were thrown about.",
        "Can the diagnosis be wrong?": "Yes. It sees numbers, not causes: a faulty text looks like underfitting, an "
        "easy validation text like a leak. Its limits are choices that separate these patterns well at this size; they "
        "are in `engine/evaluation/diagnosis.py`.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "Training loss: 5, 3, 1, 0.5. Validation loss at the same steps: 5.2, 4, 4.3, 5.1. Which checkpoint do "
            "you keep?",
            ["The first", "The second", "The last"],
            1,
            "Where validation is lowest, 4. Everything after it was learned by heart.",
        ),
        Question(
            "Both losses fall from 9.0 to 8.2, in a straight line; ln(vocabulary) is 9.01. What do you try first?",
            ["A smaller model", "A higher learning rate", "More dropout"],
            1,
            "Straight, slow and still falling, far above what counting tokens gives: the steps are too short.",
        ),
        Question(
            "The validation loss lies 0.5 below the training loss, both without dropout. What do you look for?",
            ["Texts that stand in both parts", "A learning rate that is too high", "A model that is too small"],
            0,
            "Nobody is better at what they never saw. Either they have seen it, or it is easier.",
        ),
    ]
