"""What a classifier's training should take, from the machine's speed as engine.jobs.preflight measured it.

For each token that passes a block: 24 D² FLOPs for its matrices and 4 T D for attention, with D the width and T the
length of the text; twice as much again for a backward pass. A block that is worked out at one place only needs keys
and values of all tokens, 4 D² each; the mean of all tokens needs all of it. What stays as it is runs once; what is
trained runs in every epoch, and twice more to measure the losses, forward only.

Source of 2 FLOPs a weight and token: Kaplan et al. 2020, "Scaling Laws for Neural Language Models", section 2.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.config import GPTConfig, parameter_count
from engine.finetune.recipe import LOOKED_AT, READ_AT_ONCE, SUMMARIES, head_width
from engine.memory import activation_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.finetune.recipe import ClassifierRecipe
    from engine.jobs.preflight import Machine

STEP_CALLS = 3.0  # layers' worth of fixed time in a step that trains one block at one place
REGRESSION = 2.5e-9  # seconds a pass takes for each byte that was kept of the texts to learn from
PROGRAM = 50_000_000  # bytes beyond a pretraining's: tables, tokenizer, the texts and their IDs
# Training through all blocks, in a CPU's bfloat16: times what float32 keeps for the way back, and bytes of the compiled
# kernels, one for each shape of a batch. Measured with the pocket model, texts of up to 54 and up to 256 tokens.
THROUGH_ALL = {"all": (2.0, 230_000_000), "lora": (2.6, 390_000_000)}


@dataclass(frozen=True)
class ClassifierEstimate:
    """Seconds alone on the machine if no epoch is left out, bytes at the highest, optimizer steps."""

    seconds: float
    bytes: int
    steps: int


def estimate(
    recipe: ClassifierRecipe, cfg: GPTConfig, train: Sequence[int], others: Sequence[int], machine: Machine
) -> ClassifierEstimate:
    """What this recipe should take.

    train, others  tokens that are read of each text to learn from, and of those of the other two parts

    Raises InputError for more steps than anyone waits for, and for a regression over too many texts.
    """
    steps = recipe.steps(len(train))
    if recipe.padding == "longest" and recipe.reads == "last_position" and train:
        longest = max(train)
        train, others = [longest] * len(train), [longest] * len(others)
    frozen = {"head": cfg.n_layers, "last_block": cfg.n_layers - 1}.get(recipe.part, 0)
    width = cfg.emb_dim
    blocks = sum(24.0 * width**2 * n + 4.0 * width * n * n for n in (*train, *others))
    once = frozen * blocks
    share = sum(train) / max(1, sum(train) + sum(others))
    looked = share * min(1.0, LOOKED_AT / max(1, len(train))) + (1 - share)
    trained = cfg.n_layers - frozen
    # The last block at one place: a sixth of its work; for the mean, and of the others, everything.
    last = 1.0 if recipe.reads in ("mean", "layers") else 1 / 6
    pass_ = blocks * (max(0, trained - 1) + (last if trained else 0))
    every = pass_ * (3 * share + looked)
    if recipe.reads == "layers":  # one look at the training part, to standardise what the head gets
        once += share * pass_
    if recipe.is_solved:
        read = 4 * len(train) * head_width(cfg, recipe)
        seconds = machine.startup + once / machine.rate_at(width) + steps * REGRESSION * read
        return ClassifierEstimate(seconds, machine.base_bytes + memory(recipe, cfg, train, others), steps)
    seconds = machine.startup + (once + recipe.epochs * every) / machine.rate_at(width)
    seconds += steps * machine.per_layer * max(1.0, STEP_CALLS * trained)
    learned = parameter_count(cfg) if recipe.trained == "all" else 12 * width**2
    seconds += steps * machine.per_parameter * (learned if trained else width)
    return ClassifierEstimate(seconds, machine.base_bytes + memory(recipe, cfg, train, others), steps)


def memory(recipe: ClassifierRecipe, cfg: GPTConfig, train: Sequence[int], others: Sequence[int]) -> int:
    """Bytes at the highest beyond those of a process that has loaded PyTorch; arguments as those of `estimate`."""
    width, longest = cfg.emb_dim, max((*train, *others), default=1)
    # The model; of what learns a copy, the best of it, gradients and AdamW's two means. LoRA: a copy of the model, each
    # matrix as a whole, and its gradient.
    learned = {"last_block": 5 * 12 * width**2}.get(recipe.trained, 0)
    copies = {"all": 6, "lora": 3}.get(recipe.trained, 0)
    found = PROGRAM + 4 * ((1 + copies) * parameter_count(cfg) + learned)
    texts = len(train) + len(others)
    below = SUMMARIES * cfg.n_layers if recipe.reads == "layers" else 0
    kept = {
        "head": texts * head_width(cfg, recipe),
        "last_block": (sum(train) + sum(others) + texts * below) * width,
    }
    kept_bytes = 4 * kept.get(recipe.part, 0)
    if recipe.keeps(kept_bytes):
        found += kept_bytes
    # A pass without gradients: the vectors, the normalised ones, and two of the feed-forward layer, four times as wide.
    found += 4 * 10 * width * longest * min(READ_AT_ONCE, texts)
    if recipe.trained in THROUGH_ALL and train:
        at_once = -(-min(recipe.batch_size, len(train)) // recipe.split)
        times, kernels = THROUGH_ALL[recipe.trained]
        found += int(times * activation_bytes(cfg, at_once, max(train), fused=True)) + kernels
    return found
