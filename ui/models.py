"""The model that pages use: chosen in the sidebar, loaded once per server, shared by all sessions."""

from __future__ import annotations

import gc
import sys
import threading
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from engine.config import GPT2_SIZES, POCKET_CONFIG, GPTConfig, parameter_count
from engine.errors import JobError
from engine.memory import bytes_text
from ui import run_models
from ui.catalog import find

if TYPE_CHECKING:
    from collections.abc import Callable

    import tiktoken
    import torch

    from engine.jobs.models import RunModel
    from engine.model import GPTModel
    from ui.share import PageState

POCKET = "pocket"
RUN = "run-"
GONE = "_model_gone"
# Forward passes that run at once; more would only slow one another down.
GATE = threading.BoundedSemaphore(2)
MOST_LOADED = 2  # models kept in memory at a time
T = TypeVar("T")


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to use: read-only, in evaluation mode, shared by every session of the server.

    version  of a training's model: another one when the training has gone on; else empty
    """

    name: str
    model: GPTModel
    tokenizer: tiktoken.Encoding
    device: torch.device
    version: str = ""


# What is really in memory, whoever holds it: an entry goes when its model does.
_IN_MEMORY: weakref.WeakValueDictionary[str, LoadedModel] = weakref.WeakValueDictionary()
_USED: dict[str, float] = {}  # name: when it was last asked for
_LOADING = threading.Lock()


def configs() -> dict[str, GPTConfig]:
    """The models that a page can be shown to this visitor with, and their sizes; the pocket model first."""
    return {POCKET: POCKET_CONFIG, **GPT2_SIZES, **{name: m.cfg for name, m in run_models.own_models().items()}}


def installed(name: str) -> bool:
    """Whether the model's weights are on this machine; a training's only for its owner."""
    if name == POCKET:
        return True
    if name.startswith(RUN):
        return name in run_models.own_models()
    from engine.weights.catalog import find_release, is_installed

    return is_installed(find_release(name))


def picker(state: PageState) -> None:
    """The sidebar's choice of model, with its size and device; its name is in the URL as `model`."""
    sizes = configs()
    asked = {st.session_state.get("model", POCKET), st.query_params.get("model", POCKET)}
    if any(name.startswith(RUN) and name not in sizes for name in asked):
        st.session_state[GONE] = True
    name = state.select("model", "Model", list(sizes), POCKET, labels=model_labels(), shared=True)
    if name != POCKET:
        st.session_state.pop(GONE, None)
    if st.session_state.get(GONE):
        st.caption("The trained model that was chosen is not here: deleted, or another browser's. The pocket answers.")
    if installed(name):
        st.caption(f"{parameter_count(sizes[name]):,} parameters, {device_label()}.")
    else:
        from engine.weights.catalog import find_release

        release = find_release(name)
        st.caption("Not installed, so the pocket model answers.")
        page = find("models_and_machine")
        st.page_link(page.path, label=f"Get it ({bytes_text(release.download_bytes)})", icon=page.icon)


def model_labels() -> dict[str, str]:
    """What the picker calls each model."""
    own = {name: run_models.label(model) for name, model in run_models.own_models().items()}
    return {POCKET: "Pocket (our own)", **{name: name.replace("gpt2", "GPT-2", 1) for name in GPT2_SIZES}, **own}


def tokenizer_name(name: str) -> str:
    """The tokenizer of a model, pocket or gpt2, known by the size of its vocabulary without loading anything."""
    return "pocket" if configs()[name].vocab_size == POCKET_CONFIG.vocab_size else "gpt2"


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


def load(name: str) -> LoadedModel:
    """One model by name, kept for all sessions; room is made for it by releasing those not used for longest.

    Raises WeightsError, before anything is read, when it does not fit into memory even then; JobError when it is a
    training's and not among the visitor's own.
    """
    run = run_models.find_own(name) if name.startswith(RUN) else None
    if run is None and name.startswith(RUN):
        raise JobError("that trained model is not here; it was deleted, or belongs to another browser.")
    version = run_models.version(run) if run else ""
    if name not in _IN_MEMORY or _IN_MEMORY[name].version != version:
        with _LOADING:
            if name in _IN_MEMORY and _IN_MEMORY[name].version != version:
                release(name)
            if name not in _IN_MEMORY:
                make_room(name)
            found = _load(name, version, run)
    else:
        found = _load(name, version, run)
    _USED[name] = time.monotonic()
    return found


@st.cache_resource(max_entries=MOST_LOADED, show_spinner="Loading the model …")
def _load(name: str, version: str, _run: RunModel | None) -> LoadedModel:
    from engine.device import pick_device

    device = pick_device()
    if _run is not None:
        from engine.jobs.models import load_model

        model, tokenizer = load_model(_run)
        model = model.to(device)
    elif name == POCKET:
        from engine.weights.pocket import load_pocket

        model, tokenizer = load_pocket(device)
    else:
        from engine.tokenizers.pretrained import load_tokenizer
        from engine.weights.gpt2 import load_gpt2

        model, tokenizer = load_gpt2(name).to(device), load_tokenizer("gpt2")
    found = _IN_MEMORY[name] = LoadedModel(name, model.eval(), tokenizer, device, version)
    return found


def make_room(name: str) -> None:
    """Release models, the one not used for longest first, until this one fits; none when it never would.

    Raises WeightsError when it does not fit.
    """
    from engine.device import pick_device
    from engine.errors import WeightsError
    from engine.machine import check_room

    cfg, device = configs()[name], pick_device()
    others = sorted(in_memory(), key=lambda other: _USED.get(other, 0.0))
    while len(others) >= MOST_LOADED:
        release(others.pop(0))
    while True:
        try:
            return check_room(cfg, device, name)
        except WeightsError:
            held = sum(in_memory().values())
            if not others or held < shortfall(cfg):
                raise
            release(others.pop(0))


def shortfall(cfg: GPTConfig) -> int:
    """Bytes that a model needs beyond the memory that is free."""
    from engine.machine import memory
    from engine.memory import running_memory

    return sum(running_memory(cfg).values()) - memory()[1]


def in_memory() -> dict[str, int]:
    """The models that are loaded now, and the bytes that each takes."""
    return {
        name: sum(tensor.nbytes for tensor in (*loaded.model.parameters(), *loaded.model.buffers()))
        for name, loaded in list(_IN_MEMORY.items())
    }


def release(name: str) -> None:
    """Let go of a model's memory; whoever uses it just now keeps it to the end of that, and the next use loads it."""
    if (held := _IN_MEMORY.get(name)) is not None:
        _load.clear(name, held.version, None)
        del held
    gc.collect()
    if "torch" in sys.modules:
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()  # or other programs, and our own look at what is free, would not see it


def infer(run: Callable[..., T], loaded: LoadedModel, text: str, **settings: Any) -> T:
    """`run(loaded, text, **settings)`, computed once per model, text and settings, at most two at a time.

    run       a function defined at the top level of a module; what it returns is shared, so read it only
    settings  plain values (numbers, strings, tuples) that are part of what is asked
    """
    return _infer(
        f"{run.__code__.co_filename}:{run.__qualname__}",
        f"{loaded.name} {loaded.version}",
        str(loaded.device),
        text,
        settings,
        run,
        loaded,
    )


@st.cache_resource(max_entries=64, show_spinner="The model is working …")
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
