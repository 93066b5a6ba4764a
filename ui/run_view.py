"""One run as pages show it: how it stands, its curves while they grow, what can be done with it."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from engine.errors import JobError
from engine.evaluation.metrics import perplexity_of
from engine.jobs import runner
from engine.jobs.metrics import comparable_loss, duration, progress, table
from engine.jobs.store import Job, find, runs_folder
from engine.memory import bytes_text
from ui import runs
from ui.figures.bottleneck import loss_lines
from ui.figures.classifier_training import accuracy_curves, best_look
from ui.figures.loss_curves import curve_rows, loss_curves
from ui.lesson import plain, sentence
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOK_EVERY = 1.0  # seconds between two looks at a run that is under way


def live(
    owner: str,
    job_ids: Sequence[str],
    key: str,
    perplexity: bool = False,
    marked: int | None = None,
    beside: Sequence[dict[str, Any]] = (),
) -> None:
    """The first run's state and buttons and all runs' curves; redrawn every second while one of them is open.

    key     keeps the chart itself, and with it the reader's zoom, from redraw to redraw
    marked  a step with a line through it
    beside  points of ui.figures.loss_curves.curve_rows that these curves are laid over
    """
    before = [_turn(owner, job_id) for job_id in job_ids]
    every = LOOK_EVERY if any(status in runner.OPEN for status, _ in before) else None

    @st.fragment(run_every=every)
    def draw() -> None:
        runs.tick(str(runs_folder()))
        if [_turn(owner, job_id) for job_id in job_ids] != before:
            st.rerun()  # the page around it shows states and checkpoints too
        try:
            found = [runner.look(find(runs_folder(), job_id, owner)) for job_id in job_ids]
        except JobError as e:
            st.error(plain(sentence(str(e))))
            return
        show_state(found[0])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(" ".join(times(found[0])), width="stretch")
            buttons(owner, found[0])
        if said := runs.take_error():
            st.error(plain(sentence(said)))
        show_curves(found, key, perplexity, marked, beside)
        show_sample(found[0])

    draw()


def _turn(owner: str, job_id: str) -> tuple[str, int]:
    """What concerns the whole page: the status, and how many checkpoints there are."""
    try:
        job = runner.look(find(runs_folder(), job_id, owner))
    except JobError:
        return "gone", 0
    return job.state.status, len(table(runs.events(job.folder), "Snapshot"))


def show_state(job: Job) -> None:
    """Status, progress, the last losses, tokens and speed."""
    told = runs.events(job.folder)
    seen, name = progress(told), runs.STATUS[job.state.status]
    share = min(1.0, seen.step / seen.total) if seen.total else 0.0
    if job.state.status == "finished":  # an early end is an end too
        share = 1.0
    st.progress(share, f"{name[1]} **{plain(job.title)}**: {name[0]}{how_far(job, seen.step, seen.total)}")
    if place := runner.places(runs_folder()).get(job.id) if job.state.status == "queued" else None:
        icon = runs.STATUS["queued"][1]
        turn = "nobody can say when" if place.seconds is None else f"in about {duration(place.seconds)}"
        st.info(f"{count(place.ahead)} before it in the queue; its turn comes {turn}.", icon=icon)
    if job.state.sentence:
        show = st.error if job.state.status == "failed" else st.info
        show(plain(sentence(job.state.sentence)))
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="bottom"):
        rate = "length of the move" if is_solved(job) else "learning rate"
        for named, value in numbers_now(told, runs.weighted(job), rate):
            st.markdown(f":small[{named}]  \n**{value}**", width=70)


def how_far(job: Job, step: int, total: int | None) -> str:
    """Steps made of all, when there are any."""
    read = table(runs.events(job.folder), "Read")
    if not step and read and job.state.status == "running":
        return f", reading text {count(read[-1]['done'])} of {count(read[-1]['total'])} through the frozen blocks"
    if total is None:
        return ", starting" if job.state.status == "running" else ""
    early = " early" if job.state.status == "finished" and step < total else ""
    return f"{early}, step {count(step)} of {count(total)}"


def numbers_now(told: list[dict[str, Any]], weighted: bool, rate: str) -> list[tuple[str, str]]:
    """The newest numbers: name and value.

    weighted  whether its losses are, by class weights
    rate      what the steps' rate is called
    """
    steps, evaluations = table(told, "Step"), table(told, "Evaluation")
    if not steps:
        return []
    by = "weighted " if weighted else ""
    names, values, seen = [f"{by}loss now"], [fmt(steps[-1]["loss"])], "tokens"
    if evaluations:
        last = evaluations[-1]
        names += [f"{by}training loss", f"{by}validation loss"]
        values += [fmt(last["train_loss"]), fmt(last["val_loss"])]
        if weighted:
            names.append("the same without weights")
            values.append(fmt(comparable_loss(last)))
        if "val_accuracy" in last:  # a classifier: a text is what is counted
            names += ["training accuracy", "validation accuracy"]
            values += [percent(last["train_accuracy"]), percent(last["val_accuracy"])]
            seen = "texts"
        else:
            names.append("its perplexity")
            values.append(fmt(perplexity_of(last["val_loss"])))
    names += [rate, f"{seen} seen", f"{seen} a second"]
    recent = steps[-20:]
    speed = len(recent) / sum(1 / e["tokens_per_second"] for e in recent)
    values += [fmt(steps[-1]["learning_rate"]), count(steps[-1]["tokens_seen"]), fmt(speed)]
    return list(zip(names, values, strict=True))


def times(job: Job) -> list[str]:
    """How long it takes, and how that compares with the estimate."""
    told = runs.events(job.folder)
    seen, resumed = progress(told), bool(table(told, "Resumed"))
    to_go = f", about {duration(seen.left)} to go." if seen.left and runs.is_open(job) else "."
    said = [f"Worked for {duration(seen.seconds)}{to_go}"]
    expected = job.spec.expected_seconds if job.spec else None
    if expected is not None:
        said.append(f"Estimated before the start, alone on the machine: {duration(expected)}")
        memory = job.spec.expected_bytes if job.spec else None
        said[-1] += f" and {bytes_text(memory)} of memory." if memory else "."
        if job.state.status == "finished" and not resumed and job.state.started and job.state.ended:
            took = job.state.ended - job.state.started
            said.append(f"It took {duration(took)} from start to end ({fmt(took / expected)} times the estimate)")
            said[-1] += f" and {bytes_text(job.state.peak_bytes)}." if job.state.peak_bytes else "."
    return said


def buttons(owner: str, job: Job) -> None:
    """Stop or resume, as its state allows."""
    if runs.is_open(job):
        st.button("Stop", icon=":material/stop:", on_click=runs.act, args=("stop", owner, job.id), key=f"stop-{job.id}")
    elif job.state.status in runner.RESUMABLE:
        st.button(
            "Resume",
            icon=":material/play_arrow:",
            on_click=runs.act,
            args=("resume", owner, job.id),
            key=f"resume-{job.id}",
        )
        if rate := job.state.offer.get("learning_rate"):
            st.button(
                f"Resume with learning rate {fmt(rate)}",
                on_click=runs.act,
                args=("resume", owner, job.id),
                kwargs=job.state.offer,
                key=f"lower-{job.id}",
            )


def show_sample(job: Job) -> None:
    """What the model wrote last."""
    samples = table(runs.events(job.folder), "Sample")
    if samples:
        prompt = job.spec.settings.get("prompt", "") if job.spec else ""
        st.markdown(f"After {count(samples[-1]['step'] + 1)} steps it {runs.sample(samples[-1]['text'], prompt)}")


def show_curves(
    found: Sequence[Job], key: str, perplexity: bool, marked: int | None, beside: Sequence[dict[str, Any]]
) -> None:
    """The curves of these runs over each other, and the accuracies of classifiers below."""
    rows, accuracies = [*beside], []
    for job in found:
        told = runs.events(job.folder)
        name = job.title if len(found) == 1 else f"{job.title} ({job.id[9:15]})"
        evaluations = table(told, "Evaluation")
        if any("val_accuracy" in e for e in evaluations):
            # A classifier is looked at before its first step too: so its axis counts the steps that are done.
            evaluations = [{**e, "step": e["step"] + 1} for e in evaluations]
            accuracies += [{"run": name, **e} for e in evaluations]
        rows += curve_rows(name, table(told, "Step"), evaluations, perplexity, table(told, "Tested"))
    if not rows:
        show_two_models(found[0], key)
        return
    first = runs.events(found[0].folder)
    best, solved = best_look(first), is_solved(found[0])
    if marked is None and best and not solved:
        marked = best["step"] + 1
    frame, spec = loss_curves(rows, perplexity, marked, "text" if accuracies else "token")
    # Streamlit forgets a zoom with each new point, unless somebody listens to it.
    st.vega_lite_chart(
        frame,
        spec,
        key=key,
        on_select=lambda: None,
        selection_mode="zoom",
        alt="Training and validation loss against optimizer steps",
    )
    if said := about_weights(found):
        st.caption(said)
    if accuracies:
        frame, spec = accuracy_curves(accuracies, marked, max(row["step"] for row in rows))
        alt = "Training and validation accuracy after each epoch"
        st.vega_lite_chart(frame, spec, key=f"{key}-accuracy", alt=alt)
    if best and solved:
        st.caption(worked_out(first, runs.is_open(found[0])))
    elif best:
        settings = found[0].spec.settings if found[0].spec else {}
        st.caption(stopping(first, best, settings.get("patience", 0), runs.is_open(found[0]), runs.weighted(found[0])))


def show_two_models(job: Job, key: str) -> None:
    """Losses of a training that has two models, or a word about why there is no curve yet."""
    told = table(runs.events(job.folder), "SequenceLosses")
    if not told:
        st.caption("Its curve appears with the first step." if runs.is_open(job) else "It has made no step.")
        return
    steps = np.array([e["step"] + 1 for e in told])
    losses = {kind: np.array([e[name] for e in told]) for kind, name in ((False, "bottleneck"), (True, "attention"))}
    frame, spec = loss_lines(steps.tolist(), losses, math.log(36))
    st.vega_lite_chart(frame, spec, key=key, alt="Training loss of both models by step")


def about_weights(found: Sequence[Job]) -> str:
    """What must be known about these runs' losses beside one another where class weights are in some; else nothing."""
    weighted = [plain(job.title) for job in found if runs.weighted(job)]
    if not weighted:
        return ""
    if len(weighted) < len(found):
        return (
            f"**These losses do not compare:** with class weights ({'; '.join(weighted)}) every class counts the same, "
            "without them every text. The accuracies below do compare."
        )
    return (
        "**Weighted losses:** every class counts the same. They do not compare with those of a training without "
        "weights; the accuracies do."
    )


