"""The controls of the decoding lesson, and the text and settings that they stand for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import InputError
from engine.tokenizers.pretrained import token_text
from ui import models, next_token
from ui.lessons.decoding import code as calls
from ui.numbers import fmt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from engine.branching import Node
    from engine.sampling import DecodingSettings
    from ui.models import LoadedModel
    from ui.next_token import NextScores, OneDraw, Path, Written
    from ui.share import PageState

PROMPT = "The old man opened the door and"
ALL = "all"
TOP_K = [*range(1, 21), 25, 30, 40, 50, 75, 100, 200, 500, 1000, 2000, 5000]
LARGEST_SEED = 99_999
# The path is part of the link.
MOST_ADDED = 200
# Sliders: the lowest and highest value, the one that it starts with, and the step.
BOUNDS = {
    "temperature": (0.0, 2.0, 0.8, 0.05),
    "top_p": (0.05, 1.0, 1.0, 0.05),
    "min_p": (0.0, 0.5, 0.0, 0.01),
    "penalty": (1.0, 2.0, 1.0, 0.05),
}
FIELDS = {"penalty": "repetition_penalty"}


@dataclass(frozen=True)
class Setting:
    """What the controls say: a prompt, and how to draw what follows."""

    prompt: str
    settings: DecodingSettings


@dataclass(frozen=True)
class Text:
    """A text, the model's scores for what comes next, and the settings that the next token is drawn with."""

    state: PageState
    loaded: LoadedModel
    prompt: str
    path: Path
    settings: DecodingSettings
    now: NextScores

    @cached_property
    def draw(self) -> OneDraw:
        """All stages, and the draw."""
        return next_token.draw_once(self.now, self.settings)

    def label(self, token: int) -> str:
        """A token's text for people."""
        return token_text(self.loaded.tokenizer, token)

    def title(self, stage: str) -> str:
        """What a stage is called on pictures, with its value."""
        s = self.settings
        values = {
            "temperature": s.temperature,
            "top-k": s.top_k,
            "top-p": s.top_p,
            "min-p": s.min_p,
            "repetition penalty": s.repetition_penalty,
        }
        return "the model" if stage == "model" else f"{stage} {values[stage]:g}"

    def mark(self) -> str:
        """The mark of this very text, added tokens included."""
        return next_token.text_mark(self.loaded.tokenizer, f"{self.prompt}|{self.path}")

    def write(self, count: int) -> tuple[Written, ...]:
        """The next tokens of this text under these settings."""
        settings = replace(self.settings, max_new_tokens=count)
        return models.infer(next_token.write, self.loaded, self.prompt, path=self.path, settings=settings)

    def tree(self, opened: Collection[Path]) -> Node:
        """The tree of continuations as far as it is opened."""
        return next_token.tree(self.loaded, self.prompt, self.path, opened, self.settings)

    def code(self, cell: str) -> list[str]:
        """The engine calls behind the page, as cells of a notebook; the last is `cell`."""
        return [calls.setup_code(self.loaded.name, self.prompt, self.path, self.settings), cell]


def controls(state: PageState) -> Setting:
    """Prompt, filters in the order in which they work, and seed."""
    for sentence in refused(state):
        st.warning(sentence, icon=":material/link_off:")
    prompt = state.text("text", "Prompt", PROMPT, area=True, height=80)
    settings = decoding_settings(
        penalty=slider(state, "penalty", "Repetition penalty", "1 is off. Lowers tokens that the text already has."),
        temperature=slider(state, "temperature", "Temperature", "Divides the scores. 0 takes the best token, always."),
        top_k=top_k(state, "top_k"),
        top_p=slider(state, "top_p", "Top-p", "1 is off. Keeps the fewest best tokens with this probability together."),
        min_p=slider(state, "min_p", "Min-p", "0 is off. Keeps tokens with this share of the best one's probability."),
        seed=seed(state),
    )
    return Setting(prompt, settings)


