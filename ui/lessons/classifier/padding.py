"""Step 4, padding: how long texts may be, what batches look like, and which token is the last one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ui import models
from ui.code import show_code
from ui.figures import classifier_padding as draw
from ui.labels import short
from ui.lesson import friendly_errors
from ui.lessons.classifier import settings
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from engine.finetune.draft import Draft
    from engine.finetune.recipe import ClassifierRecipe
    from ui.models import LoadedModel
    from ui.share import PageState

PADDING = {"none": "By length", "longest": "All to one length"}
MOST_PADS = 100
# What the step Head has chosen to read.
PINK = {
    "last": "the token whose vector is read",
    "last_position": "the place whose vector is read, padding or not",
    "first": "the token whose vector is read",
    "mean": "a token that counts in the mean that is read, here all of them",
    "layers": "a token that counts in the summary that is read, here all of them",
}
READ_HERE = {
    "last": "So read the last token that is *not* padding, as this draft does.",
    "last_position": "The last token that is *not* padding has no such trouble; this draft reads the last place.",
    "first": "This draft reads the first token, which sees nothing of what follows, padding or not.",
    "mean": "So read the last token that is *not* padding, or, as this draft does, the mean of all that are not.",
    "layers": "So read the last token that is *not* padding, or, as this draft does, a summary of all that are not.",
}


@dataclass(frozen=True)
class Batches:
    """One epoch's batches: the places of their texts, and what each text and each batch is long.

    lengths  (N,) tokens read of each text
    by_length, as_they_come  batches of places
    wasted   share of the places that hold padding by length, and when all are padded to the longest
    """

    lengths: NDArray[np.int64]
    by_length: list[list[int]]
    as_they_come: list[list[int]]
    wasted: tuple[float, float]


def show(state: PageState, draft: Draft) -> None:
    """The step on the page."""
    train = draft.parts()["train"].reset_index(drop=True)
    recipe = settings.recipe_of(draft)
    context = models.configs()[recipe.model].context_length
    left, right = st.columns([1, 2.1], gap="medium")
    with left, friendly_errors():
        length_control(draft, recipe, context)
        settings.choice(draft, "padding", "How a batch gets its shape", PADDING)
        settings.number(draft, "batch_size", "Batch size, texts", 1, 256)
    whole = draft.part_lengths(models.tokenizer_name(recipe.model))["train"] + recipe.opening
    most = min(recipe.max_length or context, context)
    found = batches(whole.clip(1, most), recipe.batch_size, recipe.seed)
    with right:
        frame, spec = draw.length_histogram(whole, most)
        st.vega_lite_chart(frame, spec, key="classifier-lengths", alt="How many texts have how many tokens")
        st.caption(said_about(whole, most, recipe))
    show_batch(state, recipe, train, found)
    st.subheader("Which one is the last token?", anchor=False)
    with friendly_errors():
        show_drift(state, recipe, train, most)
    show_code(cells(recipe), "classifier_padding")


def length_control(draft: Draft, recipe: ClassifierRecipe, context: int) -> None:
    """The slider for max_length; at its right end it is None: all that the model can read."""
    key, value = "classifier.recipe-max_length", min(recipe.max_length or context, context)
    if st.session_state.get(key) != value:
        st.session_state[key] = value

    def changed() -> None:
        chosen = st.session_state[key]
        settings.write(draft, max_length=None if chosen >= context else chosen)

    st.slider("max_length, tokens read of a text", 1, context, key=key, on_change=changed, persist_state="session")


@st.cache_data(max_entries=8, show_spinner="Counting tokens …")
def token_lengths(model: str, texts: list[str]) -> NDArray[np.int64]:
    """(N,) tokens of each text, by this model's tokenizer."""
    from engine.tokenizers.pretrained import encode_text, load_tokenizer

    tokenizer = load_tokenizer("pocket" if model == models.POCKET else "gpt2")
    return np.array([len(encode_text(tokenizer, text)) for text in texts], dtype=np.int64)


@st.cache_resource(max_entries=8, show_spinner=False)
def batches(lengths: NDArray[np.int64], batch_size: int, seed: int) -> Batches:
    """An epoch's batches by length, as engine.finetune.fitting makes them, and of the same texts in shuffled order."""
    import torch

    from engine.finetune.batches import LengthBatches

    near = list(LengthBatches(lengths.tolist(), batch_size, torch.Generator().manual_seed(seed)))
    order = torch.randperm(len(lengths), generator=torch.Generator().manual_seed(seed)).tolist()
    mixed = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    tokens = int(lengths.sum())
    places = sum(int(lengths[batch].max()) * len(batch) for batch in near)
    return Batches(lengths, near, mixed, (1 - tokens / places, 1 - tokens / (int(lengths.max()) * len(lengths))))


def said_about(whole: NDArray[np.int64], most: int, recipe: ClassifierRecipe) -> str:
    """What the chosen length cuts off."""
    cut = whole > most
    lost = int((whole[cut] - most).sum())
    start = "The <|endoftext|> before each text is counted." if recipe.opening else ""
    what = (
        f"**{count(int(cut.sum()))}** are cut to {count(most)}, which loses {count(lost)} tokens, "
        f"{percent(lost / int(whole.sum()))} of all."
        if lost
        else f"**None** is longer than {count(most)}, so nothing is cut."
    )
    return (
        f"{count(len(whole))} texts to learn from, {count(int(whole.min()))} to {count(int(whole.max()))} tokens long. "
        f"{what} {start}"
    )


