"""The engine calls behind the lesson on the architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.config import GPTConfig


def cells(cfg: GPTConfig, batch: int, length: int, precision: str, fused: bool) -> list[str]:
    """Sizes, parts with shapes, the same from a real model without memory, and the memory it would take."""
    sizes = "".join(f"    {name}={value!r},\n" for name, value in cfg.to_dict().items())
    training = (
        "" if precision == "int8" else f"print(training_memory(cfg, batch, length, {precision!r}, fused={fused}))\n"
    )
    names = "writing_memory" if precision == "int8" else "training_memory, writing_memory"
    return [
        "from engine.anatomy import anatomy, shape_of\n"
        "from engine.config import GPTConfig, parameter_count\n\n"
        f"cfg = GPTConfig(\n{sizes})\n"
        f"batch, length = {batch}, {length}\n"
        "for part in anatomy(cfg):\n"
        "    out = shape_of(part.gives, cfg, batch, length)\n"
        '    print(f"{part.name:16} {part.copies:3} x {part.parameters:12,} parameters   out: {out}")\n'
        'print(f"{parameter_count(cfg):,} parameters")',
        '# The same from the model itself. On the device "meta" tensors have shapes, but no numbers.\n'
        "import torch\n\n"
        "from engine.model import GPTModel\n\n"
        'with torch.device("meta"):\n'
        "    model = GPTModel(cfg)\n"
        "    logits = model(torch.zeros(batch, length, dtype=torch.long))\n"
        'print(f"{sum(p.numel() for p in model.parameters()):,} parameters, logits of shape {tuple(logits.shape)}")',
        f"from engine.memory import {names}\n\n{training}print(writing_memory(cfg, batch, length, {precision!r}))",
    ]
