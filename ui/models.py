"""The model that pages use: chosen in the sidebar, loaded once per server, shared by all sessions."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from engine.config import GPT2_SIZES, POCKET_CONFIG, GPTConfig, parameter_count

if TYPE_CHECKING:
    from collections.abc import Callable

    import tiktoken
    import torch

    from engine.model import GPTModel
    from ui.share import PageState

POCKET = "pocket"
# Forward passes that run at once; more would only slow one another down.
GATE = threading.BoundedSemaphore(2)
T = TypeVar("T")


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to use: read-only, in evaluation mode, shared by every session of the server."""

    name: str
    model: GPTModel
    tokenizer: tiktoken.Encoding
    device: torch.device


def configs() -> dict[str, GPTConfig]:
    """The models that a page can be shown with, and their sizes; the pocket model first."""
    return {POCKET: POCKET_CONFIG, **GPT2_SIZES}


def installed(name: str) -> bool:
    """Whether the model's weights are on this machine."""
    if name == POCKET:
        return True
    from engine.weights.catalog import find_size, is_installed

    return is_installed(find_size(name))


def picker(state: PageState) -> None:
    """The sidebar's choice of model, with its size and device; its name is in the URL as `model`."""
    sizes = configs()
    name = state.select("model", "Model", list(sizes), POCKET, labels=model_labels(), shared=True)
    if installed(name):
        st.caption(f"{parameter_count(sizes[name]):,} parameters, {device_label()}.")
    else:
        from engine.weights.catalog import find_size

        release = find_size(name)
        st.caption(
            "Not installed, so the pocket model answers. In a terminal: "
            f"`python -m engine download {release.size}` ({release.download_bytes / 1e9:.1f} GB)"
        )


def model_labels() -> dict[str, str]:
    """What the picker calls each model."""
    return {POCKET: "Pocket (our own)", **{name: name.replace("gpt2", "GPT-2", 1) for name in GPT2_SIZES}}


def device_label() -> str:
    """Where models run, in words; not looked up before the first one is loaded, because it needs torch."""
    if "torch" not in sys.modules:
        return "not loaded yet"
    from engine.device import describe_device, pick_device

    return f"on {describe_device(pick_device())}"


def current_name() -> str:
    """The chosen model's name, or the pocket model's when the chosen one is not installed. Needs no torch."""
    name = st.session_state.get("model", POCKET)
    return name if name in configs() and installed(name) else POCKET


def current() -> LoadedModel:
    """The chosen model, loaded if it is not yet.

    Raises WeightsError when its files are damaged.
    """
    return load(current_name())


@st.cache_resource(max_entries=2, show_spinner="Loading the model …")
def load(name: str) -> LoadedModel:
    """One model by name, kept for all sessions."""
    from engine.device import pick_device

    device = pick_device()
    if name == POCKET:
        from engine.weights.pocket import load_pocket

        model, tokenizer = load_pocket(device)
    else:
        from engine.tokenizers.pretrained import load_tokenizer
        from engine.weights.gpt2 import load_gpt2

        model, tokenizer = load_gpt2(name).to(device), load_tokenizer("gpt2")
    return LoadedModel(name, model.eval(), tokenizer, device)


def infer(run: Callable[..., T], loaded: LoadedModel, text: str, **settings: Any) -> T:
    """`run(loaded, text, **settings)`, computed once per model, text and settings, at most two at a time.

    run       a function defined at the top level of a module; what it returns is shared, so read it only
    settings  plain values (numbers, strings, tuples) that are part of what is asked
    """
    return _infer(
        f"{run.__code__.co_filename}:{run.__qualname__}",
        loaded.name,
        str(loaded.device),
        text,
        settings,
        run,
        loaded,
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _infer(
    function: str,
    model: str,
    device: str,
    text: str,
    settings: dict[str, Any],
    _run: Callable[..., T],
    _loaded: LoadedModel,
) -> T:
    import torch

    with GATE, torch.inference_mode():
        return _run(_loaded, text, **settings)
