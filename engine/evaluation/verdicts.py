"""A judge's verdicts on many answers, written down one by one, so that nothing is asked twice and nothing is lost."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from engine.errors import InputError, JudgeError
from engine.evaluation import judge
from engine.evaluation.scores import parse_score
from engine.whole_files import append_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from engine.evaluation.judge import Ollama

GIVE_UP = 3  # failures in a row, after which the server counts as gone


@dataclass(frozen=True)
class Verdict:
    """What a judge said to one prompt.

    prompt  its digest, with the model's name
    said    the judge's words; empty when it gave none
    failed  why it gave none; empty when it did
    """

    prompt: str
    said: str
    failed: str = ""

    @property
    def score(self) -> float | None:
        """The score in it, 0 to 100; None for words that hold none."""
        return parse_score(self.said)


def digest(model: str, prompt: str) -> str:
    """What stands for a question to a model."""
    return hashlib.sha256(f"{model}\n{prompt}".encode("utf-8", "replace")).hexdigest()[:32]


def read_verdicts(file: Path) -> dict[str, Verdict]:
    """The verdicts in a file, by digest; a half-written line is left out."""
    found = {}
    try:
        lines = file.read_bytes().splitlines()
    except OSError:
        return {}
    for line in lines:
        try:
            verdict = Verdict(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if isinstance(verdict.said, str):
            found[verdict.prompt] = verdict
    return found


def judge_all(
    server: Ollama,
    model: str,
    prompts: Sequence[str],
    file: Path | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Verdict]:
    """The verdict on each prompt, in order; those that the file has are not asked for again.

    file  where they are kept; None: nowhere

    A prompt to which the server gives no answer gets a verdict that says so, which is not kept.

    Raises JudgeError when stopped, when the model is not there, or when the server fails three times in a row; what
    was said until then is in the file.
    """
    known = read_verdicts(file) if file else {}
    failures = 0
    for prompt in prompts:
        name = digest(model, prompt)
        if name in known:
            yield known[name]
            continue
        if stop():
            raise JudgeError("asking was stopped; what was said until then is kept.")
        try:
            verdict = known[name] = Verdict(name, judge.ask(server, prompt, model, stop=stop))
            failures = 0
            if file:
                _add(file, verdict)
        except JudgeError as e:
            failures += 1
            if stop() or failures == GIVE_UP or isinstance(e, judge.NoModel):
                raise
            verdict = Verdict(name, "", str(e))
        yield verdict


def _add(file: Path, verdict: Verdict) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        append_line(file, json.dumps(asdict(verdict)))
    except OSError as e:
        raise InputError(f"the verdict cannot be written to {file} ({e.strerror or e}); make room there.") from e
