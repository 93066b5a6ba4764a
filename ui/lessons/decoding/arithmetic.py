"""The arithmetic of one token in sentences, and what the answers add with the numbers on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.figures.decoding import arithmetic, ranking
from ui.labels import quote, visible
from ui.lesson import plain
from ui.lessons.decoding.words import ARGMAX, TEMPERATURE
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    import numpy as np

    from engine.sampling import DecodingSettings
    from ui.lessons.decoding.controls import Text


def one_line(settings: DecodingSettings) -> str:
    """The settings that do something, in one line."""
    words = [f"temperature {settings.temperature:g}"]
    for name, value in (("top-k", settings.top_k), ("top-p", settings.top_p), ("min-p", settings.min_p)):
        words += [f"{name} {value:g}"] if value is not None else []
    if settings.repetition_penalty != 1:
        words.append(f"repetition penalty {settings.repetition_penalty:g}")
    return ", ".join(words)


def arithmetic_table(text: Text, chosen: int) -> str:
    """From logit to probability in real numbers: a table for the best token and the chosen one, then in words."""
    settings, scores = text.settings, penalised(text)
    if settings.temperature == 0:
        return greedy(text, chosen)
    best, second = ranking(scores)[:2].tolist()
    # Always two rows: the best token, and the chosen one or the runner-up.
    rows = {one: arithmetic(scores, one, settings.temperature) for one in (best, second if chosen == best else chosen)}
    size, temperature = count(len(scores)), f"{settings.temperature:g}"
    lines = [
        f"| token | logit | − best | ÷ {temperature} | e to it | ÷ sum |",
        "|:--|--:|--:|--:|--:|--:|",
    ]
    for one, row in rows.items():
        cells = [fmt(row.score), fmt(row.score - row.best), fmt(row.divided), fmt(row.exponential)]
        lines.append(f"| {plain(visible(text.label(one)))} | {' | '.join(cells)} | {percent(row.probability)} |")
    row = rows[chosen]
    lines.append(f"| all {size} | | | | {fmt(row.total)} | 100% |")
    steps = (
        f"({fmt(row.score)} − {fmt(row.best)}) ÷ {temperature} = **{fmt(row.divided)}**;  "
        f"e^({fmt(row.divided)}) = **{fmt(row.exponential)}**;  "
        f"{fmt(row.exponential)} ÷ {fmt(row.total)} = **{percent(row.probability)}**"
    )
    return "\n".join(
        [
            "The model gives every token a **logit**: a score of any size. **Softmax** turns all of them into "
            f"probabilities that add up to 1. Here for {quote(text.label(chosen))} (ID {chosen}); click another token "
            f"in the table above.{penalty_note(text, chosen)}\n",
            *lines,
            f"\n{steps}{filter_note(text, chosen)}\n",
            "The best logit is taken off first so that no number gets too large. It changes nothing: top and bottom of "
            "the fraction are divided by the same number.",
        ]
    )


def penalised(text: Text) -> np.ndarray:
    """The logits that the temperature divides: the model's, after the repetition penalty if it is on."""
    penalty, scores = text.settings.repetition_penalty, text.now.scores.copy()
    if penalty != 1:
        seen = list(set(text.now.ids))
        scores[seen] = [s * penalty if s < 0 else s / penalty for s in scores[seen]]
    return scores


def penalty_note(text: Text, chosen: int) -> str:
    """What the repetition penalty did to the chosen token's logit, empty if nothing."""
    penalty, raw = text.settings.repetition_penalty, float(text.now.scores[chosen])
    if penalty == 1 or chosen not in text.now.ids:
        return ""
    sign, after = ("×", raw * penalty) if raw < 0 else ("÷", raw / penalty)
    return f" It is in the text already, so its logit becomes {fmt(raw)} {sign} {penalty:g} = {fmt(after)}."


def filter_note(text: Text, chosen: int) -> str:
    """What the filters made of the chosen token's probability."""
    names, stages = text.draw.names, text.draw.stages
    filters = [name for name in names if name in ("top-k", "top-p", "min-p")]
    if not filters:
        return "."
    before = stages[len(names) - len(filters) - 1]
    kept = stages[-1] > 0
    share, together = float(before[chosen]), float(before[kept].sum(dtype=float))
    words, s = " and ".join(filters), "s" if len(filters) == 1 else ""
    if not kept[chosen]:
        return f".  Then {words} leave{s} it out: **0**."
    return (
        f".  {words.capitalize()} keep{s} {count(int(kept.sum()))} tokens, {percent(together)} together, and "
        f"divide{s} by that: {percent(share)} ÷ {percent(together)} = **{percent(float(stages[-1][chosen]))}**."
    )


def greedy(text: Text, chosen: int) -> str:
    """The arithmetic at temperature 0: none, only a comparison."""
    scores = penalised(text)
    best = int(scores.argmax())
    sentences = [
        f"At temperature 0 nothing is divided or drawn: the token with the largest logit is taken. That is "
        f"**argmax**: {quote(text.label(best))} with **{fmt(float(scores[best]))}** (ID {best})."
    ]
    if chosen != best:
        sentences.append(
            f"{quote(text.label(chosen))} has {fmt(float(scores[chosen]))}, which is less, so its probability is 0."
        )
    return "\n\n".join(sentences)


def argmax_now(text: Text) -> str:
    """Argmax of the logits and of the probabilities on screen, as a table."""
    probs, scores = text.draw.stages[0], text.now.scores
    rows = [
        f"| {plain(visible(text.label(i)))} | {i} | {fmt(float(scores[i]))} | {percent(float(probs[i]))} |"
        for i in ranking(scores)[:3].tolist()
    ]
    table = "\n".join(["| token | ID | logit | probability |", "|:--|--:|--:|--:|", *rows])
    return (
        f"On this page now:\n\n{table}\n\nargmax(logits) = **{int(scores.argmax())}**, "
        f"argmax(softmax(logits)) = **{int(probs.argmax())}**."
    )


def temperature_now(text: Text) -> str:
    """The three best tokens on screen at three temperatures, as a table."""
    heats = (0.5, 1.0, 2.0)
    lines = [f"| token | {' | '.join(f'T = {heat:g}' for heat in heats)} |", "|:--|--:|--:|--:|"]
    for i in ranking(text.now.scores)[:3].tolist():
        shares = [percent(arithmetic(text.now.scores, i, heat).probability) for heat in heats]
        lines.append(f"| {plain(visible(text.label(i)))} | {' | '.join(shares)} |")
    return "The three best tokens now, before any filter:\n\n" + "\n".join(lines)


def with_numbers(answers: dict[str, str], text: Text) -> dict[str, str]:
    """The answers, those on temperature and argmax with the numbers on screen."""
    more = {TEMPERATURE: temperature_now(text), ARGMAX: argmax_now(text)}
    return {ask: "\n\n".join([answer, *([more[ask]] if ask in more else [])]) for ask, answer in answers.items()}
