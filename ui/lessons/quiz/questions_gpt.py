"""The quiz's own questions on the parts of a GPT: the notes' chapter 4."""

from __future__ import annotations

from ui.lesson import Question

# By the lesson where the answer can be seen.
QUESTIONS: dict[str, tuple[Question, ...]] = {
    "architecture": (
        Question(
            "2 texts of 10 tokens go into the small GPT-2. Which shape do the logits have?",
            ["(2, 50257)", "(2, 10, 768)", "(2, 10, 50257)"],
            2,
            "A score for each token of the vocabulary, at every place of every text. 768 is the width *before* the "
            "output layer; (2, 50257) would be the last place alone, which is all that generating needs.",
        ),
        Question(
            "The book's GPT has 163,009,536 parameters, GPT-2 is called 124M. Where is the difference?",
            [
                "The output layer uses the embedding table's weights again",
                "GPT-2 has fewer blocks",
                "The position table is not counted",
            ],
            0,
            "50,257 × 768 = 38,597,376 numbers are stored once instead of twice: weight tying. Both have 12 blocks, "
            "and the position table is counted in both.",
        ),
        Question(
            "The context length of a GPT-2 is doubled. Which parameters are added?",
            ["Rows in the position table, nothing else", "Twice the attention matrices", "Twice the vocabulary"],
            0,
            "W_query, W_key and W_value work on one token at a time and do not know the length. What does grow is "
            "the attention *computed* from them: four times as many weights, but those are no parameters.",
        ),
    ),
    "layer_norm": (
        Question(
            "A layer norm gets a tensor of shape (batch, tokens, emb_dim). Over what does it take mean and variance?",
            ["Over the batch, for each number", "Over the tokens of a text", "Over the emb_dim numbers of one token"],
            2,
            "Each token's vector is normalised by itself, so neither the length of the text nor the size of the "
            "batch matters. Over the batch is batch norm.",
        ),
        Question(
            "Why has a layer norm a trainable scale and shift after normalising?",
            [
                "To avoid dividing by zero",
                "So that the model can choose another mean and spread where that helps",
                "To turn the numbers into probabilities",
            ],
            1,
            "Mean 0 and variance 1 are a good start, not a law. Dividing by zero is what the small *eps* under the "
            "root is for.",
        ),
        Question(
            "For a vector of 768 numbers, how much larger is the unbiased variance than the biased one?",
            ["By about 0.13%", "By about 13%", "Twice as large"],
            0,
            "One divides by 767, the other by 768, and 768 / 767 = 1.0013. It matters for small n: for 2 numbers the "
            "unbiased one is twice as large.",
        ),
    ),
    "feed_forward": (
        Question(
            "A feed-forward of the small GPT-2 goes from 768 to 3,072 and back, with biases. How many parameters is "
            "that?",
            ["About 2.4 million", "About 4.7 million", "About 590,000"],
            1,
            "768 × 3,072 twice, and 3,072 + 768 biases: 4,722,432. 2.4 million is one of the two layers only; "
            "590,000 would be 768 × 768.",
        ),
        Question(
            "What do ReLU and GELU give for −2?",
            ["0 and about −0.05", "0 and 0", "−2 and about −0.05"],
            0,
            "ReLU cuts everything below 0. GELU multiplies with the probability that a normal random number is "
            "smaller, here 0.0228: −2 × 0.0228 = −0.0455. Further down it comes close to 0, so it only *nearly* "
            "agrees with ReLU.",
        ),
        Question(
            "A text has 10 tokens. At how many of them does the feed-forward look for one result?",
            ["10", "1", "Those before it"],
            1,
            "It works on each token's vector alone, with the same weights at every place. Bringing tokens together "
            "is attention's work, and only attention does it.",
        ),
        Question(
            "Two linear layers follow each other with no GELU between them. What can they do together?",
            ["More than one of them", "No more than a single linear layer", "Nothing"],
            1,
            "A matrix times a matrix is a matrix, however wide the middle. Only the bend between them makes the wide "
            "middle worth its cost.",
        ),
    ),
    "shortcuts": (
        Question(
            "A layer with a shortcut computes y = x + f(x). What is the slope of y with respect to x?",
            ["f′(x)", "1 + f′(x)", "x · f′(x)"],
            1,
            "The 1 is the shortcut: even where f′ is nearly 0, the gradient gets through. Without it, many small f′ "
            "are multiplied with one another and vanish.",
        ),
    ),
    "block": (
        Question(
            "How does GPT-2's block treat its input x with attention (att) and a layer norm (norm)?",
            ["norm(x + att(x))", "x + att(norm(x))", "att(norm(x))"],
            1,
            "Pre-norm: the norm stands before attention, inside the branch, and x itself goes past both. norm(x + "
            "att(x)) is post-norm, as in the first transformer. Notes that say *before and after* mix the two.",
        ),
        Question(
            "What is the shape of a block's output, compared with its input?",
            ["The same", "emb_dim times 4", "One vector for the whole text"],
            0,
            "Every token keeps a vector of width emb_dim; that is why blocks can be stacked. The width times 4 "
            "exists only inside the feed-forward.",
        ),
    ),
    "generating": (
        Question(
            "A GPT has read 10 tokens. Which of its 10 rows of logits decides about the next token?",
            ["The first", "The last", "The mean of all"],
            1,
            "Only the last one has seen the whole text. The others predict tokens that are there already; training "
            "uses them all, generating only the last.",
        ),
        Question(
            "What does a KV cache save?",
            ["Computing keys and values of earlier tokens again", "Memory", "Loading the weights again"],
            0,
            "A causal mask means that later tokens never change earlier ones, so their keys and values can be kept. "
            "It costs memory instead of saving it: time is what it buys.",
        ),
    ),
}
