"""Make data/texts/small_world.txt: short scenes of an orderly little world, from a grammar and a seed.

The grammar keeps promises that a model can learn one after another: which words follow which, that a name stays within
its scene, that who is asked answers, that the animal that was lost is the one that is found.
"""

from __future__ import annotations

import random
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "data" / "texts" / "small_world.txt"
SEED, SCENES = 20261125, 220

PEOPLE = [
    ("Mina", "she", "her"),
    ("Tom", "he", "his"),
    ("Ada", "she", "her"),
    ("Ben", "he", "his"),
    ("Lea", "she", "her"),
]
ANIMALS = {"cat": "on the roof", "dog": "under the table", "hen": "in the garden", "goat": "behind the mill"}
WEATHER = [
    "It rained all morning.",
    "The sun shone on the village.",
    "Snow lay on the hills.",
    "The wind blew from the sea.",
]
WORK = {"baker": "bread", "miller": "flour", "fisher": "fish", "potter": "bowls"}
NUMBERS = ["one", "two", "three", "four", "five", "six"]


def lost(r: random.Random) -> str:
    name, he, his = r.choice(PEOPLE)
    other = r.choice([p for p in PEOPLE if p[0] != name])[0]
    animal, place = r.choice(list(ANIMALS.items()))
    return (
        f'{name} had lost {his} {animal}. {he.capitalize()} asked {other}, "Have you seen my {animal}?" {other} said, '
        f'"Yes, {name}. The {animal} sits {place}." And there it sat, {place}. {name} carried the {animal} home.'
    )


def market(r: random.Random) -> str:
    name, he, _ = r.choice(PEOPLE)
    trade, goods = r.choice(list(WORK.items()))
    many = r.randrange(1, 5)
    return (
        f'{name} went to the {trade}. "Good morning, {trade}," said {name}. "I want {goods}." The {trade} asked for '
        f"{NUMBERS[many]} coins. {name} had {NUMBERS[many - 1]}, so {he} went home and came back with one more."
    )


def count(r: random.Random) -> str:
    name, he, _ = r.choice(PEOPLE)
    start = r.randrange(3)
    said = ", ".join(NUMBERS[start : start + 4])
    return f"{name} counted the boats: {said}. Then {he} counted them again: {said}."


def friends(r: random.Random) -> str:
    (a, he, _), (b, _, _) = r.sample(PEOPLE, 2)
    trade = r.choice(list(WORK))
    return (
        f'{a} and {b} walked to the house of the {trade}. {a} knocked at the door. "Who is there?" asked the {trade}. '
        f'"It is {a}," said {a}. "And {b}," said {b}. The {trade} opened the door and let {a} and {b} come in.'
    )


def scene(r: random.Random) -> str:
    return f"{r.choice(WEATHER)} {r.choice([lost, market, count, friends])(r)}"


def main() -> None:
    r = random.Random(SEED)
    OUT.write_text("\n\n".join(scene(r) for _ in range(SCENES)) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
