"""What a classifier's training is asked for, in plain values; needs no torch."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from engine.datasets.markup import plain_text
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.config import GPTConfig

TRAINED = ("regression", "head", "last_block", "all", "lora")
READS = ("last", "last_position", "first", "mean", "layers")
PADDING = ("none", "longest")
MOST_STEPS = 50_000
MOST_PASSES = 50  # of a regression over all texts
KEPT_BYTES = 3_000_000_000  # vectors of all texts together; beyond it each batch is read through all blocks again
LOOKED_AT = 500  # texts of the training part whose loss is measured after each epoch
READ_AT_ONCE = 32  # texts in one pass without gradients
SUMMARIES = 4  # numbers that sum up a column of a layer's vectors, see engine.finetune.network
# Whole numbers and what they may be, from and to.
BOUNDS = {
    "lora_rank": (1, 256),
    "epochs": (1, 100),
    "batch_size": (1, 256),
    "patience": (0, 100),
    "seed": (0, 2**31 - 1),
    "split": (1, 256),
}


@dataclass(frozen=True)
class ClassifierRecipe:
    """How to make a GPT into a classifier; what is not said is what scripts/classifier_quality.py found best.

    model          pocket, or a downloaded GPT-2 such as 124M
    random_start   random weights in the model's shape instead of what it has learned
    trained        what learns: regression (a new last layer and nothing else, worked out, see
                   engine.finetune.regression), head (the same layer, by steps), last_block (also the last block and
                   the final norm, the book's choice), all (every weight), lora (thin matrices beside those of all
                   blocks, and the head)
    reads          whose vector is classified: last (last token of the text), last_position (last token, padding or
                   not, as in the book), first (first token of the text), mean (mean over the text's tokens), layers
                   (mean, standard deviation, lowest and highest of the embeddings and of every block's output, side by
                   side; each standardised over the training part)
    padding        none (texts of similar length share a batch) or longest (all padded to one length, as in the book)
    max_length     tokens read of each text, longer ones are cut; None: the context, or with padding the longest text
                   of the training part
    plain_text     HTML is taken out of each text first; so it is where that was done to the texts to learn from
    opening        <|endoftext|> before each text, as before each document in pretraining; the book leaves it out
    lora_rank, lora_alpha  see engine.finetune.lora
    epochs         passes over the training part, at most
    batch_size     texts in a step
    learning_rate  of AdamW, at its highest
    weight_decay   AdamW's pull of the matrices towards 0, or the regression's
    class_weights  in the loss every class counts the same in all, however few texts it has, see
                   engine.datasets.splitting.class_weights; the epoch is chosen by that loss too
    patience       epochs without a lower validation loss after which it ends; 0: never. The best epoch is kept anyway
    seed           of the head's first weights and the order of the texts
                   (a regression takes no epochs, batches, rate, patience or seed)
    split          parts that a batch is computed in, for less memory
    """

    model: str = "pocket"
    random_start: bool = False
    trained: str = "regression"
    reads: str = "layers"
    padding: str = "none"
    max_length: int | None = None
    plain_text: bool = False
    opening: bool = True
    lora_rank: int = 8
    lora_alpha: float = 16.0
    epochs: int = 8
    batch_size: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 0.3
    class_weights: bool = False
    patience: int = 3
    seed: int = 123
    split: int = 1

    def __post_init__(self) -> None:
        for name, choices in (("trained", TRAINED), ("reads", READS), ("padding", PADDING)):
            if getattr(self, name) not in choices:
                raise InputError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(choices)}.")
        if not isinstance(self.model, str) or not self.model:
            raise InputError("a classifier needs a model to start from, such as pocket.")
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise InputError(f"{name} is {value!r}; give a whole number from {low:,} to {high:,}.")
        if self.max_length is not None and (not isinstance(self.max_length, int) or self.max_length < 1):
            raise InputError(f"max_length is {self.max_length!r}; give at least 1, or None for all tokens.")
        if not 0 < self.learning_rate <= 1:
            raise InputError(f"learning_rate is {self.learning_rate}; give a number above 0 and at most 1.")
        if not 0 <= self.weight_decay <= 1:
            raise InputError(f"weight_decay is {self.weight_decay}; give a number from 0 to 1.")
        if not 0 < self.lora_alpha < math.inf:
            raise InputError(f"lora_alpha is {self.lora_alpha}; give a number above 0.")

    @property
    def is_solved(self) -> bool:
        """Whether what learns is worked out, not trained by steps."""
        return self.trained == "regression"

    @property
    def part(self) -> str:
        """What learns, however it does: head, last_block, all or lora."""
        return "head" if self.is_solved else self.trained

    def as_read(self, text: str) -> str:
        """A text as it is read: without HTML where the recipe says so."""
        return plain_text(text) if self.plain_text else text

    def keeps(self, needed: int) -> bool:
        """Whether what stays as it is of all texts, so many bytes, is kept from epoch to epoch.

        Raises InputError where a regression would need more than KEPT_BYTES: it passes over all texts at every move.
        """
        if self.is_solved and needed > KEPT_BYTES:
            raise InputError(
                f"what the regression reads of all texts would take {needed / 1e9:.1f} GB, and {KEPT_BYTES / 1e9:.0f} "
                "GB are the most; let the head read the mean of all tokens, let it learn by steps, or take fewer texts."
            )
        return needed <= KEPT_BYTES

    def steps(self, texts: int) -> int:
        """Optimizer steps that all epochs over so many texts take; of a regression, passes at most.

        Raises InputError when that is more than anyone waits for.
        """
        if self.is_solved:
            return MOST_PASSES
        steps = self.epochs * -(-texts // self.batch_size)
        if steps > MOST_STEPS:
            raise InputError(
                f"that would be {steps:,} steps, and {MOST_STEPS:,} are the most; give fewer epochs or a larger batch."
            )
        return steps

    def settings(self) -> dict[str, Any]:
        """The same as JSON holds it, for a JobSpec."""
        return asdict(self)


def head_width(cfg: GPTConfig, recipe: ClassifierRecipe) -> int:
    """Numbers that the new head reads of a text: a vector, or with all layers four of each and of the embeddings."""
    return cfg.emb_dim * (SUMMARIES * (cfg.n_layers + 1) if recipe.reads == "layers" else 1)


BOOK = ClassifierRecipe(
    weight_decay=0.1,
    trained="last_block",
    reads="last_position",
    padding="longest",
    opening=False,
    epochs=5,
    batch_size=8,
    learning_rate=5e-5,
    patience=0,
)
"""The notes' sections 6.5 to 6.7, but for the model: with model="124M" it is theirs."""

LAST_BLOCK = ClassifierRecipe(trained="last_block", reads="mean", weight_decay=0.1)
"""What learns is as in the notes, what is read is not; rate and epochs by the same script's validation."""