def second_setting(text: Text) -> Text:
    """The controls of setting B, and the same text with it; seed and repetition penalty are those of A."""
    with st.container(border=True):
        st.markdown("**Setting B**. A is set by the other sliders; seed and repetition penalty are the same for both.")
        one, two, three = st.columns(3)
        with one:
            temperature = round(text.state.slider("temperature_b", "Temperature B", 0.0, 2.0, 1.5, 0.05), 4)
        with two:
            k = top_k(text.state, "top_k_b", "Top-k B", ALL)
        with three:
            p = round(text.state.slider("top_p_b", "Top-p B", 0.05, 1.0, 1.0, 0.05), 4)
    settings = decoding_settings(
        penalty=text.settings.repetition_penalty,
        temperature=temperature,
        top_k=k,
        top_p=p,
        min_p=0.0,
        seed=text.settings.seed or 0,
    )
    return Text(text.state, text.loaded, text.prompt, text.path, settings, text.now)


def decoding_settings(
    *, penalty: float, temperature: float, top_k: int | None, top_p: float, min_p: float, seed: int
) -> DecodingSettings:
    """The engine's settings; filters that keep everything are left off, so that they are no stage."""
    from engine.sampling import DecodingSettings

    return DecodingSettings(
        max_new_tokens=1,
        temperature=temperature,
        top_k=top_k,
        top_p=None if top_p == 1 else top_p,
        min_p=min_p or None,
        repetition_penalty=penalty,
        seed=seed,
    )


def slider(state: PageState, name: str, label: str, about: str) -> float:
    """One of the sliders in BOUNDS."""
    low, high, start, step = BOUNDS[name]
    # The browser counts steps in floating point: 0.15000000000000002 is 0.15.
    return round(float(state.slider(name, label, low, high, start, step, help=about)), 4)


def top_k(state: PageState, name: str, label: str = "Top-k", start: str = "10") -> int | None:
    """How many best tokens to keep, None for all; a link may ask for any number of at least 1."""

    def read(text: str) -> str:
        if text != ALL and not 1 <= int(text) <= 1_000_000:
            raise ValueError(text)
        return text if text == ALL else str(int(text))

    key = state.register(name, start, read)
    current = st.session_state[key]
    sizes = sorted({*TOP_K, *([int(current)] if current != ALL else [])})
    options = [*map(str, sizes), ALL]
    chosen = st.select_slider(
        label,
        options,
        key=key,
        on_change=state.sync,
        persist_state="session",
        help="Keeps the k best tokens, and all that tie with the last of them.",
    )
    return None if chosen == ALL else int(chosen)


def seed(state: PageState) -> int:
    """The seed of the random numbers, with a button that takes the next one."""
    field, button = st.columns([1, 1], vertical_alignment="bottom")
    with field:
        value = int(state.number("seed", "Seed of the draws", 0, LARGEST_SEED, 1, help="Same seed, same numbers"))
    following = (value + 1) % (LARGEST_SEED + 1)
    button.button("Draw again", on_click=state.set, kwargs={"seed": following}, help="The next seed", width="stretch")
    return value


def refused(state: PageState) -> Iterator[str]:
    """A sentence for each value of a link just opened that decoding or this page cannot do."""
    from engine.sampling import DecodingSettings

    for name in ("temperature", "top_k", "top_p", "min_p", "penalty"):
        text = st.query_params.get(name)
        if text is None or text == ALL:
            continue
        try:
            value = int(text) if name == "top_k" else float(text)
            fields: dict[str, Any] = {FIELDS.get(name, name): value}
            DecodingSettings(**fields)
        except InputError as error:
            yield f"In this link {error} The page goes on with a value that works."
            continue
        except ValueError:
            yield f"In this link {name} is no number. The page goes on with a value that works."
            continue
        low, high, *_ = BOUNDS.get(name, (1, 1_000_000))
        if not low <= value <= high:
            yield f"In this link {name} is {text}; this page goes from {fmt(low)} to {fmt(high)} and shows the nearest."


def current_text(state: PageState, setting: Setting) -> Text:
    """The prompt with the tokens added to it, and what the model says comes next.

    Raises InputError for an empty prompt.
    """
    loaded = models.current()
    mark = next_token.text_mark(loaded.tokenizer, setting.prompt)
    paths = next_token.unpack(state.value("added", ""), mark, loaded.tokenizer.n_vocab)
    path = paths[0][:MOST_ADDED] if paths else ()
    now = models.infer(next_token.next_scores, loaded, setting.prompt, path=path)
    return Text(state, loaded, setting.prompt, path, setting.settings, now)


def choose_path(text: Text, path: Path) -> None:
    """A callback: these tokens follow the prompt."""
    mark = next_token.text_mark(text.loaded.tokenizer, text.prompt)
    text.state.set(added=next_token.pack(mark, [path]) if path else "", token="")
