"""The part on the KV cache: the same text written with and without it, every token timed on this machine."""

from __future__ import annotations

import time
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import streamlit as st

from engine.tokenizers.pretrained import encode_text
from ui import asked, models
from ui.figures.generating import time_curve
from ui.lesson import friendly_errors
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.analysis.greedy import TimedToken
    from ui.models import LoadedModel
    from ui.share import PageState

RESULT = "generating-times"
ASKED = "generating"
LENGTHS = {"32": "32", "96": "96", "200": "200"}
NAMES = {False: "everything again", True: "with KV cache"}
PATIENCE = 25.0  # seconds for each of the two
RUNS = 3


@dataclass(frozen=True)
class Times:
    """What was measured: every token with its time, without and with the cache."""

    tokens: dict[bool, list[TimedToken]]

    @property
    def common(self) -> int:
        """Tokens that both wrote before patience ended."""
        return min(map(len, self.tokens.values()))


def measure(loaded: LoadedModel, text: str, tokens: int, patience: float = PATIENCE) -> Times:
    """Write the tokens both ways, with a bar of progress; of several runs the shortest time of each token counts.

    patience  seconds for each way; what is written by then is what there is

    Raises InputError when text and tokens do not fit into the context, or the text is empty.
    """
    from engine.analysis.greedy import timed_tokens

    ids = encode_text(loaded.tokenizer, text)
    timed_tokens(loaded.model, ids, tokens, use_cache=True)  # complains before anything is drawn
    found = {}
    bar = st.progress(0.0, "Writing …")
    with models.GATE:
        for half, use_cache in enumerate(NAMES):
            for _ in timed_tokens(loaded.model, ids, 1, use_cache):
                pass  # the first token warms up: weights are laid out for writing
            best: dict[int, TimedToken] = {}
            for number, token in enumerate(_within(patience, _runs(loaded, ids, tokens, use_cache))):
                place = number % tokens
                best[place] = min(token, best.get(place, token), key=attrgetter("seconds"))
                if place % 10 == 0:
                    done = (half + number / (RUNS * tokens)) / 2
                    bar.progress(done, f"Writing, {NAMES[use_cache]} …")
            found[use_cache] = list(best.values())
    bar.empty()
    return Times(found)


def _runs(loaded: LoadedModel, ids: list[int], tokens: int, use_cache: bool) -> Iterator[TimedToken]:
    from engine.analysis.greedy import timed_tokens

    for _ in range(RUNS):
        yield from timed_tokens(loaded.model, ids, tokens, use_cache)


def _within(seconds: float, tokens: Iterator[TimedToken]) -> Iterator[TimedToken]:
    """The tokens until time is up, at least one."""
    end = time.monotonic() + seconds
    for token in tokens:
        yield token
        if time.monotonic() > end:
            return


def verdict(times: Times) -> str:
    """Whether both wrote the same, and how long each took."""
    again, cached = (times.tokens[use_cache][: times.common] for use_cache in NAMES)
    slow, quick = (sum(token.seconds for token in tokens) for tokens in (again, cached))
    first, last = again[0], again[-1]
    parting = next((i for i, (a, b) in enumerate(zip(again, cached, strict=True)) if a.id != b.id), None)
    words = (
        f"Both wrote **the same {count(times.common)} tokens**. "
        if parting is None
        else f"The two parted at token {parting + 1}: two tokens were so close that rounding decided. "
    )
    return (
        f"{words}Everything again: **{fmt(slow)} s**; with the cache **{fmt(quick)} s**, {fmt(slow / quick)} times as "
        f"fast. Everything again, the first token took {fmt(1000 * first.seconds)} ms at {count(first.length)} tokens "
        f"of text, the last {fmt(1000 * last.seconds)} ms at {count(last.length)}; with the cache "
        f"{fmt(1000 * cached[0].seconds)} ms and {fmt(1000 * cached[-1].seconds)} ms."
    )


def measure_anew(question: tuple[str, str, int]) -> None:
    """A callback: this is to be measured, now."""
    asked.ask(ASKED, question)
    st.session_state.pop(RESULT, None)


def show(state: PageState, loaded: LoadedModel, text: str) -> None:
    """The explanation, the button, and what was measured for just this text."""
    left, right = st.columns([1, 1.6], gap="large")
    with left:
        st.markdown(
            "At every step the loop reads the whole text again, although only one token is new. The keys and values of "
            "the older tokens come out the same each time, because no token looks to its right. So they can be "
            "**kept**, in every block, and only the new token has to be computed: that is the **KV cache**."
        )
        tokens = int(state.choice("tokens", "Tokens to write", list(LENGTHS), "96", labels=LENGTHS))
        question = (loaded.name, text, tokens)
        st.button(
            "Measure on this machine", icon=":material/timer:", key="measure", on_click=measure_anew, args=(question,)
        )
    with right, friendly_errors():
        if asked.latest(ASKED) != question:
            st.caption("Press the button: nothing is drawn here that was not measured on this machine just now.")
            return
        times = st.session_state.get(RESULT)
        if times is None:
            times = st.session_state[RESULT] = measure(loaded, text, tokens)
        series = {
            NAMES[use_cache]: [(token.length, token.seconds) for token in tokens_]
            for use_cache, tokens_ in times.tokens.items()
        }
        frame, spec = time_curve(series)
        st.vega_lite_chart(frame, spec, key="times", alt="Time of each token with and without the KV cache")
        st.markdown(verdict(times))
        st.caption(
            f"Each point is one token: the shortest of up to {RUNS} runs, with all that happens to choose it. Where "
            "points jump, the machine was busy with something else."
        )
