"""The texts of the lesson on embeddings: what to try, questions from the margin, the check."""

from __future__ import annotations

from ui.lesson import Experiment, Question


def experiments() -> list[Experiment]:
    """Things to try, each with a guess."""
    return [
        Experiment(
            "Look at *three* on the PCA map, then switch to t-SNE.",
            "The purple lines go to its ten nearest in all dimensions. Where are they shorter, compared with the map?",
            ["On the PCA map", "On the t-SNE map", "The same on both"],
            1,
            "PCA looks at the cloud from its two widest sides, and what lies close in hundreds of dimensions may be "
            "far apart there, or strangers may lie in front of one another. t-SNE gives up the far distances to keep "
            "the near ones. Compare the shares of neighbours kept, below the two maps.",
            {"find": "three", "method": "tsne", "dims": "2"},
        ),
        Experiment(
            "Set the moment of training to the first one, before any step, and follow the word *three*.",
            "Its nearest words at that moment are …",
            ["other numbers, only less clearly", "any words at all", "words with similar letters"],
            1,
            "The table starts as random numbers; the model has no idea of spelling or meaning. All order in the last "
            "map was made by training, only because it helps to guess the next token.",
            {"moment": 0, "word": "three"},
        ),
        Experiment(
            "Train word2vec on the little world with a window of 1, then of 4. Look at the nearest of *cat*.",
            "Nobody tells the training that cats, dogs and horses are animals. What makes them neighbours?",
            [
                "They stand next to each other in sentences",
                "They stand among the same other words",
                "They have about the same length",
            ],
            1,
            "“The … sleeps in the barn” fits all of them, so the training has to give them vectors that predict the "
            "same neighbours. No two animals ever stand in one sentence of the little world.",
            {"source": "world", "window": 1},
        ),
    ]


def questions() -> dict[str, str]:
    """The notes' margin questions on embeddings, and others that belong to them."""
    return {
        "What is an embedding vector?": "A list of numbers that stands for a token inside the model: one row of a "
        "table, found by the token's ID. The numbers have no meaning one by one; what counts is where the row lies "
        "compared with other rows. Tokens that are used alike end up in similar directions, because then the layers "
        "above can treat them alike.",
        "What is backpropagation, and what does it have to do with embedding vectors?": "Backpropagation works out "
        "for every number of the model which way, and how steeply, the loss would change if the number changed a "
        "little. Training then moves each number a small step downhill. That needs numbers that can change a little: "
        "an ID cannot (there is no token 1532.1), a vector can. In each step only the rows of tokens that occurred "
        "get such a move from the lookup; where the output layer shares the table, as in GPT-2 and the pocket model, "
        "every row gets one from there.",
        "Why not give the model the token IDs themselves?": "IDs are names, not amounts. Token 1001 is not nearly "
        "token 1000, and not twice token 500; look at the rows of the table beside the chosen one. A vector for each "
        "ID lets the model learn its own idea of what is near.",
        "Is an embedding the meaning of a word?": "It is what the model found worth remembering of how the token is "
        "used, in the texts that it read. Opposites such as *good* and *bad* are close, because they stand in the "
        "same places. And the table has one row a token: which sense of *bank* is meant, only attention can tell "
        "from the words around it.",
        "Why do large models make their own embeddings instead of using word2vec?": "Because the table can then fit "
        "the task and the tokens of that very model. word2vec gives one vector a *word* and learns from a window of "
        "a few words; the table of a GPT belongs to its pieces of words and is trained along with all layers.",
        "How many dimensions does an embedding need?": "There is no formula. More dimensions leave room for more "
        "distinctions and cost memory and time in every layer. GPT-2 has 768 to 1,600, the pocket model 256. The "
        "measurement above shows how much of this table's neighbourhoods would survive with fewer.",
        "Can I trust what I see on the map?": "Only partly; so each map says how many true neighbours it keeps. PCA "
        "shows real distances in a few of many directions. t-SNE and UMAP keep near things near, but sizes of "
        "clusters and gaps between them mean nothing. The list beside the map uses all dimensions.",
    }


def check() -> list[Question]:
    """Questions with an answer at once."""
    return [
        Question(
            "A vocabulary of 8,192 tokens, vectors of 256 numbers. What does the embedding layer do with the ID 1532?",
            [
                "It multiplies 1532 by a weight",
                "It reads row 1532 of an 8,192 × 256 table",
                "It computes 256 numbers from the letters of the token",
            ],
            1,
            "A lookup, no more. It gives the same as a one-hot row times the table, without the multiplications by "
            "zero.",
        ),
        Question(
            "Two tokens lie far apart on a t-SNE map. What follows?",
            [
                "Their vectors are very different",
                "They are probably not among each other's nearest; how far apart they are, the map does not say",
                "The model never confuses them",
            ],
            1,
            "t-SNE arranges neighbourhoods. Distances between clusters are not measured by anything.",
        ),
        Question(
            "“king − man + woman” gives “queen” in some table. What would convince you that it is arithmetic and not "
            "luck?",
            [
                "That queen comes first out of the whole vocabulary",
                "Many such questions, compared with simply taking the nearest neighbour of “woman” or “king”",
                "A second famous example",
            ],
            1,
            "Nearest neighbours alone answer some of these questions. Only what the arithmetic adds to that is its "
            "own.",
        ),
    ]
