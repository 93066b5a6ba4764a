"""The quiz's own questions on what a large language model is: the notes before chapter 2."""

from __future__ import annotations

from ui.lesson import Question

# By the lesson where the answer can be seen.
QUESTIONS: dict[str, tuple[Question, ...]] = {
    "what_is_an_llm": (
        Question(
            "A model was trained to predict the next token and nothing else. Why can it translate a sentence?",
            [
                "Predicting text that holds translations takes some skill at them",
                "Translating was its second training task",
                "It looks the words up in a dictionary",
            ],
            0,
            "Nobody set translating as a task; pages with translations were among what it had to predict. A second "
            "task sounds likely, because other models have one, but a GPT's pretraining has only the next token.",
        ),
        Question(
            "What does *self-supervised* mean?",
            ["There are no labels at all", "The labels come from the data itself", "The model checks its own answers"],
            1,
            "Each token of a text is the label for the tokens before it, so there is a right answer everywhere "
            "without anybody writing it. *No labels at all* would be unsupervised: then there would be nothing to "
            "compute a loss with.",
        ),
        Question(
            "Which of these is a base model?",
            [
                "One that was pretrained and continues any text",
                "One that was fine-tuned to answer questions",
                "The smallest model of a family",
            ],
            0,
            "*Base* says what it is for: others are fine-tuned from it. One that answers questions is already "
            "fine-tuned, and size has nothing to do with it.",
        ),
        Question(
            "What makes a model *autoregressive*?",
            [
                "It goes back and corrects its mistakes",
                "It reads a text from both sides",
                "Each token that it makes becomes part of its next input",
            ],
            2,
            "Its own output is what it goes on from. It never goes back: a token once written stays in the text, "
            "even a bad one, and the rest has to follow from it.",
        ),
        Question(
            "Which sentence about AI, machine learning and deep learning is right?",
            [
                "All machine learning is deep learning",
                "All deep learning is machine learning",
                "Deep learning and machine learning exclude each other",
            ],
            1,
            "Deep learning is the part of machine learning that uses networks of many layers. The reverse is wrong: "
            "a logistic regression over counted words learns from data, without any layer.",
        ),
    ),
    "both_sides": (
        Question(
            "“The cat sat on the [MASK] and slept.” What may BERT use to fill the hole that GPT may not?",
            ["The words before it", "The words after it", "The place of the hole"],
            1,
            "BERT looks at both sides; GPT sees only what stands before. Both know the place: each adds a vector for "
            "it.",
        ),
        Question(
            "Why are models like BERT seldom used to write long texts?",
            [
                "They have too few layers",
                "They give no probabilities",
                "They learned to fill holes with both sides there, and in writing the right side is missing",
            ],
            2,
            "Writing goes from left to right, which is just what GPT was trained on. BERT does give probabilities "
            "for the hole, and it has as many layers as GPT-2: that is not the reason.",
        ),
        Question(
            "The first transformer had an encoder and a decoder. What is in a GPT?",
            ["The encoder only", "The decoder, without the part that looks at an encoder", "Both, with fewer layers"],
            1,
            "A GPT's blocks have the decoder's attention to earlier tokens. The decoder's second attention, to an "
            "encoder's output, is left out, since there is no encoder. BERT is the one that kept the encoder.",
        ),
    ),
    "prompts": (
        Question(
            "Three examples in a prompt make a model do a new task. What has changed in the model?",
            ["Nothing: only its input is another", "The last layer, for this conversation", "All weights, a little"],
            0,
            "Weights change in training only, by backpropagation. The examples are read like any other text, and "
            "attention brings them to the place where the answer is predicted. When the prompt is gone, so is what "
            "it taught.",
        ),
        Question(
            "What is a *zero-shot* prompt?",
            ["One for a model without training", "One with the task but no solved example", "An empty one"],
            1,
            "Shots are solved examples in the prompt. The model was trained all right, on other text; it has just "
            "not been shown this task here.",
        ),
    ),
}
