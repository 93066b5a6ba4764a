"""Model folders: what was saved comes back, and a damaged or foreign file is a sentence."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import WeightsError
from engine.model import GPTModel
from engine.weights.pocket import POCKET_DIR, empty_model, load_folder, load_pocket, save_folder

SIZES = {
    "vocab_size": 11,
    "context_length": 7,
    "emb_dim": 8,
    "n_heads": 2,
    "n_layers": 2,
    "drop_rate": 0.1,
    "qkv_bias": True,
}
IDS = torch.tensor([[1, 5, 0, 10, 3, 3, 7]])


def model(seed: int = 1, **changes: object) -> GPTModel:
    torch.manual_seed(seed)
    return GPTModel({**SIZES, **changes}).eval()


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_what_was_saved_comes_back(tmp_path: Path, tied: bool, bias: bool) -> None:
    gpt = model(tie_weights=tied, qkv_bias=bias)
    folder = save_folder(gpt, tmp_path / "deep" / "folder", torch.float32)
    back = load_folder(folder)
    assert back.cfg == gpt.cfg
    assert not back.training
    assert torch.equal(back(IDS), gpt(IDS))
    assert (back.out_head.weight is back.tok_emb.weight) == tied
    assert sorted(os.listdir(folder)) == ["config.json", "model.safetensors"]
    for block in back.trf_blocks:
        assert torch.equal(block.att.mask, gpt.trf_blocks[0].att.mask)


def test_half_precision_is_the_nearest(tmp_path: Path) -> None:
    gpt = model()
    back = load_folder(save_folder(gpt, tmp_path))
    for (name, p), q in zip(gpt.named_parameters(), back.parameters(), strict=True):
        assert torch.equal(p.half().float(), q), name


def test_a_file_holds_each_weight_once_and_no_mask(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    save_folder(model(tie_weights=True), tmp_path)
    names = set(load_file(tmp_path / "model.safetensors"))
    assert names == {name for name, _ in model(tie_weights=True).named_parameters()}


def test_an_empty_model_draws_no_random_numbers_and_has_its_masks() -> None:
    gpt = model(tie_weights=True)
    before = torch.get_rng_state()
    empty = empty_model(gpt.cfg)
    assert torch.equal(torch.get_rng_state(), before)
    assert empty.out_head.weight is empty.tok_emb.weight
    assert all(torch.equal(block.att.mask, gpt.trf_blocks[0].att.mask) for block in empty.trf_blocks)
    assert list(empty.state_dict()) == list(gpt.state_dict())


# ------------------------------------------------------------------------------------------------- what goes wrong


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_folder(model(), tmp_path_factory.mktemp("good"))


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    """A good folder, to be damaged."""
    return Path(shutil.copytree(good, tmp_path / "model"))


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(WeightsError, match=f"{name} cannot be read as .*; fetch or make it again"):
        load_folder(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.97])
def test_a_file_that_was_cut_off(folder: Path, name: str, share: float) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(share * len(data))])
    with pytest.raises(WeightsError, match="make it again"):
        load_folder(folder)


@settings(max_examples=80)
@given(byte=st.integers(0, 1 << 20), bit=st.integers(0, 7))
def test_a_flipped_bit(good: Path, tmp_path_factory: pytest.TempPathFactory, byte: int, bit: int) -> None:
    """In the header: a sentence, or another name for what cannot be seen. In a number: one number differs."""
    data = bytearray((good / "model.safetensors").read_bytes())
    start = int.from_bytes(data[:8], "little") + 8
    byte %= start + 50  # mostly the header
    data[byte] ^= 1 << bit
    folder = tmp_path_factory.mktemp("flipped")
    shutil.copy(good / "config.json", folder)
    (folder / "model.safetensors").write_bytes(data)
    try:
        flipped = load_folder(folder)
    except WeightsError:
        return  # noticed: any other error would fail here
    whole = load_folder(good)
    differ = sum(int((a != b).sum()) for a, b in zip(whole.parameters(), flipped.parameters(), strict=True))
    if byte >= start:
        assert differ == 1
    else:
        assert list(whole.state_dict()) == list(flipped.state_dict())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[]", "should hold a JSON object"),
        ("{", "cannot be read as JSON"),
        ('"é"', "should hold a JSON object"),
        ('{"emb_dim": 10, "n_heads": 3}', "describes no model of ours: emb_dim .10. must be divisible"),
        ('{"width": 8}', "describes no model of ours: unknown setting 'width'"),
        ('{"emb_dim": "8"}', "describes no model of ours: emb_dim is '8'"),
    ],
)
def test_a_configuration_that_is_none(folder: Path, content: str, sentence: str) -> None:
    (folder / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(WeightsError, match=sentence):
        load_folder(folder)


@pytest.mark.parametrize(
    "changes",
    [{"emb_dim": 16}, {"n_layers": 1}, {"n_layers": 3}, {"vocab_size": 12}, {"qkv_bias": False}, {"tie_weights": True}],
)
def test_a_configuration_of_another_shape(folder: Path, changes: dict) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | changes), encoding="utf-8")
    with pytest.raises(WeightsError, match="do not fit this model: .*; use the configuration they were made with"):
        load_folder(folder)


def test_a_pickle_under_another_name_is_never_run(folder: Path) -> None:
    class Trap:
        def __reduce__(self):
            return Path.touch, (folder / "sprung",)

    torch.save(Trap(), folder / "model.safetensors")
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        load_folder(folder)
    assert not (folder / "sprung").exists()


def test_a_full_disk_leaves_the_older_model_whole(tmp_path: Path, monkeypatch) -> None:
    older = model(1)
    save_folder(older, tmp_path, torch.float32)

    def no_space(tensors: object, path: str, about: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("engine.weights.files.save_file", no_space)
        with pytest.raises(WeightsError, match="could not be written to .*No space left.*make room there"):
            save_folder(model(2), tmp_path)
    assert torch.equal(load_folder(tmp_path)(IDS), older(IDS))
    assert sorted(os.listdir(tmp_path)) == ["config.json", "model.safetensors"]


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WeightsError, match="could not be written"):
        save_folder(model(), tmp_path / "file")


@pytest.mark.skipif(not (POCKET_DIR / "model.safetensors").exists(), reason="the pocket model is not made yet")
def test_the_pocket_model_loads_with_its_tokenizer() -> None:
    gpt, tokenizer = load_pocket()
    assert gpt.cfg.vocab_size == tokenizer.n_vocab == 8192
    assert not gpt.training
    assert (POCKET_DIR / "model.safetensors").stat().st_size <= 40_000_000
    ids = torch.tensor([tokenizer.encode_ordinary("Once upon a time, there was a")])
    assert torch.isfinite(gpt(ids)).all()
