"""The bottleneck: an encoder-decoder with one hidden state against the same with attention, copying or reversing."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from engine.errors import GlassboxError
from ui.code import show_code
from ui.figures import bottleneck as draw
from ui.figures.matrix import heat_map, picked_cell
from ui.lesson import friendly_errors, lesson, plain, sentence
from ui.lessons.bottleneck import runs, words
from ui.lessons.bottleneck.code import code
from ui.numbers import count, fmt, percent

TASKS = {"reverse": "Reverse", "copy": "Copy"}
OPEN = ("queued", "running")
NUMBERS_UP_TO = 8  # symbols; more columns are too narrow for numbers
ERROR = "bottleneck-error"


@st.cache_resource(max_entries=64, show_spinner=False)
def walks(source, text):
    from engine.experiments.seq2seq import walk

    return {kind: walk(model, text) for kind, model in runs.record(source).models.items()}


def say_written(task, text, found):
    """What should be written, and what both models write, wrong symbols marked."""
    wanted = text[::-1] if task == "reverse" else text
    rows = [("should be", wanted)] + [(draw.NAMES[kind], found[kind].written) for kind in (False, True)]
    wrong = "".join("·" if a == b else "^" for a, b in zip(found[False].written, wanted, strict=True))
    also = "".join("·" if a == b else "^" for a, b in zip(found[True].written, wanted, strict=True))
    lines = [f"{'you give':>16}  {text}"]
    for (name, written), marks in zip(rows, ("", wrong, also), strict=True):
        lines.append(f"{name:>16}  {written}")
        if "^" in marks:
            lines.append(f"{'':>16}  {marks}")
    st.code("\n".join(lines), language=None)


def show_states(found, text, record):
    st.header("The hidden state", anchor=False)
    kind = state.choice(
        "model", "Model", ["one", "attention"], "one", labels={"one": draw.NAMES[False], "attention": draw.NAMES[True]}
    )
    steps = found[kind == "attention"]
    reading, writing = st.columns(2)
    size = record.settings.hidden
    for column, states, symbols, title in (
        (reading, steps.read, text, f"As it reads: {size} numbers after each symbol"),
        (writing, steps.wrote, steps.written, "As it writes: after each symbol"),
    ):
        frame, spec = heat_map(
            states,
            list(symbols),
            [str(n + 1) for n in range(size)],
            value_name="number in the state, −1 to 1",
            row_title="symbol read" if column is reading else "symbol written",
            column_title="which number",
            signed=True,
            top=1.0,
            row_height=17,
        )
        spec["layer"] = spec["layer"][:1]
        spec["encoding"]["x"]["axis"]["labelAngle"] = 0
        column.markdown(f"**{title}**")
        column.vega_lite_chart(frame, spec, key=f"states-{title[:8]}", alt=title)
    last = steps.read[-1]
    st.markdown(
        f"The last row on the left is all that the model with one hidden state hands over: **{size} numbers**, "
        f"{fmt(float(last[0]))}, {fmt(float(last[1]))}, {fmt(float(last[2]))}, …, however long the sequence. Here they "
        f"stand for {len(text)} {'symbol' if len(text) == 1 else 'symbols'}, one of 36^{len(text)} possible sequences."
    )


def choose_cell():
    cell = picked_cell(st.session_state["alignment"])
    if cell is not None:
        state.set(cell=f"{cell[0]}-{cell[1]}")


def show_alignment(found, text):
    st.header("Where attention looks", anchor=False)
    steps = found[True]
    size = len(text)
    row, column = chosen_cell(state.value("cell", ""), steps.weights)
    left, right = st.columns([1.4, 1], gap="large")
    with left:
        frame, spec = heat_map(
            steps.weights,
            [f"{n + 1} {symbol}" for n, symbol in enumerate(steps.written)],
            [f"{n + 1} {symbol}" for n, symbol in enumerate(text)],
            value_name="attention weight",
            row_title="symbol written",
            column_title="symbol read, whose state is looked at",
            top=1.0,
            chosen=(row, column),
        )
        if size > NUMBERS_UP_TO:
            spec["layer"] = spec["layer"][:1]
        alt = "Attention weights: a row for each symbol written, a column for each symbol read"
        st.vega_lite_chart(frame, spec, key="alignment", on_select=choose_cell, selection_mode="pick", alt=alt)
    with right:
        scores = steps.scores[row].astype(np.float64)
        top = float(scores.max())
        powers = np.exp(scores - top)
        best = np.argsort(-steps.weights[row], kind="stable")[:3]
        terms = " + ".join(f"{fmt(float(steps.weights[row, k]))} · h{k + 1}" for k in best)
        st.markdown(
            f"Before writing symbol {row + 1}, the decoder scores each state of the encoder: **score = v · tanh(W·s + "
            f"U·h)**, with s its own state and h the encoder's. For h{column + 1}, the state after `{text[column]}`, "
            f"the score is **{fmt(float(scores[column]))}**."
        )
        st.markdown(
            f"Softmax over {size} {'state' if size == 1 else 'states'}: e^({fmt(float(scores[column]))} − {fmt(top)}) "
            f"= {fmt(float(powers[column]))}, divided by {fmt(float(powers.sum()))}, the sum of all of them (the "
            f"largest score, {fmt(top)}, is subtracted first): the weight **{fmt(float(steps.weights[row, column]))}**."
        )
        st.markdown(
            f"The context is {terms}{' + …' if size > 3 else ''}: {fmt(float(steps.weights[row, best].sum()))} of all "
            f"the weight. From it the model writes `{steps.written[row]}` with a probability of "
            f"{percent(float(steps.chances[row].max()))}."
        )
        st.caption("Weights are shares of 1; scores have no unit. Click another cell.")


def chosen_cell(typed, weights):
    """The clicked (row, column), else the first row and what it looks at most."""
    parts = typed.split("-")
    if len(parts) == 2 and all(p.isascii() and p.isdigit() and len(p) < 4 for p in parts):
        row, column = map(int, parts)
        if row < len(weights) and column < len(weights):
            return row, column
    return 0, int(weights[0].argmax())


def begin(settings):
    """A callback: start a training and keep its id in the link."""
    try:
        state.set(run=runs.start(settings), task=settings["task"])
    except GlassboxError as error:
        st.session_state[ERROR] = str(error)


def end(job_id):
    """A callback: stop a training."""
    try:
        runs.stop(job_id)
    except GlassboxError as error:
        st.session_state[ERROR] = str(error)


def show_training(task):
    st.header("Train it yourself", anchor=False)
    left, right = page.stage(1, 2)
    with left:
        longest = state.slider("longest", "Longest sequence in training", 2, 24, 10)
        hidden = state.slider("hidden", "Numbers in a hidden state", 8, 128, 64, 8)
        steps = state.slider("steps", "Training steps", 100, 4_000, 600, 100)
        seed = state.number("seed", "Seed", 0, 99_999, 1)
        settings = {"task": task, "longest": longest, "hidden": hidden, "steps": steps, "seed": seed}
        st.button("Train both", type="primary", icon=":material/play_arrow:", on_click=begin, args=(settings,))
        if said := st.session_state.pop(ERROR, ""):
            st.error(plain(sentence(said)))
    with right:
        if run:
            watch(run)
        else:
            show_losses(record.steps, record.losses)
            st.caption(
                f"The training that ships with Glassbox: {count(record.settings.steps)} steps of 64 sequences, "
                f"{fmt(record.seconds / 60)} minutes on one core. Dotted: guessing evenly, ln 36 = {fmt(math.log(36))}."
            )


def show_losses(steps, losses):
    frame, spec = draw.loss_lines(steps, losses, math.log(36))
    st.vega_lite_chart(frame, spec, key="losses", alt="Training loss of both models by step")


def watch(job_id):
    """The reader's own training: progress while it runs, its curve, what can be done."""
    before = runs.find(job_id).state.status

    @st.fragment(run_every=1 if before in OPEN else None)
    def look():
        job = runs.find(job_id)
        if job.state.status != before:
            st.rerun()
        steps, losses, total = runs.so_far(job)
        done = int(steps[-1]) if len(steps) else 0
        st.progress(min(done / total, 1.0) if total else 0.0, f"{job.state.status}, step {done} of {total or '…'}")
        if job.state.sentence:
            st.info(plain(sentence(job.state.sentence)))
        if len(steps):
            show_losses(steps, losses)
        with st.container(horizontal=True):
            if job.state.status in OPEN and runs.is_mine(job):
                st.button("Stop", icon=":material/stop:", on_click=end, args=(job_id,))
            st.button("Back to the recorded models", on_click=state.set, kwargs={"run": ""})

    look()


