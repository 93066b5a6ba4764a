"""What an instruction tuning is going to take, before it starts: as engine.jobs.preflight, for batches of entries.

A step over a batch whose entries have, padded, so many tokens:

    for each layer  a fixed time
  + FLOPs / rate    6 a token for each weight of a block (4 with LoRA, which needs no gradient of the frozen ones),
                    12 for attention's width x tokens x layers, and 6 for each weight of the head, but only where a
                    token counts
  + for each trained parameter  a fixed time

Of ANSWERED_AT_ONCE answers a token each reads all weights once, at ANSWER_RATE. The constants are those
measured by engine.jobs.preflight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.config import parameter_count
from engine.finetune.instruction_recipe import ANSWERED_AT_ONCE
from engine.jobs.classifying_estimate import THROUGH_ALL
from engine.jobs.preflight import DISK_RATE, Machine
from engine.memory import training_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.config import GPTConfig
    from engine.finetune.instruction_recipe import InstructionRecipe

PADDING = 1.03  # entries of similar length share a batch
EVALUATIONS, LOOKED_AT = 12, 64  # as in engine.finetune.instruct, which needs torch
CHECKPOINTS = 10
GROWN = 450_000_000  # bytes by which a process grows over 1,000 batches of many shapes, beyond a classifier's
ANSWER_RATE = 8e9  # bytes of weights a second, cautiously
ANSWER_LAYER = 1e-3  # seconds of a token of each and a layer, however small
UNTIL_THE_END = 0.5  # share of the allowed tokens that a tuned model's answer takes; an untuned one never ends


@dataclass(frozen=True)
class Lengths:
    """The entries in tokens.

    train     of each training entry, prompt and answer
    counted   of these, those that count in the loss, in all
    prompts   of the test entries' prompts
    """

    train: Sequence[int]
    counted: int
    prompts: Sequence[int]


@dataclass(frozen=True)
class InstructEstimate:
    """What an instruction tuning should take.

    steps         optimizer steps
    parameters    of the model
    trainable     of these, or beside these, those that learn
    step_seconds  of one step
    answering     seconds for the test answers, before and after
    seconds       of all of it, alone on the machine
    bytes         memory at its highest
    disk_bytes    what is on the disk at its highest
    """

    steps: int
    parameters: int
    trainable: int
    step_seconds: float
    answering: float
    seconds: float
    bytes: int
    disk_bytes: int


def lora_size(cfg: GPTConfig, rank: int) -> int:
    """Numbers in the thin matrices of rank r beside all of a block's: L r (4 (D + D) + 2 (D + 4D))."""
    return cfg.n_layers * rank * 18 * cfg.emb_dim


def instruct_estimate(
    recipe: InstructionRecipe, cfg: GPTConfig, lengths: Lengths, machine: Machine
) -> InstructEstimate:
    """What this recipe should take for entries of these lengths with a model of these sizes.

    Raises InputError when it would be too many steps.
    """
    size, lora = parameter_count(cfg), recipe.trained == "lora"
    trainable = lora_size(cfg, recipe.lora_rank) if lora else size
    steps, tokens = recipe.steps(len(lengths.train)), sum(lengths.train) * PADDING
    rate, layers, width = machine.rate_at(cfg.emb_dim), cfg.n_layers, cfg.emb_dim
    a_token: float = (4 if lora else 6) * 12 * layers * width**2 + (
        12 * lora_size(cfg, recipe.lora_rank) if lora else 0
    )
    a_token += 12 * layers * width * tokens / max(1, len(lengths.train))
    epoch = tokens * a_token + 6 * lengths.counted * cfg.vocab_size * width
    batches = steps / recipe.epochs
    computed = machine.per_layer * layers * (1.5 if lora else 1) + epoch / batches / rate
    step = computed + machine.per_parameter * trainable
    looks = min(steps, EVALUATIONS) * 3 * min(LOOKED_AT, len(lengths.train)) / recipe.batch_size
    answering = _answering(recipe, cfg, lengths.prompts, rate)
    disk = 4 * size + 8 * trainable
    seconds = machine.startup + steps * step + looks * computed / 3 + answering
    seconds += min(CHECKPOINTS, steps / 5) * disk / DISK_RATE
    return InstructEstimate(
        steps, size, trainable, step, answering, seconds, _memory(recipe, cfg, lengths, trainable, machine), disk
    )


def _answering(recipe: InstructionRecipe, cfg: GPTConfig, prompts: Sequence[int], rate: float) -> float:
    token = 4 * parameter_count(cfg) / ANSWER_RATE + ANSWER_LAYER * cfg.n_layers
    token += 2 * ANSWERED_AT_ONCE * parameter_count(cfg) / rate
    rounds = -(-len(prompts) // ANSWERED_AT_ONCE)
    return rounds * recipe.answer_tokens * token * (1 + UNTIL_THE_END)


def _memory(recipe: InstructionRecipe, cfg: GPTConfig, lengths: Lengths, trainable: int, machine: Machine) -> int:
    batch = -(-recipe.batch_size // recipe.split)
    longest = min(max(lengths.train), recipe.max_length, cfg.context_length)
    needed = training_memory(cfg, batch, longest, fused=True)
    share = trainable / parameter_count(cfg)
    needed["gradients"], needed["optimizer"] = (round(needed[k] * share) for k in ("gradients", "optimizer"))
    times, kernels = THROUGH_ALL[recipe.trained]
    needed["activations"] = int(times * needed["activations"]) + kernels + GROWN
    answering = needed["weights"]  # the writer's own copy, before and between the steps
    return machine.base_bytes + sum(needed.values()) + answering
