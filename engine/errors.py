"""One family of errors: each says what happened and what to do, and stays catchable as Python's own kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def first_line(error: BaseException) -> str:
    """What an error of another library says, on one line, without a full stop; its kind where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


class GlassboxError(Exception):
    """The root of every error that a user can cause; its text is one sentence for that user."""

    def __str__(self) -> str:
        # KeyError would show the repr of the sentence, quotes and all.
        return str(self.args[0]) if self.args else ""


class InputError(GlassboxError, ValueError):
    """A value that cannot be used: out of range, empty, of the wrong shape or kind."""


class UnknownTokenError(InputError, KeyError):
    """A word that is not in the vocabulary."""


class WeightsError(GlassboxError, ValueError):
    """Weights that are missing, damaged, or made for another configuration."""


class CheckpointError(GlassboxError, ValueError):
    """A training checkpoint that is incomplete, damaged, or belongs to another run."""


class TrainingError(GlassboxError, RuntimeError):
    """A training that cannot go on, such as one whose loss is no longer a number."""


class JobError(GlassboxError, RuntimeError):
    """A job that cannot be found, started, changed or written."""


class DownloadError(GlassboxError, OSError):
    """A file that could not be fetched, or that is not what it should be."""


class DeviceError(GlassboxError, RuntimeError):
    """A device that was asked for and is not there."""


class JudgeError(GlassboxError, OSError):
    """A judge that cannot be asked: a server that does not answer, or answers nonsense."""


def check_bounds(settings: object, bounds: Mapping[str, tuple[float, float]], whole: bool = False) -> None:
    """Raise InputError for the first field of the settings that lies outside its bounds.

    bounds  name -> least, most
    whole   only whole numbers will do
    """
    for name, (low, high) in bounds.items():
        value = getattr(settings, name)
        fits = isinstance(value, int | float) and low <= value <= high
        if not fits or (whole and (isinstance(value, bool) or not isinstance(value, int))):
            kind = "whole number" if whole else "number"
            raise InputError(f"{name} is {value!r}; give a {kind} from {_plain(low)} to {_plain(high)}.")


def _plain(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"
