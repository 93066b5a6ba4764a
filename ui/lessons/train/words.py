"""What the lesson on training gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question


def experiments() -> list[Experiment]:
    """Three trainings to set up, guess and watch."""
    return [
        Experiment(
            "Train the small model on The Dancing Men for 30 epochs.",
            "Which curve turns up again?",
            ["Neither", "The training loss", "The validation loss"],
            2,
            "After some epochs the model knows the sentences it has seen; the loss on them goes on falling. On the "
            "last tenth of the story, which it never trains on, it becomes ever more sure and ever more wrong: it "
            "overfits. The step where the dashed curve is lowest is the one to keep.",
            {"text": "dancing_men", "start": "scratch", "size": "small", "epochs": 30, "learning_rate": "0.003"},
        ),
        Experiment(
            "Train on A small world with a learning rate of 0.1 instead of 0.001.",
            "What does the loss do?",
            ["It falls a hundred times as fast", "It falls at first and then stays high", "It does not change at all"],
            1,
            "Each step goes far past the place that its gradient pointed to. The model learns which tokens are "
            "frequent, because that is hard to miss, and little else. The Curve clinic has this and other illnesses.",
            {"text": "small_world", "start": "scratch", "size": "small", "epochs": 10, "learning_rate": "0.1"},
        ),
        Experiment(
            "Train on The Dancing Men again, once from random weights and once from the pocket model, 3 epochs each.",
            "Where does the validation loss of the second one start?",
            ["At the same place", "Far lower", "Far higher, it has to unlearn"],
            1,
            "The pocket model already knows English; only the story is new. Random weights begin near ln(8,192) = "
            "9.01, as if every token were equally likely. Lay the run before over it to see both.",
            {"text": "dancing_men", "start": "pocket", "epochs": 3, "learning_rate": "0.0003"},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What is an epoch?": "One pass over the whole training text. The line above the start button counts it out: "
        "the text gives so many windows, those make so many batches, and one step is made for each batch. After an "
        "epoch the windows come again, in another order.",
        "What does it mean to process batches?": "A batch is a handful of windows that the model reads at once. For "
        "each batch: forward pass, loss, backward pass, one step of the optimizer. Several windows together give a "
        "gradient that is less noisy than one, and keep the processor busy.",
        "What is validation data?": "A part of the text that is never trained on, here its last tenth. Training "
        "questions are practice, validation is the exam: only there can you see whether the model has learned the "
        "language of the text or its sentences by heart.",
        "What is a validation set, and how does it differ from a test set?": "You look at the validation set again "
        "and again, to choose epochs or learning rate, and so your choices begin to fit it. A test set is looked at "
        "once, when everything is chosen.",
        "What is evaluation mode?": "`model.eval()` switches off what is random in training: dropout. The loss of a "
        "batch is then one number and not another each time; see the two rows of ticks above. `torch.no_grad()` is "
        "another thing: it remembers nothing for a backward pass, which saves time and memory.",
        "Why is the thin curve sometimes above the thick one?": "The thin one is the loss of each training batch as it "
        "was, with dropout on and before its step was made; the thick one is measured without dropout on windows "
        "from all over the text.",
        "What is perplexity?": "exp(loss): as unsure as if the model chose evenly among so many tokens. It is the "
        "easier number to imagine; the notes give this merit to the loss, which is its logarithm.",
        "Why save checkpoints?": "A checkpoint holds the weights, the optimizer's memory, the random numbers and the "
        "place in the data. From it a training goes on as if nothing had happened, to the last bit on a CPU, even "
        "after `kill -9`.",
        "Why does the learning rate change over the run?": "Warm-up: the first gradients of random weights are "
        "large and point anywhere. Falling at the end: near a good place, smaller steps settle down where large ones "
        "jump about.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "A text gives 90 windows, a batch holds 8, the last smaller one is dropped. How many steps are 2 epochs?",
            ["20", "22", "24"],
            1,
            "90 / 8 is 11 whole batches, and 11 steps in each of 2 epochs.",
        ),
        Question(
            "Training loss 0.4, validation loss 6.5. What has happened?",
            ["The model learned the language well", "It learned its training text by heart", "It learned nothing"],
            1,
            "That is how the book's run ends: a model with 162 million parameters and a text of 5,000 tokens.",
        ),
        Question(
            "Why is the validation loss measured in evaluation mode?",
            [
                "Because dropout would make it noisy and too high",
                "Because the model must not see the text",
                "Because gradients would be too large",
            ],
            0,
            "The model that you will use has no dropout; the measurement should be of that one, the same each time.",
        ),
    ]
