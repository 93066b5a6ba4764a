"""GPT-2 124M at its full size: written by transformers and by TensorFlow with random weights, read by us."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from engine.config import GPT2_SIZES
from engine.decoding import generate_text_simple
from engine.fast import fast_forward
from engine.memory import weight_bytes
from engine.model import GPTModel
from engine.weights.gpt2 import load_gpt2
from engine.weights.hugging_face import config_from_hugging_face

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transformers import GPT2LMHeadModel

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
CONFIG = GPT2_SIZES["gpt2-small (124M)"]
NEW_TOKENS = 40


@pytest.fixture(scope="module")
def theirs() -> GPT2LMHeadModel:
    """As transformers makes it when nothing is said."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(3)
    return GPT2LMHeadModel(GPT2Config()).eval()


@pytest.fixture(scope="module")
def safetensors(theirs: GPT2LMHeadModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("hugging_face")
    theirs.save_pretrained(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def openai(theirs: GPT2LMHeadModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Their weights under OpenAI's names: model/h0/attn/c_attn/w, the matrices as convolutions of width one."""
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("openai")
    tensors = {}
    for name, tensor in theirs.transformer.state_dict().items():
        *path, leaf = name.replace("h.", "h", 1).split(".") if name.startswith("h.") else name.split(".")
        if path[-1] not in ("wte", "wpe"):
            path.append("b" if leaf == "bias" else "g" if path[-1].startswith("ln_") else "w")
        array = tensor.numpy()
        tensors["model/" + "/".join(path)] = array[None] if path[-1] == "w" else array
    tf.raw_ops.SaveV2(
        prefix=str(folder / "model.ckpt"),
        tensor_names=list(tensors),
        shape_and_slices=[""] * len(tensors),
        tensors=list(tensors.values()),
    )
    sizes = {"n_vocab": 50257, "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12}
    (folder / "hparams.json").write_text(json.dumps(sizes))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def ours(safetensors: Path) -> GPTModel:
    return load_gpt2(safetensors)


def test_logits_equal_theirs(theirs: GPT2LMHeadModel, ours: GPTModel) -> None:
    assert config_from_hugging_face(theirs.config.to_dict()) == ours.cfg == CONFIG
    ids = torch.randint(0, 50257, (1, 48), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected = theirs(ids).logits
        for forward in (GPTModel.forward, fast_forward):
            torch.testing.assert_close(forward(ours, ids), expected, atol=2e-4, rtol=0)


def test_openais_checkpoint_gives_the_same_model(openai: Path, ours: GPTModel) -> None:
    read = load_gpt2(openai)
    assert read.cfg == CONFIG
    for (name, one), other in zip(read.named_parameters(), ours.parameters(), strict=True):
        assert torch.equal(one, other), name


def test_greedy_texts_of_a_padded_batch(theirs: GPT2LMHeadModel, ours: GPTModel) -> None:
    """Eight prompts of different lengths, theirs as one batch padded on the left; ours alone, and eight at once."""
    draw = torch.Generator().manual_seed(4)
    prompts = [torch.randint(0, 50257, (n,), generator=draw) for n in (1, 3, 4, 8, 11, 16, 20, 26)]
    padded = torch.nn.utils.rnn.pad_sequence(prompts, batch_first=True, padding_side="left")
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(p) for p in prompts], True, 0, "left")
    settings = {"max_new_tokens": NEW_TOKENS, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    expected = theirs.generate(padded, attention_mask=mask, **settings)[:, padded.shape[1] :]
    for row in (0, 7):
        alone = generate_text_simple(ours, prompts[row][None], NEW_TOKENS, 1024)[0, len(prompts[row]) :]
        assert torch.equal(alone, expected[row])
    together = generate_text_simple(ours, prompts[4].repeat(8, 1), NEW_TOKENS, 1024)[:, len(prompts[4]) :]
    assert torch.equal(together, expected[4].repeat(8, 1))


PEAK = """
import sys
import engine.weights.hugging_face
from engine.weights.gpt2 import load_gpt2

def kilobytes(name):
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(name))

before = kilobytes("VmRSS")
load_gpt2(sys.argv[1])
print((kilobytes("VmHWM") - before) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")
def test_loading_needs_little_more_than_the_model(safetensors: Path) -> None:
    """At its peak, below 1.3 times the weights: nothing is held twice."""
    command = [sys.executable, "-c", PEAK, str(safetensors)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert weight_bytes(CONFIG) < int(done.stdout) < 1.3 * weight_bytes(CONFIG)
