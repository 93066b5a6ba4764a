"""What the models say that a training kept on its way: attention and embeddings at each, and dropout's noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.jobs.recipe import TEXT_FILE, Recipe, read_tokens
from engine.tokenizers.pretrained import encode_text, load_tokenizer, token_text
from ui.labels import visible
from ui.models import GATE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.jobs.store import Job
    from engine.model import GPTModel

    Floats = NDArray[np.float32]

MOST_PROMPT = 14  # tokens
MAPPED = 70  # tokens on the map
BATCH_TOKENS = 512
DRAWS, DRAWS_OF_LARGE, LARGE = 24, 6, 20_000_000  # draws of dropout; fewer from this many parameters on


def recipe_of(job: Job) -> Recipe:
    """What the run was asked for."""
    assert job.spec is not None
    return Recipe(**job.spec.settings)


@st.cache_resource(max_entries=4, show_spinner="Loading the checkpoint …")
def load_snapshot(folder: str, written: float) -> GPTModel:
    """A kept model, in evaluation mode; `written` tells apart what a resumed run wrote anew."""
    from engine.weights.pocket import load_folder

    return load_folder(folder)


def snapshot(job: Job, name: str) -> GPTModel:
    """The model that the run kept under this name.

    Raises WeightsError when it is gone or damaged.
    """
    folder = job.folder / "snapshots" / name
    file = folder / "model.safetensors"
    return load_snapshot(str(folder), file.stat().st_mtime if file.exists() else 0.0)


def attention(job: Job, name: str, layer: int, head: int) -> tuple[list[str], Floats]:
    """The prompt's tokens, T texts, and one head's attention weights (T, T) over them."""
    import torch

    from engine.trace import trace

    recipe = recipe_of(job)
    tokenizer = load_tokenizer(recipe.tokenizer)
    ids = encode_text(tokenizer, recipe.prompt)[: min(MOST_PROMPT, recipe.context)] or [tokenizer.eot_token]
    with GATE:
        weights = trace(snapshot(job, name), torch.tensor(ids), layers=[layer]).weights[layer][head]
    return [token_text(tokenizer, i) for i in ids], weights.numpy()


@dataclass(frozen=True)
class Map:
    """Embeddings of a text's most frequent words at one checkpoint, seen from where the last one shows most.

    tokens  N texts
    places  (N, 2)
    reach   half the side of a square, about the middle, that holds the places at every checkpoint
    share   part of the last checkpoint's variance that the plane shows, 0 to 1
    """

    tokens: list[str]
    places: Floats
    reach: float
    share: float


def embedding_map(job: Job, name: str, names: list[str]) -> Map:
    """The map at checkpoint `name`; the plane is that of the last of `names`, all that were kept."""
    from engine.analysis.snapshots import principal_view, seen_from

    ids, tokens = words_of(job)
    vectors = {n: table_rows(job, n, ids) for n in {name, names[0], names[-1]}}
    view = principal_view(vectors[names[-1]])
    places = {n: seen_from(v, view) for n, v in vectors.items()}
    reach = max(float(np.abs(p).max()) for p in places.values())
    return Map(tokens, places[name], 1.05 * reach, view.share)


def table_rows(job: Job, name: str, ids: list[int]) -> Floats:
    """Rows of a checkpoint's token embedding, (N, D)."""
    rows: Floats = snapshot(job, name).tok_emb.weight[ids].detach().float().numpy()
    return rows


def words_of(job: Job) -> tuple[list[int], list[str]]:
    """The most frequent tokens of the run's text that are words, and their texts."""
    from engine.analysis.snapshots import frequent_tokens

    recipe = recipe_of(job)
    train_ids, _ = tokens_of(str(job.folder), recipe)
    tokenizer = load_tokenizer(recipe.tokenizer)
    ids = frequent_tokens(train_ids, 4 * MAPPED)
    words = [(i, token_text(tokenizer, i)) for i in ids]
    words = [(i, text) for i, text in words if text.strip().isalpha()][:MAPPED]
    return [i for i, _ in words], [visible(text) for _, text in words]


@st.cache_resource(max_entries=8, show_spinner=False)
def tokens_of(folder: str, recipe: Recipe) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token IDs of the run's text, both parts."""
    return read_tokens(recipe, input_text(folder))


def input_text(folder: str | Path) -> str:
    """The text that a run learns from."""
    from pathlib import Path

    return (Path(folder) / "input" / TEXT_FILE).read_text(encoding="utf-8")


@st.cache_resource(max_entries=32, show_spinner="Drawing dropout …")
def noise(folder: str, _job: Job, name: str, drop_rate: float) -> tuple[float, Floats, int]:
    """Loss of one validation batch in evaluation mode, in training mode several times, and its tokens."""
    import torch

    from engine.analysis.snapshots import dropout_losses
    from engine.weights.pocket import load_folder

    recipe = recipe_of(_job)
    _, val_ids = tokens_of(folder, recipe)
    windows = max(1, min(BATCH_TOKENS // recipe.context, (len(val_ids) - 1) // recipe.context))
    cut = windows * recipe.context
    ids = torch.from_numpy(val_ids[: cut + 1].astype(np.int64))
    inputs, targets = ids[:-1].view(windows, -1), ids[1:].view(windows, -1)
    model = load_folder(_job.folder / "snapshots" / name)  # one of its own: it is switched to training mode
    draws = DRAWS if sum(p.numel() for p in model.parameters()) < LARGE else DRAWS_OF_LARGE
    with GATE:
        calm, noisy = dropout_losses(model, inputs, targets, drop_rate, draws, seed=recipe.seed)
    return calm, noisy, cut
