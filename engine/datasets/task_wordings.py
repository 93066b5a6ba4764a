"""The ways in which generated tasks are asked. {x} is the material; a wording without it leaves it to the input."""

from __future__ import annotations

from engine.datasets.sentence_wordings import SENTENCE_WORDINGS, TEXT_WORDINGS

WORDINGS = (
    {
        "plural": (
            'What is the plural of "{x}"?',
            "Give the plural.",
            "Write the plural of this noun.",
            "One {x}, two ...? Go on with the right form.",
            "Make this word plural.",
        ),
        "count_words": (
            "How many words are there?",
            "Count the words.",
            'How many words has "{x}"?',
            "Say how many words you see.",
        ),
        "count_letters": (
            'How many letters has the word "{x}"?',
            "Count the letters.",
            "How many letters are in this word?",
            "How long is the word, in letters?",
        ),
        "first_letter": (
            'What is the first letter of "{x}"?',
            "Give the first letter.",
            "With which letter does the word begin?",
            'Which letter does "{x}" start with?',
        ),
        "last_letter": (
            'What is the last letter of "{x}"?',
            "Give the last letter.",
            "With which letter does the word end?",
            'Which letter does "{x}" end with?',
        ),
        "word_at": (
            "Which is the {which} word?",
            "Give the {which} word of the list.",
            "Write down only the {which} word.",
            "What is the {which} word in: {x}?",
        ),
        "reverse": (
            "Write the words in reverse order.",
            "Reverse the order of the words.",
            "Say these words backwards, the last one first.",
            "Turn the order around: {x}",
        ),
        "sort_words": (
            "Sort the words alphabetically.",
            "Put these words in alphabetical order.",
            "Arrange them from A to Z.",
            "Which is the order of a dictionary: {x}?",
        ),
        "earlier_word": (
            "Which word comes first in the alphabet?",
            "Which of the two stands first in a dictionary?",
            "Which word comes first from A to Z: {x}?",
        ),
        "sort_up": (
            "Sort the numbers from small to large.",
            "Put these numbers in rising order.",
            "Arrange the numbers, the smallest first.",
        ),
        "sort_down": (
            "Sort the numbers from large to small.",
            "Put these numbers in falling order.",
            "Arrange the numbers, the largest first.",
        ),
        "larger": (
            "Which number is larger?",
            "Give the larger number.",
            "Which is more: {x}?",
            "Name the greater of the two.",
        ),
        "smaller": (
            "Which number is smaller?",
            "Give the smaller number.",
            "Which is less: {x}?",
            "Name the lesser of the two.",
        ),
        "next_number": (
            "Which number comes next?",
            "What comes after {x}?",
            "Count on by one.",
            "Add one.",
        ),
        "add": (
            "What is {x}?",
            "Add the numbers.",
            "Give the sum.",
            "Work it out.",
        ),
        "subtract": (
            "What is {x}?",
            "Take the second number from the first.",
            "Give the difference.",
            "Work it out.",
        ),
        "units": (
            "Convert to {unit}.",
            "How many {unit} are {x}?",
            "Say it in {unit}.",
            "Write {x} in {unit}.",
        ),
        "opposite": (
            "Say the opposite.",
            'Replace "{word}" with its opposite.',
            "Rewrite the sentence so that it means the opposite.",
            "Turn this sentence into its opposite: {x}",
        ),
        "upper": (
            "Write it in capital letters.",
            "Use capital letters only.",
            'Write "{x}" in capitals.',
            "Change everything to upper case.",
        ),
        "lower": (
            "Write it in small letters.",
            "Use small letters only.",
            'Write "{x}" without capitals.',
            "Change everything to lower case.",
        ),
        "title": (
            "Begin every word with a capital letter.",
            "Write it like the title of a book.",
            'Write "{x}" with a capital letter for each word.',
            "Change it to title case.",
        ),
        "group": (
            "Which of these is {group}?",
            "Find the one that is {group}.",
            "One word is {group}. Which?",
            "Which is {group}: {x}?",
        ),
        "odd_one_out": (
            "Which word does not belong?",
            "Find the odd one out.",
            "One of these is not like the others. Which?",
            "Which is the odd one: {x}?",
        ),
        "replace": (
            'Replace "{old}" with "{new}".',
            'Change "{old}" to "{new}".',
            'Write the sentence again with "{new}" instead of "{old}".',
            'Put "{new}" in the place of "{old}": {x}',
        ),
    }
    | SENTENCE_WORDINGS
    | TEXT_WORDINGS
)
