"""Checkpoints: whole or not there, whatever breaks while they are written, and refused when they do not fit."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import CheckpointError
from engine.training import checkpoint as module
from engine.training.checkpoint import PARTS, find_checkpoint, load_checkpoint, save_checkpoint
from engine.training.loop import LoopSettings, train
from engine.training.optim import adamw, muon
from tests.training.tiny import assert_same_weights, loader, tiny_model, weights


def trained(seed: int = 1, make=adamw, **changes: object):
    """A model that has been trained a little, and its optimizer, which therefore remembers something."""
    model = tiny_model(seed, **changes)
    optimizer = make(model, 0.01)
    list(train(model, loader(), optimizer, LoopSettings(max_steps=2)))
    return model, optimizer


def save(folder: Path, seed: int = 1, **changes: object):
    model, optimizer = trained(seed, **changes)
    save_checkpoint(folder, model, optimizer, {"place": seed}, {"step": seed})
    return model, optimizer


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


# ---------------------------------------------------------------------------------------- trouble while it is written


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def older_is_whole(folder: Path, model: torch.nn.Module) -> None:
    other = tiny_model(8)
    assert load_checkpoint(folder, other)[1] == {"step": 1}
    assert_same_weights(weights(other), weights(model))
    assert os.listdir(folder.parent) == [folder.name], "nothing half-made is left lying around"


@pytest.mark.parametrize("what", ["save_model", "torch.save", "json.dumps", "_flush", "_replace"])
def test_a_full_disk_leaves_the_older_one_whole(tmp_path: Path, monkeypatch, what: str) -> None:
    older, _ = save(tmp_path / "c", 1)
    model, optimizer = trained(2)
    with monkeypatch.context() as patch:
        patch.setattr(f"engine.training.checkpoint.{what}", no_space)
        with pytest.raises(CheckpointError, match="could not be written .*No space left.*make room there"):
            save_checkpoint(tmp_path / "c", model, optimizer, {}, {"step": 2})
    older_is_whole(tmp_path / "c", older)
    save_checkpoint(tmp_path / "c", model, optimizer, {}, {"step": 2})
    assert load_checkpoint(tmp_path / "c", tiny_model())[1] == {"step": 2}


def test_a_failed_last_rename_puts_the_older_one_back(tmp_path: Path, monkeypatch) -> None:
    older, _ = save(tmp_path / "c", 1)
    model, optimizer = trained(2)
    rename = Path.rename

    def fails_for_the_new_one(self: Path, target: Path) -> Path:
        if self.name == ".c.new":
            no_space()
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fails_for_the_new_one)
        with pytest.raises(CheckpointError, match="could not be written"):
            save_checkpoint(tmp_path / "c", model, optimizer, {}, {"step": 2})
    older_is_whole(tmp_path / "c", older)


class Killed(BaseException):
    """Stands for the moment at which the process is no more."""


@pytest.mark.parametrize("moment", range(8))
def test_a_kill_at_any_moment_leaves_the_older_or_the_newer(tmp_path: Path, monkeypatch, moment: int) -> None:
    """Die at the n-th call that touches the disk; what the next start finds is one of the two, whole."""
    save(tmp_path / "c", 1)
    model, optimizer = trained(2)
    calls = 0

    def mortal(f):
        def dies(*args: object, **kwargs: object) -> object:
            nonlocal calls
            calls += 1
            if calls > moment:
                raise Killed
            return f(*args, **kwargs)

        return dies

    with monkeypatch.context() as patch:
        for owner, name in ((module, "save_model"), (torch, "save"), (Path, "rename"), (shutil, "rmtree")):
            patch.setattr(owner, name, mortal(getattr(owner, name)))
        with pytest.raises(Killed):
            save_checkpoint(tmp_path / "c", model, optimizer, {}, {"step": 2})
    found = find_checkpoint(tmp_path / "c")
    assert found == tmp_path / "c"
    # Calls 1 to 4 clear and write, 5 clears, 6 and 7 rename, 8 clears the older one.
    assert load_checkpoint(found, tiny_model())[1] == {"step": 1 if moment < 7 else 2}
    save_checkpoint(tmp_path / "c", model, optimizer, {}, {"step": 3})
    assert load_checkpoint(tmp_path / "c", tiny_model())[1] == {"step": 3}
    assert os.listdir(tmp_path) == ["c"]


def test_nothing_to_find(tmp_path: Path) -> None:
    assert find_checkpoint(tmp_path / "c") is None
    assert find_checkpoint(tmp_path / "no" / "such" / "c") is None


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    model, optimizer = trained()
    with pytest.raises(CheckpointError, match="could not be written"):
        save_checkpoint(tmp_path / "file" / "c", model, optimizer, {}, {})


def test_a_real_full_disk(tmp_path: Path) -> None:
    """A disk of 64 KB in memory: one small checkpoint fits, a second beside it does not."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        older, _ = save(disk / "c", 1)
        model, optimizer = trained(2)
        with pytest.raises(CheckpointError, match="could not be written"):
            save_checkpoint(disk / "c", model, optimizer, {"fill": torch.zeros(20_000)}, {"step": 2})
        older_is_whole(disk / "c", older)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_the_card_can_be_read_without_torch(tmp_path: Path) -> None:
    model = tiny_model()
    list(train(model, loader(), adamw(model, 0.01), LoopSettings(), checkpoint=tmp_path / "c"))
    card = json.loads((tmp_path / "c" / "card.json").read_text(encoding="utf-8"))
    assert (card["step"], card["epoch"], card["tokens_seen"]) == (5, 1, 60)
    assert card["device"].startswith("CPU")
    assert card["torch"] == torch.__version__
    assert card["seconds"] > 0
