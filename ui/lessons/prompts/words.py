"""What the lesson on prompts gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Compare no example with one, then with six.",
            "Which step changes the probability of the right answer by the larger factor, with the pocket model?",
            ["From 0 to 1", "From 1 to 6"],
            0,
            "Without an example, the model does not know that words in a list are coming: nearly anything can follow. "
            "One shows the form. What more can do depends on the model; the picture shows what this one does.",
            {"task": "next", "form": "comma", "k": 1},
        ),
        Experiment(
            "Look at the dashed line: the same examples with their answers mixed up.",
            "If a model had learned the rule from the examples, where would that line be?",
            ["Far below the other", "On the other", "Far above"],
            0,
            "Wrong examples would teach a wrong rule. Where both lines lie together, the examples showed only the form "
            "and the kind of words. Min et al. (2022) found much of that in large models too.",
            {"task": "woman", "form": "comma"},
        ),
        Experiment(
            "Random tokens, said three times.",
            "Can grammar or knowledge help to predict the second round?",
            ["Yes", "No: only looking back can"],
            1,
            "There is nothing else to go by. So every bit by which the loss falls is learned from the text itself, "
            "within one pass.",
            {"part": "repeat", "length": 16},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What are zero-shot, one-shot and few-shot?": "How many solved examples the prompt holds before the question: "
        "none, one, a few. The words are from the paper on GPT-3 (Brown et al. 2020).",
        "Is few-shot learning training?": "No. No loss is computed to learn from, no gradient, no weight changes: the "
        "fingerprint on this page is the same before and after. The examples are input like any other text; they "
        "change the vectors that attention mixes, and with the next prompt they are gone.",
        "Then what does the model learn from them?": "In the best case the task; always something simpler too: the "
        "form of the text, and which kind of words come as answers. To tell the two apart, mix up the answers and see "
        "whether the right one suffers.",
        "Why could a model do a task without any example?": "Because texts like it were in pretraining: the prompt "
        "reads like the beginning of one, and the model continues it. Our pocket model has read old novels only, so "
        "do not expect translations from it.",
        "How can random tokens show learning?": "Said once they cannot be predicted by anybody. When they come again, "
        "a model that looks back finds each token's last place, and what came next there. Heads that do this are "
        "called *induction heads* (Olsson et al. 2022); the lesson *Heads in the wild* looks for them.",
        "Does the order of the examples matter?": "Yes, for large models too. So this page averages over several "
        "seeded orders, with a different question in each, and shows each of them as a dot.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "A prompt holds three solved examples and a question. What is this called?",
            ["Fine-tuning", "Few-shot", "Zero-shot"],
            1,
            "A few examples in the prompt, and no training.",
        ),
        Question(
            "After a few-shot prompt, which weights of the model have changed?",
            ["Those of the last block", "All a little", "None"],
            2,
            "The fingerprint of all weights is the same. Only training changes them.",
        ),
        Question(
            "Examples with wrong answers help as much as right ones. What did the model take from them?",
            ["The rule", "Form and kind of words", "Nothing"],
            1,
            "Had it taken the rule, wrong examples would mislead it; had it taken nothing, they would not help.",
        ),
    ]
