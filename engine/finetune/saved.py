"""A classifier in use, and on the disk: only what was trained, with the recipe and the classes.

    classifier.safetensors  the trained weights
    classifier.json         recipe, classes, tokens read of each text

The model that it was made from is not in it: the pocket model, or the GPT-2 that the recipe names.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from engine.errors import InputError, WeightsError
from engine.finetune.batches import by_length, stack
from engine.finetune.lora import merge_lora
from engine.finetune.network import Network, encode
from engine.finetune.recipe import ClassifierRecipe
from engine.model import gpt2_init_
from engine.weights.by_name import load_by_name, tokenizer_of
from engine.weights.files import SafetensorsFile, read_json, write_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import tiktoken
    from torch import Tensor

    from engine.model import GPTModel

NAME = "classifier"


@dataclass(frozen=True)
class Classifier:
    """A fine-tuned model: the GPT it was made from (shared, not copied), what was trained, and the classes.

    length  tokens read of each text at most; with padding "longest", what every text is filled up to
    """

    model: GPTModel
    tokenizer: tiktoken.Encoding
    classes: tuple[str, ...]
    recipe: ClassifierRecipe
    network: Network
    length: int

    def encode(self, texts: Sequence[str], padded_to: int | None = None) -> list[list[int]]:
        """The texts' token IDs as far as they matter, see engine.finetune.network.encode.

        padded_to  fill every text up to so many tokens (at most the context) instead of as in training; changes
                   something only where the last position is read
        """
        if padded_to is None:
            return encode(texts, self.tokenizer, self.recipe, self.length)
        asked = ClassifierRecipe(**self.recipe.settings() | {"padding": "longest"})
        return encode(texts, self.tokenizer, asked, max(1, min(padded_to, self.model.cfg.context_length)))

    @torch.no_grad()
    def probabilities(self, texts: Sequence[str], padded_to: int | None = None) -> Tensor:
        """(N, C) probabilities of the classes, in the order of `classes`; softmax of the head's scores.

        padded_to  see `encode`; texts longer than that are cut to it
        """
        self.network.eval()
        ids = self.encode(texts, padded_to)
        result = torch.zeros(len(texts), len(self.classes))
        for places in by_length([len(one) for one in ids]):
            batch, lengths = stack([torch.tensor(ids[i], device=self.network.device) for i in places])
            result[places] = self.network(batch, lengths).float().softmax(dim=-1).cpu()
        return result

    def classify(self, texts: Sequence[str]) -> list[str]:
        """The likeliest class of each text."""
        return [self.classes[i] for i in self.probabilities(texts).argmax(dim=-1).tolist()]

    def whole(self) -> GPTModel:
        """One plain GPTModel that does it all, LoRA merged: out_head scores the classes at every position.

        But where all layers are read, out_head takes them side by side; what calls the model has to gather them.
        """
        network = copy.deepcopy(self.network)
        if self.recipe.trained in ("all", "lora"):
            merge_lora(network.body)
            model: Any = network.body
        else:
            model = copy.deepcopy(self.model)
            if self.recipe.trained == "last_block":
                model.trf_blocks[-1], model.final_norm = network.block, network.final_norm
        model.out_head = network.out_head
        return model.eval().requires_grad_(False)


def save_classifier(classifier: Classifier, folder: Path) -> Path:
    """Write classifier.safetensors and classifier.json into the folder, both or neither.

    Raises WeightsError when they cannot be written.
    """
    about = {
        "recipe": classifier.recipe.settings(),
        "classes": list(classifier.classes),
        "length": classifier.length,
        "config": classifier.model.cfg.to_dict(),
    }
    weights = {name: p.cpu().contiguous() for name, p in classifier.network.learned().items()}
    return write_folder(folder, weights, about, names=(f"{NAME}.safetensors", f"{NAME}.json"))


def load_classifier(folder: Path, model: GPTModel | None = None) -> Classifier:
    """The classifier that save_classifier wrote into this folder (of a job: its folder "checkpoint").

    model  the GPT it was made from, to share one that is loaded already; None: load it by the recipe's name

    Raises WeightsError when a file is missing or damaged, or the model is another one or not on this machine.
    """
    about = read_json(folder / f"{NAME}.json")
    try:
        recipe = ClassifierRecipe(**about["recipe"])
        classes, length = tuple(map(str, about["classes"])), int(about["length"])
        config = about["config"]
    except (KeyError, TypeError, ValueError, InputError) as e:
        raise WeightsError(f"{folder / NAME}.json describes no classifier ({e}); train it again.") from e
    model = load_by_name(recipe.model)[0] if model is None else model
    if model.cfg.to_dict() | {"drop_rate": 0} != config | {"drop_rate": 0}:
        raise WeightsError(f"this classifier was made from {recipe.model}, and the model given is another one.")
    generator = torch.Generator().manual_seed(recipe.seed)
    if recipe.random_start:  # its frozen part is drawn from the seed, as it was in training
        model = gpt2_init_(copy.deepcopy(model), generator)
    network = Network(model, len(classes), recipe, generator)
    weights = dict(SafetensorsFile(folder / f"{NAME}.safetensors"))
    own = network.learned()
    if weights.keys() != own.keys() or any(weights[name].shape != own[name].shape for name in own):
        raise WeightsError(f"the weights in {folder} are of another classifier; train it again.")
    network.load_state_dict(weights, strict=False)
    return Classifier(model, tokenizer_of(model), classes, recipe, network.eval(), length)
