"""The quiz's own questions on the way from text to vectors: the notes' chapter 2."""

from __future__ import annotations

from ui.lesson import Question

# By the lesson where the answer can be seen.
QUESTIONS: dict[str, tuple[Question, ...]] = {
    "splitting_text": (
        Question(
            "A vocabulary is sorted as Python sorts. In which order do *Zebra*, *apple* and the comma get their IDs?",
            ["comma, Zebra, apple", "apple, comma, Zebra", "apple, Zebra, comma"],
            0,
            "Characters are compared by their code: punctuation such as the comma comes first, then capitals, then "
            "small letters. A dictionary for people would have apple before Zebra, but to the model the order means "
            "nothing.",
        ),
        Question(
            "SimpleTokenizerV1 encodes a text and decodes it again. What does not come back?",
            ["The capitals", "The exact spaces and line breaks", "The punctuation marks"],
            1,
            "Splitting throws white space away, and decoding puts single spaces where it guesses them. Capitals and "
            "punctuation are part of the tokens, so they are kept.",
        ),
        Question(
            "`<|endoftext|>` stands between two documents in GPT-2's training text. What does it do to attention?",
            [
                "It blocks every look back across it",
                "Nothing by itself: what it means is learned",
                "It empties the context",
            ],
            1,
            "It is a token like any other, and later tokens may still look across. The model learns that what "
            "follows does not depend on what went before. A wall would take an attention mask of its own, which "
            "GPT-2 does not have.",
        ),
    ),
    "byte_pair_encoding": (
        Question(
            "A tokenizer starts from the 256 bytes and makes 1,000 merges. How many tokens does it know?",
            ["1,000", "1,256", "2,000"],
            1,
            "Each merge adds one token, and the bytes stay. 1,000 forgets them; 2,000 would need every merge to add "
            "two.",
        ),
        Question(
            "GPT-2 has 50,257 tokens. What is the ID of `<|endoftext|>`, the last one?",
            ["50,257", "50,256", "0"],
            1,
            "Counting starts at 0, so the last of 50,257 has the ID 50,256. With 50,257 you would ask the embedding "
            "table for a row that it does not have.",
        ),
        Question(
            "A tokenizer gets ten times as many merges. What is the price of shorter token sequences?",
            [
                "Some words can no longer be written",
                "A larger embedding table and output layer",
                "Slower training of the tokenizer, nothing else",
            ],
            1,
            "Both have one row for each token of the vocabulary. No text is ever lost: the bytes stay in it. "
            "Training the tokenizer takes longer too, but only once, and the model carries its table for ever.",
        ),
    ),
    "sliding_window": (
        Question(
            "max_length is 8 and the stride 4. In how many windows is a token from the middle of the text?",
            ["1", "2", "4"],
            1,
            "A window begins every 4 tokens and is 8 long, so each place is covered 8 / 4 = 2 times. 4 is the "
            "stride; the smaller it is, the *more* windows there are.",
        ),
        Question(
            "How many predictions does one window of 4 tokens give the model to learn from?",
            ["1, after the last token", "3, between its tokens", "4, one at every place"],
            2,
            "Each place has a target, the token that follows it; for the last place it is the token after the "
            "window. *1* is how it looks when a model generates, where only the last prediction is used.",
        ),
        Question(
            "What is the DataLoader's part of the work, and not the Dataset's?",
            [
                "Cutting the text into windows",
                "Giving sample number i with its target",
                "Deciding the order and stacking samples to batches",
            ],
            2,
            "The Dataset knows single samples; the DataLoader makes batches of them, shuffled or not. Cutting into "
            "windows is done once, when the Dataset is made.",
        ),
    ),
    "embeddings": (
        Question(
            "What does an embedding layer do with the token ID 7?",
            [
                "It gives row 7 of its table",
                "It multiplies 7 with every number of a vector",
                "It searches the vector nearest to 7",
            ],
            0,
            "It is a lookup. Multiplying a *one-hot* vector (a 1 in place 7, zeros elsewhere) with the table gives "
            "the same row, but multiplying the number 7 does not: an ID is a name, not an amount.",
        ),
        Question(
            "Where do the numbers in a GPT's embedding table come from?",
            [
                "From word2vec, computed before",
                "From the letters of the token",
                "Random at first, then changed by training",
            ],
            2,
            "They are parameters like all others and get their gradients by backpropagation. Word2vec's could be "
            "used as a start, but a GPT learns its own, made for its own task.",
        ),
        Question(
            "Two tokens have similar embedding vectors after training. What is the best explanation?",
            ["They are spelled alike", "They occur in similar surroundings", "Their IDs are close together"],
            1,
            "Training sees only where tokens stand, and tokens that can stand in each other's place are treated "
            "alike. Spelling and ID play no part, except where words spelled alike are also used alike.",
        ),
    ),
    "positions": (
        Question(
            "GPT-2's table of positions has 1,024 rows. What follows?",
            ["It has no vector for a 1,025th token", "Each token has 1,024 numbers", "It knows 1,024 different tokens"],
            0,
            "One row for each place, and no row beyond the last: longer texts must be cut. The width of a vector is "
            "emb_dim (768 in the small GPT-2), and the number of tokens is vocab_size.",
        ),
        Question(
            "How are token embedding and position embedding combined in GPT-2?",
            ["Side by side, as one longer vector", "Added, number by number", "Multiplied, number by number"],
            1,
            "input = token + position, both of width emb_dim, so the width stays. Side by side would double it and "
            "make every matrix after it larger.",
        ),
    ),
}
