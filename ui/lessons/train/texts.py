"""The texts that a training can learn from: those that ship, The Verdict once downloaded, the reader's own."""

from __future__ import annotations

from engine.datasets.catalog import find_data
from engine.datasets.reading import check_size
from engine.errors import InputError
from engine.jobs.limits import read_limits
from engine.weights.catalog import downloads_folder
from ui.catalog import ROOT

TEXTS = {
    "small_world": "A small world",
    "dancing_men": "The Dancing Men",
    "verdict": "The Verdict",
    "own": "My own text",
}
ABOUT = {
    "small_world": "220 short scenes made by a grammar for this page: orderly enough that a small model learns them.",
    "dancing_men": "A. Conan Doyle, The Adventure of the Dancing Men (1903), in the public domain.",
    "verdict": "Edith Wharton, The Verdict (1908), the notes' text, in the public domain.",
    "own": "",
}
VERDICT = find_data("the-verdict")


def is_there(name: str) -> bool:
    """Whether the text is on this machine."""
    return name != "verdict" or (downloads_folder() / "datasets" / VERDICT.file).exists()


def shipped(name: str) -> str:
    """A text that is on this machine; empty for one that is not, and for the reader's own."""
    if name == "own" or not is_there(name):
        return ""
    path = (
        downloads_folder() / "datasets" / VERDICT.file if name == "verdict" else ROOT / "data" / "texts" / f"{name}.txt"
    )
    return path.read_text(encoding="utf-8")


def read_upload(name: str, data: bytes) -> str:
    """The text in an uploaded file, any line ends as \\n.

    Raises InputError when it is too long, empty, no text, or in an encoding that cannot be known for sure.
    """
    check_size(name, len(data), read_limits().text_bytes)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as e:
        raise InputError(
            f"{name} is not UTF-8 text (byte {e.start:,} fits no character); save it as UTF-8 in an editor, then try "
            "again."
        ) from e
    if "\x00" in text:
        raise InputError(f"{name} is no plain text, it has zero bytes; export it as .txt first.")
    text = "\n".join(text.splitlines())
    if not text.strip():
        raise InputError(f"{name} is empty; choose a file with some text.")
    return text


def load_line(name: str) -> str:
    """The line of code that reads a text that is not the reader's own."""
    if name == "verdict":
        return f'text = (downloads_folder() / "datasets" / "{VERDICT.file}").read_text(encoding="utf-8")'
    return f'text = (ROOT / "data" / "texts" / "{name}.txt").read_text(encoding="utf-8")'
