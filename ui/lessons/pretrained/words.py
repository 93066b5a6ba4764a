"""The texts of the lesson on pretrained weights."""

from __future__ import annotations

from ui.lesson import Experiment, Question

START = "The old man looked at her and said that he would come again in the morning."

MISTAKES = {
    "none": "No mistake",
    "context": "Wrong context_length",
    "bias": "qkv_bias left at False",
    "layers": "One layer too many",
    "swap": "Queries and keys swapped",
    "turn": "out_proj not transposed",
    "norms": "The two norms of a block swapped",
    "order": "Blocks in reverse order",
}


def experiments() -> list[Experiment]:
    """What to try, with a guess first."""
    return [
        Experiment(
            "Load the weights into a model whose context_length is too short: set it up, then press *Load them*.",
            "What happens?",
            ["It works, for short texts", "It is refused: one table has another shape", "The first positions are lost"],
            1,
            "There is one row of the position table for each place. A model with fewer places has a smaller table, "
            "and the weights do not fit into it. This is what the notes mean by updating the settings.",
            {"mistake": "context"},
        ),
        Experiment(
            "Forget to transpose the matrix behind the heads, out_proj, which is square. Then *Load them*.",
            "Will the shapes give you away?",
            ["Yes, loading is refused", "No, it loads, and the model is worse", "No, and it makes no difference"],
            1,
            "A square matrix has the same shape either way round, so no check of shapes can notice. Only using the "
            "model can: look at the loss and at what it writes.",
            {"mistake": "turn"},
        ),
        Experiment(
            "Put the blocks in reverse order and *Load them*. Every tensor is right, only in another layer.",
            "How bad is it?",
            ["Hardly noticeable", "Most of what the model knew is lost", "It is refused"],
            1,
            "All blocks have the same shapes, so nothing is refused. But each block was trained to read what the "
            "one before it wrote. Compare the loss with that of the model without a mistake and with that of guessing "
            "evenly: it is much nearer to guessing.",
            {"mistake": "order"},
        ),
    ]


def questions() -> dict[str, str]:
    """What the notes ask and leave open."""
    return {
        "What are the settings dictionary and the params dictionary?": (
            "Settings are five whole numbers that describe the shape: vocabulary, positions, width, heads, layers. "
            "Params are the trained numbers themselves, as nested dictionaries of arrays. The first tells you which "
            "empty model to build, the second what to put into it."
        ),
        "Why must context_length and qkv_bias be changed before loading?": (
            "The notes train with 256 positions and without biases on queries, keys and values, to save time. GPT-2 "
            "was trained with 1,024 positions and with these biases. Its weights only fit a model of that shape."
        ),
        "Why are matrices transposed?": (
            "OpenAI's code computes x · W with W of shape (in, out). PyTorch's `nn.Linear` keeps (out, in) and "
            "computes x · Wᵀ. The same numbers, written down the other way round."
        ),
        "Why is c_attn cut in three?": (
            "GPT-2 computes queries, keys and values with one matrix (D, 3 D), because one large product is faster "
            "than three small ones. Our model has one layer for each, so each takes its third of the columns."
        ),
        "How do I know that loading worked?": (
            "No name missing or left over and every shape equal is necessary, but not enough: mistakes that keep the "
            "shapes go in silently. The proof is in the use: a loss far below that of guessing, sensible text, and, "
            "where there is one, the same logits as a reference implementation."
        ),
        "Where is the output head in params?": (
            "Nowhere. GPT-2 uses the token embedding `wte` a second time as its head: weight tying. The notes' "
            "model has a head of its own, which gets a copy."
        ),
    }


def check() -> list[Question]:
    """Three questions."""
    return [
        Question(
            "The weights of a GPT-2 fit your model: every name, every shape. What does that prove?",
            [
                "That the model now computes what GPT-2 computes",
                "That no tensor is missing, left over or of another size; not that each is the right way round",
                "That the tokenizer is the right one",
            ],
            1,
            "Square matrices, equal layers and equal norms can be mixed up without any shape noticing.",
        ),
        Question(
            "c_attn of GPT-2 124M is 768 × 2,304. Which part of it becomes W_key?",
            ["The second third of its columns, transposed", "The second third of its rows", "Every third column"],
            0,
            "Queries, keys and values lie side by side along the last size, 768 columns each.",
        ),
        Question(
            "What is saved when a checkpoint for going on with the training is written, but not in GPT-2's release?",
            ["The vocabulary", "The state of the optimizer", "The biases"],
            1,
            "To go on exactly, the optimizer's running averages are needed as well; to use a model, they are not.",
        ),
    ]
