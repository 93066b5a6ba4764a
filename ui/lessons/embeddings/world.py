"""A little world to learn words from: sentences made by a few patterns, in which alike words fill alike places."""

from __future__ import annotations

import random

ANIMALS = ("cat", "dog", "horse", "cow", "sheep", "goat")
PEOPLE = ("king", "queen", "farmer", "baker", "teacher", "doctor")
FOODS = ("bread", "cheese", "soup", "rice", "cake", "fish")
PLACES = ("garden", "forest", "field", "barn", "village", "river")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
COLOURS = ("red", "blue", "green", "white", "black", "brown")
PATTERNS = (
    "the {animal} sleeps in the {place}",
    "the {colour} {animal} runs through the {place}",
    "on {day} the {person} eats {food} at home",
    "the {person} cooks {food} and sells it on {day}",
    "the {person} walks with the {animal} on {day}",
    "the {person} wears a {colour} coat",
)
SENTENCES = 400


def little_world(seed: int = 1) -> str:
    """400 sentences: a random pattern each, and random words in its places."""
    draw = random.Random(seed)
    slots = {"animal": ANIMALS, "person": PEOPLE, "food": FOODS, "place": PLACES, "day": DAYS, "colour": COLOURS}
    sentences = [
        draw.choice(PATTERNS).format(**{name: draw.choice(words) for name, words in slots.items()})
        for _ in range(SENTENCES)
    ]
    return ".\n".join(sentences) + "."
