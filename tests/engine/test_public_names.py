"""Everything that the package promises can be imported, and only what is used is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import engine

ROOT = Path(__file__).resolve().parents[2]

# What the notes name and this version has.
NOTES = """SimpleTokenizerV1 SimpleTokenizerV2 GPTDatasetV1 create_dataloader_v1 SelfAttention_v1 SelfAttention_v2
CausalAttention MultiHeadAttentionWrapper MultiHeadAttention LayerNorm GELU FeedForward ExampleDeepNeuralNetwork
print_gradients TransformerBlock DummyGPTModel GPTModel GPT_CONFIG_124M generate_text_simple text_to_token_ids
token_ids_to_text calc_loss_batch calc_loss_loader evaluate_model generate_and_print_sample train_model_simple generate
softmax_with_temperature model_configs create_balanced_dataset random_split SpamDataset calc_accuracy_loader
train_classifier_simple classify_review load_gpt2 load_pocket load_weights_into_gpt download_and_load_gpt2
format_input InstructionDataset custom_collate_fn"""


@pytest.mark.parametrize("name", sorted({*NOTES.split(), *engine.__all__}))
def test_name_can_be_imported(name: str) -> None:
    assert name in engine.__all__
    assert name in dir(engine)
    value = getattr(engine, name)
    assert value is getattr(engine, name)
    if callable(value):
        assert value.__name__ == name


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'GPT5'"):
        engine.GPT5  # noqa: B018


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after this code."""
    show = "; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code + show], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


HEAVY = {"torch", "sklearn", "pandas", "streamlit", "plotly", "altair", "tensorflow", "transformers"}


@pytest.mark.parametrize(
    "code",
    [
        "import engine, engine.config, engine.errors",
        "from engine import GPT_CONFIG_124M, model_configs",
        "import engine.tokenizers.bpe, engine.tokenizers.pretrained, engine.tokenizers.words",
        "import engine.cli",
    ],
)
def test_light_parts_stay_light(code: str) -> None:
    assert not loaded_by(code) & HEAVY


def test_the_model_loads_torch_and_no_web_page() -> None:
    loaded = loaded_by("from engine import GPTModel, train_model_simple, load_pocket")
    assert loaded & HEAVY == {"torch"}
