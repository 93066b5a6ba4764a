"""The quiz's own questions on fine-tuning a classifier: the notes' chapter 6."""

from __future__ import annotations

from ui.lesson import Question

# By the lesson where the answer can be seen.
QUESTIONS: dict[str, tuple[Question, ...]] = {
    "classifier": (
        Question(
            "To make a spam classifier, GPT-2's output layer is replaced. By what?",
            ["A layer from 768 to 2 numbers", "A layer from 768 to 50,257 numbers", "A layer from 50,257 to 2 numbers"],
            0,
            "One number for each class, from the last hidden vector. 50,257 is what it had, a number for each token. "
            "Going through all of those first would only add work.",
        ),
        Question(
            "Why does the classifier read its answer at the last token of the message?",
            [
                "It is the most important word",
                "It is the only one that has seen all the others",
                "The loss of the first ones is too large",
            ],
            1,
            "With a causal mask each token sees itself and what came before. So only the last has seen the whole "
            "message, whatever its word is.",
        ),
        Question(
            "A short message is filled up with padding on its right side. Which place should the class be read from?",
            ["The last place of the row", "The last place that is not padding", "The first place"],
            1,
            "The last place of the row is a padding token: it has seen the message, but also a varying number of "
            "fillers, and the result depends on them. The notes' code reads it all the same; it learns to live with "
            "it.",
        ),
        Question(
            "Why is the classifier trained on cross-entropy and not on accuracy?",
            [
                "Accuracy takes longer to compute",
                "Accuracy stays the same under small changes of the weights, so its gradient is 0",
                "Cross-entropy is always larger",
            ],
            1,
            "A small step moves probabilities, but the class of a message jumps only when one passes the other. "
            "Where nothing changes there is no slope to follow.",
        ),
        Question(
            "87 of 100 messages are harmless. A classifier reaches an accuracy of 87%. What do you think of it?",
            ["It is quite good", "Saying *harmless* to everything does as well", "It finds 87% of the spam"],
            1,
            "Accuracy has to be compared with always naming the commonest class. How much of the spam is found is "
            "another number, recall, and it could be 0 here.",
        ),
        Question(
            "What does undersampling do to an unbalanced data set?",
            [
                "It takes away examples of the common class at random",
                "It repeats examples of the rare class",
                "It shortens long messages",
            ],
            0,
            "Both classes are then equally many, at the price of text that is never used. Repeating the rare ones is "
            "oversampling.",
        ),
        Question(
            "Which data do you use to decide after how many epochs to stop?",
            ["Training set", "Validation set", "Test set"],
            1,
            "Training loss only tells how well the training examples are known. Choosing by the test set would use "
            "it up: its number would no longer be about unseen data.",
        ),
        Question(
            "`param.requires_grad = False` for all blocks but the last. What is the effect?",
            [
                "The blocks are not computed",
                "The blocks compute as before, their weights stay",
                "The blocks give zeros",
            ],
            1,
            "Frozen means not trained: no gradient is kept for them, so training is faster and takes less memory. "
            "The forward pass is the same.",
        ),
        Question(
            "Two output numbers with cross-entropy, or one number for *spam*? What would have to change for one?",
            ["Nothing", "The loss: a sigmoid and binary cross-entropy", "The tokenizer"],
            1,
            "With one number the other class has 1 − p, and the loss must be written for that. With a number for "
            "each class, the same loss serves 2 classes or 20.",
        ),
        Question(
            "A model was fine-tuned to tell spam from harmless. You give it a review of a film. What does it say?",
            ["Positive or negative", "Spam or harmless", "That it does not know"],
            1,
            "Its output layer has these two classes and no other; softmax always divides 1 between them. It cannot "
            "say that a question makes no sense.",
        ),
    ),
}
