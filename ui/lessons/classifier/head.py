"""Step 5, head: the new last layer, which weights learn, which token is read, and the loss before any training."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from engine.finetune.recipe import head_width
from ui import models
from ui.code import show_code
from ui.figures.classifier_head import weight_bars
from ui.figures.matrix import heat_map
from ui.labels import visible
from ui.lesson import friendly_errors, plain
from ui.lessons.classifier import settings
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.finetune.draft import Draft
    from engine.finetune.recipe import ClassifierRecipe
    from engine.model import GPTModel
    from ui.share import PageState

TRAINED = {
    "regression": "Head, worked out",
    "head": "Head, by steps",
    "last_block": "Last block",
    "all": "All weights",
    "lora": "LoRA",
}
READS = {
    "last": "Last token of the text",
    "last_position": "Last place, padding or not",
    "first": "First token of the text",
    "mean": "Mean of all tokens",
    "layers": "Summary of all layers",
}
WHAT = {
    "regression": "Only the new head learns; the model is a fixed way to turn a text into numbers. Then there is one "
    "best head, and it is worked out: logistic regression, as the step Test does with counted words.",
    "head": "Only the new head learns, by steps of gradient descent: on the way to what the regression works out.",
    "last_block": "The last block, the final norm and the head learn, as in the notes.",
    "all": "Every weight of the blocks, norms and embeddings learns: most able, slowest, and quickest to overfit.",
    "lora": "The matrices stay; two thin ones learn beside each of them (Hu et al. 2021), and the head.",
}
WHOSE = {
    "last": "The only token that has seen the whole text.",
    "last_position": "As in the notes: where a text is shorter than its batch, that is a pad.",
    "first": "It has seen nothing but itself: to compare with.",
    "mean": "The average of the vectors of the text's own tokens: every word has a say, early ones too.",
    "layers": "Of the embeddings and of each block's output four numbers for every column of the vectors: its average "
    "over the text's tokens, its spread, its lowest and its highest value. What low layers know of words is not lost "
    "on the way up (Peters et al. 2018), and one telling word shows in the extremes.",
}
MOST_TEXTS, MOST_TOKENS = 32, 14


@dataclass(frozen=True)
class Untrained:
    """What a new head says before training, of the first texts of the training part.

    scores   (N, C)
    targets  (N,) numbers of the right classes
    tokens, weights  of the first text: T tokens and the last block's attention (T, T), mean of its heads
    """

    scores: NDArray[np.float64]
    targets: NDArray[np.int64]
    tokens: list[str]
    weights: NDArray[np.float64]

    @property
    def losses(self) -> NDArray[np.float64]:
        """(N,) minus the logarithm of the right class's probability, nats."""
        top = self.scores.max(axis=1, keepdims=True)
        norm = np.log(np.exp(self.scores - top).sum(axis=1)) + top[:, 0]
        return norm - self.scores[np.arange(len(self.targets)), self.targets]


def show(_: PageState, draft: Draft) -> None:
    """The step on the page."""
    recipe, classes = settings.recipe_of(draft), draft.classes
    left, right = st.columns([1, 1.9], gap="medium")
    with left, friendly_errors():
        settings.choice(draft, "trained", "What learns", TRAINED)
        st.caption(WHAT[recipe.trained])
        if recipe.trained == "lora":
            settings.number(draft, "lora_rank", "Rank of LoRA", 1, 256)
            settings.number(draft, "lora_alpha", "alpha of LoRA", 0.5, 512.0, step=1.0)
        settings.choice(draft, "reads", "Whose vector is classified", READS)
        st.caption(WHOSE[recipe.reads])
        settings.choice(draft, "random_start", "Start from", {False: "What it has learned", True: "Random weights"})
        st.caption(f"The model is the one in the sidebar, {recipe.model}: choose another there to train another.")
    loaded = models.load(recipe.model)
    with right, friendly_errors():
        show_weights(loaded.model, recipe, len(classes))
    train = draft.parts()["train"].reset_index(drop=True)[:MOST_TEXTS]
    with friendly_errors():
        found = untrained(recipe, tuple(train["text"]), tuple(train["label"].astype(str)), tuple(classes))
        show_loss(found, classes)
        show_mask(found, recipe)
    show_code(cells(recipe), "classifier_head")


