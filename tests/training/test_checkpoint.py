"""Checkpoints: whole or not there, whatever breaks while they are written, and refused when they do not fit."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import CheckpointError
from engine.training.checkpoint import PARTS, load_checkpoint, save_checkpoint
from engine.training.loop import LoopSettings, train
from engine.training.optim import adamw, muon
from tests.training.saved import save, trained
from tests.training.tiny import assert_same_weights, loader, tiny_model, weights


@pytest.mark.parametrize("make", [adamw, muon])
@pytest.mark.parametrize("tied", [False, True])
def test_what_was_saved_comes_back(tmp_path: Path, make, tied: bool) -> None:
    model, optimizer = trained(make=make, tie_weights=tied)
    generator = torch.get_rng_state()
    state = {"place": 7, "random": generator, "deep": {"a": [1, 2.5]}}
    folder = save_checkpoint(tmp_path / "run" / "checkpoint", model, optimizer, state, {"step": 7})
    assert sorted(p.name for p in folder.iterdir()) == sorted(PARTS)
    assert [p.name for p in folder.parent.iterdir()] == ["checkpoint"]

    other = tiny_model(2, tie_weights=tied)
    other_optimizer = make(other, 0.5)
    back, card = load_checkpoint(folder, other, other_optimizer)
    assert card == {"step": 7}
    assert (back["place"], back["deep"]) == (7, {"a": [1, 2.5]})
    assert torch.equal(back["random"], generator)
    assert_same_weights(weights(other), weights(model))
    if tied:
        assert other.out_head.weight is other.tok_emb.weight
    theirs, ours = (torch.utils._pytree.tree_leaves(o.state_dict()) for o in (optimizer, other_optimizer))
    for a, b in zip(theirs, ours, strict=True):
        assert torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def test_weights_alone_can_be_read_without_an_optimizer(tmp_path: Path) -> None:
    model, _ = save(tmp_path / "c")
    other = tiny_model(2)
    load_checkpoint(tmp_path / "c", other)
    assert_same_weights(weights(other), weights(model))


def test_a_newer_checkpoint_takes_the_place_of_the_older(tmp_path: Path) -> None:
    save(tmp_path / "c", 1)
    model, _ = save(tmp_path / "c", 2)
    other = tiny_model(3)
    assert load_checkpoint(tmp_path / "c", other)[1] == {"step": 2}
    assert_same_weights(weights(other), weights(model))
    assert os.listdir(tmp_path) == ["c"]


# ------------------------------------------------------------------------------------------- damage while it is read


def refuse(folder: Path, sentence: str, make=adamw, **changes: object) -> None:
    """Loading raises the sentence, and model and optimizer stay as they were and can go on."""
    model, optimizer = trained(5, make, **changes)
    before, memory = weights(model), torch.utils._pytree.tree_map(_copy, optimizer.state_dict())
    with pytest.raises(CheckpointError, match=sentence):
        load_checkpoint(folder, model, optimizer)
    assert_same_weights(weights(model), before)
    after = torch.utils._pytree.tree_leaves(optimizer.state_dict())
    for a, b in zip(torch.utils._pytree.tree_leaves(memory), after, strict=True):
        assert torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b
    list(train(model, loader(), optimizer, LoopSettings(max_steps=1)))


def _copy(x: object) -> object:
    return x.clone() if isinstance(x, torch.Tensor) else x


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part_is_named(tmp_path: Path, part: str) -> None:
    save(tmp_path / "c")
    (tmp_path / "c" / part).unlink()
    refuse(tmp_path / "c", f"no whole checkpoint: {part} is missing; use another one")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_part_that_was_cut_off(tmp_path: Path, part: str, share: float) -> None:
    save(tmp_path / "c")
    path = tmp_path / "c" / part
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    refuse(tmp_path / "c", "is damaged or belongs to another model")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_something_else(tmp_path: Path, part: str) -> None:
    save(tmp_path / "c")
    (tmp_path / "c" / part).write_bytes(b"<html>404 Not Found</html>" * 40)
    refuse(tmp_path / "c", "is damaged or belongs to another model")


@pytest.mark.parametrize("part", PARTS)
def test_a_folder_in_place_of_a_file(tmp_path: Path, part: str) -> None:
    save(tmp_path / "c")
    (tmp_path / "c" / part).unlink()
    (tmp_path / "c" / part).mkdir()
    refuse(tmp_path / "c", "is damaged or belongs to another model")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good checkpoint, to be copied and damaged."""
    folder = tmp_path_factory.mktemp("whole") / "c"
    save(folder)
    return folder


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.sampled_from(PARTS), place=st.floats(0, 0.999), byte=st.integers(1, 255), count=st.integers(1, 40))
def test_garbled_bytes_give_a_sentence_or_nothing_worse(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, part: str, place: float, byte: int, count: int
) -> None:
    """Damage inside a number cannot be seen; damage anywhere else is a CheckpointError, never another error."""
    folder = tmp_path_factory.mktemp("garbled") / "c"
    shutil.copytree(whole, folder)
    data = bytearray((folder / part).read_bytes())
    start = int(place * len(data))
    for i in range(start, min(len(data), start + count)):
        data[i] ^= byte
    (folder / part).write_bytes(data)
    model, optimizer = trained(5)
    before = weights(model)
    try:
        load_checkpoint(folder, model, optimizer)
    except CheckpointError:
        assert_same_weights(weights(model), before)


