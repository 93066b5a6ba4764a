"""What the lesson on gradients computes: walks down a surface, a nudged weight, decayed weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.code import model_cell

if TYPE_CHECKING:
    from engine.analysis.nudge import Nudge
    from engine.experiments.descent import DescentSettings, Walk
    from engine.experiments.weight_decay import Decay
    from ui.models import LoadedModel

MOST_TOKENS = 48
EXPONENTS = [e / 2 for e in range(-16, 3)]  # of ten: the nudges


@st.cache_resource(max_entries=64, show_spinner=False)
def walks(settings: DescentSettings) -> dict[str, Walk]:
    """The four walks from one start."""
    from engine.experiments.descent import OPTIMIZERS, descend

    return {name: descend(name, settings) for name in OPTIMIZERS}


@st.cache_resource(max_entries=32, show_spinner=False)
def decay(weight_decay: float, seed: int) -> Decay:
    """The three trainings with and without weight decay."""
    from engine.experiments.weight_decay import compare_decay

    return compare_decay(weight_decay, seed)


def nudge(loaded: LoadedModel, text: str, name: str, cell: tuple[int, int] | None) -> Nudge:
    """One weight of the model nudged; raises InputError for an empty text."""
    import torch

    from engine.analysis.nudge import nudge_weight
    from engine.tokenizers.pretrained import encode_text

    ids = torch.tensor([loaded.tokenizer.eot_token, *encode_text(loaded.tokenizer, text)[: most(loaded)]])
    return nudge_weight(loaded.model, ids, name, [10**e for e in EXPONENTS], cell)


def most(loaded: LoadedModel) -> int:
    """How many tokens of the text are read."""
    return min(MOST_TOKENS, loaded.model.cfg.context_length)


def names(loaded: LoadedModel, _text: str) -> list[str]:
    """The model's weight matrices."""
    from engine.analysis.nudge import matrices

    return matrices(loaded.model)


def code(settings: DescentSettings, optimizer: str, step: int) -> list[str]:
    """The engine calls behind the walks, as cells of a notebook."""
    return [
        "from engine.experiments.descent import OPTIMIZERS, DescentSettings, descend, one_step",
        f"settings = {settings!r}\nfor name in OPTIMIZERS:\n    walk = descend(name, settings)\n"
        "    print(name, walk.points[-1], walk.losses[-1])",
        f"# One step written out, and where torch.optim went\nwalk = descend({optimizer!r}, settings)\n"
        f"for axis in (0, 1):\n    done = one_step({optimizer!r}, settings, walk, {step}, axis)\n"
        f"    print(done.terms, done.after, walk.points[{step + 1}, axis])",
    ]


def nudge_code(name: str, text: str, matrix: str, cell: tuple[int, int]) -> list[str]:
    """The engine calls behind the nudged weight."""
    return [
        model_cell(name),
        "import torch\n\nfrom engine.analysis.nudge import nudge_weight\n"
        "from engine.tokenizers.pretrained import encode_text\n\n"
        f"text = encode_text(tokenizer, {text!r})[: min({MOST_TOKENS}, model.cfg.context_length)]\n"
        "ids = torch.tensor([tokenizer.eot_token, *text])\n"
        f"found = nudge_weight(model, ids, {matrix!r}, [10 ** (e / 2) for e in range(-16, 3)], {cell})\n"
        "print('gradient', found.gradient, 'loss', found.loss)\n"
        "for size, loss in zip(found.sizes, found.losses):\n"
        "    print(f'{size:.1e} measured {loss - found.loss:.3e} promised {found.gradient * size:.3e}')",
    ]


def decay_code(weight_decay: float, seed: int) -> list[str]:
    """The engine calls behind weight decay."""
    return [
        "from engine.experiments.weight_decay import compare_decay",
        f"for name, weights in compare_decay({weight_decay!r}, seed={seed}).weights.items():\n"
        "    print(name, weights.round(3))",
    ]