def weights(model: GPTModel, recipe: ClassifierRecipe, classes: int) -> list[tuple[str, int, int]]:
    """The parts of the classifier from below: name, parameters of the model's own there, and how many learn."""

    def number(part: object) -> int:
        return sum(p.numel() for p in part.parameters())  # type: ignore[attr-defined]

    everything = recipe.trained == "all"
    own = number(model.tok_emb) + number(model.pos_emb)
    rows = [("embeddings", own, own if everything else 0)]
    for at, block in enumerate(model.trf_blocks, start=1):
        own = number(block)
        learns = own if everything or (recipe.trained == "last_block" and at == len(model.trf_blocks)) else 0
        if recipe.trained == "lora":
            learns = lora_size(block, recipe.lora_rank)
        rows.append((f"block {at}", own, learns))
    own = number(model.final_norm)
    rows.append(("final norm", own, own if recipe.trained in ("all", "last_block") else 0))
    head = classes * (head_width(model.cfg, recipe) + 1)
    return [*rows, ("new head", head, head)]


def lora_size(block: object, rank: int) -> int:
    """Numbers in the thin matrices beside those of one block."""
    from torch import nn

    from engine.finetune.lora import BLOCK_MATRICES

    layers = block.named_modules()  # type: ignore[attr-defined]
    return sum(
        rank * (layer.in_features + layer.out_features)
        for name, layer in layers
        if isinstance(layer, nn.Linear) and f".{name}".endswith(tuple(f".{target}" for target in BLOCK_MATRICES))
    )


def show_weights(model: GPTModel, recipe: ClassifierRecipe, classes: int) -> None:
    """The parts as bars, and the shape of the head before and after."""
    rows = weights(model, recipe, classes)
    frame, spec = weight_bars(rows)
    st.vega_lite_chart(frame, spec, key="classifier-weights", alt="Parameters of each part, those that learn marked")
    learned, total = sum(row[2] for row in rows), sum(p.numel() for p in model.parameters())
    v, d, wide = model.cfg.vocab_size, model.cfg.emb_dim, head_width(model.cfg, recipe)
    layers = len(model.trf_blocks) + 1
    stacked = "" if wide == d else f" It reads {wide // d // layers} × {layers} layers × {d} = {count(wide)} numbers."
    st.markdown(
        f"**{count(learned)}** numbers learn; the model has {count(total)} ({percent(learned / total)}). The old head "
        f"turned a vector of {count(d)} numbers into {count(v)} scores, one a token: a {count(v)} × {count(d)} matrix. "
        f"The new one gives **{classes}**, one a class: {classes} × {count(wide)} and {classes} biases = "
        f"{count(classes * (wide + 1))} numbers.{stacked}"
    )


@st.cache_resource(max_entries=16, show_spinner="Reading some texts with a new head …")
def untrained(
    recipe: ClassifierRecipe, texts: tuple[str, ...], labels: tuple[str, ...], classes: tuple[str, ...]
) -> Untrained:
    """A new head on the model as it is: its scores of these texts, and the attention behind the first one's vector."""
    import torch

    from engine.finetune.network import Network, encode, scores
    from engine.tokenizers.pretrained import token_text
    from engine.trace import trace

    loaded = models.load(recipe.model)
    plain_recipe = replace(recipe, trained="head", random_start=False)
    network = Network(loaded.model, len(classes), plain_recipe, torch.Generator().manual_seed(recipe.seed))
    length = min(recipe.max_length or loaded.model.cfg.context_length, loaded.model.cfg.context_length)
    with models.GATE, torch.inference_mode():
        kept = [
            torch.tensor(ids, device=loaded.device) for ids in encode(texts, loaded.tokenizer, plain_recipe, length)
        ]
        found = scores(network, kept)
        whole = encode(texts[:1], loaded.tokenizer, replace(plain_recipe, reads="last"), length)[0][:MOST_TOKENS]
        seen = trace(loaded.model, torch.tensor(whole, device=loaded.device), layers=[len(loaded.model.trf_blocks) - 1])
        attention = seen.weights[len(loaded.model.trf_blocks) - 1]
    targets = np.array([classes.index(label) for label in labels])
    tokens = [token_text(loaded.tokenizer, i) for i in whole]
    return Untrained(found.double().numpy(), targets, tokens, attention.double().mean(dim=0).cpu().numpy())


