"""What the lesson on splitting text gives to try, answers and asks."""

from __future__ import annotations

from engine.tokenizers.pretrained import END_OF_TEXT
from engine.tokenizers.words import DEFAULT_PATTERN, UNKNOWN
from ui.lesson import Experiment, Question

START = (
    "Hello, world! How are you? The old lamp on the hill was lit again, and the fishermen saw it: "
    "one light, then two--and the sea, dark as ever, let them come home. "
    '"Is it you?" the old man called. It was; the sea had given them back.'
)
KNOWN = "The old man saw the sea, and the lamp was lit again!"
UNKNOWN_WORD = "The old woman saw the sea, and the lamp was lit again!"
TEXTS = "The sea was dark.\nHow are you?\nAdd salt to the water."
PHYSICS = (
    "The electron has a negative charge. It moves around the nucleus of the atom, and the force between "
    "them holds the atom together."
)
PASTA = "To boil pasta, add salt to the water and wait until it boils."


def experiments() -> list[Experiment]:
    """Three things to do, guess and see."""
    return [
        Experiment(
            "Take the outer parentheses off the pattern: `[,.:;?_!\"()']|--|\\s`.",
            "What happens to the commas and full stops?",
            ["They stay tokens", "They disappear", "They stick to the words"],
            1,
            "`re.split` throws the matches away. Only what a **group**, a pair of parentheses, has matched is "
            "kept as a piece of its own.",
            {"part": "split", "pattern": DEFAULT_PATTERN[1:-1]},
        ),
        Experiment(
            "Encode a sentence with a word that the text does not have: *woman*.",
            "What do the two tokenizers do?",
            ["Both stop", f"V1 stops, V2 writes {UNKNOWN}", "Both invent a new ID"],
            1,
            f"V1 has no row for the word and stops. V2 goes on, but the word is lost: decoding gives {UNKNOWN}, "
            "and every unknown word looks the same. Byte pair encoding, the next lesson, needs no such token.",
            {"part": "numbers", "sentence": UNKNOWN_WORD},
        ),
        Experiment(
            f"Put two unrelated texts end to end, without and with {END_OF_TEXT}.",
            "Where does the marker change the model's loss most?",
            ["At the first token after it", "Evenly along the second text", "At the second text's end"],
            0,
            "Right after the marker the model expects a beginning instead of a continuation. Further on it has "
            "read some of the new text, and that tells it more than the marker. A blank line can do "
            "nearly as well: it marks beginnings in many texts.",
            {"part": "boundary", "first": PHYSICS, "second": PASTA, "joint": "nothing"},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "What are unrelated text sources, and what does it mean to separate them?": "Two articles, two books, "
        "two messages: texts where nothing in the second follows from the first. For training they are laid end to "
        f"end in one stream of tokens, and a window may hold the end of one and the beginning of the next. "
        f"Separating them means putting `{END_OF_TEXT}` between, so that the model can learn not to "
        "expect the second from the first. The fourth part measures how far it did. Nothing forbids it to look back; "
        "some training programs also mask attention across the marker, and then it cannot.",
        "What is tokenization?": "Cutting text into pieces, tokens: words, punctuation, parts of words. It comes "
        "before the token IDs, which come before the vectors that the model computes with.",
        "What is a regular expression?": "A pattern that describes texts. `\\s` is any white space, `[,.]` a comma or "
        "full stop, `|` means or, and parentheses make a group. `re.split` cuts wherever the pattern matches.",
        "Should spaces and capitals be kept?": "Dropping spaces saves tokens, but in Python code they carry meaning, "
        "and decoding can only guess them. Making letters small saves vocabulary, but *Reed* and *reed* can no longer "
        "be told apart, nor where a sentence begins. GPT-2 keeps both.",
        "What is a vocabulary?": "The table from each different token to its number, built from the training text: "
        "sorted, then counted from 0. Sorting is by character code, so punctuation comes first, then capitals, then "
        "small letters. The order has no meaning to the model.",
        "What is a token ID?": "The token's row number in the vocabulary. It is a name, not a quantity: ID 10 is not "
        "twice ID 5. The model uses it to pick a row of its table of vectors.",
        "[BOS], [EOS], [PAD] and <|unk|>: does GPT-2 have them?": f"No. It has `{END_OF_TEXT}` alone, which marks "
        "ends and fills up batches. Unknown words do not exist for it, because it can spell everything in bytes.",
    }


def check() -> list[Question]:
    """Three questions with an answer at once."""
    return [
        Question(
            "A text is split with `(\\s)` and *sea* and *sea,* both occur. How many tokens of the vocabulary is that?",
            ["One", "Two", "Three"],
            1,
            "Without punctuation in the pattern the comma stays on the word, and *sea,* is another entry.",
        ),
        Question(
            "All letters are made small. The vocabulary …",
            ["stays or shrinks", "stays or grows", "always halves"],
            0,
            "*The* and *the* become one entry; no new one can arise from them.",
        ),
        Question(
            f"What does `{UNKNOWN}` cost?",
            ["Nothing", "The word: no decoder can bring it back", "A larger context"],
            1,
            "All unknown words get the same ID, so nobody can tell afterwards which one it was.",
        ),
    ]
