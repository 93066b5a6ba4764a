"""load_gpt2 takes every form in which people have a GPT-2, and refuses the rest with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.config import GPT2_SIZES, GPTConfig, parameter_count
from engine.errors import WeightsError
from engine.model import GPTModel
from engine.weights.gpt2 import config_from_shapes, load_gpt2
from engine.weights.hugging_face import save_hugging_face
from engine.weights.mapping import misfit, translate, untranslate
from engine.weights.pocket import save_folder

# Two heads of 64: what is assumed where a file doesn't say.
CFG = GPTConfig(11, 7, 128, 2, 2, 0.0, qkv_bias=True, tie_weights=True)
IDS = torch.tensor([[1, 5, 0, 10, 3, 3, 7]])


def gpt(**changes: object) -> GPTModel:
    torch.manual_seed(1)
    return GPTModel({**CFG.to_dict(), **changes}).eval()


def same(path: Path, model: GPTModel) -> None:
    found = load_gpt2(path)
    assert not found.training
    with torch.no_grad():
        torch.testing.assert_close(found(IDS), model(IDS))


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_a_state_dict_of_torch_save(tmp_path: Path, tied: bool, bias: bool) -> None:
    """As the book's .pth files, masks included, and its checkpoint with the optimizer beside."""
    model = gpt(tie_weights=tied, qkv_bias=bias)
    torch.save(model.state_dict(), tmp_path / "model.pth")
    same(tmp_path / "model.pth", model)
    torch.save({"model_state_dict": model.state_dict(), "optimizer_state_dict": {"state": {}}}, tmp_path / "both.pt")
    same(tmp_path / "both.pt", model)
    assert load_gpt2(tmp_path / "model.pth").cfg.tie_weights == tied


def test_folders_and_files_of_safetensors(tmp_path: Path) -> None:
    model = gpt()
    same(save_folder(model, tmp_path / "ours", torch.float32), model)
    same(tmp_path / "ours" / "model.safetensors", model)
    same(save_hugging_face(model, tmp_path / "theirs"), model)
    same(tmp_path / "theirs" / "model.safetensors", model)
    (tmp_path / "theirs" / "config.json").unlink()
    with pytest.raises(WeightsError, match="needs their config.json beside it"):
        load_gpt2(tmp_path / "theirs" / "model.safetensors")


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    torch.save({"tok_emb.weight": Trap()}, tmp_path / "bomb.pth")
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        load_gpt2(tmp_path / "bomb.pth")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_cut_file(tmp_path: Path, share: float) -> None:
    torch.save(gpt().state_dict(), tmp_path / "model.pth")
    data = (tmp_path / "model.pth").read_bytes()
    (tmp_path / "model.pth").write_bytes(data[: int(share * len(data))])
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        load_gpt2(tmp_path / "model.pth")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([1, 2], "holds no state_dict of tensors"),
        ({}, "holds no state_dict of tensors"),
        ({"a": 1}, "holds no state_dict of tensors"),
        ({"a": torch.ones(2)}, "have no table 'tok_emb.weight'"),
        ({"tok_emb.weight": torch.ones(3, 2), "pos_emb.weight": torch.ones(4, 2)}, "no GPT's: n_layers is 0"),
        (
            {"tok_emb.weight": torch.ones(3, 2), "pos_emb.weight": torch.ones(4, 2), "trf_blocks.0.x": torch.ones(1)},
            "is missing .and 14 more.; 'trf_blocks.0.x' has no place",
        ),
    ],
)
def test_files_that_hold_something_else(tmp_path: Path, content: object, sentence: str) -> None:
    torch.save(content, tmp_path / "model.pth")
    with pytest.raises(WeightsError, match=sentence):
        load_gpt2(tmp_path / "model.pth")


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "model.zip").write_bytes(b"PK")
    with pytest.raises(WeightsError, match="ends in none of"):
        load_gpt2(tmp_path / "model.zip")


@pytest.mark.parametrize("name", list(GPT2_SIZES))
def test_all_sizes_by_their_shapes(name: str) -> None:
    """On the meta device, which holds no numbers: every tensor of every size has its place."""
    cfg = GPT2_SIZES[name]
    with torch.device("meta"):
        model = GPTModel(cfg)
        ours = translate(untranslate(model), cfg)
    assert not misfit(model, {name: tuple(tensor.shape) for name, tensor in ours.items()})
    assert sum(tensor.numel() for tensor in ours.values()) == parameter_count(cfg)
    assert config_from_shapes(ours) == cfg
