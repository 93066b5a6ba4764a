"""The command line's part for trainings that run by themselves: python -m engine jobs list | show | stop | resume."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from engine.cli_output import out
from engine.errors import JobError
from engine.jobs import runner
from engine.jobs.metrics import comparable_loss, duration, progress, read_events, table
from engine.jobs.store import Job, all_jobs, runs_folder

jobs = typer.Typer(help="Trainings that run by themselves.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="the run's id, or as much of its beginning or end as is unique")]
LOG_LINES = 12


@jobs.command("list")
def list_jobs() -> None:
    """Every training on this machine, newest first."""
    root = runs_folder()
    runner.advance(root)
    found = all_jobs(root)
    if not found:
        out.print(f"no trainings in {root}", soft_wrap=True)
        return
    waiting = runner.places(root)
    rows = Table("id", "owner", "title", "status", "steps", "validation loss")
    for job in map(runner.look, found):
        status = job.state.status
        if job.id in waiting:
            status = f"queued, {waiting[job.id].ahead} before it"
        rows.add_row(job.id, job.spec.owner[:6] if job.spec else "?", escape(job.title), status, *how_far(job))
    out.print(rows)


@jobs.command()
def show(name: Name) -> None:
    """One training: what was asked, how it stands, and the end of its log."""
    job = one(name)
    steps, loss = how_far(job)
    seen = progress(read_events(job.folder))
    rows = Table(show_header=False, box=None)
    rows.add_row("folder", escape(str(job.folder)))
    rows.add_row("title", escape(job.title))
    rows.add_row("status", f"{job.state.status}{': ' + escape(job.state.sentence) if job.state.sentence else ''}")
    rows.add_row("steps", steps)
    rows.add_row("validation loss", loss)
    rows.add_row("time", f"{duration(seen.seconds)}" + (f", about {duration(seen.left)} to go" if seen.left else ""))
    if place := runner.places(runs_folder()).get(job.id):
        when = "nobody knows when" if place.seconds is None else f"in about {duration(place.seconds)}"
        rows.add_row("turn", f"{place.ahead} before it, {when}")
    for key, value in (job.spec.settings if job.spec else {}).items():
        rows.add_row(f"  {key}", escape(str(value)))
    out.print(rows)
    log = (job.folder / "log.txt").read_text(encoding="utf-8", errors="replace").splitlines()
    out.print("\n".join(log[-LOG_LINES:]), markup=False, soft_wrap=True)


@jobs.command()
def stop(name: Name) -> None:
    """End a training within two seconds; its last checkpoint stays."""
    job = runner.stop(runs_folder(), one(name))
    out.print(f"{job.title}: {job.state.status}. {job.state.sentence}", markup=False, soft_wrap=True)


@jobs.command()
def resume(
    name: Name,
    learning_rate: Annotated[float | None, typer.Option(help="go on with another rate")] = None,
) -> None:
    """Let a stopped, failed or interrupted training go on from its last checkpoint."""
    changes = {} if learning_rate is None else {"learning_rate": learning_rate}
    job = runner.resume(runs_folder(), one(name), **changes)
    out.print(f"{job.title}: {job.state.status}", markup=False, soft_wrap=True)


def one(name: str) -> Job:
    """The training with this id, or the only one whose id begins or ends so.

    Raises JobError when there is none or more than one.
    """
    ids = [job for job in all_jobs(runs_folder()) if job.id.startswith(name) or job.id.endswith(name)]
    if len(ids) != 1:
        many = f"{len(ids)} trainings fit {name!r}" if ids else f"there is no training {name!r}"
        raise JobError(f"{many}; `python -m engine jobs list` shows them.")
    return runner.look(ids[0])


def how_far(job: Job) -> tuple[str, str]:
    """Steps made of all, and the last validation loss."""
    events = read_events(job.folder)
    seen, losses = progress(events), table(events, "Evaluation")
    total = "?" if seen.total is None else f"{seen.total:,}"
    return f"{seen.step:,} / {total}", f"{comparable_loss(losses[-1]):.3f}" if losses else ""
