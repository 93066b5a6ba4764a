"""Sliding window: what the page shows, part by part."""

from __future__ import annotations

import streamlit as st

from engine.tokenizers.pretrained import load_tokenizer, token_text
from ui import asked, models
from ui.figures.sliding_window import batch_grid, window_rows
from ui.labels import visible
from ui.lesson import Page, friendly_errors
from ui.lessons.sliding_window import windows, words
from ui.numbers import count, fmt, percent

TOKENIZERS = {"gpt2": "GPT-2", "pocket": "Pocket"}
ASKED = "sliding window"
MOST_BATCHES = 8  # rows of the second picture
read_epoch = st.cache_resource(max_entries=16, show_spinner=False)(windows.read_epoch)
read_batch = st.cache_resource(max_entries=32, show_spinner=False)(windows.batch_of)


def controls(page: Page) -> tuple[str, windows.Settings]:
    """The text and the arguments of create_dataloader_v1."""
    state = page.state
    whole = state.text("text", "Text", words.START, area=True, height=100)
    if len(whole) > windows.LONGEST_TEXT:
        st.caption(f"Only the first {count(windows.LONGEST_TEXT)} of {count(len(whole))} characters are used.")
    tokenizer = state.choice("tokenizer", "Tokenizer", list(TOKENIZERS), "gpt2", labels=TOKENIZERS)
    length = state.slider("max_length", "max_length, tokens in a window", 1, 32, 4)
    stride = state.slider("stride", "stride, tokens from window to window", 1, 32, 4)
    size = state.slider("batch_size", "batch_size, windows in a batch", 1, 16, 4)
    with st.container(horizontal=True):
        shuffle = state.toggle("shuffle", "shuffle", False, help="Read the windows in a random order.")
        drop_last = state.toggle("drop_last", "drop_last", True, help="Leave out the last batch if it is not full.")
    seed = state.number("seed", "Seed of shuffling", 0, 99_999, 123, disabled=not shuffle)
    settings = windows.Settings(tokenizer, length, stride, size, shuffle, drop_last, seed)
    return whole[: windows.LONGEST_TEXT], settings


def summary(epoch: windows.Epoch) -> str:
    """How many windows and batches there are, and what neighbours share."""
    s, number = epoch.settings, len(epoch.inputs)
    if epoch.overlap > 0:
        share = (
            f"neighbouring windows share **{some(epoch.overlap, 'token')}** ({percent(epoch.overlap / s.max_length)})"
        )
    elif epoch.overlap == 0:
        share = "neighbouring windows touch and share none"
    else:
        share = f"**{some(-epoch.overlap, 'token')}** skipped between neighbouring windows"
    return (
        f"{some(len(epoch.ids), 'token')} → **{some(number, 'window')}** (samples), because "
        f"({count(len(epoch.ids))} − {s.max_length}) / {s.stride}, rounded up, is {count(number)}; {share}. "
        f"**{count(len(epoch.order))}** {'batch' if len(epoch.order) == 1 else 'batches'} of up to {s.batch_size}"
        + (f"; {some(len(epoch.left_out), 'window')} left out. " if epoch.left_out else ". ")
        + (f"No window reaches the last {some(epoch.tail, 'token')}." if epoch.tail else "The last token is a target.")
    )


def some(number: int, thing: str) -> str:
    """1 token, 2 tokens, 1,000 tokens."""
    return f"{count(number)} {thing}{'' if number == 1 else 's'}"


def choose(page: Page, key: str, name: str) -> None:
    """A callback: the clicked window or batch becomes the chosen one."""
    picks = st.session_state[key].selection.get("pick") or []
    if picks and picks[0].get(name, -1) >= 0:
        page.state.set(**{name: str(int(picks[0][name]))})


def draw_windows(page: Page, epoch: windows.Epoch, window: int, batch: int) -> None:
    """The windows over the text, as many as fit."""
    tokenizer, s = load_tokenizer(epoch.settings.tokenizer), epoch.settings
    shown, width = windows.page_of(epoch, window)
    first = shown[0] * s.stride
    tokens = [token_text(tokenizer, int(i)) for i in epoch.ids[first : first + width]]
    frame, spec = window_rows(
        tokens,
        first,
        {number: number * s.stride for number in shown},
        s.max_length,
        epoch.order[batch] if epoch.order else [],
        epoch.left_out,
        window,
    )
    st.vega_lite_chart(
        frame,
        spec,
        key="windows",
        on_select=lambda: choose(page, "windows", "window"),
        selection_mode="pick",
        alt="Windows over the text, each with its input and its target one token later",
    )
    st.caption(
        f"Windows {shown[0]} to {shown[-1]} of {count(len(epoch.inputs))}. Each row is a window: its input, and its "
        f"target one token later. {f'Opaque: batch {batch}. ' if epoch.order else ''}Outlined: window {window}; click "
        "another."
    )


