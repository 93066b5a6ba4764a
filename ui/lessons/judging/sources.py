"""Where the answers come from: written just now by two decoders, a finished tuning of one's own, or a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from engine.datasets.reading import ENCODINGS, read_text
from engine.errors import InputError
from engine.evaluation.responses import Responses, load_example, read_responses
from engine.jobs.store import all_jobs, runs_folder
from ui import models

if TYPE_CHECKING:
    from ui.models import LoadedModel
    from ui.share import PageState

ANSWERED = 8  # entries that are answered live
ANSWER_TOKENS = 24
EXAMPLE, LIVE, FILE, RUN = "example", "live", "file", "run."
RUN_TITLES = {"model_response": "tuned", "before": "untuned"}


@st.cache_resource(max_entries=8, show_spinner=False)
def read_file(data: bytes, name: str) -> Responses:
    """The answers in a file, read once."""
    return read_responses(data, name)


def from_file(data: bytes, name: str) -> Responses:
    """The answers in a file; says so when it is not in UTF-8."""
    found = read_file(data, name)
    reading = read_text(data, name)
    if not reading.encoding.startswith("utf-8"):
        st.caption(f"Read as {ENCODINGS[reading.encoding]}. If letters look wrong, save it as UTF-8.")
    return found


@st.cache_resource(max_entries=1, show_spinner=False)
def example() -> Responses:
    """The answers that come with Glassbox, read once."""
    return load_example()


def is_example(state: PageState) -> bool:
    """Whether they are on screen."""
    return bool(st.session_state.get(f"{state.slug}.answers", EXAMPLE) == EXAMPLE)


def two_decoders(loaded: LoadedModel, text: str, seed: int) -> Responses:
    """The model's answers to a few of our held-out instructions, greedy and sampled; `text` is not used."""
    import torch

    from engine.datasets.instructions import STYLES, load_own_instructions, split_instructions
    from engine.decoding import DecodingSettings, stream
    from engine.tokenizers.pretrained import encode_text

    stop = (loaded.tokenizer.eot_token,)
    kinds = {
        "greedy": DecodingSettings(max_new_tokens=ANSWER_TOKENS, temperature=0.0, stop_ids=stop),
        "sampled": DecodingSettings(max_new_tokens=ANSWER_TOKENS, temperature=1.0, stop_ids=stop, seed=seed),
    }
    entries = []
    for entry in split_instructions(load_own_instructions())[2][:ANSWERED]:
        prompt = encode_text(loaded.tokenizer, STYLES["alpaca"].prompt(entry))
        ids = torch.tensor([prompt], device=loaded.device)
        answers = {}
        for name, settings in kinds.items():
            new = [int(step.ids[0]) for step in stream(loaded.model, ids, settings)]
            answers[name] = loaded.tokenizer.decode([i for i in new if i not in stop]).strip()
        entries.append(entry | answers)
    return Responses(entries, list(kinds))


def finished(owner: str | None) -> dict[str, str]:
    """The visitor's tunings whose answers are there: id -> title."""
    if not owner:
        return {}
    jobs = all_jobs(runs_folder(), owner)
    return {job.id: job.title for job in jobs if (job.folder / "responses.json").is_file()}


def choose(state: PageState, owner: str | None) -> Responses | None:
    """The control for the answers, and the chosen ones; None while there are none.

    Raises InputError for a file that cannot be used.
    """
    mine = finished(owner)
    labels = {EXAMPLE: "Our example", LIVE: "Two decoders, live", FILE: "A file"} | {
        f"{RUN}{i}": f"My run: {t}" for i, t in mine.items()
    }
    source = state.select("answers", "Answers", list(labels), EXAMPLE, labels=labels)
    if source == EXAMPLE:
        st.caption(
            "250 instructions that no tuning saw, answered by the pocket model three times: untuned, and tuned on our "
            "own entries with 4,000 or 40,000 generated tasks."
        )
        return example()
    if source == LIVE:
        seed = state.number("seed", "Seed of the sampled answers", 0, 9_999, 1)
        st.caption(
            f"The sidebar's model answers {ANSWERED} of our held-out instructions twice: *greedy* takes the likeliest "
            "token, *sampled* draws at temperature 1. A model that was never tuned goes on writing instead of "
            "answering."
        )
        with st.spinner("Answering …"):
            return models.infer(two_decoders, models.current(), "", seed=seed)
    if source == FILE:
        file = st.file_uploader("JSON as the notes save it in 7.7", type=["json"], key="judging-file")
        st.caption("A list of entries with instruction, input, output and the answers, such as model_response.")
        return from_file(file.getvalue(), file.name) if file else None
    path = runs_folder() / source.removeprefix(RUN) / "responses.json"
    try:
        return replace(read_file(path.read_bytes(), "responses.json"), titles=RUN_TITLES)
    except OSError as e:
        raise InputError(f"the answers of this run cannot be read ({e.strerror or e}); choose others.") from e


def choose_key(state: PageState, responses: Responses, label: str) -> str:
    """The control for whose answers."""
    titles = {key: responses.title(key) for key in responses.keys}
    return str(state.select("key", label, responses.keys, responses.keys[0], labels=titles))


def choose_two(state: PageState, responses: Responses) -> tuple[str, str]:
    """The controls for whose answers against whose: those of another, or the correct ones."""
    key = choose_key(state, responses, "Answers of")
    others = [*(k for k in responses.keys if k != key), "output"]
    titles = {other: responses.title(other) for other in others}
    return key, str(state.select("against", "against", others, others[0], labels=titles))
