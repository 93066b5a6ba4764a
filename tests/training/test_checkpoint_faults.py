"""Checkpoints when the disk is full, a write fails, or the process is killed while it writes."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch

from engine.errors import CheckpointError
from engine.training import checkpoint as module
from engine.training.checkpoint import find_checkpoint, load_checkpoint, save_checkpoint
from engine.training.loop import LoopSettings, train
from engine.training.optim import adamw
from tests.training.saved import save, trained
from tests.training.tiny import assert_same_weights, loader, tiny_model, weights

# ---------------------------------------------------------------------------------------- trouble while it is written


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def older_is_whole(folder: Path, model: torch.nn.Module) -> None:
    other = tiny_model(8)
    assert load_checkpoint(folder, other)[1] == {"step": 1}
    assert_same_weights(weights(other), weights(model))
    assert os.listdir(folder.parent) == [folder.name], "nothing half-made is left lying around"


@pytest.mark.parametrize("what", ["save_model", "torch.save", "json.dumps", "flush", "_replace"])
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


def test_one_from_a_gpu_is_read_on_a_machine_without(tmp_path: Path, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        model, _ = save(tmp_path / "c", 1)
    other = tiny_model(8)
    load_checkpoint(tmp_path / "c", other, adamw(other, 0.01))
    assert_same_weights(weights(other), weights(model))


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
