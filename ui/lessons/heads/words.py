"""What the lesson on heads in the wild gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question


def experiments() -> list[Experiment]:
    """Things to do, guess and see."""
    return [
        Experiment(
            "Change only the last word of the text, and watch the map.",
            "Which rows of the maps change?",
            ["Only the rows of that last word", "All rows", "Only the first row"],
            0,
            "A token sees itself and what came before it, in every layer. Earlier rows cannot know how the text "
            "ends; that is the causal mask at work.",
        ),
        Experiment(
            "Let the heads read nonsense: 16 random tokens, then the same 16 again. Look at the lower half of "
            "the map of the best head.",
            "A head that continues a repetition shows a bright stripe. Where?",
            ["On the diagonal", "Beside the diagonal, 15 columns to the left of it", "In the first column"],
            1,
            "In the second round each token looks back at what came after it in the first round: 15 places "
            "back, since a round has 16 tokens. Such *induction heads* can copy text that the model has never "
            "seen (Olsson et al. 2022). A model that has not learned this has no such stripe, and its best score "
            "is close to the grey tick: look whether this one has.",
            {"on": "random", "job": "induction", "head": "", "cell": "", "view": "map"},
        ),
        Experiment(
            "Rank the heads by what the prediction loses without them. Then rank them by their weight on the "
            "first token.",
            "Does the strongest attention belong to the head that matters most?",
            ["Yes, always", "Not necessarily"],
            1,
            "A weight says where a head looks, not how much it brings back. Heads often rest on the first "
            "token when they have nothing to fetch, with a weight near 1 and next to nothing to add.",
            {"job": "effect", "head": ""},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the notes and their margin, with short answers."""
    return {
        "Does each head focus on one kind of relationship, such as syntax, meaning or distance?": "Sometimes, "
        "in part. Nobody tells a head what to do; training decides. Some get a job that can be named and "
        "measured, like those on this page; many do several things at once, or something without a name.",
        "Why are the attention weights alone not an explanation?": "Three reasons. A weight does not say how "
        "large the fetched value is, nor whether anything later uses it. From the second layer on, a token's "
        "vector already holds parts of other tokens, so looking at a token is not the same as reading that "
        "word. And several heads can do the same job, so that one alone seems to matter little. Switching "
        "heads off is a better test, though not the last word either.",
        "Why do so many heads look at the first token?": "The weights of a row must add up to 1, even when "
        "there is nothing to look for. Every token can see the first one, so it becomes the place where "
        "attention rests.",
    }


def check() -> list[Question]:
    """Questions with an answer at once."""
    return [
        Question(
            "A head puts the weight 0.9 on the word “not”. What follows?",
            [
                "The prediction depends on “not”",
                "Nine tenths of the head's weighted average are the value vector at “not”",
                "“not” is the most important word",
            ],
            1,
            "That is what the weight says, and no more: what later layers make of it is another question.",
        ),
        Question(
            "Switching off a head changes the prediction by 0 bits. What follows?",
            [
                "For this text, the prediction after the last token does not need this head",
                "The head never does anything",
                "The head looks at nothing",
            ],
            0,
            "Its weights still add up to 1, and on another text it may matter.",
        ),
        Question(
            "What does a head score that looks only one token back?",
            ["1 for the previous token", "1 for the first token", "An entropy of 1 bit"],
            0,
            "All its weight lies just below the diagonal. It looks at one token, so its entropy is 0 bits.",
        ),
    ]