def draw_pairs(epoch: windows.Epoch, window: int) -> None:
    """One window, place by place: what the model has read, and what it should say next."""
    tokenizer = load_tokenizer(epoch.settings.tokenizer)
    inputs, targets = epoch.inputs[window].tolist(), epoch.targets[window].tolist()
    rows = {
        "place": list(range(len(inputs))),
        "the model has read": [tokenizer.decode(inputs[: n + 1]) for n in range(len(inputs))],
        "input": [visible(token_text(tokenizer, i)) for i in inputs],
        "input ID": inputs,
        "target": [visible(token_text(tokenizer, i)) for i in targets],
        "target ID": targets,
    }
    st.dataframe(rows, hide_index=True, key="pairs", height=min(36 + 35 * len(inputs), 320))
    st.caption(
        "Read down: each target stands again as the input one row below. **The target at place i is the input at "
        "i + 1**: as a row of numbers the target is the input moved one to the *left*. One window is as many "
        "exercises as it has tokens, because the model answers at every place at once."
    )


def draw_batches(page: Page, text: str, epoch: windows.Epoch, batch: int) -> None:
    """The order of the epoch, and the exact tensors of one batch."""
    left, right = page.stage(1, 1.5)
    with left:
        first = min(max(batch - MOST_BATCHES // 2, 0), max(len(epoch.order) - MOST_BATCHES, 0))
        near = {n: epoch.order[n] for n in range(first, min(first + MOST_BATCHES, len(epoch.order)))}
        frame, spec = batch_grid(near, epoch.left_out, batch, epoch.settings.batch_size)
        st.vega_lite_chart(
            frame,
            spec,
            key="batches",
            on_select=lambda: choose(page, "batches", "batch"),
            selection_mode="pick",
            alt="The numbers of the windows in each batch, in the order of this epoch",
        )
        st.caption("The numbers are windows. Click a batch to see its tensors.")
    with right:
        if not epoch.order:
            st.info("drop_last leaves out the only batch, because it is not full: nothing is trained on.")
            return
        inputs, targets = read_batch(text, epoch.settings, batch)
        import torch

        for name, ids in (("inputs", inputs), ("targets", targets)):
            st.code(f"{name}, shape {tuple(ids.shape)}\n{torch.from_numpy(ids)}", language=None, wrap_lines=True)
        st.caption(
            f"Each is a tensor of {count(inputs.size)} whole numbers of 8 bytes: {count(inputs.nbytes)} bytes in one "
            f"block. As Python lists the inputs take {count(windows.list_bytes(inputs.tolist()))} bytes, scattered."
        )


@st.fragment
def draw_cost(text: str, settings: windows.Settings) -> None:
    """One batch through the model at once, and its windows one after another, timed here."""
    st.markdown(
        "A batch is one tensor, so the model multiplies all its windows by a weight matrix in **one** operation. "
        "How much does that save?"
    )
    question = (text, settings)
    st.button("Measure with the real model", icon=":material/timer:", on_click=asked.ask, args=(ASKED, question))
    # An answer belongs to the settings that it was measured with.
    if asked.latest(ASKED) != question:
        return
    with friendly_errors():
        loaded = models.current()
        shape = {"max_length": settings.max_length, "stride": settings.stride, "batch_size": settings.batch_size}
        number, together, one_by_one = models.infer(windows.measure, loaded, text, **shape)
        st.markdown(
            f"{number} windows of {settings.max_length} tokens: **{fmt(1000 * together)} ms** as one batch, "
            f"**{fmt(1000 * one_by_one)} ms** one after another, {fmt(one_by_one / together)} times as long. "
            f"The shortest of {windows.REPEATS} runs each, on this machine."
        )


def chosen(page: Page, name: str, count_of_them: int) -> int:
    """The number kept in the URL under this name, within bounds; 0 for anything else."""
    text = page.state.value(name, "0")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return min(number, max(count_of_them - 1, 0))
