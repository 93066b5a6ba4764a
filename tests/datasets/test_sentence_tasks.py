"""Tasks about sentences: forms of verbs by hand, and each kind's answers found in another way."""

from __future__ import annotations

import re

from engine.datasets.sentences import PRONOUN, QUALITIES, VERBS, Event, article, participle, past, third
from engine.datasets.task_texts import text_sentences, text_words
from engine.datasets.task_words import NOUNS, PLACES
from engine.datasets.tasks import make_tasks

TASKS = make_tasks(9_000, 5)
FORMS = {
    "carry": ("carries", "carried", "carried"),
    "wash": ("washes", "washed", "washed"),
    "enjoy": ("enjoys", "enjoyed", "enjoyed"),
    "use": ("uses", "used", "used"),
    "see": ("sees", "saw", "seen"),
    "drop": ("drops", "dropped", "dropped"),
}


def of_kind(kind: str) -> list[tuple[str, str, str]]:
    """Instruction, material and answer of the tasks whose material is the input."""
    found = [(t["instruction"], t["input"], t["output"]) for t in TASKS if t["kind"] == kind and t["input"]]
    assert len(found) > 50
    return found


def bag(text: str) -> list[str]:
    return sorted(re.findall(r"\w+", text.lower()))


def test_forms_by_hand() -> None:
    for verb, forms in FORMS.items():
        assert (third(verb), past(verb), participle(verb)) == forms
    assert len(VERBS) == len(set(VERBS))
    assert (article("owl"), article("box")) == ("an", "a")
    event = Event("Anna", "open", "the old box", "at home")
    assert event.present() == "Anna opens the old box at home"
    assert event.negative() == "Anna did not open the old box at home"
    assert event.question() == "did Anna open the old box at home"
    assert event.passive() == "the old box was opened by Anna"


def test_tenses_and_voices() -> None:
    for _, given, said in of_kind("past_tense"):
        assert len(set(given.split()) ^ set(said.split())) == 2  # the verb, and nothing else
    for _, given, said in of_kind("present_tense"):
        assert len(set(given.split()) ^ set(said.split())) == 2
    for _, given, said in of_kind("future_tense"):
        assert set(said.split()) - set(given.split()) >= {"will"}
    for _, given, said in of_kind("passive"):
        who = said.removesuffix(".").partition(" by ")[2]
        assert given.lower().startswith(who.lower())
        assert given.removesuffix(".").endswith(said.partition(" was ")[0][1:])
    for _, given, said in of_kind("active"):
        assert given.removesuffix(".").endswith(said[1:].split()[0]) or said.startswith("The ")


def test_questions_and_answers() -> None:
    for kind in ("who", "what", "where"):
        for asked, given, said in of_kind(kind):
            assert said.removesuffix(".").lower() in given.lower()
            assert said.removesuffix(".") not in asked or kind == "who"
    for _, given, said in of_kind("where"):
        assert said.removesuffix(".").lower() in PLACES, given
    for _, given, said in of_kind("statement"):
        assert given.endswith("?")
        assert set(bag(given)) - set(bag(said)) >= {"did"}
    for asked, _, said in of_kind("ask_for"):
        assert said.lower().startswith(re.findall(r'"(\w+)"', asked)[0])
        assert said.endswith("?")


def test_nothing_is_lost_on_the_way() -> None:
    for _, given, said in of_kind("in_order"):
        assert bag(given) == bag(said)
        assert said.split()[0] in PRONOUN
    for _, given, said in of_kind("begin_with"):
        assert bag(given) == bag(said)
    for _, given, said in of_kind("split"):
        assert len(bag(given)) - len(bag(said)) == 1
    for asked, given, said in of_kind("join"):
        assert sorted([*bag(given), *re.findall(r'"(\w+)"', asked)]) == bag(said) or '"' not in asked
    for kind in ("quotation", "speech"):
        for _, given, said in of_kind(kind):
            assert said.replace('"', "") == given
    for kind in ("punctuate", "capital_and_stop"):
        for _, given, said in of_kind(kind):
            assert said.lower() == given.lower() + "."
    for _, given, said in of_kind("find_quality"):
        assert said in QUALITIES
        assert said in given.split()


def test_words_of_a_text() -> None:
    assert len(text_words()) > 1_000
    assert len(text_sentences()) > 100
    for asked, given, said in of_kind("longest"):
        words = given.split(", ")
        assert said == (min if "shortest" in asked else max)(words, key=len)
    for asked, given, said in of_kind("beginning_with"):
        (letter,) = re.findall(r'"(\w)"', asked)
        assert said.split(", ") == [word for word in given.split(", ") if word[0] == letter]
    for asked, given, said in of_kind("even_numbers"):
        assert said.split(", ") == [n for n in given.split(", ") if (int(n) % 2 == 0) == ("even" in asked)]
    for _, given, said in of_kind("twice"):
        assert len(given.split()) == len(said.split()) + 1
    for kind in ("leave_out", "leave_out_of"):
        for asked, given, said in of_kind(kind):
            gone = set(bag(given)) - set(bag(said))
            assert not gone or gone <= set(bag(asked)) | {"s"}
    assert set(text_words()) - set(NOUNS)
