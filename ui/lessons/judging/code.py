"""The engine's calls behind each part of the page, with the values on screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ui.code import model_cell

if TYPE_CHECKING:
    from engine.evaluation.responses import Responses
    from ui.share import PageState

SHOWN_ENTRIES = 3
EXAMPLE = """\
from engine.evaluation.responses import load_example

responses = load_example()
"""
OTHERS = """\
import json
from engine.evaluation.responses import check_responses

# The first entries on screen; read_responses takes the bytes of a whole file.
responses = check_responses(json.loads({text!r}))
"""
MEASURE = """\
from engine.evaluation.agreement import mean_interval
from engine.evaluation.answers import measure

for key in responses.keys:
    values = [measure(entry, entry[key]).{measure} for entry in responses.entries]
    values = [float(value) for value in values if value is not None]
    if values:
        print(key, "{measure}:", sum(values) / len(values), "95% interval", mean_interval(values))
"""
MODEL = """\
from engine.errors import JudgeError
from engine.evaluation.judge import Ollama, allowed_addresses, health
from engine.evaluation.judge import score_prompt
from engine.evaluation.verdicts import judge_all

entries, key, model = responses.entries[:{number}], {key!r}, {model!r}
try:
    server = Ollama(allowed_addresses()[0])
    print(health(server))
    for verdict in judge_all(server, model, [score_prompt(entry, entry[key]) for entry in entries]):
        print(verdict.score, verdict.said)
except JudgeError as error:
    print("No judge:", error)
"""
PAIRS = """\
from engine.evaluation.agreement import fit_length, mean_interval
from engine.evaluation.answers import chrf, rouge_l, word_list

key, other = {key!r}, {other!r}
entries = responses.entries[:{number}]


def longer(text, correct):
    return len(word_list(text))


def wins(judge):
    scores = [(judge(e[key], e["output"]), judge(e[other], e["output"])) for e in entries]
    return [0.5 if a == b else float(a > b) for a, b in scores]


differences = [len(word_list(e[key])) - len(word_list(e[other])) for e in entries]
for judge in (rouge_l, chrf, longer):
    won = wins(judge)
    print(judge.__name__, "win rate", sum(won) / len(won), "95% interval", mean_interval(won))
    if 0 < sum(won) < len(won):
        print("  length-controlled", fit_length(differences, won).at_equal_length)
"""
OWN = """\
from engine.evaluation.preferences import count_outcomes, one_order
from engine.evaluation.small_judge import prefer, preference

asked = [preference(prefer(model, tokenizer, e, e[key], e[other])) for e in entries]
print(count_outcomes(asked))
print("win rate with the answer always first, and always second:", one_order(asked))
"""
JURY = """\
from engine.evaluation.agreement import alpha
from engine.evaluation.preferences import majority, side

judges = [wins(judge) for judge in (rouge_l, chrf, longer)]
together = [majority(column) for column in zip(*judges)]
print("the majority's win rate", sum(together) / len(together))
print("Krippendorff's alpha", alpha([[side(w) for w in column] for column in zip(*judges)]))
"""
SCORES = """\
from engine.evaluation.agreement import spearman
from engine.evaluation.answers import measure

found = [measure(entry, entry[{key!r}]) for entry in responses.entries]
print("Spearman of ROUGE-L and chrF:", spearman([m.rouge_l for m in found], [m.chrf for m in found]))
"""
VOTE = """\
import tempfile
from pathlib import Path
from engine.evaluation.tally import count_votes
from engine.evaluation.votes import Pair, cast, create_poll, read_votes, set_state

key, other = {key!r}, {other!r}
pairs = [Pair(e["instruction"], e["input"], e[key], e[other]) for e in responses.entries[:{number}]]
poll = create_poll(Path(tempfile.mkdtemp()), "teacher", "Which is better?", (key, other), pairs)
cast(poll, "a voter", 0, "a")
cast(poll, "another voter", 0, "tie")
poll = set_state(poll, "teacher", "revealed")
tally = count_votes(read_votes(poll))
print(poll.names, tally, "win rate of the second", tally.win_rate, tally.interval)
"""


def cells(state: PageState, part: str, responses: Responses, example: bool, model: str) -> list[str]:
    """The notebook's cells for the chosen part. They ask the page's state for what its controls hold."""

    def value(name: str, default: object) -> object:
        import streamlit as st

        return st.session_state.get(f"{state.slug}.{name}", default)

    some = json.dumps(responses.entries[:SHOWN_ENTRIES], ensure_ascii=False)
    first = EXAMPLE if example else OTHERS.format(text=some)
    key = value("key", responses.keys[0])
    if part == "measure":
        return [first, MEASURE.format(measure=value("measure", "rouge_l"))]
    if part == "model":
        return [first, MODEL.format(key=key, number=value("scored", 1), model=value("judge", "llama3"))]
    other = value("against", "output")
    if part == "vote":
        return [first, VOTE.format(key=key, other=other, number=value("entries", 1))]
    if part == "agree" and value("agree", "jury") == "scores":
        return [first, SCORES.format(key=key)]
    pairs = PAIRS.format(key=key, other=other, number=value("pairs", 1))
    if part == "agree":
        return [first, pairs, JURY]
    return [first, pairs, model_cell(model), OWN]
