"""Short sentences that generated tasks are about: somebody does something with a thing, somewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.datasets.task_words import ADJECTIVES, GROUPS, NOUNS, OPPOSITE_OF, PLACES, listed

if TYPE_CHECKING:
    import random

SHE = listed("Anna Mary Ruth Nora Emma Kate Lucy Rosa Clara Olga Mia Jane Sarah Helen Grace Marie Sofia Laura Eve Zoe")
HE = listed("Tom Ben Paul Adam Omar Peter Hugo Karl Ivan Jack Leo Sam David Simon Felix Oscar Henry Louis Yusuf Max")
PRONOUN = dict.fromkeys(SHE, "she") | dict.fromkeys(HE, "he")
PEOPLE = [*GROUPS["a job"], *GROUPS["a member of the family"], *listed("king queen lady boy girl guest")]

# What one may do with any thing: regular verbs, and the others with their past and their participle.
REGULAR = listed(
    "open close wash paint carry clean watch touch want need like love mend move lift push pull use visit hate kick "
    "cover follow fill miss notice order pack pass present receive remember rescue share study deliver "
    "answer collect count describe destroy discover enjoy examine expect finish guard imagine inspect mention offer"
)
IRREGULAR = {
    **{"find": ("found", "found"), "lose": ("lost", "lost"), "break": ("broke", "broken"), "buy": ("bought", "bought")},
    **{"sell": ("sold", "sold"), "draw": ("drew", "drawn"), "hide": ("hid", "hidden"), "steal": ("stole", "stolen")},
    **{"bring": ("brought", "brought"), "take": ("took", "taken"), "see": ("saw", "seen"), "hear": ("heard", "heard")},
    **{"keep": ("kept", "kept"), "hold": ("held", "held"), "choose": ("chose", "chosen"), "send": ("sent", "sent")},
    **{"forget": ("forgot", "forgotten"), "throw": ("threw", "thrown"), "know": ("knew", "known")},
    **{
        "make": ("made", "made"),
        "leave": ("left", "left"),
        "build": ("built", "built"),
        "drop": ("dropped", "dropped"),
    },
}
VERBS = [*REGULAR, *IRREGULAR]
QUALITIES = sorted({*ADJECTIVES, *OPPOSITE_OF})


def third(verb: str) -> str:
    """What he or she does: carries."""
    if verb.endswith(("s", "x", "ch", "sh")):
        return f"{verb}es"
    return f"{verb[:-1]}ies" if _ends_in_y(verb) else f"{verb}s"


def past(verb: str) -> str:
    """What one did: carried, saw."""
    return IRREGULAR[verb][0] if verb in IRREGULAR else _regular(verb)


def participle(verb: str) -> str:
    """What a thing was: carried, seen."""
    return IRREGULAR[verb][1] if verb in IRREGULAR else _regular(verb)


def _regular(verb: str) -> str:
    if verb.endswith("e"):
        return f"{verb}d"
    return f"{verb[:-1]}ied" if _ends_in_y(verb) else f"{verb}ed"


def _ends_in_y(verb: str) -> bool:
    return verb.endswith("y") and verb[-2] not in "aeiou"


def article(word: str) -> str:
    """The article of a word: a or an."""
    return "an" if word[0] in "aeiou" else "a"


def sentence(text: str, mark: str = ".") -> str:
    """With a capital letter and a mark at its end."""
    return text[0].upper() + text[1:] + mark


@dataclass(frozen=True)
class Event:
    """Who does what, and where: the parts of one sentence, in small letters except for names."""

    who: str
    verb: str
    what: str
    where: str = ""

    @property
    def about(self) -> str:
        """The event, whatever its tense and voice."""
        return f"{self.who} {self.verb} {self.what}"

    def past(self) -> str:
        """As in: Anna opened the old box in the garden."""
        return self._with(past(self.verb))

    def present(self) -> str:
        """As in: Anna opens the old box in the garden."""
        return self._with(third(self.verb))

    def future(self) -> str:
        """As in: Anna will open the old box in the garden."""
        return self._with(f"will {self.verb}")

    def negative(self) -> str:
        """As in: Anna did not open the old box in the garden."""
        return self._with(f"did not {self.verb}")

    def question(self) -> str:
        """As in: did Anna open the old box in the garden."""
        return f"did {self._with(self.verb)}"

    def passive(self) -> str:
        """As in: the old box was opened by Anna."""
        return f"{self.what} was {participle(self.verb)} by {self.who}"

    def _with(self, verb: str) -> str:
        return " ".join(part for part in (self.who, verb, self.what, self.where) if part)


def draw_event(rng: random.Random, where: float = 0.5, people: bool = False) -> Event:
    """Any event; `where` is the chance that it says where, `people` wants somebody with a name."""
    named = people or rng.random() < 0.6
    who = rng.choice(list(PRONOUN)) if named else f"the {rng.choice(PEOPLE)}"
    return Event(who, rng.choice(VERBS), thing(rng), rng.choice(PLACES) if rng.random() < where else "")


def thing(rng: random.Random) -> str:
    """As in: the box, or the old box."""
    return " ".join(["the", *rng.sample(QUALITIES, rng.random() < 0.4), rng.choice(NOUNS)])
