"""Memory in words and numbers: the formulas of engine.memory with the sizes on screen filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.config import parameter_count
from engine.memory import BYTES, training_memory, writing_memory
from ui.numbers import count, fmt

if TYPE_CHECKING:
    from engine.config import GPTConfig


def rows(cfg: GPTConfig, batch: int, length: int, fused: bool) -> dict[str, dict[str, int]]:
    """Bytes by kind for training and for writing, in each precision that can do it."""
    training = {f"training, {p}": training_memory(cfg, batch, length, p, fused) for p in BYTES if p != "int8"}
    return training | {f"writing, {p}": writing_memory(cfg, batch, length, p) for p in BYTES}


def formula_table(cfg: GPTConfig, batch: int, length: int, precision: str, fused: bool) -> str:
    """What each kind of memory comes from, as a table: the result, the formula, the real numbers in it."""
    writing = writing_memory(cfg, batch, length, precision)
    training = {} if precision == "int8" else training_memory(cfg, batch, length, precision, fused)
    b, p, d = BYTES[precision], count(parameter_count(cfg)), count(cfg.emb_dim)
    n, t, c = count(cfg.n_layers), f"{count(batch)} · {count(length)}", f"{count(cfg.context_length)}²"
    lines = {
        "weights": ("P · b", f"{p} · {b}"),
        "masks": ("L · context² · b", f"{n} · {c} · {b}"),
        "gradients": ("P · b", f"{p} · {b}"),
        "optimizer": ("2 · P · b", f"2 · {p} · {b}"),
        "activations": _activations(cfg, batch, length, b, fused),
        "kv_cache": ("2 · L · B · T · D · b", f"2 · {n} · {t} · {d} · {b}"),
    }
    names = {
        "weights": "weights",
        "masks": "causal masks",
        "gradients": "gradients (training)",
        "optimizer": "AdamW's two means (training)",
        "activations": "activations (training)",
        "kv_cache": "KV cache (writing)",
    }
    table = ["| what | bytes | formula | here |", "|:--|--:|:--|:--|"]
    for kind, size in {**training, **writing}.items():
        formula, numbers = lines[kind]
        table.append(f"| {names[kind]} | {count(size)} | {formula} | {numbers} |")
    return "\n".join(table)


def _activations(cfg: GPTConfig, batch: int, length: int, b: int, fused: bool) -> tuple[str, str]:
    tokens, d, h = batch * length, cfg.emb_dim, cfg.n_heads
    if fused:
        block = 16 * tokens * d + tokens * h + 4 * tokens
        formula = "L · (16 BTD + BHT + 4 BT) · b + ends"
    else:
        block = 32 * tokens * d + tokens * h * length + 2 * tokens
        formula = "L · (32 BTD + BHTT + 2 BT) · b + ends"
    return formula, f"{count(cfg.n_layers)} · {count(block)} · {b} + ends"


def measured_table(measured: dict[str, int], expected: dict[str, int]) -> str:
    """What PyTorch really kept beside what the formulas say."""
    lines = ["| what | formula | measured | difference |", "|:--|--:|--:|--:|"]
    for kind, size in measured.items():
        off = size - expected[kind]
        share = "none" if off == 0 else f"{count(off)} bytes ({fmt(100 * off / size)}%)"
        lines.append(
            f"| {kind.replace('_', ' ').replace('kv', 'KV')} | {count(expected[kind])} | {count(size)} | {share} |"
        )
    return "\n".join(lines)
