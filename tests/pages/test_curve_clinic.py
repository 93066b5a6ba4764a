"""The Curve clinic: guess, reveal, the numbers behind it, treatment, and the visitor's own runs."""

from __future__ import annotations

from dataclasses import replace

from engine.evaluation.diagnosis import diagnose
from engine.jobs import runner
from engine.jobs.metrics import read_events
from engine.jobs.recipe import Recipe
from engine.jobs.recorded import RECORDS, job_curve, load_record, shipped_text
from engine.jobs.store import all_jobs, find, read
from tests.notebooks import run_notebook
from tests.pages.finished_run import OTHER, open_as, put, runs_root, trained
from tests.ui.helpers import charts, frames, words
from ui.code import notebook
from ui.figures.loss_curves import MARK
from ui.lessons.curve_clinic import patients, sections
from ui.lessons.curve_clinic.patterns import ALSO_NEEDED, GUESSES, PATTERNS, treated
from ui.lessons.curve_clinic.words import experiments
from ui.numbers import fmt

__all__ = ["runs_root", "trained"]  # fixtures, used by their names


def marked(app) -> list[int]:
    """The steps with a line through them in the first chart."""
    frame = frames(app)[0]
    return frame[frame["series"] == MARK]["step"].tolist()


def test_nothing_is_told_before_the_guess_and_all_after_it(runs_root):
    app = open_as("curve_clinic")
    assert not app.exception
    assert not app.error
    record = load_record(RECORDS[0])
    found = diagnose(record.curve())
    assert found.evidence not in words(app).replace("\\", "")
    assert marked(app) == []
    assert "The diagnosis, in numbers" not in [header.value for header in app.header]
    # A wrong guess and a right one: the same diagnosis, another first word.
    wrong = next(name for name in GUESSES if name != found.pattern)
    for guess, begins in ((wrong, "Not quite"), (found.pattern, "Yes")):
        app.radio(key="clinic-guess-1").set_value(guess).run()
        assert not app.exception
        told = words(app).replace("\\", "")
        assert f"{begins}" in told
        assert f"**{PATTERNS[found.pattern].name}**: {found.evidence}" in told  # which begins with the step
        assert marked(app) == [found.since]
    assert app.query_params["guess"] == f"1:{found.pattern}"
    table = app.dataframe[0].value
    assert table["found"].tolist() == [sign.found for sign in found.signs]
    sign = next(sign for sign in found.signs if sign.pattern == found.pattern)
    assert f"Measured: **{fmt(sign.measured)} nats**; it counts from {fmt(sign.limit)} nats on" in told
    app.selectbox(key="curve_clinic.sign").set_value("plateau").run()
    plateau = next(sign for sign in found.signs if sign.pattern == "plateau")
    assert f"Measured: **{fmt(plateau.measured)} of the run**" in words(app)
    assert "which it does not reach" in words(app)
    assert f"learning rate {record.recipe.learning_rate}" in told


def test_a_sign_that_reaches_its_limit_and_is_not_found_says_why(runs_root):
    app = open_as("curve_clinic", {"curve": "5", "guess": "5:underfitting", "sign": "rate_too_low"})
    assert "which it reaches; but it would have to be falling still" in words(app)
    for name in RECORDS:
        for sign in diagnose(load_record(name).curve()).signs:
            assert sign.found or sign.measured < sign.limit or sign.pattern in ALSO_NEEDED


def test_every_recorded_run_opens_from_its_link(runs_root):
    """Guesses for several runs live in one link; what is no guess is left out."""
    app = open_as("curve_clinic", {"curve": "2", "guess": "1:overfitting 2:healthy 3:nonsense 4:"})
    for key, name in patients.RECORDED.items():
        app.selectbox(key="curve_clinic.curve").set_value(key).run()
        assert not app.exception, name
        assert not app.error
        if key == "2":
            assert "**Learning rate too low**, from the first step on: " in words(app)
            assert "learning rate 0.00003, " in words(app).replace("\\", "")
            assert "Changed: rate 0.00003 → 0.003." in words(app)
        if key == "3":
            assert app.radio(key="clinic-guess-3").value is None
            app.radio(key="clinic-guess-3").set_value("healthy").run()
            assert "Nothing is changed." in words(app)
    app.toggle(key="curve_clinic.named").set_value(True).run()
    assert all(f"{PATTERNS[name].name}**" in words(app) for name in RECORDS)


