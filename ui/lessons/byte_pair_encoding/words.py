"""What the lesson on byte pair encoding gives to try, answers and asks."""

from __future__ import annotations

from engine.tokenizers.bpe import GPT2_PATTERN
from ui.lesson import Experiment, Question


def experiments() -> list[Experiment]:
    """Things to do, guess and see."""
    return [
        Experiment(
            "Train on one word: 64 times the letter a.",
            "How many merges until the word is one piece?",
            ["6", "32", "63"],
            0,
            "A merge joins the pair everywhere at once: aa, then aaaa, then eight. 64 is 2 to the power of 6.",
            {"text": "a" * 64, "step": 0},
        ),
        Experiment(
            "Take the space before *unbelievably* away. With it, GPT-2 has one token for the word.",
            "How many tokens are there without the space?",
            ["1", "2", "4"],
            2,
            "It becomes un, bel, iev, ably. In running text the word has a space before it, so the piece that was "
            "learned has one too; for the model the two spellings have nothing in common.",
            {"word": "unbelievably", "ranks": "gpt2"},
        ),
        Experiment(
            "Look at 👩‍👩‍👧, a family that is drawn as one picture.",
            "How many tokens does the pocket tokenizer need for it?",
            ["1", "5", "16"],
            2,
            "Three emoji of 4 bytes and two invisible joiners of 3 bytes are 18 bytes, and books of 1860 to 1930 "
            "have no emoji: hardly any two of these bytes were ever merged.",
            {"emoji": "👩‍👩‍👧"},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What is a subword?": "A piece of a word that the tokenizer knows as one token: ` un`, `bel`, `ization`. "
        "Frequent words are one piece, rare ones several. The pieces are found by counting, so they need not be "
        "syllables or parts with a meaning.",
        "What is an out-of-vocabulary word?": "A word that is not in the vocabulary. A tokenizer of words can "
        "only write `<|unk|>` for it, and what it said is lost. Byte pair encoding has no such words: it falls "
        "back to smaller pieces. The notes say *individual characters*; GPT-2 goes one step further down, to "
        "bytes, so that even a character that it has never seen can be written.",
        "Why 50,257?": "256 bytes + 50,000 merges + 1 special token, `<|endoftext|>`, which has the largest ID, "
        "50,256, because counting starts at 0. The number of merges was chosen by people, not found.",
        "Why is a text split into words first?": "So that no merge joins the end of one word to the start of the "
        "next. Otherwise ` of the` or `. The` would become pieces, and `dog`, `dog.` and `dog!` would each be "
        f"learned anew. GPT-2 splits with a regular expression: `{GPT2_PATTERN}`",
    }


def check() -> list[Question]:
    """Questions with an answer at once."""
    return [
        Question(
            "What does training count?",
            ["Pairs of neighbouring pieces", "Whole words", "Single letters"],
            0,
            "The most frequent pair becomes a new piece, and the counting goes on with it.",
        ),
        Question(
            "A trained tokenizer gets a word that it has never seen. What does it give?",
            ["Smaller pieces that it knows", "The token <|unk|>", "An error"],
            0,
            "In the worst case the pieces are single bytes, and all 256 of them are known.",
        ),
        Question(
            "Two pairs of neighbours in a word could be joined. Which comes first?",
            ["The one whose piece has the lower rank", "The one on the left", "The longer one"],
            0,
            "Ranks are the order of learning: encoding repeats the merges as they were made in the training.",
        ),
    ]
