"""The quiz's own questions on attention: the notes' chapter 3."""

from __future__ import annotations

from ui.lesson import Question

# By the lesson where the answer can be seen.
QUESTIONS: dict[str, tuple[Question, ...]] = {
    "bottleneck": (
        Question(
            "Why does an encoder-decoder RNN without attention lose the details of a long sentence?",
            [
                "It reads the sentence backwards",
                "All of it has to fit into one vector of fixed size",
                "It has no memory at all",
            ],
            1,
            "The decoder gets the last hidden state and nothing else, and that vector does not grow with the "
            "sentence. It does have a memory, the hidden state; the trouble is that it is so small.",
        ),
        Question(
            "What does attention give the decoder that it did not have before?",
            [
                "A larger hidden state",
                "A look at all of the encoder's states, at every step",
                "The sentence in another order",
            ],
            1,
            "It weighs all states anew for each word that it writes. A larger hidden state would move the limit, not "
            "take it away.",
        ),
    ),
    "self_attention": (
        Question(
            "Which two vectors are multiplied for an attention score?",
            [
                "The query of the token that looks and the key of the one looked at",
                "The key and the value of the same token",
                "The queries of both tokens",
            ],
            0,
            "Query says what is looked for, key what is on offer. The value comes in later, when the weights are "
            "known: it is *what* is fetched, not *where* to look.",
        ),
        Question(
            "All scores in one row grow by 5. What happens to the attention weights of this row?",
            ["They grow by 5", "They stay the same", "They become more even"],
            1,
            "e to (s + 5) is e to s times the same factor for all, and dividing by the sum takes it out. Multiplying "
            "all scores would change the weights; adding does not.",
        ),
        Question(
            "Queries and keys become 4 times as wide, their numbers as random as before. How do unscaled scores "
            "change?",
            ["They become typically twice as large", "They become typically 4 times as large", "They stay as large"],
            0,
            "A sum of d independent terms spreads like √d, and √4 = 2: that is why scores are divided by √d_k and "
            "not by d_k. 4 times would hold if all terms had the same sign.",
        ),
        Question(
            "The weights of a row are 1, 0 and 0. What is its context vector?",
            ["The first token's value vector", "The first token's embedding", "The sum of all value vectors"],
            0,
            "The context vector is the weighted sum of *values*: 1 times the first, 0 times the others. It is the "
            "embedding itself only in the simple version without weight matrices.",
        ),
    ),
    "causal_mask": (
        Question(
            "A causal mask on 6 tokens: how many of the 36 attention weights are not hidden?",
            ["15", "18", "21"],
            2,
            "1 + 2 + 3 + 4 + 5 + 6 = 21: each token sees itself and those before it. 15 forgets the diagonal, but a "
            "token may look at itself.",
        ),
        Question(
            "Weights above the diagonal are set to 0 *after* softmax, and nothing else is done. What is wrong?",
            [
                "Rows no longer add up to 1, and hidden scores have shaped what is left",
                "The token sees the future through the zeros",
                "Nothing",
            ],
            0,
            "The hidden scores were in the sum that softmax divided by. Dividing each row by its new sum mends it "
            "completely; −inf before softmax does both at once. Zeros themselves let no value through.",
        ),
        Question(
            "Dropout with p = 0.5 acts on attention weights during training. What happens to those that are kept?",
            ["They stay", "They are doubled", "They are divided so that the row adds up to 1"],
            1,
            "They are multiplied by 1 / (1 − p) = 2, so that the sum is right *on average*. In a single row it can "
            "be more or less than 1: nothing is normalised again.",
        ),
        Question(
            "Why is the mask kept with `register_buffer`?",
            [
                "So that it moves to the GPU with the model and is not trained",
                "So that training can adjust it",
                "So that it takes no memory",
            ],
            0,
            "A buffer belongs to the model but is no parameter: `.to(device)` takes it along, the optimizer leaves "
            "it alone. A plain tensor would stay behind on the CPU and stop the first multiplication.",
        ),
    ),
    "many_heads": (
        Question(
            "emb_dim is 768 and there are 12 heads. How wide is one head?",
            ["12", "64", "768"],
            1,
            "768 / 12 = 64: the heads share the width. If each had 768, the outputs side by side would be 9,216 wide.",
        ),
        Question(
            "12 heads become 24, emb_dim stays. What happens to the number of parameters in W_query, W_key, W_value?",
            ["It stays", "It doubles", "It is halved"],
            0,
            "The matrices are emb_dim × emb_dim either way and are only cut into more slices. It would double if "
            "each head had its own full-width matrices.",
        ),
        Question(
            "What is the output projection after the heads for?",
            [
                "It brings the vector back from 12 times emb_dim",
                "It mixes what the heads have found",
                "It removes heads that are not needed",
            ],
            1,
            "Side by side, each head sits in its own slice; the projection lets every number of the result draw on "
            "all of them. The width is emb_dim before and after, so there is nothing to bring back.",
        ),
    ),
}
