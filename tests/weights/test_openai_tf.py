"""OpenAI's TensorFlow checkpoints: written here by TensorFlow under their names, read by ours."""

from __future__ import annotations

import json
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.config import GPTConfig
from engine.errors import InputError, WeightsError
from engine.model import GPTModel
from engine.weights import openai_tf
from engine.weights.gpt2 import load_gpt2
from engine.weights.mapping import untranslate
from engine.weights.openai_tf import load_openai, load_weights_into_gpt, read_openai

CFG = GPTConfig(13, 7, 8, 2, 2, 0.0, qkv_bias=True, tie_weights=True)
IDS = torch.tensor([[1, 5, 0, 10, 3, 3, 7]])


def gpt(seed: int = 1, **changes: object) -> GPTModel:
    torch.manual_seed(seed)
    model = GPTModel({**CFG.to_dict(), **changes}).eval()
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.3)
    return model


def openai_arrays(model: GPTModel) -> dict[str, np.ndarray]:
    """The model's weights under OpenAI's names and in their shapes, the matrices as convolutions."""
    arrays = {}
    for name, tensor in untranslate(model).items():
        parts = name.removeprefix("transformer.").split(".")
        if parts[0] == "h":
            parts[:2] = [f"h{parts[1]}"]
        leaf = parts.pop()
        if parts[-1] not in ("wte", "wpe"):
            parts.append({"weight": "g" if parts[-1].startswith("ln_") else "w", "bias": "b"}[leaf])
        array = tensor.numpy()
        arrays["model/" + "/".join(parts)] = array[None] if parts[-1] == "w" else array
    return arrays


def write(folder: Path, arrays: dict[str, np.ndarray], **settings: int) -> Path:
    import tensorflow as tf

    folder.mkdir(parents=True, exist_ok=True)
    tf.raw_ops.SaveV2(
        prefix=str(folder / "model.ckpt"),
        tensor_names=list(arrays),
        shape_and_slices=[""] * len(arrays),
        tensors=[tf.constant(array) for array in arrays.values()],
    )
    c = CFG
    published = {"n_vocab": c.vocab_size, "n_ctx": c.context_length, "n_embd": c.emb_dim}
    published |= {"n_head": c.n_heads, "n_layer": c.n_layers} | settings
    (folder / "hparams.json").write_text(json.dumps(published))
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("openai"), openai_arrays(gpt()))


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    """A whole checkpoint, to be damaged."""
    return Path(shutil.copytree(published, tmp_path / "copy"))


def test_the_model_comes_back(published: Path) -> None:
    model = load_openai(published)
    assert not model.training
    assert model.cfg == CFG
    with torch.no_grad():
        torch.testing.assert_close(model(IDS), gpt()(IDS))
        torch.testing.assert_close(load_gpt2(published)(IDS), gpt()(IDS))


def test_settings_and_params_are_those_of_the_notes(published: Path) -> None:
    settings, params = read_openai(published)
    assert settings == {"n_vocab": 13, "n_ctx": 7, "n_embd": 8, "n_head": 2, "n_layer": 2}
    assert set(params) == {"blocks", "wte", "wpe", "g", "b"}
    assert set(params["blocks"][1]) == {"attn", "mlp", "ln_1", "ln_2"}
    assert params["blocks"][0]["attn"]["c_attn"]["w"].shape == (8, 24)
    assert params["blocks"][0]["mlp"]["c_proj"]["b"].shape == (8,)
    q, _, _ = np.split(params["blocks"][1]["attn"]["c_attn"]["w"], 3, axis=-1)
    np.testing.assert_array_equal(q.T, gpt().blocks[1].att.W_query.weight.detach().numpy())


