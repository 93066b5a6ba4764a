"""What a pretraining job is asked for, in plain values; needs no torch."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from engine.config import POCKET_CONFIG, GPTConfig, parameter_count
from engine.errors import InputError
from engine.jobs.limits import read_limits
from engine.tokenizers.pretrained import TOKENIZERS, encode_text, load_tokenizer

if TYPE_CHECKING:
    import numpy as np

TEXT_FILE = "text.txt"
VALIDATION_SHARE = 0.1
MOST_STEPS = 50_000
SNAPSHOTS = 10  # models kept to look back at, besides the one before the first step
EVALUATIONS = 25
CHECKPOINTS = 20
BOOK_EVAL_STEPS, BOOK_EVAL_BATCHES = 5, 5  # the notes' eval_freq and eval_iter
STARTS = ("scratch", "pocket")
SCHEDULES = ("constant", "cosine", "linear")


@dataclass(frozen=True)
class Recipe:
    """How to train on a text; the last tenth of it is for validation.

    start          scratch (random weights) or pocket (go on from the pocket model, whose sizes it then has)
    tokenizer      pocket or gpt2; the pocket model has its own
    context        tokens in a window
    width, layers, heads, drop_rate, tied  see GPTConfig: emb_dim, n_layers, n_heads, drop_rate, tie_weights
    epochs         passes over the text
    batch_size     windows in a step
    learning_rate  of AdamW, at its highest
    schedule       how the rate falls after the warm-up: constant (not at all), cosine or linear, down to zero
    warmup         share of the steps in which the rate rises, 0 to 0.1
    prompt         what samples go on from
    seed           of the first weights, the order of the windows and dropout
    as_book        the notes' own loop to the letter: PyTorch's first weights, no warm-up, schedule or clipping
    split          parts that a batch is computed in, for less memory
    """

    start: str = "scratch"
    tokenizer: str = "pocket"
    context: int = 64
    width: int = 128
    layers: int = 4
    heads: int = 4
    drop_rate: float = 0.1
    tied: bool = True
    epochs: int = 10
    batch_size: int = 8
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    warmup: float = 0.05
    prompt: str = "Every effort moves you"
    seed: int = 123
    as_book: bool = False
    split: int = 1

    def __post_init__(self) -> None:
        for name, choices in (("start", STARTS), ("tokenizer", TOKENIZERS), ("schedule", SCHEDULES)):
            if getattr(self, name) not in choices:
                raise InputError(f"there is no {name} {getattr(self, name)!r}; choose one of {', '.join(choices)}.")
        if self.start == "pocket" and (self.tokenizer != "pocket" or self.context > POCKET_CONFIG.context_length):
            raise InputError(
                f"the pocket model reads its own tokens, up to {POCKET_CONFIG.context_length}; choose its "
                "tokenizer and a context no longer than that."
            )
        if min(self.epochs, self.batch_size, self.split) < 1:
            raise InputError("epochs, batch_size and split must all be at least 1.")
        if not 0 < self.learning_rate < math.inf:
            raise InputError(f"learning_rate is {self.learning_rate}; give a number above 0.")
        if not 0 <= self.warmup <= 0.1:
            raise InputError(f"warmup is {self.warmup}; give a share from 0 to 0.1.")
        self.config()

    def config(self) -> GPTConfig:
        """The sizes of the model.

        Raises InputError for sizes that do not fit together.
        """
        if self.start == "pocket":
            return GPTConfig(**POCKET_CONFIG.to_dict() | {"context_length": self.context, "drop_rate": self.drop_rate})
        return GPTConfig(
            load_tokenizer(self.tokenizer).n_vocab,
            self.context,
            self.width,
            self.heads,
            self.layers,
            self.drop_rate,
            tie_weights=self.tied,
        )

    def settings(self) -> dict[str, Any]:
        """The same as JSON holds it, for a JobSpec."""
        return asdict(self)


BOOK = Recipe(
    tokenizer="gpt2",
    context=256,
    width=768,
    layers=12,
    heads=12,
    drop_rate=0.1,
    tied=False,
    epochs=10,
    batch_size=2,
    learning_rate=4e-4,
    schedule="constant",
    warmup=0.0,
    as_book=True,
)
"""The notes' section 5.2: the 124M shape with 256 positions, on "The Verdict"."""


@dataclass(frozen=True)
class Plan:
    """What follows from a recipe and a text.

    train_tokens, val_tokens  tokens of the two parts
    windows                   of the training part, each seen once in an epoch
    steps                     optimizer steps in all
    parameters                of the model
    """

    train_tokens: int
    val_tokens: int
    windows: int
    steps: int
    parameters: int


def split_text(text: str) -> tuple[str, str]:
    """The first nine tenths for training, the rest for validation, by characters as in the notes."""
    cut = int((1 - VALIDATION_SHARE) * len(text))
    return text[:cut], text[cut:]


def read_tokens(recipe: Recipe, text: str) -> tuple[np.ndarray, np.ndarray]:
    """Token IDs of the training and of the validation part; <|endoftext|> in them is one token."""
    import numpy as np

    encoding = load_tokenizer(recipe.tokenizer)
    train, val = (
        np.array(encode_text(encoding, part, allow_special=True), dtype=np.int32) for part in split_text(text)
    )
    return train, val


def plan(recipe: Recipe, train_tokens: int, val_tokens: int) -> Plan:
    """What a text of so many tokens makes of the recipe.

    Raises InputError when the text is too short for it, or the run would be longer than anyone waits.
    """
    need = recipe.context + 1
    if train_tokens < need or val_tokens < need:
        part, has = ("validation", val_tokens) if val_tokens < need else ("training", train_tokens)
        raise InputError(
            f"the part of the text for {part} has {has:,} token{'s' * (has != 1)}, and one window of "
            f"{recipe.context:,} needs {need:,}; give a longer text or a shorter context."
        )
    windows = (train_tokens - 1) // recipe.context
    batches = windows // recipe.batch_size
    if not batches:
        raise InputError(
            f"the text gives {windows:,} windows, and a batch needs {recipe.batch_size:,}; give a longer text, a "
            "shorter context or a smaller batch."
        )
    steps = recipe.epochs * batches
    if steps > MOST_STEPS:
        raise InputError(
            f"that would be {steps:,} steps, and {MOST_STEPS:,} are the most; give fewer epochs or a larger batch."
        )
    return Plan(train_tokens, val_tokens, windows, steps, parameter_count(recipe.config()))


def snapshot_steps(course: Plan) -> list[int]:
    """Steps after which a model is kept: early ones close together, because most happens there; 0 is before any."""
    size = 2 * course.parameters  # half precision
    many = min(SNAPSHOTS, max(0, read_limits().snapshot_bytes // size - 1))
    return sorted({round(course.steps * (i / many) ** 2) for i in range(many + 1)} if many else {course.steps})