def test_nothing_in_a_checkpoint_is_run(tmp_path: Path) -> None:
    """A pickle that would create a file when it is opened."""
    save(tmp_path / "c")

    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    for part in ("state.pt", "optimizer.pt"):
        good = (tmp_path / "c" / part).read_bytes()
        torch.save({"place": Trap()}, tmp_path / "c" / part)
        refuse(tmp_path / "c", "is damaged or belongs to another model")
        (tmp_path / "c" / part).write_bytes(good)
    assert not (tmp_path / "sprung").exists()


# ------------------------------------------------------------------------------------------------- made for another


@pytest.mark.parametrize(
    "changes",
    [
        {"emb_dim": 16},
        {"n_layers": 2},
        {"vocab_size": 14},
        {"context_length": 7},
        {"qkv_bias": True},
        {"tie_weights": True},
    ],
)
def test_another_models_checkpoint(tmp_path: Path, changes: dict) -> None:
    """Both ways round: theirs may have too much or too little."""
    save(tmp_path / "ours")
    save(tmp_path / "theirs", **changes)
    refuse(tmp_path / "theirs", "belongs to another model")
    refuse(tmp_path / "ours", "belongs to another model", **changes)
    for folder, model in (("theirs", tiny_model(3)), ("ours", tiny_model(3, **changes))):
        before = weights(model)
        with pytest.raises(CheckpointError, match="belongs to another model"):
            load_checkpoint(tmp_path / folder, model)
        assert_same_weights(weights(model), before)


def test_another_optimizers_checkpoint(tmp_path: Path) -> None:
    save(tmp_path / "c")
    refuse(tmp_path / "c", "trained with another optimizer", make=muon)
    refuse(tmp_path / "c", "trained with another optimizer", make=lambda m, lr: torch.optim.SGD(m.parameters(), lr))
    model, optimizer = trained(make=muon)
    save_checkpoint(tmp_path / "m", model, optimizer, {}, {})
    refuse(tmp_path / "m", "trained with another optimizer")


def test_a_checkpoint_of_another_kind_of_training(tmp_path: Path) -> None:
    """The parts are fine, and its state says nothing about a place in the data."""
    save(tmp_path / "c")
    model = tiny_model(2)
    with pytest.raises(CheckpointError, match="from another kind of training; use another one"):
        list(train(model, loader(), adamw(model, 0.01), LoopSettings(), checkpoint=tmp_path / "c"))


def test_a_checkpoint_made_with_more_data(tmp_path: Path) -> None:
    model = tiny_model()
    list(train(model, loader(20), adamw(model, 0.01), LoopSettings(max_steps=8), checkpoint=tmp_path / "c"))
    with pytest.raises(CheckpointError, match="made with more data than there is now; use the same"):
        list(train(model, loader(10), adamw(model, 0.01), LoopSettings(max_steps=9), checkpoint=tmp_path / "c"))
