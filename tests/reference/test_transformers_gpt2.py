"""Our GPT against transformers' GPT-2: random models saved by theirs, read by ours, the same logits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch

from engine.config import GPTConfig
from engine.decoding import generate_text_simple
from engine.errors import InputError, WeightsError
from engine.fast import fast_forward
from engine.model import GPTModel
from engine.weights.gpt2 import load_gpt2
from engine.weights.hugging_face import config_from_hugging_face, save_hugging_face

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import GPT2LMHeadModel

SMALL = {"vocab_size": 97, "n_positions": 16, "n_embd": 12, "n_layer": 2, "n_head": 3}


def theirs(seed: int = 1, **sizes: object) -> GPT2LMHeadModel:
    """A GPT-2 of transformers with random weights, biases and norms included."""
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(seed)
    gpt = GPT2LMHeadModel(GPT2Config(**{**SMALL, **sizes})).eval()
    for p in gpt.parameters():
        if p.dim() == 1:
            torch.nn.init.normal_(p, mean=0.5, std=0.2)
    return gpt


def compare(gpt: GPT2LMHeadModel, folder: Path, batch: int, tokens: int) -> None:
    """Plain and fast path give logits within 2e-4 of theirs."""
    gpt.half().save_pretrained(folder)
    gpt.float()  # both sides compute with the rounded weights
    ours = load_gpt2(folder)
    assert not ours.training
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in gpt.parameters())
    ids = torch.randint(0, gpt.config.vocab_size, (batch, tokens), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected = gpt(ids).logits
        for forward in (type(ours).forward, fast_forward):
            torch.testing.assert_close(forward(ours, ids), expected, atol=2e-4, rtol=0)


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"n_layer": 1, "n_head": 1, "n_embd": 4},
        {"n_layer": 5, "n_head": 8, "n_embd": 64, "n_positions": 40, "vocab_size": 503},
        {"tie_word_embeddings": False},
    ],
)
@pytest.mark.parametrize(("batch", "tokens"), [(1, 1), (3, 16)])
def test_logits_equal_theirs(tmp_path: Path, sizes: dict, batch: int, tokens: int) -> None:
    compare(theirs(**sizes), tmp_path, batch, tokens)


def test_a_bare_model_without_a_head_is_read_too(tmp_path: Path) -> None:
    """GPT2Model's tensors have no prefix."""
    gpt = theirs()
    gpt.transformer.save_pretrained(tmp_path)
    ours = load_gpt2(tmp_path)
    ids = torch.tensor([[5, 96, 0]])
    torch.testing.assert_close(ours(ids), gpt(ids).logits, atol=2e-4, rtol=0)


def test_single_precision_files_are_read_exactly(tmp_path: Path) -> None:
    gpt = theirs()
    gpt.save_pretrained(tmp_path)
    ours = load_gpt2(tmp_path)
    assert torch.equal(ours.tok_emb.weight, gpt.transformer.wte.weight)
    ids = torch.tensor([[5, 96, 0]])
    torch.testing.assert_close(ours(ids), gpt(ids).logits, atol=2e-4, rtol=0)


# ------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"model_type": "llama"}, "describes a 'llama' model; give a GPT-2"),
        ({"model_type": None}, "model; give a GPT-2"),
        ({"activation_function": "relu"}, "activation_function = 'relu' and ours is built for 'gelu_new'"),
        ({"layer_norm_epsilon": 1e-6}, "layer_norm_epsilon = 1e-06"),
        ({"scale_attn_weights": False}, "scale_attn_weights = False"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx = True"),
        ({"n_embd": 13}, "describes no GPT-2: emb_dim .13. must be divisible by n_heads"),
        ({"n_layer": 0}, "describes no GPT-2: n_layers is 0"),
        ({"vocab_size": "many"}, "describes no GPT-2: vocab_size is 'many'"),
        ({"n_embd": 24}, "last size should be 72|should be"),
        ({"n_layer": 3}, "no 'wte.weight'|no 'h.2.ln_1.weight'; this is no GPT-2 of 3 layers"),
        ({"vocab_size": 96}, "tok_emb.weight is .97, 12. and should be .96, 12."),
    ],
)
def test_another_model_is_a_sentence(tmp_path: Path, change: dict, sentence: str) -> None:
    theirs().save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(config | change), encoding="utf-8")
    with pytest.raises(WeightsError, match=sentence):
        load_gpt2(tmp_path)


def test_a_setting_that_is_missing_is_named() -> None:
    with pytest.raises(WeightsError, match="config.json has no 'n_embd'; fetch it again"):
        config_from_hugging_face({"model_type": "gpt2", "vocab_size": 9})


def test_names_that_mean_nothing_here(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GLASSBOX_DOWNLOADS", str(tmp_path))
    with pytest.raises(
        WeightsError, match=r"gpt2-small \(124M\) is not installed; run `python -m engine download 124M`"
    ):
        load_gpt2("124M")
    with pytest.raises(InputError, match="no GPT-2 called 'gpt5'; choose one of 124M, 355M, 774M, 1558M"):
        load_gpt2("gpt5")
    (tmp_path / "empty").mkdir()
    with pytest.raises(WeightsError, match="config.json cannot be read as JSON"):
        load_gpt2(tmp_path / "empty")


def test_an_installed_size_is_found_by_any_of_its_names(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GLASSBOX_DOWNLOADS", str(tmp_path))
    theirs().save_pretrained(tmp_path / "124M")
    for name in ("124M", "gpt2-small (124M)", "gpt2", "openai-community/gpt2"):
        assert load_gpt2(name).cfg.emb_dim == 12


@pytest.mark.parametrize("changes", [{}, {"tie_weights": False}, {"qkv_bias": False}])
def test_transformers_opens_what_we_write(tmp_path: Path, changes: dict) -> None:
    from transformers import GPT2LMHeadModel

    torch.manual_seed(5)
    ours = GPTModel({**GPTConfig(97, 16, 12, 3, 2, 0.0, qkv_bias=True, tie_weights=True).to_dict(), **changes}).eval()
    gpt = GPT2LMHeadModel.from_pretrained(save_hugging_face(ours, tmp_path)).eval()
    ids = torch.randint(0, 97, (2, 16), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        torch.testing.assert_close(gpt(ids).logits, ours(ids), atol=1e-5, rtol=0)


def test_greedy_texts_of_a_padded_batch(tmp_path: Path) -> None:
    """Eight prompts of different lengths: theirs as one batch padded on the left, ours each by itself."""
    gpt = theirs(n_embd=48, n_layer=3, n_head=4, n_positions=128, vocab_size=211, bos_token_id=0, eos_token_id=0)
    gpt.save_pretrained(tmp_path)
    ours = load_gpt2(tmp_path)
    prompts = [list(range(1, n)) for n in (2, 4, 5, 9, 12, 17, 21, 27)]
    longest = max(map(len, prompts))
    padded = torch.tensor([[0] * (longest - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    settings = {"max_new_tokens": 100, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    expected = gpt.generate(padded, attention_mask=mask, **settings)[:, longest:]
    found = [generate_text_simple(ours, torch.tensor([p]), 100, 128)[0, len(p) :] for p in prompts]
    assert torch.equal(torch.stack(found), expected)
    together = generate_text_simple(ours, torch.tensor([prompts[3]] * 8), 100, 128)[:, len(prompts[3]) :]
    assert all(torch.equal(row, expected[3]) for row in together)
