"""The command line's part for judging answers: python -m engine judge FILE.json."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from engine.cli_output import out
from engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable


def judge(
    file: Annotated[Path, typer.Argument(help="entries with answers, as JSON", exists=True, dir_okay=False)],
    key: Annotated[str, typer.Option(help="where an entry keeps the answer; all there are by default")] = "",
    against: Annotated[str, typer.Option(help="another key: prefer one answer or the other, in both orders")] = "",
    ollama: Annotated[str, typer.Option(help="a model of a local Ollama server that scores the answers")] = "",
    address: Annotated[str, typer.Option(help="the server; GLASSBOX_OLLAMA says which may be asked")] = "",
) -> None:
    """Measure answers against the correct ones, or let a model of a local Ollama server score them."""
    from engine.evaluation.responses import read_responses

    responses = read_responses(file.read_bytes(), file.name)
    for name in (key, against):
        if name and name not in [*responses.keys, "output"]:
            raise InputError(f"{file.name} has no answers under {name!r}; it has {', '.join(responses.keys)}.")
    keys = [key] if key else responses.keys
    if against:
        compare(responses.entries, keys[0], against, ollama, address)
    elif ollama:
        score(responses.entries, keys, ollama, address)
    else:
        show_measures(responses.entries, keys)


def show_measures(entries: list[dict[str, str]], keys: list[str]) -> None:
    """Every measure that can be counted, a column for each key."""
    from engine.evaluation.agreement import mean_interval
    from engine.evaluation.answers import measure

    table = Table("", *keys)
    found = {k: [measure(entry, entry[k]) for entry in entries] for k in keys}
    for name in ("solved", "exact", "rouge_l", "chrf", "words", "repetition"):
        cells = []
        for k in keys:
            values = [float(getattr(m, name)) for m in found[k] if getattr(m, name) is not None]
            low, high = mean_interval(values) if values else (0.0, 0.0)
            cells.append(f"{sum(values) / len(values):.3f} ({low:.3f} to {high:.3f})" if values else "-")
        if set(cells) != {"-"}:
            table.add_row(name, *cells)
    out.print(table)
    out.print(f"means over {len(entries):,} entries, in brackets 95% intervals (bootstrap)", soft_wrap=True)


def score(entries: list[dict[str, str]], keys: list[str], model: str, address: str) -> None:
    """The scores of a model, key after key, as they come."""
    from engine.evaluation.judge import Ollama, allowed_addresses, score_prompt
    from engine.evaluation.verdicts import judge_all

    server = Ollama(address or allowed_addresses()[0])
    for key in keys:
        scores, unread = [], 0
        prompts = [score_prompt(entry, entry[key]) for entry in entries]
        for number, verdict in enumerate(judge_all(server, model, prompts), 1):
            said = " ".join((verdict.failed or verdict.said).split())[:70]
            if verdict.score is None:
                unread += 1
                out.print(f"{key} {number}: no score in {said!r}", markup=False, soft_wrap=True)
            else:
                scores.append(verdict.score)
                out.print(f"{key} {number}: {verdict.score:g}", markup=False, soft_wrap=True)
        mean = f"{sum(scores) / len(scores):.1f}" if scores else "none"
        out.print(f"{key}: mean {mean} of {len(scores)} scores; {unread} could not be read", soft_wrap=True)


def compare(entries: list[dict[str, str]], key: str, other: str, model: str, address: str) -> None:
    """Win rates of one key's answers against another's: by measures, or by a model that is asked in both orders."""
    from engine.evaluation.agreement import mean_interval
    from engine.evaluation.answers import chrf, rouge_l
    from engine.evaluation.judge import Ollama, allowed_addresses
    from engine.evaluation.preferences import Preference, both_orders, count_outcomes
    from engine.evaluation.verdicts import judge_all

    if model:
        prompts = [prompt for entry in entries for prompt in both_orders(entry, entry[key], entry[other])]
        said = [v.said for v in judge_all(Ollama(address or allowed_addresses()[0]), model, prompts)]
        asked = [Preference(both) for both in zip(said[::2], said[1::2], strict=True)]
        judges = {model: [p.wins for p in asked if p.wins is not None]}
        for outcome, number in count_outcomes(asked).items():
            out.print(f"{outcome}: {number}", markup=False)
    else:
        judges = {m.__name__: points(entries, key, other, m) for m in (rouge_l, chrf)}
    for name, won in judges.items():
        if not won:
            raise InputError(f"{name} said nothing that can be read as a choice; take another judge.")
        low, high = mean_interval(won)
        rate = f"{100 * sum(won) / len(won):.1f} % of {len(won)} pairs ({100 * low:.1f} to {100 * high:.1f})"
        out.print(f"{name}: {key} wins {rate} against {other}; a tie is half a win", markup=False, soft_wrap=True)


def points(entries: list[dict[str, str]], key: str, other: str, near: Callable[[str, str], float]) -> list[float]:
    """1 where the first answer is nearer to the correct one, 0 where the second is, 0.5 for both alike."""
    pairs = [(near(entry[key], entry["output"]), near(entry[other], entry["output"])) for entry in entries]
    return [0.5 if one == two else float(one > two) for one, two in pairs]
