"""One family of errors, each also one of Python's own."""

from __future__ import annotations

import inspect

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
