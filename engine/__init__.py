"""Glassbox engine: a GPT from scratch, in code that is meant to be read.

Shape letters, the same everywhere:

    B  texts in a batch        D  model width (emb_dim)     V  vocabulary size
    T  tokens in a text        H  attention heads           L  layers (transformer blocks)
    K  width of one head, D / H

Everything that the notes name can be imported from here; a name loads its module only when it is used.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "engine.config": ("GPT_CONFIG_124M", "GPTConfig", "GPT2_SIZES", "model_configs", "parameter_count"),
    "engine.tokenizers.words": ("SimpleTokenizerV1", "SimpleTokenizerV2"),
    "engine.tokenizers.bpe": ("train_bpe",),
    "engine.tokenizers.pretrained": ("load_tokenizer",),
    "engine.datasets.windows": ("GPTDatasetV1", "create_dataloader_v1"),
    "engine.attention": (
        "SelfAttention_v1",
        "SelfAttention_v2",
        "CausalAttention",
        "MultiHeadAttentionWrapper",
        "MultiHeadAttention",
    ),
    "engine.model": (
        "LayerNorm",
        "GELU",
        "FeedForward",
        "ExampleDeepNeuralNetwork",
        "print_gradients",
        "TransformerBlock",
        "DummyGPTModel",
        "GPTModel",
    ),
    "engine.decoding": (
        "generate_text_simple",
        "text_to_token_ids",
        "token_ids_to_text",
        "generate",
        "softmax_with_temperature",
    ),
    "engine.evaluation.loss": ("calc_loss_batch", "calc_loss_loader", "evaluate_model"),
    "engine.training.simple": ("generate_and_print_sample", "train_model_simple"),
    "engine.weights.gpt2": ("load_gpt2",),
    "engine.weights.openai_tf": ("download_and_load_gpt2", "load_weights_into_gpt"),
    "engine.weights.pocket": ("load_pocket",),
    "engine.datasets.labelled": ("create_balanced_dataset", "random_split"),
    "engine.datasets.instructions": ("format_input",),
    "engine.finetune.classifier": (
        "SpamDataset",
        "calc_accuracy_loader",
        "train_classifier_simple",
        "classify_review",
    ),
    "engine.evaluation.judge": ("query_model", "generate_model_scores"),
    "engine.finetune.instructions": ("InstructionDataset", "custom_collate_fn"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME_OF)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
