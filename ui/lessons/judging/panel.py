"""Everything that can say which of two answers is better: measures that count, models, and a class that voted."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import InputError
from engine.evaluation.answers import chrf, rouge_l, word_list
from engine.evaluation.preferences import Preference, both_orders
from engine.evaluation.tally import by_entry
from engine.evaluation.votes import polls_of, read_votes
from ui import models
from ui.lessons.judging import asking
from ui.lessons.judging.vote import polls_folder

if TYPE_CHECKING:
    from engine.evaluation.judge import Ollama
    from engine.evaluation.small_judge import Choice
    from engine.evaluation.votes import Poll
    from ui.models import LoadedModel

COUNTED = {"rouge_l": "ROUGE-L", "chrf": "chrF", "longer": "The longer one"}
OWN, MODEL, POLL = "own", "model.", "poll."
MOST = 250  # pairs


@dataclass(frozen=True)
class Pairs:
    """Entries with the two answers that are compared: those under `key` with those under `other`.

    titles  what the two are called on screen
    """

    entries: list[dict[str, str]]
    key: str
    other: str
    titles: tuple[str, str]

    def answers(self, i: int) -> tuple[str, str]:
        """The two answers to one entry."""
        return self.entries[i][self.key], self.entries[i][self.other]


@dataclass(frozen=True)
class Judged:
    """What a judge says about each pair.

    wins         1 the answer, 0 the other, 0.5 a tie; None: not said
    preferences  where the places matter, both replies; else empty
    own          the probabilities behind them, where the sidebar's model judges
    """

    wins: list[float | None]
    preferences: list[Preference | None] = field(default_factory=list)
    own: list[tuple[Choice, Choice] | None] = field(default_factory=list)


def labels_of(pairs: Pairs, server: Ollama, owner: str | None) -> dict[str, str]:
    """Every judge there is for these pairs: name -> words."""
    # Compared with the correct answer, nearness to the correct answer says nothing.
    found = {k: v for k, v in COUNTED.items() if pairs.other != "output" or k == "longer"}
    found[OWN] = "The sidebar's model"
    found |= {f"{MODEL}{name}": f"{name} (Ollama)" for name in asking.models_of(server)}
    return found | {f"{POLL}{poll.code}": f"The class, vote {poll.code}" for poll in shown_polls(pairs, owner)}


def judge(name: str, pairs: Pairs, server: Ollama, owner: str | None) -> Judged:
    """What the judge of this name says, as far as it has been asked."""
    if name in COUNTED:
        return Judged(list(counted(pairs.entries, pairs.key, pairs.other, name)))
    if name == OWN:
        asked = [(e["instruction"], e["input"], *pairs.answers(i)) for i, e in enumerate(pairs.entries)]
        return of_own(models.infer(own_choices, models.current(), json.dumps(asked)))
    if name.startswith(MODEL):
        model = name.removeprefix(MODEL)
        return of_replies([None if v is None else v.said for v in asking.kept(owner, model, prompts_of(pairs))])
    polls = {f"{POLL}{poll.code}": poll for poll in shown_polls(pairs, owner)}
    return Judged(votes_on(polls[name], pairs))


@st.cache_data(max_entries=32, show_spinner=False)
def counted(entries: list[dict[str, str]], key: str, other: str, name: str) -> list[float]:
    """1 where the answer has more of what is counted, 0 where the other has, 0.5 where they have the same."""
    measure = {"rouge_l": rouge_l, "chrf": chrf, "longer": lambda text, _: len(word_list(text))}[name]
    found = []
    for entry in entries:
        one, two = (float(measure(entry[k], entry["output"])) for k in (key, other))
        found.append(0.5 if one == two else float(one > two))
    return found


def own_choices(loaded: LoadedModel, text: str) -> list[tuple[Choice, Choice] | None]:
    """For ui.models.infer: the model's choice in both orders; None for a pair that does not fit into its context."""
    from engine.evaluation.small_judge import prefer

    found: list[tuple[Choice, Choice] | None] = []
    for instruction, given, one, two in json.loads(text):
        try:
            entry = {"instruction": instruction, "input": given, "output": ""}
            found.append(prefer(loaded.model, loaded.tokenizer, entry, one, two))
        except InputError:
            found.append(None)
    return found


def of_own(choices: list[tuple[Choice, Choice] | None]) -> Judged:
    """Probabilities as preferences."""
    from engine.evaluation.small_judge import preference

    said = [None if both is None else preference(both) for both in choices]
    return Judged([None if p is None else p.wins for p in said], said, choices)


def prompts_of(pairs: Pairs) -> list[str]:
    """Two questions about each pair, one after the other."""
    return [prompt for i, entry in enumerate(pairs.entries) for prompt in both_orders(entry, *pairs.answers(i))]


def of_replies(said: list[str | None]) -> Judged:
    """Replies to `prompts_of` as preferences; a pair with a missing reply has none yet."""
    both = list(zip(said[::2], said[1::2], strict=True))
    found = [None if one is None or two is None else Preference((one, two)) for one, two in both]
    return Judged([None if p is None else p.wins for p in found], found)


def shown_polls(pairs: Pairs, owner: str | None) -> list[Poll]:
    """One's own votes about these answers whose names are shown; before that they are nobody's business."""
    if not owner:
        return []
    polls = [p for p in polls_of(polls_folder(), owner) if p.state == "revealed" and p.names == pairs.titles]
    return [poll for poll in polls if any(wins is not None for wins in votes_on(poll, pairs))]


def votes_on(poll: Poll, pairs: Pairs) -> list[float | None]:
    """The share of a class's votes that the answer has, for each pair that was voted on."""
    tallies = by_entry(read_votes(poll), len(poll.pairs))
    shares = {
        (p.instruction, p.input, p.a, p.b): 1 - tally.win_rate  # a tally's rate is that of the other one, b
        for p, tally in zip(poll.pairs, tallies, strict=True)
        if tally.total
    }
    return [shares.get((e["instruction"], e["input"], *pairs.answers(i))) for i, e in enumerate(pairs.entries)]
