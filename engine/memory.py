"""How much memory a GPT takes, in bytes, worked out from its sizes before anything is built.

Each function states its formula with the letters of engine/__init__.py; b is the bytes of one number and P the number
of parameters. The tests hold them to what PyTorch really keeps. Left out: what the program itself takes, and tensors
that live only for a moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.config import parameter_count
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.config import GPTConfig

# int8 also needs one scale for each row of a matrix, less than 1% more, left out here.
BYTES = {"fp32": 4, "bf16": 2, "int8": 1}
UNITS = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
INDEX_BYTES = 8  # a token ID, a position or a target is an int64


def weight_bytes(cfg: GPTConfig, precision: str = "fp32") -> int:
    """The parameters: P b."""
    return parameter_count(cfg) * _bytes(precision)


def mask_bytes(cfg: GPTConfig, precision: str = "fp32") -> int:
    """The causal masks, a buffer of every block: L context_length^2 b."""
    return cfg.n_layers * cfg.context_length**2 * _bytes(precision)


def gradient_bytes(cfg: GPTConfig, precision: str = "fp32") -> int:
    """A gradient for every parameter: P b. Raises InputError for int8."""
    return parameter_count(cfg) * _trainable(precision)


def adamw_bytes(cfg: GPTConfig, precision: str = "fp32") -> int:
    """AdamW's two running means for every parameter: 2 P b. Raises InputError for int8.

    Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2.
    """
    return 2 * parameter_count(cfg) * _trainable(precision)


def activation_bytes(cfg: GPTConfig, batch: int, length: int, precision: str = "fp32", fused: bool = False) -> int:
    """What the forward pass keeps for the backward pass, up to the loss; dropout off. Raises InputError for int8.

    batch, length  texts in the batch, tokens in each
    fused          fast_loss of engine.fast, as our training does, instead of the code in engine.model; on a CPU

    engine.model:  L (32 BTD + BHTT + 2 BT) b  +  (4 BTD + BT + BTV) b  +  L context_length^2 + 8 (2 BT + T)
    engine.fast:   L (16 BTD + BHT + 4 BT) b   +  (2 BTD + 2 BT + VD) b  +  8 BT

    In a block of engine.model: 3 BTD for each norm and 1 for its result; Q, K, V and the joined heads; four tensors
    of width 4D in GELU and a fifth as its result; BHTT attention weights; a mask of one byte for each pair of
    positions. Fused kernels keep less and compute again what they need, above all the attention weights; fast_loss
    keeps the gradients of the head and its input instead of all logits.
    """
    b, tokens = _trainable(precision), batch * length
    vectors = tokens * cfg.emb_dim
    per_head = tokens * cfg.n_heads
    if fused:
        block = 16 * vectors + per_head + 4 * tokens
        ends = 2 * vectors + 2 * tokens + cfg.vocab_size * cfg.emb_dim
        other = INDEX_BYTES * tokens
    else:
        block = 32 * vectors + per_head * length + 2 * tokens
        ends = 4 * vectors + tokens + tokens * cfg.vocab_size
        other = cfg.n_layers * cfg.context_length**2 + INDEX_BYTES * (2 * tokens + length)
    return (cfg.n_layers * block + ends) * b + other


def kv_cache_bytes(cfg: GPTConfig, batch: int, length: int, precision: str = "fp32") -> int:
    """Keys and values of every token in every block, kept while writing: 2 L B T D b."""
    return 2 * cfg.n_layers * batch * length * cfg.emb_dim * _bytes(precision)


def training_memory(
    cfg: GPTConfig, batch: int, length: int, precision: str = "fp32", fused: bool = False
) -> dict[str, int]:
    """Bytes of everything that one step of training with AdamW keeps. Raises InputError for int8."""
    return {
        "weights": weight_bytes(cfg, precision),
        "masks": mask_bytes(cfg, precision),
        "gradients": gradient_bytes(cfg, precision),
        "optimizer": adamw_bytes(cfg, precision),
        "activations": activation_bytes(cfg, batch, length, precision, fused),
    }


def writing_memory(cfg: GPTConfig, batch: int, length: int, precision: str = "fp32") -> dict[str, int]:
    """Bytes of everything that writing with a KV cache keeps."""
    return {
        "weights": weight_bytes(cfg, precision),
        "masks": mask_bytes(cfg, precision),
        "kv_cache": kv_cache_bytes(cfg, batch, length, precision),
    }


def running_memory(cfg: GPTConfig, precision: str = "fp32") -> dict[str, int]:
    """Bytes that a loaded model needs to go on from one full context.

    Logits are those of every position, T V b.
    """
    length = cfg.context_length
    return {
        "weights": weight_bytes(cfg, precision),
        "masks": mask_bytes(cfg, precision),
        "kv_cache": kv_cache_bytes(cfg, 1, length, precision),
        "logits": length * cfg.vocab_size * _bytes(precision),
    }


def bytes_text(size: float) -> str:
    """Bytes for people, three digits in the decimal units of disks and networks: 12 kB, 26.6 MB, 498 MB, 1.24 GB."""
    for unit, name in UNITS:
        if size >= 0.9995 * unit:  # what is rounded to 1,000 of one unit is 1 of the next
            return f"{float(f'{size / unit:.3g}'):,g} {name}"
    return f"{size:,.0f} bytes"


def _bytes(precision: str) -> int:
    if precision not in BYTES:
        raise InputError(f"there is no precision {precision!r}; choose {', '.join(BYTES)}.")
    return BYTES[precision]


def _trainable(precision: str) -> int:
    if precision == "int8":
        raise InputError("int8 has 256 steps, too coarse for the small changes of training; choose fp32 or bf16.")
    return _bytes(precision)
