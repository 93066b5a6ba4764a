"""One step of an optimizer in words, with its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.numbers import RAISED, fmt

if TYPE_CHECKING:
    from engine.experiments.descent import DescentSettings, OneStep


def written(name: str, axis: str, settings: DescentSettings, step: int, done: OneStep) -> str:
    """The arithmetic of one step of one parameter, as markdown."""
    t = {key: brackets(value) for key, value in done.terms.items()}  # as factors
    r = {key: fmt(value) for key, value in done.terms.items()}  # as results
    rate = fmt(settings.sgd_rate if name in ("SGD", "momentum") else settings.adam_rate)
    start = f"**{axis}** = {fmt(done.terms['w'], 4)}, slope {fmt(done.terms['g'], 4)}."
    after = f"**{fmt(done.after, 4)}**"
    if name == "SGD":
        return f"{start} New {axis} = {t['w']} − {rate} × {t['g']} = {after}."
    if name == "momentum":
        kept = f"{fmt(settings.momentum)} × {t['first']} + {t['g']} = {r['velocity']}"
        return f"{start} Velocity = {kept}. New {axis} = {t['w']} − {rate} × {t['velocity']} = {after}."
    decay, power = "", str(step + 1).translate(RAISED)
    if settings.weight_decay and name == "Adam":
        decay = f" Decay joins the slope: {t['g']} + {fmt(settings.weight_decay)} × {t['w']} = {r['used']}."
    if settings.weight_decay and name == "AdamW":
        decay = (
            f" Decay shrinks the weight itself: {t['w']} × (1 − {rate} × {fmt(settings.weight_decay)}) = {r['kept']}."
        )
    return (
        f"{start}{decay}\n\n- mean slope m = 0.9 × {t['first']} + 0.1 × {t['used']} = {r['m']}\n"
        f"- mean square v = 0.999 × {t['second']} + 0.001 × {t['used']}² = {r['v']}\n"
        f"- both started at 0, so divide by 1 − 0.9{power} and 1 − 0.999{power}: {r['m_hat']} and "
        f"{r['v_hat']}\n"
        f"- new {axis} = {t['kept']} − {rate} × {t['m_hat']} / √{t['v_hat']} = {after}"
    )


def brackets(value: float) -> str:
    """A number inside a formula: negative ones in brackets."""
    return f"({fmt(value)})" if value < 0 else fmt(value)
