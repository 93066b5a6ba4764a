"""What the lesson on the architecture gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question
from ui.lessons.architecture.sizes import NOTES, PRESETS, settings_of


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Start from *GPT-2 small* and make emb_dim 1,536 instead of 768.",
            "What happens to the parameters of one block?",
            ["They double", "They become four times as many", "They stay"],
            1,
            "Nearly all of a block's parameters are matrices with emb_dim rows *and* emb_dim columns (or four times "
            "that), so twice the width is four times the numbers. The embeddings only double: one side of them is the "
            "vocabulary. Doubling n_layers would only double the blocks.",
            {**settings_of(PRESETS["GPT-2 small"]), "emb_dim": 1536},
        ),
        Experiment(
            "Change n_heads from 12 to 1, and then to 24.",
            "What happens to the number of parameters?",
            ["It grows with the heads", "Nothing at all", "It shrinks"],
            1,
            "The heads share out the same width: 12 heads of 64 numbers or 24 of 32, the matrices for Q, K and V stay "
            "768 by 768. Look at the arrow below them: only how the 768 numbers are split changes.",
            {"emb_dim": 768, "n_heads": 24},
        ),
        Experiment(
            "Read the bytes of the *activations* in the section on memory, then double T at the top of the page: texts "
            "of 512 tokens instead of 256, with the code of engine.model.",
            "Do the activations double?",
            ["Yes, exactly", "They more than double", "They stay"],
            1,
            "For the notes' GPT 1.59 GB become 3.47 GB. Most of them grow with the number of tokens, but the attention "
            "weights are tokens times tokens in every head: twice as long is four times as many. The fused kernels of "
            "engine.fast never keep them: there the activations do not even double, because the head's gradient, which "
            "counts too, has one size.",
            {**settings_of(PRESETS[NOTES]), "batch": 4, "length": 512, "precision": "fp32", "code": "plain"},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions on the notes' sections 4.1 and 4.6."""
    return {
        "What are the parameters of a model?": "The numbers in its weight tensors, all that training may change. "
        "Everything else follows from them and from the text. Each box on the map shows how many it has.",
        "Is layer norm applied before and after attention? (The notes say so.)": "In GPT-2 it stands **before** "
        "attention, **before** the feed-forward, and **once at the end**, after the last block: 2 for each block and 1 "
        "more. Nothing is normalised after attention; its result is added to the stream as it is. (In the Transformer "
        "of 2017 the norm came after each addition, which is harder to train when there are many blocks.)",
        "Why does a model called 124M have 163,009,536 parameters?": "124 million counts the table for the tokens "
        "once. The notes' code has it twice, as embedding and as output head: 50,257 × 768 = 38,597,376 more. With "
        "weight tying it is 124,412,160. The released GPT-2 also has a bias on queries, keys and values: "
        "12 × 3 × 768 = 27,648 more, 124,439,808.",
        "Does weight tying make training faster?": "Hardly: the multiplication with the head is done all the same. It "
        "saves memory: for the weights, and three times more for their gradients and AdamW's two means. The notes "
        "train with a head of its own, which is one thing less to explain; the released GPT-2 ties.",
        "What is DummyGPTModel for?": "It is the outline of the model before its parts exist: the tables and the head "
        "are real, blocks and norms hand on what they get. Shapes can be checked from the first minute, and then each "
        "part is filled in.",
        "Does the output layer give probabilities? (The notes say so.)": "It gives **logits**, unnormalised scores, "
        "one for each token of the vocabulary. Softmax makes probabilities of them. To write on, only those of the "
        "last position are needed; the others matter in training.",
        "Why GPT-2, and not GPT-3?": "GPT-2's weights are public and its smallest size runs on any laptop. GPT-3 has "
        "almost the same architecture with 175 billion parameters (Brown et al. 2020, table 2.1): 700 GB in fp32.",
    }


def check() -> list[Question]:
    """Three questions at the end."""
    return [
        Question(
            "A block gets a tensor of shape (4, 256, 768). What shape does it give?",
            ["(4, 256, 768)", "(4, 256, 3072)", "(4, 768)"],
            0,
            "Inside, the feed-forward widens to 4 × 768, but a block gives back what it got in shape. That is why "
            "blocks can be stacked, and why the shortcut can be added.",
        ),
        Question(
            "How many layer norms does a GPT-2 with 12 blocks have?",
            ["12", "24", "25", "49"],
            2,
            "Two in every block, before attention and before the feed-forward, and one after the last block.",
        ),
        Question(
            "A model is trained with AdamW in fp32. How much memory do weights, gradients and optimizer take together?",
            ["4 bytes a parameter", "8 bytes a parameter", "16 bytes a parameter"],
            2,
            "4 for the weight, 4 for its gradient, 8 for AdamW's two means. The activations come on top, and they grow "
            "with the batch and the length of the texts.",
        ),
    ]