def source_of(task):
    """Which models are shown: the reader's own when they are ready, else the recorded ones."""
    if not run:
        return task
    try:
        job = runs.find(run)
    except GlassboxError as error:
        st.info(plain(sentence(str(error))) + " The recorded models are shown.")
        state.set(run="")
        return task
    if job.state.status == "finished":
        return run
    st.caption("Until your training is finished, the recorded models are shown.")
    return task


with lesson("bottleneck") as page:
    state = page.state
    runs.owner()  # a new browser makes its key now, before a training is started with it
    run = state.value("run", "")
    left, right = page.stage(1, 2.3)
    with left:
        task = state.choice("task", "Task", list(TASKS), "reverse", labels=TASKS)
        text = state.text("text", "Your sequence: a to z and digits", words.TEXT).strip().lower()
        source = source_of(task)
        run = state.value("run", "")
        record = runs.record(source)
        st.caption(
            f"Both models read with a *GRU*, a recurrent network, and write with another. In one the decoder gets the "
            f"last hidden state of {record.settings.hidden} numbers and no more; in the other it may look back at all "
            f"of them. Trained to **{record.settings.task}** random sequences of 1 to {record.settings.longest} "
            "symbols."
        )
    found = None
    with right:
        from engine.experiments.seq2seq_record import GUESSING, LENGTHS, SAMPLES, parameters

        chart = st.container()
        with friendly_errors():
            found = walks(source, text)
            say_written(record.settings.task, text, found)
        with chart:
            frame, spec = draw.accuracy_lines(
                LENGTHS, record.accuracy, record.settings.longest, GUESSING, len(text) if found else 0
            )
            st.vega_lite_chart(frame, spec, key="accuracy", alt="Share of symbols right by length, for both models")
            sizes = " and ".join(count(parameters(record.models[kind])) for kind in (False, True))
            st.caption(
                f"Measured on {SAMPLES} new sequences of each length, the model writing alone. Grey line: the longest "
                f"in training, {record.settings.longest}. Dotted: guessing, 1/36. Pink: your sequence. The models have "
                f"{sizes} parameters."
            )
    if found is not None:
        show_states(found, text, record)
        show_alignment(found, text)
    show_training(task)
    own = record.settings.to_dict() if source == run and run else None
    show_code(code(task, text if found else words.TEXT, own), "bottleneck")
    page.try_this(words.experiments())
    page.questions(words.questions())
    page.check(words.check())
