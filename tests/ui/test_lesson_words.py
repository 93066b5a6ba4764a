"""What lessons give to try, answer and ask, as the quiz and the glossary collect it: complete, cheap and sound."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ui.catalog import ROOT, lessons
from ui.lesson import Experiment, Question

if TYPE_CHECKING:
    from types import ModuleType

FUNCTIONS = ("experiments", "questions", "check")


def called_names(slug: str) -> set[str]:
    """The last part of every name that the page calls: check for page.check()."""
    tree = ast.parse((ROOT / "pages" / f"{slug}.py").read_text(encoding="utf-8"))
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {ast.unparse(function).rsplit(".", 1)[-1] for function in calls}


CHECKED = [lesson.slug for lesson in lessons() if "check" in called_names(lesson.slug)]


@pytest.fixture(params=CHECKED)
def words(request: pytest.FixtureRequest) -> ModuleType:
    """The words of each lesson that ends in a check."""
    return importlib.import_module(f"ui.lessons.{request.param}.words")


def test_the_first_lessons_are_among_them() -> None:
    """Otherwise every test below could be empty."""
    assert {"home", "self_attention", "decoding"} <= set(CHECKED)


def test_pages_keep_their_words_where_the_quiz_finds_them() -> None:
    """No page makes an experiment or a question itself."""
    assert [slug for slug in CHECKED if called_names(slug) & {"Experiment", "Question"}] == []


def test_no_arguments(words: ModuleType) -> None:
    for name in FUNCTIONS:
        assert not inspect.signature(getattr(words, name)).parameters, name


def test_experiments_are_sound(words: ModuleType) -> None:
    found = words.experiments()
    assert found
    for one in found:
        assert isinstance(one, Experiment)
        assert all(text.strip() for text in (one.do, one.ask, one.why))
        assert_options(one.guesses, one.truth)


def test_check_is_sound(words: ModuleType) -> None:
    found = words.check()
    assert len(found) >= 2
    assert len({one.ask for one in found}) == len(found)
    for one in found:
        assert isinstance(one, Question)
        assert all(text.strip() for text in (one.ask, one.why))
        assert_options(one.answers, one.truth)


def test_questions_are_answered(words: ModuleType) -> None:
    found = words.questions()
    assert found
    assert all(ask.strip() and answer.strip() for ask, answer in found.items())


def assert_options(options: list[str], truth: int) -> None:
    """At least two different answers, one of which is the truth."""
    assert len(options) >= 2
    assert len(set(options)) == len(options)
    assert all(option.strip() for option in options)
    assert 0 <= truth < len(options)


def test_collecting_them_all_needs_no_torch() -> None:
    """The quiz opens without waiting for PyTorch."""
    modules = [f"ui.lessons.{slug}.words" for slug in CHECKED]
    calls = "; ".join(f"{module}.{name}()" for module in modules for name in FUNCTIONS)
    code = f"import sys, {', '.join(modules)}; {calls}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert not set(run.stdout.split()) & {"torch", "sklearn", "transformers", "tensorflow"}
