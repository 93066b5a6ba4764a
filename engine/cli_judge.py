"""The command line's part for judging answers: python -m engine judge FILE.json."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from engine.cli_output import out


def judge(
    file: Annotated[Path, typer.Argument(help="entries with answers, as JSON", exists=True, dir_okay=False)],
    key: Annotated[str, typer.Option(help="where an entry keeps the answer; all there are by default")] = "",
    ollama: Annotated[str, typer.Option(help="a model of a local Ollama server that scores the answers")] = "",
    address: Annotated[str, typer.Option(help="the server; GLASSBOX_OLLAMA says which may be asked")] = "",
) -> None:
    """Measure answers against the correct ones, or let a model of a local Ollama server score them."""
    from engine.errors import InputError
    from engine.evaluation.agreement import mean_interval
    from engine.evaluation.answers import measure
    from engine.evaluation.responses import read_responses

    responses = read_responses(file.read_bytes(), file.name)
    if key and key not in responses.keys:
        raise InputError(f"{file.name} has no answers under {key!r}; it has {', '.join(responses.keys)}.")
    keys = [key] if key else responses.keys
    if ollama:
        return score(responses.entries, keys, ollama, address)
    table = Table("", *keys)
    found = {k: [measure(entry, entry[k]) for entry in responses.entries] for k in keys}
    for name in ("solved", "exact", "rouge_l", "chrf", "words", "repetition"):
        cells = []
        for k in keys:
            values = [float(getattr(m, name)) for m in found[k] if getattr(m, name) is not None]
            low, high = mean_interval(values) if values else (0.0, 0.0)
            cells.append(f"{sum(values) / len(values):.3f} ({low:.3f} to {high:.3f})" if values else "-")
        if set(cells) != {"-"}:
            table.add_row(name, *cells)
    out.print(table)
    out.print(f"means over {len(responses.entries):,} entries, in brackets 95% intervals (bootstrap)", soft_wrap=True)
    return None


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
