"""Words and questions of the notes' sections 2.1 and 2.6 to 2.8: samples and vectors."""

from __future__ import annotations

from ui.lessons.glossary.entry import Entry

ENTRIES = (
    Entry(
        "Embedding",
        "Turning something (a word, a picture, a sound) into a vector of numbers with which a network can compute; "
        "also that vector itself.",
        "2.1",
        "embeddings",
    ),
    Entry(
        "Word embedding",
        "A vector for each word or token, so that similar use means nearby vectors.",
        "2.1",
        "embeddings",
        also="embedding vector",
    ),
    Entry(
        "Word2vec",
        "A small network from 2013 that learns word embeddings by guessing a word's neighbours from the word "
        "(skip-gram) or the word from its neighbours (CBOW).",
        "2.1",
        "embeddings",
        notes="The two directions are two variants; a training uses one of them, not both.",
    ),
    Entry(
        "Embedding size",
        "How many numbers a token's vector has: `emb_dim`, 768 in the small GPT-2. More can hold finer differences "
        "and cost more to compute.",
        "2.1",
        "embeddings",
        also="embedding dimension, dimensionality, emb_dim",
    ),
    Entry(
        "Dimensionality reduction",
        "Drawing vectors of hundreds of numbers on paper: PCA, t-SNE and UMAP find two or three numbers for each "
        "that keep some of the distances. No such map keeps all of them.",
        "2.1",
        "embeddings",
        also="PCA, t-SNE, UMAP",
    ),
    Entry(
        "Input-target pair",
        "A stretch of text and the same stretch one token later: at each place the target is the token that follows.",
        "2.6",
        "sliding_window",
        also="input-pairs, input and target",
        notes="A target is not one word for a whole chunk: every place in the input has its own.",
    ),
    Entry(
        "Sliding window",
        "The way to make many samples of one text: a window of max_length tokens that moves on by the stride.",
        "2.6",
        "sliding_window",
    ),
    Entry(
        "Stride",
        "How many tokens the window moves from one sample to the next. Smaller than max_length: samples overlap.",
        "2.6",
        "sliding_window",
        {"stride": "2"},
        notes="The notes say *when creating the next batch*; it is from sample to sample. How far connections can "
        "reach is decided by max_length, not by the stride.",
    ),
    Entry(
        "max_length",
        "How many tokens are in a sample. Longer samples teach longer connections and cost more: attention grows "
        "with the square.",
        "2.6",
        "sliding_window",
    ),
    Entry(
        "Context size",
        "How many tokens a model can look at when it predicts the next: 1,024 for GPT-2.",
        "2.7",
        "positions",
        also="context length, context window, context_length",
    ),
    Entry(
        "Dataset and DataLoader",
        "PyTorch's two classes for data: a Dataset gives sample number i, a DataLoader decides the order and stacks "
        "samples into batches.",
        "2.6",
        "sliding_window",
    ),
    Entry(
        "Embedding layer",
        "A table with one row for each token: given an ID it returns that row. The same as a one-hot vector times "
        "the table, only faster.",
        "2.7",
        "embeddings",
        also="lookup table, token embedding, nn.Embedding",
    ),
    Entry(
        "Embedding weights",
        "The numbers in the table: random at first, then adjusted by training like all other weights.",
        "2.7",
        "embeddings",
        also="weight matrix",
    ),
    Entry(
        "Positional embedding",
        "A vector for each place in the text, added to the token's vector, because attention by itself does not know "
        "the order.",
        "2.8",
        "positions",
        also="position embedding, pos_embedding_layer",
    ),
    Entry(
        "Absolute positional embedding",
        "One vector for each place: 0, 1, 2 … GPT-2's are learned like other weights, and there is none beyond its "
        "context length.",
        "2.8",
        "positions",
    ),
    Entry(
        "Relative positional embedding",
        "Says how far two tokens stand from one another instead of where. Newer models do it in many ways, such as "
        "rotating queries and keys.",
        "2.8",
        "positions",
        notes="That they carry over to longer texts is a hope that holds for some of them and not for others.",
    ),
    Entry(
        "Input embedding",
        "What goes into the first block: token embedding + positional embedding, number by number.",
        "2.8",
        "positions",
    ),
    Entry(
        "What is an embedding vector?",
        "The row of numbers that stands for a token. The ID picks it from a table, and from then on the network "
        "computes with it: text → token → ID → vector.",
        "2.7",
        "embeddings",
    ),
    Entry(
        "What is backpropagation, and what does it have to do with embedding vectors?",
        "Backpropagation computes for every weight how the loss would change with it, going back from the loss "
        "through the layers. The numbers of an embedding vector are weights too, so they get such slopes and can be "
        "moved. A bare ID could not: there is nothing between 7 and 8.",
        "2.7",
        "embeddings",
    ),
)
