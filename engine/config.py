"""Sizes of models: what a GPT is made of, as plain numbers with bounds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from engine.errors import InputError, check_bounds

if TYPE_CHECKING:
    from collections.abc import Mapping

BOUNDS = {
    "vocab_size": (1, 1_000_000),
    "context_length": (1, 131_072),
    "emb_dim": (1, 65_536),
    "n_heads": (1, 1_024),
    "n_layers": (1, 1_024),
}


@dataclass(frozen=True)
class GPTConfig:
    """The shape of one GPT, in the notes' own words.

    vocab_size      number of tokens the model knows
    context_length  most tokens it can look at, positions
    emb_dim         width of the vector that stands for a token
    n_heads         attention heads in each block; must divide emb_dim
    n_layers        transformer blocks
    drop_rate       share of activations dropped in training, 0 to below 1
    qkv_bias        whether the query, key and value layers have a bias (GPT-2's have)
    tie_weights     whether the output head reuses the token embedding's matrix (GPT-2's does)
    """

    vocab_size: int = 50257
    context_length: int = 1024
    emb_dim: int = 768
    n_heads: int = 12
    n_layers: int = 12
    drop_rate: float = 0.1
    qkv_bias: bool = False
    tie_weights: bool = False

    def __post_init__(self) -> None:
        check_bounds(self, BOUNDS, whole=True)
        if self.emb_dim % self.n_heads:
            raise InputError(
                f"emb_dim ({self.emb_dim}) must be divisible by n_heads ({self.n_heads}), "
                "so that every head gets the same width."
            )
        if not isinstance(self.drop_rate, int | float) or not 0 <= self.drop_rate < 1:
            raise InputError(f"drop_rate is {self.drop_rate!r}; give a number from 0 to below 1.")
        for name in ("qkv_bias", "tie_weights"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"{name} is {getattr(self, name)!r}; give true or false.")

    @property
    def head_dim(self) -> int:
        """Width of one head's queries, keys and values."""
        return self.emb_dim // self.n_heads

    def to_dict(self) -> dict[str, Any]:
        """The same sizes as a plain dict, ready for JSON."""
        return asdict(self)


def as_config(cfg: GPTConfig | Mapping[str, Any]) -> GPTConfig:
    """Our config from a config or from a plain dict as in the notes.

    Raises InputError for a key that does not exist or a value out of bounds.
    """
    if isinstance(cfg, GPTConfig):
        return cfg
    known = {f.name for f in fields(GPTConfig)}
    unknown = sorted(set(cfg) - known)
    if unknown:
        raise InputError(f"unknown setting {unknown[0]!r}; the settings are {', '.join(sorted(known))}.")
    return GPTConfig(**cfg)


def parameter_count(cfg: GPTConfig | Mapping[str, Any]) -> int:
    """Trainable parameters of the GPT with these sizes (a tied head counts once)."""
    c = as_config(cfg)
    d = c.emb_dim
    qkv = 3 * (d * d + (d if c.qkv_bias else 0))
    attention = qkv + d * d + d
    feed_forward = (d * 4 * d + 4 * d) + (4 * d * d + d)
    norms = 2 * 2 * d
    embeddings = (c.vocab_size + c.context_length) * d
    head = 0 if c.tie_weights else c.vocab_size * d
    return embeddings + c.n_layers * (attention + feed_forward + norms) + 2 * d + head


# The notes' own settings (section 4.1): a plain dict, as readers of the book use it.
GPT_CONFIG_124M: dict[str, Any] = {
    "vocab_size": 50257,
    "context_length": 1024,
    "emb_dim": 768,
    "n_heads": 12,
    "n_layers": 12,
    "drop_rate": 0.1,
    "qkv_bias": False,
}

# The notes' section 5.5. Source of the sizes: Radford et al. 2019, table 2.
model_configs: dict[str, dict[str, int]] = {
    "gpt2-small (124M)": {"emb_dim": 768, "n_layers": 12, "n_heads": 12},
    "gpt2-medium (355M)": {"emb_dim": 1024, "n_layers": 24, "n_heads": 16},
    "gpt2-large (774M)": {"emb_dim": 1280, "n_layers": 36, "n_heads": 20},
    "gpt2-xl (1558M)": {"emb_dim": 1600, "n_layers": 48, "n_heads": 25},
}

# The released GPT-2s: 1,024 positions, biases on queries, keys and values, head tied to the embedding.
GPT2_SIZES: dict[str, GPTConfig] = {
    name: GPTConfig(**sizes, drop_rate=0.0, qkv_bias=True, tie_weights=True) for name, sizes in model_configs.items()
}

POCKET_CONFIG = GPTConfig(
    vocab_size=8192,
    context_length=256,
    emb_dim=256,
    n_heads=8,
    n_layers=6,
    drop_rate=0.0,
    qkv_bias=False,
    tie_weights=True,
)
