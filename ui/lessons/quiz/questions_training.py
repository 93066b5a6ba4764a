"""The quiz's own questions on training, decoding and loading weights: the notes' chapter 5."""

from __future__ import annotations

from ui.lesson import Question

# By the lesson where the answer can be seen.
QUESTIONS: dict[str, tuple[Question, ...]] = {
    "loss": (
        Question(
            "A fresh model gives all 50,257 tokens about the same probability. How large is its loss?",
            ["About 1", "About 10.8", "About 50,257"],
            1,
            "−ln(1/50,257) = ln 50,257 = 10.8 nats. 50,257 is its perplexity: e to the loss. A loss of 1 would be a "
            "probability of 0.37 for each true token.",
        ),
        Question(
            "The model gives the true next token the probability 0.25. What does this token add to loss and "
            "perplexity?",
            ["Loss 0.25, perplexity 4", "Loss 1.39, perplexity 4", "Loss 0.75, perplexity 25"],
            1,
            "−ln 0.25 = 1.39, and e to 1.39 is 4 again: as unsure as between 4 equal tokens. 0.75 = 1 − 0.25 is "
            "tempting, but cross-entropy takes the logarithm, so that a probability near 0 costs very much.",
        ),
        Question(
            "Which probabilities go into the cross-entropy of one position?",
            ["Only that of the true token", "Those of all wrong tokens", "Only the largest one"],
            0,
            "The target has all of its weight on one token, so only that one's logarithm counts. The wrong ones "
            "matter indirectly: softmax makes all add up to 1.",
        ),
    ),
    "gradients": (
        Question(
            "The gradient of the loss for a weight is −2. What does a step of gradient descent do with the weight?",
            ["It makes it larger", "It makes it smaller", "It sets it to −2"],
            0,
            "The step goes against the gradient: −(−2) is upwards. A negative slope says that the loss falls when "
            "the weight grows.",
        ),
        Question(
            "What does backpropagation do?",
            [
                "It changes the weights",
                "It computes the gradients of all weights",
                "It runs the text backwards through the model",
            ],
            1,
            "It carries the slopes from the loss back to every weight, by the chain rule. Changing weights is the "
            "optimizer's step, which comes after it.",
        ),
        Question(
            "In what does AdamW differ from Adam with L2 regularisation?",
            [
                "It shrinks weights directly, not by way of the gradient",
                "It has no momentum",
                "It needs no learning rate",
            ],
            0,
            "The W is decoupled weight decay: otherwise Adam would divide the decay by the gradient's size and "
            "hardly shrink weights with large gradients. Momentum and learning rate are as before.",
        ),
    ),
    "train": (
        Question(
            "10,000 samples, batch size 8. How many steps has one epoch?",
            ["8", "1,250", "10,000"],
            1,
            "One step for each batch: 10,000 / 8. After the epoch each sample has been used once.",
        ),
        Question(
            "What does `model.eval()` switch off, and what does it not?",
            ["Dropout, but not the tracking of gradients", "The tracking of gradients, but not dropout", "Both"],
            0,
            "Tracking is switched off by `torch.no_grad()`. Evaluation wants both: eval() for the right result, "
            "no_grad() for time and memory.",
        ),
    ),
    "curve_clinic": (
        Question(
            "The training loss keeps falling and the validation loss begins to rise. What is it, and what helps?",
            [
                "Underfitting: a larger model",
                "Overfitting: more text, or stop earlier",
                "A learning rate that is too high: lower it",
            ],
            1,
            "The model begins to know its training text by heart. A larger model would do so sooner. A rate that is "
            "too high shows in the training loss first: it jumps or does not fall.",
        ),
        Question(
            "The loss falls at first, then jumps to values far above its start. What do you try first?",
            ["More epochs", "A smaller learning rate", "A larger vocabulary"],
            1,
            "Steps were too long for the slope under them. More epochs of the same only repeat it. Clipping "
            "gradients and warming up help for the same reason.",
        ),
    ),
    "decoding": (
        Question(
            "Which setting changes the probabilities but never the order of the tokens?",
            ["Temperature", "Repetition penalty", "None of these"],
            0,
            "All logits are divided by the same positive number, so the larger one stays larger. A repetition "
            "penalty lowers single tokens and can change who is first.",
        ),
        Question(
            "Top-k keeps three tokens, with 0.4, 0.3 and 0.1. What is the first one's probability now?",
            ["0.4", "0.5", "0.33"],
            1,
            "What is kept has to add up to 1 again: 0.4 / 0.8 = 0.5. 0.33 would be an even draw, but the shares "
            "among the three stay in proportion.",
        ),
    ),
    "saving": (
        Question(
            "A training with AdamW goes on from a file that holds the weights only. What is missing?",
            [
                "The running means of gradients that set the length of each step",
                "The architecture",
                "The gradients of the last step",
            ],
            0,
            "Adam keeps two numbers for each weight; from zero they have to be gathered anew, and the first steps "
            "are off. Gradients are computed again in every step and need no saving.",
        ),
    ),
    "pretrained": (
        Question(
            "OpenAI's GPT-2 weights do not fit into a model with qkv_bias=False. Why?",
            [
                "Its attention has bias vectors, which would have no place",
                "Its vocabulary is larger",
                "Its weights have another precision",
            ],
            0,
            "Q, K and V were trained with a bias each, so the model must have them. Later models usually leave these "
            "biases out, which is why the setting exists.",
        ),
        Question(
            "Which of these is the best sign that pretrained weights were loaded correctly?",
            [
                "No error came",
                "The same text gives the same logits as another implementation",
                "The file has the expected size",
            ],
            1,
            "Without an error all shapes fit, but a forgotten transpose of a square matrix fits too. Sensible text "
            "is a good sign, equal logits are proof.",
        ),
    ),
}