def stopping(told: list[dict[str, Any]], best: dict[str, Any], patience: int, is_open: bool, weighted: bool) -> str:
    """Which epoch of a classifier is the best by validation, and what follows from that for its end."""
    chosen, last = table(told, "Chosen"), table(told, "Evaluation")[-1]["epoch"]
    since, number = last - best["epoch"], fmt(best["val_loss"])
    where = f"after epoch {best['epoch'] + 1}" if best["epoch"] >= 0 else "before the first step"
    said = f"**Vertical line:** the {'weighted ' * weighted}validation loss was lowest {where} ({number})"
    if chosen and not is_open:
        early = f"; {since} epochs without a lower one, so training **stopped early**" if chosen[-1]["early"] else ""
        return f"{said}, and those weights are kept{early}."
    waits = f"; without a lower one for {patience} it ends (patience)" if patience else ""
    return f"{said} so far, {since} {'epoch' if since == 1 else 'epochs'} ago{waits}. The best epoch is kept."


def is_solved(job: Job) -> bool:
    """Whether it is a classifier's head that is worked out, not trained by steps."""
    return job.spec is not None and job.spec.settings.get("trained") == "regression"


def worked_out(told: list[dict[str, Any]], is_open: bool) -> str:
    """What is kept of a regression, and why."""
    why = "The mean loss of all training texts, with the pull of the weights, has **one lowest point**"
    if is_open:
        return f"{why}: the passes go there, and the last one is kept."
    losses, passes = [e["val_loss"] for e in table(told, "Evaluation")], len(table(told, "Step"))
    said = f"{why}, and {count(passes)} passes led to it. So the last one is kept: the validation part chose nothing."
    if losses[-1] > min(losses):
        said += (
            f" Its loss, {fmt(losses[-1])}, was {fmt(min(losses))} on the way, when the head was less sure of itself; "
            "more weight decay keeps it so."
        )
    return said


def when(moment: float | None) -> str:
    """A moment by the server's clock; empty for none."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment)) if moment else ""
