"""The state of a page in its URL: every control of a lesson, readable in the link and checked on the way in.

Why not `bind="query-params"`: with Streamlit 1.67 the browser writes a bound value to the URL by itself, and
the server's copy of the URL goes stale; the next value set from Python (a clicked cell, a reset) then sends
the stale copy and drops the others. Here the server alone writes the URL, whole, from the values it holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# A link must survive mail programs, proxies and the server's own limit of 64 kB for a request line.
LINK_TEXT_BYTES = 8_000
SEEN = "_url_seen"
WAITING = "_waiting_for_key"  # set by ui.owner while a new browser makes its key
LEFT_OUT = "_left_out_of_link"


@dataclass(frozen=True)
class Param:
    """One value that lives in the URL: where it is kept, its default, and how it is read back."""

    key: str
    default: Any
    read: Callable[[str], Any]


class PageState:
    """The controls of one page: each method draws one, keeps its value in the URL and returns it, checked.

    slug  the page's name; keeps its controls apart from those of other pages
    """

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.params: dict[str, Param] = {}
        self.globals: dict[str, Param] = {}
        seen_slug, self.seen = st.session_state.get(SEEN, ("", {}))
        now = st.query_params.to_dict()
        # On this page a value that left the URL (back button) is back at its default; on arriving it stays.
        self.changed = {name for name in {*now, *self.seen} if now.get(name) != self.seen.get(name)}
        if seen_slug != slug:
            self.changed = set(now)

    def register(self, name: str, default: Any, read: Callable[[str], Any], shared: bool = False) -> str:
        """Make `name` part of the URL, take its value from there if it is new, and return its session key.

        read    turns the URL's text into a value; a ValueError means the default
        shared  the same value on every page (the model, presentation mode)
        """
        key = name if shared else f"{self.slug}.{name}"
        (self.globals if shared else self.params)[name] = Param(key, default, read)
        if name in self.changed or key not in st.session_state:
            text = st.query_params.get(name)
            try:
                value = default if text is None else read(text)
            except ValueError:
                value = default
            st.session_state[key] = value
            self.changed.discard(name)
        return key

    def _correct(self, key: str, value: Any) -> None:
        # Only when it differs: writing a widget's value back while it is dragged would make it jump.
        if st.session_state[key] != value:
            st.session_state[key] = value

    def _bounded(self, name: str, low: float, high: float, default: float) -> str:
        """Register a number within bounds; returns its session key."""
        key = self.register(name, default, number_reader(low, high))
        value, bounds = clamp(st.session_state[key], low, high, default), f"{key}-bounds"
        if st.session_state.get(bounds, (low, high)) != (low, high):
            # With new bounds it is a new widget to Streamlit, which would start it at its lowest value.
            st.session_state[key] = value
        st.session_state[bounds] = (low, high)
        self._correct(key, value)
        return key

    def slider(
        self,
        name: str,
        label: str,
        low: float,
        high: float,
        default: float,
        step: float | None = None,
        **options: Any,
    ) -> Any:
        """A slider from low to high; whole numbers when low is one."""
        key = self._bounded(name, low, high, default)
        value = st.slider(label, low, high, step=step, key=key, on_change=self.sync, persist_state="session", **options)
        return clamp(value, low, high, default)

    def number(
        self,
        name: str,
        label: str,
        low: float,
        high: float,
        default: float,
        step: float | None = None,
        **options: Any,
    ) -> Any:
        """A number field from low to high; whole numbers when low is one."""
        key = self._bounded(name, low, high, default)
        value = st.number_input(
            label, low, high, step=step, key=key, on_change=self.sync, persist_state="session", **options
        )
        return clamp(value, low, high, default)

    def choice(
        self,
        name: str,
        label: str,
        options: Sequence[str],
        default: str,
        labels: dict[str, str] | None = None,
        **more: Any,
    ) -> str:
        """One of a few options side by side; `labels` gives the words for each."""
        return self._one_of(
            st.segmented_control, name, label, options, default, labels, required=True, wrap=True, **more
        )

    def select(
        self,
        name: str,
        label: str,
        options: Sequence[str],
        default: str,
        labels: dict[str, str] | None = None,
        **more: Any,
    ) -> str:
        """One of many options in a drop-down list."""
        return self._one_of(st.selectbox, name, label, options, default, labels, **more)

    def _one_of(
        self,
        widget: Callable[..., Any],
        name: str,
        label: str,
        options: Sequence[str],
        default: str,
        labels: dict[str, str] | None,
        shared: bool = False,
        **more: Any,
    ) -> str:
        key = self.register(name, default, str, shared)
        self._correct(key, st.session_state[key] if st.session_state[key] in options else default)
        words = labels or {}
        value = widget(
            label,
            options,
            key=key,
            format_func=lambda option: words.get(option, option),
            on_change=self.sync,
            persist_state="session",
            **more,
        )
        return value if value in options else default

    def toggle(self, name: str, label: str, default: bool = False, shared: bool = False, **more: Any) -> bool:
        """On or off."""
        key = self.register(name, default, read_bool, shared)
        return bool(st.toggle(label, key=key, on_change=self.sync, persist_state="session", **more))

    def text(self, name: str, label: str, default: str, area: bool = False, **more: Any) -> str:
        """A line of text, or with area=True a field of several lines. Any string; never None."""
        key = self.register(name, default, str)
        widget = st.text_area if area else st.text_input
        value = widget(label, key=key, on_change=self.sync, persist_state="session", **more)
        return clean_text(value or "")

    def value(self, name: str, default: str, options: Sequence[str] | None = None) -> str:
        """A value without a control of its own, such as the chosen cell; set it with `set`."""
        key = self.register(name, default, str)
        # Reading and writing back keeps it through visits to other pages.
        current = st.session_state[key]
        if options is not None and current not in options:
            current = default
        st.session_state[key] = current
        return current

    def set(self, **values: Any) -> None:
        """Give controls new values, also those not drawn just now; call it from a callback."""
        for name, value in values.items():
            st.session_state[f"{self.slug}.{name}"] = value
        self.sync()

    def reset(self) -> None:
        """Every control of the page back to its default; a callback."""
        for key in [key for key in st.session_state if str(key).startswith(f"{self.slug}.")]:
            del st.session_state[key]
        for param in self.params.values():
            st.session_state[param.key] = param.default
        self.sync()

    def sync(self) -> None:
        """Write what differs from the defaults to the URL; the frame does so after every run."""
        query: dict[str, str] = {}
        left_out: list[str] = []
        for name, param in {**self.globals, **self.params}.items():
            value = st.session_state.get(param.key, param.default)
            if value == param.default or value is None:
                continue
            text = as_text(value)
            if len(quote(text)) > LINK_TEXT_BYTES:
                left_out.append(f"{name} ({len(text):,} characters)")
            else:
                query[name] = text
        if st.session_state.get(WAITING):  # controls that wait for the visitor's key will want their values
            known = {**self.globals, **self.params}
            query |= {name: text for name, text in st.query_params.items() if name not in known}
        st.session_state[LEFT_OUT] = left_out
        if query != st.query_params.to_dict():
            st.query_params.from_dict(query)
        st.session_state[SEEN] = (self.slug, query)


def left_out_of_link() -> str:
    """A sentence about what is too long for a link, empty when nothing is."""
    left_out = st.session_state.get(LEFT_OUT)
    if not left_out:
        return ""
    return f"Too long for a link, so left out of it: {', '.join(left_out)}. Everything else is in it."


def address(slug: str, **query: str) -> str:
    """The whole address of a page of ours, as this visitor's browser reaches the server."""
    here = urlsplit(st.context.url or "")
    folder = here.path.rpartition("/")[0]
    start = f"{here.scheme}://{here.netloc}{folder}" if here.netloc else ""
    return f"{start}/{slug}?{urlencode(query)}"


def clamp(value: Any, low: float, high: float, default: float) -> Any:
    """The value within its bounds, of their kind; the default for what is no number."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return default
    return type(low)(min(max(value, low), high))


def number_reader(low: float, high: float) -> Callable[[str], Any]:
    """A reader of numbers from a URL, clamped to the bounds; ValueError for anything else."""

    def read(text: str) -> Any:
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(text)
        return type(low)(min(max(value, low), high))

    return read


def read_bool(text: str) -> bool:
    """True for 1 or true, false for 0 or false; ValueError for anything else."""
    lowered = text.lower()
    if lowered not in {"1", "0", "true", "false"}:
        raise ValueError(text)
    return lowered in {"1", "true"}


def as_text(value: Any) -> str:
    """A value as the URL writes it: 1 and 0 for booleans, the shortest exact form for numbers."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return repr(round(value, 12)).removesuffix(".0")
    return clean_text(str(value))


def clean_text(text: str) -> str:
    """The text with halves of broken surrogate pairs replaced, so that it can be sent and encoded."""
    return text.encode("utf-8", "replace").decode("utf-8")