def test_a_treatment_is_a_job_with_the_settings_on_screen(runs_root):
    app = open_as("curve_clinic", {"curve": "2", "guess": "2:rate_too_low", "again": "2~20260101-120000-00000001"})
    assert "Start a training with the settings on the left" in words(app)
    recipe = load_record("rate_too_low").recipe
    better = treated(recipe, diagnose(load_record("rate_too_low").curve()), 21)
    assert better.learning_rate > 5 * recipe.learning_rate
    app.slider(key="curve_clinic.epochs2").set_value(1).run()
    next(b for b in app.button if b.label == "Train with these settings").click().run()
    assert not app.exception
    (job,) = all_jobs(runs_root)
    runner.stop(runs_root, job)
    asked = Recipe(**job.spec.settings)
    assert (asked.learning_rate, asked.epochs, asked.seed) == (better.learning_rate, 1, recipe.seed)
    assert (job.folder / "input" / "text.txt").read_text() == shipped_text("small_world")
    assert app.query_params["again"] == f"2~{job.id}"
    next(b for b in app.button if b.label == "Exactly as before").click().run()
    again = next(other for other in all_jobs(runs_root) if other.id != job.id)
    runner.stop(runs_root, again)
    assert Recipe(**again.spec.settings) == recipe
    assert not app.exception
    for done in (job, again):
        runner.delete(runs_root, find(runs_root, done.id))


def test_a_treated_run_is_laid_over_the_recorded_one(runs_root, trained):
    job_id = put(trained, runs_root)
    app = open_as("curve_clinic", {"curve": "1", "guess": "1:healthy", "again": f"1~{job_id}"})
    assert not app.exception
    found = diagnose(job_curve(read(runs_root / job_id), read_events(runs_root / job_id)))
    assert f"The new curve: {PATTERNS[found.pattern].name}" in words(app)
    assert len(charts(app)) == 8  # the curve, both together, six small ones
    # The same link shows nothing of it to somebody else.
    other = open_as("curve_clinic", {"curve": "1", "guess": "1:healthy", "again": f"1~{job_id}"}, key=OTHER)
    assert "The new curve" not in words(other)


def test_own_runs_are_told_at_once_and_only_to_their_owner(runs_root, trained):
    job_id = put(trained, runs_root, title="cats *and* dogs")
    found = diagnose(job_curve(read(runs_root / job_id), read_events(runs_root / job_id)))
    app = open_as("curve_clinic", {"curve": job_id})
    assert not app.exception
    assert not app.error
    assert PATTERNS[found.pattern].name in words(app)
    assert found.evidence in words(app).replace("\\", "")
    assert "What is it? Guess" not in [radio.label for radio in app.radio]
    other = open_as("curve_clinic", {"curve": job_id}, key=OTHER)
    assert not other.exception
    assert other.selectbox(key="curve_clinic.curve").value == "1"
    (runs_root / job_id / "input" / "text.txt").unlink()
    assert "cannot be read" in words(open_as("curve_clinic", {"curve": job_id})).replace("\\", "")


def test_treatments_fit_their_pattern():
    recipe = Recipe(learning_rate=0.1, epochs=20, batch_size=8)
    record = diagnose(load_record("overfitting").curve())
    for pattern, changed in {
        "overfitting": {"epochs"},
        "underfitting": {"width", "layers", "heads", "learning_rate"},
        "unstable": {"learning_rate", "batch_size", "epochs"},
        "rate_too_high": {"learning_rate"},
        "broken": {"learning_rate"},
        "rate_too_low": {"learning_rate"},
        "healthy": set(),
        "leak": set(),
        "plateau": set(),
    }.items():
        better = treated(recipe, replace(record, pattern=pattern, since=100), steps_per_epoch=22)
        settings = recipe.settings()
        assert {name for name, value in better.settings().items() if value != settings[name]} == changed
    assert treated(recipe, replace(record, pattern="overfitting", since=100), 22).epochs == 5


def test_the_notebook_tells_the_same(runs_root):
    out = run_notebook(notebook(sections.code("1", None), "clinic"))
    found = diagnose(load_record(RECORDS[0]).curve())
    assert out.splitlines()[0] == f"{found.pattern} {found.since} {found.evidence}"
    assert len(out.splitlines()) == 1 + len(found.signs)


def test_experiments_set_controls_that_exist(runs_root):
    for experiment in experiments():
        app = open_as("curve_clinic", {name: str(value) for name, value in experiment.setup.items()})
        assert not app.exception
        keys = {f"curve_clinic.{name}": value for name, value in experiment.setup.items()}
        assert {key: app.session_state[key] for key in keys} == keys
