"""Files that are always whole, whatever a full disk or a kill does: replaced in one go, or longer by whole lines."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name to write a new file under; when the block ends well, that file takes path's place.

    When it does not, path is as it was, and nothing stays beside it; a kill leaves a file whose name starts with a dot.

    Raises OSError when the disk cannot be written to.
    """
    # Two writers at once each have a name of their own, and the last one wins.
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(2)}")
    try:
        yield fresh
        flush(fresh)
        for wait in (0.01, 0.1, 0.5):
            try:
                fresh.replace(path)
                return
            except PermissionError:  # on Windows, while somebody reads the old one
                time.sleep(wait)
        fresh.replace(path)
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Replace a file's content in one go. Raises OSError when the disk cannot be written to."""
    with replacing(path) as fresh:
        fresh.write_bytes(data)


def write_json(path: Path, value: Any) -> None:
    """Replace a file by what JSON says of a value, in one go. Raises OSError when the disk cannot be written to."""
    write_bytes(path, (json.dumps(value, indent=1) + "\n").encode())


def flush(path: Path) -> None:
    """Make sure that a file is on the disk: a name may reach it before the content, and a power cut fall between."""
    with path.open("rb+") as f:
        os.fsync(f.fileno())


def open_lines(path: Path) -> IO[str]:
    """A file to add whole lines to; when a kill left half a line at its end, that line is closed first."""
    f = path.open("a", encoding="utf-8", buffering=1)
    if path.stat().st_size:
        with path.open("rb") as old:
            old.seek(-1, os.SEEK_END)
            if old.read() != b"\n":
                f.write("\n")
    return f


def append_line(path: Path, line: str) -> None:
    """Add one line, which is on the disk when this returns. Raises OSError when the disk cannot be written to."""
    with open_lines(path) as f:
        f.write(f"{line}\n")
        f.flush()
        os.fsync(f.fileno())
