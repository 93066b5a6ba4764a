"""What a judge said, as a number: read with care, because a number that nobody meant is worse than none."""

from __future__ import annotations

import re

NUMBER = r"(?<![\w.,/-])(\d+(?:\.\d+)?)(?![\w/]|[.,]\d)"
# What reasoning models say to themselves before they answer.
THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL | re.IGNORECASE)
SCALE = re.compile(r"(?:from |between )?\b0 ?(?:to|and|-|–) ?100\b", re.IGNORECASE)
OF_HUNDRED = re.compile(r"(?<![\d.,/-])(\d+(?:\.\d+)?) ?(?:/|out of|of) ?100(?![\d/]|[.,]\d)", re.IGNORECASE)
# Called a score, and not a count of something: "given 3 mistakes" is none.
LABELLED = re.compile(
    r"\b(?:scor(?:e|es|ed|ing)|rat(?:e|ed|ing)|grade|mark|give|award|assign)\b[^\d\n.]{0,50}?"
    rf"{NUMBER}(?=\s*(?:$|[.,;:!)*%\n]|points?\b|because\b|since\b|for\b|as\b))",
    re.IGNORECASE,
)
BARE = re.compile(r"[\s*_`\"'(\[]*(\d+(?:\.\d+)?)[\s*_`\"')\].!%]*", re.ASCII)


def parse_score(said: str) -> float | None:
    """The score from 0 to 100 in what a judge said; None when there is none, or more than one.

    A bare number counts, a number out of 100, and a number that is called a score, a rating or a grade:
    "Score: 85/100", "I would give it 70." A number that might count something else does not, nor one on another scale.

    Whole scores are int, as in the notes.
    """
    text = THOUGHTS.sub(" ", said)
    if bare := BARE.fullmatch(text):
        return _on_scale(bare[1])
    text = SCALE.sub(" ", text)
    found = set(OF_HUNDRED.findall(text)) or set(LABELLED.findall(text))
    return _on_scale(found.pop()) if len(found) == 1 else None


def _on_scale(number: str) -> float | None:
    value = float(number)
    if value > 100:
        return None
    return int(value) if value.is_integer() else value


def parse_choice(said: str) -> str | None:
    """Which of two answers a judge prefers: "1", "2" or "tie"; None when it does not say so plainly."""
    text = re.sub(r"[\s*_`\"'().!:\[\]]+", " ", THOUGHTS.sub(" ", said)).strip().lower()
    match = re.fullmatch(r"(?:(?:the )?(?:better )?answer (?:is )?)?(1|2|tie)(?: is better| wins)?", text)
    return match[1] if match else None
