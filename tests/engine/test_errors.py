"""One family of errors, each also one of Python's own."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import pytest

from engine import errors

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_belongs_to_the_family_and_shows_its_sentence(cls: type[errors.GlassboxError]) -> None:
    """KeyError would show quotes around it."""
    assert issubclass(cls, errors.GlassboxError)
    assert cls.__doc__
    assert str(cls("there is no 'x'; give y.")) == "there is no 'x'; give y."
    assert str(cls()) == ""


@pytest.mark.parametrize(
    ("cls", "python"),
    [
        (errors.InputError, ValueError),
        (errors.UnknownTokenError, KeyError),
        (errors.UnknownTokenError, ValueError),
        (errors.WeightsError, ValueError),
        (errors.CheckpointError, ValueError),
        (errors.TrainingError, RuntimeError),
        (errors.DownloadError, OSError),
        (errors.DeviceError, RuntimeError),
    ],
)
def test_each_stays_catchable_as_pythons_own(cls: type[Exception], python: type[Exception]) -> None:
    with pytest.raises(python, match="a sentence"):
        raise cls("a sentence.")


@pytest.mark.parametrize("value", [0, 1.5, 10])
def test_what_lies_within_its_bounds_passes(value: float) -> None:
    errors.check_bounds(SimpleNamespace(size=value), {"size": (0, 10)})


@pytest.mark.parametrize(
    ("value", "whole", "sentence"),
    [
        (-1, False, "size is -1; give a number from 0 to 10,000."),
        (10_001, False, "size is 10001; give a number"),
        (float("nan"), False, "size is nan; give"),
        ("3", False, "size is '3'; give"),
        (1.5, True, "size is 1.5; give a whole number from 0 to 10,000."),
        (True, True, "size is True; give a whole number"),
    ],
)
def test_what_does_not_is_named_with_its_bounds(value: object, whole: bool, sentence: str) -> None:
    with pytest.raises(errors.InputError, match=sentence):
        errors.check_bounds(SimpleNamespace(size=value), {"size": (0, 10_000)}, whole)
