"""Kinds of generated tasks that change a sentence, or answer a question about one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.datasets.asked import Asked
from engine.datasets.sentences import (
    HE,
    PRONOUN,
    QUALITIES,
    SHE,
    article,
    draw_event,
    participle,
    past,
    sentence,
    thing,
)
from engine.datasets.task_words import ACTIONS, GROUPS, NOUNS, PLACES, plural_of

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from engine.datasets.sentences import Event

JOINED_BY = ("and", "but", "while", "because")
GROUP_OF = {word: name for name, words in GROUPS.items() for word in words}


def past_tense(rng: random.Random) -> Asked:
    """Anna opens the box: Anna opened the box."""
    event = draw_event(rng)
    return Asked(event.about, sentence(event.present()), sentence(event.past()))


def present_tense(rng: random.Random) -> Asked:
    """Anna opened the box: Anna opens the box."""
    event = draw_event(rng)
    return Asked(event.about, sentence(event.past()), sentence(event.present()))


def future_tense(rng: random.Random) -> Asked:
    """Anna opens the box: Anna will open the box."""
    event = draw_event(rng)
    said = event.present() if rng.random() < 0.5 else event.past()
    return Asked(event.about, sentence(said), sentence(event.future()))


def negative(rng: random.Random) -> Asked:
    """Anna opened the box: Anna did not open the box."""
    event = draw_event(rng)
    return Asked(event.about, sentence(event.past()), sentence(event.negative()))


def question(rng: random.Random) -> Asked:
    """Anna opened the box: "Did Anna open the box?"."""
    if rng.random() < 0.5:
        what, quality = thing(rng), rng.choice(QUALITIES)
        return Asked(f"{what} {quality}", sentence(f"{what} is {quality}"), sentence(f"is {what} {quality}", "?"))
    event = draw_event(rng)
    return Asked(event.about, sentence(event.past()), sentence(event.question(), "?"))


def statement(rng: random.Random) -> Asked:
    """Did Anna open the box? Anna opened the box."""
    event = draw_event(rng)
    return Asked(event.about, sentence(event.question(), "?"), sentence(event.past()))


def passive(rng: random.Random) -> Asked:
    """Anna opened the box: The box was opened by Anna."""
    event = draw_event(rng, where=0)
    return Asked(event.about, sentence(event.past()), sentence(event.passive()))


def active(rng: random.Random) -> Asked:
    """The box was opened by Anna: Anna opened the box."""
    event = draw_event(rng, where=0)
    return Asked(event.about, sentence(event.passive()), sentence(event.past()))


def _question(event: Event, asked: str, answer: str) -> Asked:
    return Asked(event.about, sentence(event.past()), sentence(answer), words={"asked": sentence(asked, "?")})


def who(rng: random.Random) -> Asked:
    """Anna opened the box. Who? Anna."""
    event = draw_event(rng)
    return _question(event, f"who {past(event.verb)} {event.what}", event.who)


def where(rng: random.Random) -> Asked:
    """Anna opened the box in the garden. Where? In the garden."""
    event = draw_event(rng, where=1)
    return _question(event, f"where did {event.who} {event.verb} {event.what}", event.where)


def what(rng: random.Random) -> Asked:
    """Anna opened the box. What? The box."""
    event = draw_event(rng)
    return _question(event, f"what did {event.who} {event.verb}", event.what)


def ask_for(rng: random.Random) -> Asked:
    """Anna opened the box, asked with who: "Who opened the box?"."""
    event = draw_event(rng, where=1)
    asked, output = rng.choice(
        [
            ("who", f"who {past(event.verb)} {event.what} {event.where}"),
            ("what", f"what did {event.who} {event.verb} {event.where}"),
            ("where", f"where did {event.who} {event.verb} {event.what}"),
        ]
    )
    return Asked(event.about, sentence(event.past()), sentence(output, "?"), words={"asked": asked})


def join(rng: random.Random) -> Asked:
    """Anna opened the box. Tom waited. With "while": Anna opened the box while Tom waited."""
    event, other, word = draw_event(rng, where=0), rng.choice(list(PRONOUN)), rng.choice(JOINED_BY)
    second = f"{other} {rng.choice(ACTIONS)}"
    x = f"{sentence(event.past())} {sentence(second)}"
    return Asked(event.about, x, sentence(f"{event.past()} {word} {second}"), words={"word": word})


def split(rng: random.Random) -> Asked:
    """Anna opened the box and Tom waited: Anna opened the box. Tom waited."""
    joined = join(rng)
    return Asked(joined.about, joined.output, joined.x)


def punctuate(rng: random.Random) -> Asked:
    """Of "anna opened the box": Anna opened the box."""
    event = draw_event(rng)
    return Asked(event.about, event.past().lower(), sentence(event.past()))


def polite(rng: random.Random) -> Asked:
    """Open the box: "Could you open the box, please?"."""
    event = draw_event(rng)
    order = f"{event.verb} {event.what}"
    return Asked(order, sentence(order, rng.choice(".!")), sentence(f"could you {order}, please", "?"))


def several(rng: random.Random) -> Asked:
    """The dog is old: The dogs are old."""
    one, more = _one_and_more(rng)
    return Asked(one, one, more)


def single(rng: random.Random) -> Asked:
    """The dogs are old: The dog is old."""
    one, more = _one_and_more(rng)
    return Asked(one, more, one)


def mend(rng: random.Random) -> Asked:
    """The dogs is old: The dogs are old. Or a word said twice, a wrong article, a missing ending."""
    one, more = _one_and_more(rng)
    event, noun = draw_event(rng), rng.choice(NOUNS)
    found, seen = f"{event.who} {past(event.verb)} {{}} {noun}", article(noun)
    twice = event.past().split()
    twice.insert(at := rng.randrange(1, len(twice)), twice[at])
    wrong, right = rng.choice(
        [
            (one.replace(" is ", " are "), one),
            (more.replace(" are ", " is "), more),
            (sentence(found.format("a" if seen == "an" else "an")), sentence(found.format(seen))),
            (sentence(" ".join(twice)), sentence(event.past())),
        ]
    )
    return Asked(right, wrong, right)


def other_person(rng: random.Random) -> Asked:
    """I lost my key, with "she": She lost her key."""
    verb, own, place = past(draw_event(rng).verb), rng.choice(NOUNS), rng.choice(["", *(f" {p}" for p in PLACES)])
    forms = {"I": "my", "he": "his", "she": "her", "we": "our", "they": "their", "you": "your"}
    first, second = rng.sample(list(forms), 2)
    x, output = (sentence(f"{one} {verb} {forms[one]} {own}{place}") for one in (first, second))
    return Asked(f"{verb} {own}", x, output, words={"person": second})


def pronoun(rng: random.Random) -> Asked:
    """Anna opened the box: She opened the box."""
    event = draw_event(rng, people=True)
    output = event.past().replace(event.who, PRONOUN[event.who], 1)
    return Asked(event.about, sentence(event.past()), sentence(output), words={"name": event.who})


def quotation(rng: random.Random) -> Asked:
    """The box is old, said Anna: "The box is old," said Anna."""
    what_is, quality, name = thing(rng), rng.choice(QUALITIES), rng.choice(list(PRONOUN))
    said = sentence(f"{what_is} is {quality}", ",")
    return Asked(f"{what_is} {quality}", f"{said} said {name}.", f'"{said}" said {name}.')


def report(rng: random.Random) -> Asked:
    """Of "I opened the box", as Anna said: Anna said that she had opened the box."""
    event = draw_event(rng, people=True)
    rest = f"{event.what} {event.where}".strip()
    x = f'"I {past(event.verb)} {rest}," said {event.who}.'
    output = f"{event.who} said that {PRONOUN[event.who]} had {participle(event.verb)} {rest}."
    return Asked(event.about, x, output)


def in_order(rng: random.Random) -> Asked:
    """Of "box / opened / Anna / the": Anna opened the box."""
    event = draw_event(rng, where=0, people=True)
    words = event.past().split()
    mixed = rng.sample(words, len(words))
    return Asked(event.about, " / ".join(mixed), sentence(event.past()))


def add_word(rng: random.Random) -> Asked:
    """Anna opened the box, with "old" before "box": Anna opened the old box."""
    event, noun, word = draw_event(rng), rng.choice(NOUNS), rng.choice(QUALITIES)
    text = f"{event.who} {past(event.verb)} the {{}}{noun} {event.where}".strip()
    words = {"word": word, "noun": noun}
    return Asked(f"{word} {noun}", sentence(text.format("")), sentence(text.format(f"{word} ")), words=words)


def leave_out(rng: random.Random) -> Asked:
    """Anna opened the old box, without "old": Anna opened the box."""
    added = add_word(rng)
    return Asked(added.about, added.output, added.x, words=added.words)


def begin_with(rng: random.Random) -> Asked:
    """Anna opened the box at home, the place first: At home, Anna opened the box."""
    event = draw_event(rng, where=1)
    rest = event.past().removesuffix(f" {event.where}")
    words = {"first": sentence(event.where, "")}
    return Asked(event.about, sentence(event.past()), sentence(f"{event.where}, {rest}"), words=words)


def what_is(rng: random.Random) -> Asked:
    """What is a violin? A violin is a musical instrument."""
    word = rng.choice([w for w in GROUP_OF if GROUP_OF[w].startswith(("a ", "an "))])
    asked = f"{article(word)} {word}"
    return Asked(word, asked, sentence(f"{asked} is {GROUP_OF[word]}"))


def find_quality(rng: random.Random) -> Asked:
    """Anna opened the old box: old."""
    added = add_word(rng)
    return Asked(added.about, added.output, added.words["word"])


def find_names(rng: random.Random) -> Asked:
    """Anna and Tom opened the box: Anna, Tom."""
    names, event = rng.sample(SHE + HE, 2), draw_event(rng, where=0.3)
    rest = event.past().removeprefix(f"{event.who} ")
    return Asked(f"{' '.join(names)} {event.verb}", f"{' and '.join(names)} {rest}.", ", ".join(names))


def _one_and_more(rng: random.Random) -> tuple[str, str]:
    """The dog is old. The dogs are old."""
    noun, quality = rng.choice([n for n in NOUNS if plural_of(n) != n]), rng.choice(QUALITIES)
    tail = f" {rng.choice(PLACES)}" if rng.random() < 0.3 else ""
    return f"The {noun} is {quality}{tail}.", f"The {plural_of(noun)} are {quality}{tail}."


SENTENCE_MAKERS: dict[str, Callable[[random.Random], Asked]] = {
    make.__name__: make
    for make in (
        *(past_tense, present_tense, future_tense, negative, question, statement, passive, active, who, where, what),
        *(ask_for, join, split, punctuate, polite, several, single, mend, other_person, pronoun, quotation, report),
        *(in_order, add_word, leave_out, begin_with, what_is, find_quality, find_names),
    )
}