def test_a_head_of_its_own_gets_a_copy_of_the_embedding(published: Path) -> None:
    """The notes' GPTModel has one."""
    model = gpt(2, tie_weights=False)
    load_weights_into_gpt(model, read_openai(published)[1])
    assert torch.equal(model.out_head.weight, model.tok_emb.weight)
    with torch.no_grad():
        torch.testing.assert_close(model(IDS), gpt()(IDS))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"context_length": 5}, r"pos_emb.weight is \(7, 8\) and should be \(5, 8\); use the configuration"),
        ({"qkv_bias": False}, r"'trf_blocks.0.att.W_key.bias' has no place in it \(and 5 more\)"),
        ({"n_layers": 3}, "the weights have no 'h.2.ln_1.weight'"),
        ({"n_layers": 1}, r"the weights have 'h.1.attn.c_attn.bias' \(and 11 more\), which no GPT-2 of 1 layers"),
        ({"emb_dim": 16}, "its last size should be 48"),
    ],
)
def test_another_configuration_is_refused_and_nothing_assigned(published: Path, changes: dict, sentence: str) -> None:
    """The wrong context length and missing biases are what readers of section 5.5 meet first."""
    model = gpt(2, **changes)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    with pytest.raises(WeightsError, match=sentence):
        load_weights_into_gpt(model, read_openai(published)[1])
    for name, p in model.named_parameters():
        assert torch.equal(p, before[name]), name


@pytest.mark.parametrize("name", ["model.ckpt.index", "model.ckpt.data-00000-of-00001", "hparams.json"])
@pytest.mark.parametrize("share", [None, 0.0, 0.5])
def test_a_missing_or_cut_file(folder: Path, name: str, share: float | None) -> None:
    data = (folder / name).read_bytes()
    (folder / name).unlink()
    if share is not None:
        (folder / name).write_bytes(data[: int(share * len(data))])
    with pytest.raises(WeightsError):
        load_openai(folder)


def test_flipped_bits_are_noticed(folder: Path) -> None:
    """TensorFlow keeps a checksum of each tensor."""
    path = folder / "model.ckpt.data-00000-of-00001"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="is no whole TensorFlow checkpoint"):
        load_openai(folder)


@pytest.mark.parametrize("name", ["model/h9/ln_1/b", "model/hx/b", "else", "model", "model/wte/w"])
def test_a_foreign_name_is_named(tmp_path: Path, name: str) -> None:
    arrays = openai_arrays(gpt()) | {name: np.zeros(3, dtype=np.float32)}
    with pytest.raises(WeightsError, match=f"{name}|wte"):
        load_openai(write(tmp_path, arrays))


def test_the_file_checkpoint_is_not_believed(folder: Path) -> None:
    """It may name a path anywhere."""
    (folder / "checkpoint").write_text('model_checkpoint_path: "/etc/passwd"\n')
    assert load_openai(folder).cfg == CFG


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"n_head": 3}, "describe no GPT-2: emb_dim"), ({"n_layer": "2"}, "has no whole number n_layer")],
)
def test_settings_that_are_none(folder: Path, settings: dict, sentence: str) -> None:
    path = folder / "hparams.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))
    with pytest.raises(WeightsError, match=sentence):
        load_openai(folder)


def test_the_notes_way_from_a_server(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """download_and_load_gpt2 asks for OpenAI's files, the second base after the first, and reads them."""
    for name in openai_tf.FILES:
        (folder / name).touch()
    folder.rename(folder.parent / "124M")
    handler = partial(QuietHandler, directory=str(folder.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        there = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(openai_tf, "BASES", (f"{there}/nothing-here", there))
        settings, params = openai_tf.download_and_load_gpt2("124M", tmp_path / "models")
        server.shutdown()
        thread.join()
    assert settings["n_embd"] == 8
    model = gpt(3)
    load_weights_into_gpt(model, params)
    with torch.no_grad():
        torch.testing.assert_close(model(IDS), gpt()(IDS))
    with pytest.raises(InputError, match="no GPT-2 called '1B'"):
        openai_tf.download_and_load_gpt2("1B", tmp_path)


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""