def show_loss(found: Untrained, classes: list[str]) -> None:
    """The loss before training against ln(classes), and one text's arithmetic."""
    st.subheader("The loss before any training", anchor=False)
    scores, right = found.scores[0], int(found.targets[0])
    chances = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    c = len(classes)
    listed = ", ".join(f"{plain(name)} {fmt(float(s))}" for name, s in list(zip(classes, scores, strict=True))[:6])
    st.markdown(
        f"A head of small random numbers, on the first {count(len(found.targets))} texts to learn from: mean loss "
        f"**{fmt(float(found.losses.mean()))}** nats a text; knowing nothing is ln {c} = **{fmt(math.log(c))}**. Of "
        f"the first text the scores are {listed}{', …' if c > 6 else ''}. Softmax gives its right class, "
        f"*{plain(classes[right])}*, {percent(float(chances[right]))}, and −ln {fmt(float(chances[right]))} = "
        f"**{fmt(float(found.losses[0]))}**. The scores themselves are no probabilities: they may be negative and do "
        "not add up to 1."
    )
    if c == 2:
        gap = float(scores[right] - scores[1 - right])
        st.markdown(
            f"Two classes could do with one output: 1 / (1 + e^−x) with x the difference of the two scores, "
            f"{fmt(gap)}, is {percent(1 / (1 + math.exp(-gap)))}: the same number. That needs another loss function "
            "(binary cross-entropy); two outputs need none, and ten classes work just the same."
        )


def show_mask(found: Untrained, recipe: ClassifierRecipe) -> None:
    """Who has seen what: the last row looks at every token."""
    st.subheader("Who has seen the whole text?", anchor=False)
    size = len(found.tokens)
    names = [f"{n + 1} {visible(token)}" for n, token in enumerate(found.tokens)]
    hidden = [[k > q for k in range(size)] for q in range(size)]
    frame, spec = heat_map(found.weights, names, names, value_name="attention weight", top=1.0, hidden=hidden)
    st.vega_lite_chart(frame, spec, key="classifier-mask", alt="Attention in the last block, hidden above the diagonal")
    st.caption(
        f"The first text, its first {size} tokens: attention in the last block, mean of its heads. The mask hides "
        "what comes later, so only the last row may look at all of them. Chosen to be read: "
        f"**{READS[recipe.reads].lower()}**."
    )


def cells(recipe: ClassifierRecipe) -> list[str]:
    """The head on the model, as a program."""
    return [
        "import torch\n\nfrom engine.finetune.network import Network, encode, loss_and_accuracy, scores\n"
        "from engine.finetune.recipe import ClassifierRecipe\nfrom engine.datasets.labelled import load_messages\n"
        "from engine.weights.by_name import load_by_name\n\n"
        f"recipe = ClassifierRecipe(model={recipe.model!r}, trained={recipe.trained!r}, reads={recipe.reads!r}, "
        f"lora_rank={recipe.lora_rank})\nmodel, tokenizer = load_by_name(recipe.model)\n"
        f"network = Network(model, 2, recipe, torch.Generator().manual_seed({recipe.seed}))\n"
        "print(sum(p.numel() for p in network.learned().values()), 'numbers learn;', network.out_head)",
        "rows = load_messages()[:32]\n"
        "ids = [torch.tensor(i, device=network.device) for i in encode(list(rows['text']), tokenizer, recipe, "
        "model.cfg.context_length)]\n"
        "print(loss_and_accuracy(scores(network, ids), torch.tensor([int(x == 'spam') for x in rows['label']])))",
    ]
