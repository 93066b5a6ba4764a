"""What the lesson on instruction tuning gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question


def experiments() -> list[Experiment]:
    """Three tunings to set up, guess and watch."""
    return [
        Experiment(
            "Tune the pocket model on our own entries alone, for 8 epochs.",
            "What does the validation loss do?",
            ["It falls as far as the training loss", "It falls, then rises again", "It does not fall at all"],
            1,
            "Most of our entries ask for facts and words that stand nowhere else. A model of 7 million weights soon "
            "knows the answers it was shown; for others it has nothing to go by and becomes ever more sure of wrong "
            "ones. It has learned the form of an answer, short and with an end, and overfits on the rest.",
            {"data": "own", "start": "pocket", "trained": "all", "epochs": 8, "batch_size": "32", "rate_all": "0.01"},
        ),
        Experiment(
            "Tune on 4,000 generated tasks for 1 epoch, then on 16,000 for 1.",
            "Which of the two answers more held-out tasks right?",
            ["The one tuned on 16,000", "Neither, both know the same kinds", "The one tuned on 4,000"],
            0,
            "Held-out tasks ask about other words. Copying a word, or putting it into the plural, is learned as a rule "
            "only from many cases. But 16,000 tasks also make four times as many steps: to tell the two apart, tune "
            "on 4,000 for 4 epochs, which makes as many.",
            {"data": "tasks", "tasks": "16000", "start": "pocket", "trained": "all", "epochs": 1},
        ),
        Experiment(
            "Tune once more with LoRA instead of all weights.",
            "How many numbers learn?",
            ["All of them, only more slowly", "A few percent of them", "None: LoRA changes the prompt"],
            1,
            "Beside each matrix of a block stand two thin ones, and only these learn: see the line above the start "
            "button. The gradients and AdamW's memory shrink with them, which matters for large models. For a model as "
            "small as the pocket one it also learns less in the same time.",
            {"data": "both", "tasks": "4000", "start": "pocket", "trained": "lora"},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What is a loss function?": "A rule that turns what the model said and what would have been right into one "
        "number: the smaller, the better. Here it is cross-entropy: minus the logarithm of the probability that the "
        "model gave to each right token, averaged over the tokens that count. Training only ever does one thing: "
        "change the weights a little so that this number falls. The table above works it out for one answer.",
        "Why start from a pretrained model?": "Because a few thousand entries can teach what an answer looks like, but "
        "not a language. The notes take GPT-2 medium, because smaller models know too little; the pocket model shows "
        "the same in minutes, and its limits too.",
        "Why ask the model before tuning?": "To have something to compare with. An untuned model goes on with the text "
        "instead of answering, and seldom comes to an end.",
        "Is this another kind of training than pretraining?": "No. It is next-token prediction with the same loss and "
        "the same loop; only the texts are different, and the loss may leave the prompt out.",
        "Why does it stop after its answer?": "Because one end-of-text token stands behind every answer it was trained "
        "on, and counts in the loss. When the model writes that token, generation ends.",
        "What is LoRA?": "Low-rank adaptation: W stays frozen, and beside it B·A learns, with A of `rank` rows and B "
        "of `rank` columns. B starts at zero, so the model starts unchanged; afterwards B·A is added into W, and the "
        "model is as fast as before.",
        "Does it remember what I said before?": "Not here: each question makes a prompt of its own. Chat models get "
        "the whole conversation as their prompt each time, and were tuned on conversations.",
        "Why may its facts be wrong?": "Tuning teaches form much faster than knowledge. What the model never read, it "
        "cannot answer, but it has learned that an answer is wanted.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "What does instruction tuning change about the training?",
            ["The texts it learns from", "The kind of network", "It predicts whole sentences instead of tokens"],
            0,
            "Same model, same next-token loss. The texts are now prompts with their answers, each with an end.",
        ),
        Question(
            "A model gives the two tokens of a right answer probabilities of 0.5 and 0.25. What is the loss, in nats?",
            ["0.125", "1.04", "2.08"],
            1,
            "−ln 0.5 = 0.693 and −ln 0.25 = 1.386; their mean is 1.04.",
        ),
        Question(
            "Training loss 0.3, validation loss 4.4 and rising. What has the model learned?",
            [
                "To answer new questions well",
                "The answers it was shown, and the form of an answer",
                "Nothing: tuning has failed",
            ],
            1,
            "It overfits: on new questions it gives short answers in the right form, and mostly wrong ones.",
        ),
    ]
