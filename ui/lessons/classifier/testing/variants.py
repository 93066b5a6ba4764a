"""The same training with one thing changed: what can be changed, and the runs in which it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import GlassboxError
from engine.jobs import preflight, runner
from engine.jobs.classifying_estimate import estimate
from engine.jobs.limits import read_limits
from engine.jobs.spec import JobSpec
from engine.jobs.store import runs_folder
from ui import classifiers, models, runs
from ui.lessons.classifier.head import READS, TRAINED
from ui.lessons.classifier.padding import token_lengths
from ui.lessons.classifier.steps import attempt
from ui.lessons.classifier.testing.tested import inputs, recipe_of
from ui.lessons.classifier.training import lengths_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.finetune.draft import Draft
    from engine.finetune.recipe import ClassifierRecipe
    from engine.jobs.store import Job

QUEUED = "_classifier_queued"
RANDOM, LEARNED = "Random weights", "What it has learned"
NOT_ASKED = "split"  # set by the worker when memory runs out; changes no number


@dataclass(frozen=True)
class Variant:
    """One change.

    about   what is changed: token, layers, padding, loss or start
    name    to what
    recipe  the whole recipe with the change
    beside  name of the variant that this one differs from in `about` alone; empty: the training itself
    """

    about: str
    name: str
    recipe: ClassifierRecipe
    beside: str = ""


def variants(recipe: ClassifierRecipe, uneven: bool = False) -> list[Variant]:
    """What can be changed about a recipe, one thing at a time, as in the book's table of experiments.

    uneven  whether the classes are, so that weights in the loss change something

    Only changes that change something: without padding the last place is the last token, and padding is not read where
    the first token or the text's own alone are. There the padded variant reads the last place, and is told beside
    the one that reads the last token: between these two only padding is changed.
    """
    now = "last" if recipe.reads == "last_position" else recipe.reads
    found = [
        Variant("token", READS[reads], replace(recipe, reads=reads))
        for reads in ("first", "mean", "layers", "last")
        if reads != now
    ]
    found += [
        Variant("layers", TRAINED[trained], replace(recipe, trained=trained))
        for trained in TRAINED
        if trained != recipe.trained
    ]
    if recipe.reads == "last_position" and recipe.padding == "longest":
        found.append(Variant("padding", "None, so the last token is read", replace(recipe, padding="none")))
    else:
        padded = replace(recipe, reads="last_position", padding="longest")
        beside = "" if now == "last" else READS["last"]
        found.append(Variant("padding", "To the longest, last place read", padded, beside))
    if uneven or recipe.class_weights:
        name = "Every text the same" if recipe.class_weights else "Every class the same"
        found.append(Variant("loss", name, replace(recipe, class_weights=not recipe.class_weights)))
    start = LEARNED if recipe.random_start else RANDOM
    return [*found, Variant("start", start, replace(recipe, random_start=not recipe.random_start))]


def find(jobs: Sequence[Job], base: Job, variant: Variant) -> Job | None:
    """The newest run of this recipe over the same texts: a finished one, else one under way, else any.

    jobs  newest first
    """
    wanted = asked(variant.recipe)
    alike = [job for job in jobs if job.id != base.id and settings_of(job) == wanted]
    own = [job for job in alike if classifiers.same_inputs(job, base)]
    ranks = {"finished": 0, "running": 1, "queued": 1}
    return min(own, key=lambda job: ranks.get(job.state.status, 2), default=None)


def asked(recipe: ClassifierRecipe) -> dict[str, Any]:
    """What tells one recipe's result from another's."""
    return {name: value for name, value in recipe.settings().items() if name != NOT_ASKED}


def settings_of(job: Job) -> dict[str, Any]:
    """The same of a job; empty when it cannot be read."""
    try:
        return asked(recipe_of(job))
    except GlassboxError:
        return {}


def start(draft: Draft, base: Job, chosen: Sequence[Variant]) -> None:
    """A callback: queue these variants over the same texts as `base`, as many as one visitor may have open."""

    def do() -> None:
        waiting = sum(runs.is_open(job) for job in runs.mine(draft.owner))
        room = max(1, read_limits().open_per_owner - waiting)  # at least one, so that the queue says why not
        files = {path.name: path.read_bytes().decode("utf-8") for path in sorted((base.folder / "input").iterdir())}
        for variant in chosen[:room]:
            recipe = variant.recipe
            expected = expect(base, recipe)
            spec = JobSpec(
                "classify",
                draft.owner,
                f"{variant.about}: {variant.name} ({draft.name}, {recipe.model})",
                recipe.settings(),
                expected_seconds=expected[0] if expected else None,
                expected_bytes=expected[1] if expected else None,
            )
            draft.add_job(runner.submit(runs_folder(), spec, files).id)
        if len(chosen) > room:
            st.session_state[QUEUED] = (
                f"{room} of {len(chosen)} are queued, as many as you may have open; press again when some are done."
            )

    attempt(do)


def expect(base: Job, recipe: ClassifierRecipe) -> tuple[float, int] | None:
    """Seconds and bytes that a training should take; None on a machine that is not measured."""
    machine, cfg = preflight.read_machine(runs_folder()), models.configs().get(recipe.model)
    if machine is None or cfg is None:
        return None
    parts = inputs(str(base.folder))[0]
    train, others = lengths_of(recipe, {name: token_lengths(recipe.model, list(parts[name]["text"])) for name in parts})
    found = estimate(recipe, cfg, train, others, machine)
    return found.seconds, found.bytes
