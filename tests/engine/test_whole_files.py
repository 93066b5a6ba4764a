"""A file that is replaced is the old one or the new one, whole: a full disk, a kill at any moment, many at once."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.whole_files import append_line, write_bytes, write_json

MANY_WRITES = """
import sys
from pathlib import Path
from engine.whole_files import write_bytes
for n in range(10**9):
    write_bytes(Path(sys.argv[1]), bytes([n % 256]) * 300_000)
    print(flush=True)
"""


def test_the_new_file_takes_the_old_ones_place(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_json(path, {"a": 1})
    write_json(path, {"a": "ß\ud800"})
    assert json.loads(path.read_bytes()) == {"a": "ß\ud800"}
    write_bytes(path, b"")
    assert path.read_bytes() == b""
    assert os.listdir(tmp_path) == ["state.json"]


@pytest.mark.parametrize("fails", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        if fails == "write":
            patch.setattr(Path, "write_bytes", lambda self, data: (self.touch(), full()))
        else:
            patch.setattr(os if fails == "fsync" else Path, fails, full)
        with pytest.raises(OSError, match="No space left"):
            write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_kill_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for lines in (1, 5):
        writer = subprocess.Popen([sys.executable, "-c", MANY_WRITES, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        for _ in range(lines):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        writer.wait()
        writer.stdout.close()
        found = path.read_bytes()
        assert found == found[:1] * 300_000
    assert [name for name in os.listdir(tmp_path) if not name.startswith(".")] == ["file"]


def test_who_reads_meanwhile_sees_whole_files_only(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"0" * 50_000)
    writers = [
        threading.Thread(target=lambda n=n: [write_bytes(path, bytes([n]) * 50_000) for _ in range(10)]) for n in b"123"
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        found = path.read_bytes()
        assert found == found[:1] * 50_000
    assert os.listdir(tmp_path) == ["file"]


def test_lines_are_added_whole_and_half_a_line_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    append_line(path, "one")
    with path.open("ab") as f:
        f.write(b"hal")  # as a kill leaves it
    append_line(path, "two")
    append_line(path, "three")
    assert path.read_text(encoding="utf-8").splitlines() == ["one", "hal", "two", "three"]