def show_batch(state: PageState, recipe: ClassifierRecipe, train: pd.DataFrame, found: Batches) -> None:
    """One batch as a grid of real tokens, and what padding costs over the whole epoch."""
    st.subheader("A batch as the model gets it", anchor=False)
    chosen = found.by_length if recipe.padding == "none" else found.as_they_come
    at = 0
    if len(chosen) > 1:
        at = int(state.slider("batch", "Batch of the first epoch", 1, len(chosen), 1)) - 1
    rows = chosen[at][: draw.MOST_ROWS]
    wide = int(found.lengths[chosen[at]].max()) if recipe.padding == "none" else int(found.lengths.max())
    tokens = tokens_of(recipe.model, tuple(train["text"][i] for i in rows), recipe.opening, int(found.lengths.max()))
    frame, spec = draw.token_grid(tokens, [int(train["row"][i]) for i in rows], wide, recipe.reads)
    st.vega_lite_chart(frame, spec, key="classifier-grid", alt="The tokens of one batch, a row for each text")
    near, longest = found.wasted
    hidden = len(chosen[at]) - len(rows)
    st.caption(
        f"A row is a text, labelled with its row in the file; blue: a token (hover for it), grey: padding, pink: "
        f"{PINK[recipe.reads]}. {count(wide)} places wide"
        + (f", {draw.MOST_PLACES} of them drawn" if wide > draw.MOST_PLACES else "")
        + (f"; {hidden} more texts not drawn" if hidden else "")
        + "."
    )
    st.markdown(
        f"Over the whole epoch **{percent(near)}** of the places hold padding when texts of similar length share a "
        f"batch, and **{percent(longest)}** when all are padded to the longest ({count(int(found.lengths.max()))} "
        f"tokens), as in the notes. That is {fmt((1 - near) / (1 - longest))} times as many places to work through. "
        "Our training skips padding where it is not what is read; the notes' code computes all of it."
    )


@st.cache_data(max_entries=16, show_spinner=False)
def tokens_of(model: str, texts: tuple[str, ...], opening: bool, most: int) -> list[list[str]]:
    """The tokens that are read of each text, as people see them."""
    from engine.tokenizers.pretrained import encode_text, load_tokenizer, token_text

    tokenizer = load_tokenizer("pocket" if model == models.POCKET else "gpt2")
    found = []
    for text in texts:
        ids = ([tokenizer.eot_token] * opening + encode_text(tokenizer, text))[:most] or [tokenizer.eot_token]
        found.append([short(token_text(tokenizer, i)) for i in ids])
    return found


def drift(loaded: LoadedModel, text: str, most: int, opening: bool) -> tuple[NDArray[np.float64], int]:
    """Cosine between the final vector of a text's last token and that of the k-th pad after it; and its tokens.

    One forward pass shows all k, because no token sees what comes after it.
    """
    import torch

    from engine.fast import fast_hidden
    from engine.tokenizers.pretrained import encode_text

    pad, context = loaded.tokenizer.eot_token, loaded.model.cfg.context_length
    ids = ([pad] * opening + encode_text(loaded.tokenizer, text))[: min(most, context)] or [pad]
    filled = [*ids, *[pad] * min(MOST_PADS, context - len(ids))]
    hidden = fast_hidden(loaded.model, torch.tensor([filled], device=loaded.device))[0].double()
    cosines = torch.cosine_similarity(hidden[len(ids) - 1 :], hidden[len(ids) - 1 : len(ids)], dim=-1)
    return cosines.cpu().numpy(), len(ids)


def show_drift(state: PageState, recipe: ClassifierRecipe, train: pd.DataFrame, most: int) -> None:
    """How the vector that is read changes when padding is read instead."""
    at = int(state.number("example", "Text of the training part", 1, len(train), 1)) - 1
    text = str(train["text"][at])
    st.text(text[:400] + (" …" if len(text) > 400 else ""))
    found, tokens = models.infer(drift, models.current(), text, most=most, opening=recipe.opening)
    frame, spec = draw.drift_line(found)
    st.vega_lite_chart(frame, spec, key="classifier-drift", alt="Likeness of the vector at a pad to the last token's")
    if len(found) < 2:
        st.caption("The text fills the whole context, so there is no room for padding.")
        return
    st.markdown(
        f"The notes read the **last place**, padding or not. This text has {count(tokens)} tokens; its last one's "
        f"vector and that of the first pad after it have a cosine of **{fmt(float(found[1]))}**, after "
        f"{count(len(found) - 1)} pads **{fmt(float(found[-1]))}** (1: the same direction). A pad is read after a text "
        "that is over, as <|endoftext|> was in pretraining: a sign to expect something new. Training can get used to "
        f"that, but the answer then depends on how much padding a text happens to have. {READ_HERE[recipe.reads]}"
    )


def cells(recipe: ClassifierRecipe) -> list[str]:
    """The two ways to pad, as a program over our own messages."""
    name = "pocket" if recipe.model == models.POCKET else "gpt2"
    return [
        "import torch\n\nfrom engine.datasets.labelled import load_messages, random_split\n"
        "from engine.finetune.batches import LengthBatches\n"
        "from engine.tokenizers.pretrained import encode_text, load_tokenizer\n\n"
        f"tokenizer = load_tokenizer({name!r})\ntexts = random_split(load_messages(), 0.7, 0.1)[0]['text']\n"
        "lengths = [1 + len(encode_text(tokenizer, text)) for text in texts]",
        f"batches = list(LengthBatches(lengths, {recipe.batch_size}, torch.Generator().manual_seed({recipe.seed})))\n"
        "near = sum(max(lengths[i] for i in batch) * len(batch) for batch in batches)\n"
        "longest = max(lengths) * len(lengths)\n"
        "print(f'padding: {1 - sum(lengths) / near:.1%} by length, {1 - sum(lengths) / longest:.1%} to the longest')",
    ]
