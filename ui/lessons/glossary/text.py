"""Words and questions of the notes' sections 2.2 to 2.5: tokens."""

from __future__ import annotations

from ui.lessons.glossary.entry import Entry

ENTRIES = (
    Entry(
        "Tokenization",
        "Cutting text into tokens: words, pieces of words, punctuation. The first step of all.",
        "2.2",
        "splitting_text",
        {"part": "split"},
        also="tokenisation, tokenizing",
    ),
    Entry(
        "Token",
        "One of the pieces that text is cut into. Each different token has a number, its ID.",
        "2.2",
        "byte_pair_encoding",
        also="tokens",
    ),
    Entry(
        "Regular expression",
        "A pattern that describes texts. `re.split` cuts wherever it matches; what a group in parentheses matches is "
        "kept as a piece.",
        "2.2",
        "splitting_text",
        {"part": "split"},
        also="regex, re.split",
    ),
    Entry(
        "Preprocessing",
        "What is done to data before a model sees them. For text mainly tokenizing, sometimes cleaning.",
        "2.2",
        "splitting_text",
    ),
    Entry(
        "Capitalization",
        "*Apple* and *apple* are different tokens. Keeping capitals costs vocabulary and keeps names, beginnings of "
        "sentences and the ability to write them.",
        "2.2",
        "splitting_text",
        {"part": "split"},
    ),
    Entry(
        "Whitespace",
        "Spaces, tabs and line breaks. Dropping them saves tokens; in Python code, where indentation has a meaning, "
        "it destroys the text. GPT-2 keeps them, as part of its tokens.",
        "2.2",
        "splitting_text",
        {"part": "split"},
    ),
    Entry(
        "Vocabulary",
        "The table from each known token to its ID. For whole words it is made by splitting the training text and "
        "sorting the different tokens; the order has no meaning.",
        "2.4",
        "splitting_text",
        {"part": "numbers"},
        notes="*Sorted alphabetically* holds for the small tokenizer of section 2.3. A BPE vocabulary is in the "
        "order in which pieces were learned.",
    ),
    Entry(
        "Token ID",
        "A token's row number in the vocabulary. It is a name, not an amount: 10 is not twice 5.",
        "2.3",
        "splitting_text",
        {"part": "numbers"},
        also="token IDs",
    ),
    Entry(
        "Tokenizer",
        "What turns text into token IDs and back: `encode` and `decode`, with its vocabulary.",
        "2.4",
        "splitting_text",
        {"part": "numbers"},
        also="SimpleTokenizerV1, SimpleTokenizerV2",
    ),
    Entry(
        "Encode",
        "From text to token IDs: split, then look each token up.",
        "2.3",
        "splitting_text",
        {"part": "numbers"},
    ),
    Entry(
        "Decode",
        "From token IDs back to text: look each ID up the other way round and join.",
        "2.3",
        "splitting_text",
        {"part": "numbers"},
    ),
    Entry(
        "Training set",
        "The part of the data that weights are adjusted on; here also the text that the vocabulary is built from.",
        "2.4",
        "train",
    ),
    Entry(
        "<|unk|>",
        "The token that SimpleTokenizerV2 writes for a word that it does not know. What the word was is lost. GPT-2 "
        "has no such token and needs none.",
        "2.4",
        "splitting_text",
        {"part": "numbers"},
        also="unknown token, unk",
    ),
    Entry(
        "<|endoftext|>",
        "GPT-2's only special token (ID 50,256). It stands between unrelated texts, ends a response, and fills up "
        "batches.",
        "2.4",
        "splitting_text",
        {"part": "special"},
        also="end of text, endoftext",
        notes="It does not *stop* the model from looking back: it is a token, and what it means is learned.",
    ),
    Entry(
        "[BOS], [EOS], [PAD]",
        "Special tokens of other models: beginning of sequence, end of sequence, padding to fill shorter texts. "
        "GPT-2 uses `<|endoftext|>` for all of that.",
        "2.4",
        "splitting_text",
        {"part": "special"},
        also="beginning of sequence, end of sequence, padding",
    ),
    Entry(
        "Byte pair encoding",
        "A way to find pieces of words: begin with single bytes and join the most frequent pair of neighbours, again "
        "and again. Any text can be written with the pieces.",
        "2.5",
        "byte_pair_encoding",
        also="BPE",
    ),
    Entry(
        "Subword",
        "A piece of a word that is a token: ` un`, `bel`, `ization`. Frequent words are one piece, rare ones several.",
        "2.5",
        "byte_pair_encoding",
        also="subword unit",
    ),
    Entry(
        "Out-of-vocabulary word",
        "A word that a tokenizer has no token for. Byte pair encoding has none: it falls back to smaller pieces.",
        "2.5",
        "byte_pair_encoding",
        also="OOV",
        notes="The notes say *individual characters*; GPT-2's smallest pieces are bytes, of which a character has "
        "one to four.",
    ),
    Entry(
        "Vocabulary size",
        "How many tokens a tokenizer knows: 50,257 for GPT-2 = 256 bytes + 50,000 merges + `<|endoftext|>`.",
        "2.5",
        "byte_pair_encoding",
        also="vocab_size",
    ),
    Entry(
        "tiktoken",
        "OpenAI's library that encodes with byte pair encoding, written in Rust. Here it runs over rank tables that "
        "ship with Glassbox.",
        "2.5",
        "byte_pair_encoding",
    ),
    Entry(
        "Why are tokens turned into IDs?",
        "Because a network computes with numbers. The ID is the step between: it picks the row of a table, the "
        "embedding vector, and with that the network can compute.",
        "2.3",
        "splitting_text",
        {"part": "numbers"},
    ),
)
