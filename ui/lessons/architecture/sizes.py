"""The sizes that the lesson can be filled with, and those that are published."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from engine.config import GPT2_SIZES, GPT_CONFIG_124M, POCKET_CONFIG, GPTConfig, as_config, parameter_count
from ui.catalog import ROOT

if TYPE_CHECKING:
    import pandas as pd

LARGEST = {
    "vocab_size": 200_000,
    "context_length": 16_384,
    "emb_dim": 16_384,
    "n_heads": 128,
    "n_layers": 128,
}
NOTES = "The notes' GPT"
PRESETS: dict[str, GPTConfig] = {
    NOTES: as_config(GPT_CONFIG_124M),
    "Pocket": POCKET_CONFIG,
    **{name.replace("gpt2-", "GPT-2 ").split(" (")[0]: cfg for name, cfg in GPT2_SIZES.items()},
}
# Names in data/model_sizes.csv.
PUBLISHED = {"GPT-2 small": "GPT-2 small", "GPT-2 medium": "GPT-2 medium"}
PUBLISHED |= {"GPT-2 large": "GPT-2 large", "GPT-2 xl": "GPT-2 XL"}


def settings_of(cfg: GPTConfig) -> dict[str, int | bool]:
    """What the lesson's form holds of a config: everything but dropout, which has no shape and no weights."""
    return {f.name: getattr(cfg, f.name) for f in fields(cfg) if f.name != "drop_rate"}


def preset_of(settings: dict[str, int | bool]) -> str:
    """The name of the preset with these settings; empty when there is none."""
    return next((name for name, cfg in PRESETS.items() if settings_of(cfg) == settings), "")


def all_sizes() -> pd.DataFrame:
    """Every preset: its sizes, the parameters that we count, the number its makers give, and where that stands."""
    import pandas as pd

    known = pd.read_csv(ROOT / "data" / "model_sizes.csv").set_index("model")
    rows = []
    for name, cfg in PRESETS.items():
        published = known.loc[PUBLISHED[name]] if name in PUBLISHED else None
        rows.append(
            {
                "model": name,
                "emb_dim": cfg.emb_dim,
                "n_layers": cfg.n_layers,
                "n_heads": cfg.n_heads,
                "width of a head": cfg.head_dim,
                "vocab_size": cfg.vocab_size,
                "context_length": cfg.context_length,
                "qkv_bias": cfg.qkv_bias,
                "tied": cfg.tie_weights,
                "parameters": f"{parameter_count(cfg):,}",
                "published": f"{published['parameters'] / 1e6:,.0f} million" if published is not None else "",
                "source": str(published["source"]) if published is not None else "",
            }
        )
    return pd.DataFrame(rows)
