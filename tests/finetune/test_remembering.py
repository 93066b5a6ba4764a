"""Results that are kept: by the bytes of their files, once for all who ask at the same time."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from engine.datasets.labelled import load_messages
from engine.finetune import remembering
from engine.finetune.draft import create
from engine.finetune.remembering import Remembered

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class File:
    name: str
    size: int


def test_many_of_small_files_and_few_of_large_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "KEPT_BYTES", 10)
    made: list[str] = []
    keep = Remembered(lambda file: made.append(file.name) or len(made))
    small = [File(f"small {n}", 2) for n in range(5)]
    first = [keep(file) for file in small]
    assert [keep(file) for file in small] == first == [1, 2, 3, 4, 5]
    keep(File("six", 6))  # the three longest unused make room, and two are left
    assert [keep(file) for file in small[3:]] == [4, 5]
    assert keep(small[0]) == 7
    assert [keep(File("huge", 99)) for _ in range(2)] == [8, 8]  # the latest stays, however large
    keep.cache_clear()
    assert keep(File("huge", 99)) == 9


def test_who_asks_at_the_same_time_waits_for_one_answer() -> None:
    started, go_on, made = threading.Event(), threading.Event(), []

    def slow(file: File) -> int:
        started.set()
        go_on.wait(10)
        made.append(file)
        return len(made)

    keep, answers = Remembered(slow), []
    asking = [threading.Thread(target=lambda: answers.append(keep(File("one", 1)))) for _ in range(4)]
    for thread in asking:
        thread.start()
    assert started.wait(10)
    go_on.set()
    for thread in asking:
        thread.join(10)
    assert answers == [1, 1, 1, 1]


def test_an_error_is_not_kept() -> None:
    answers = iter([ValueError("not now"), 5])

    def give(_: File) -> int:
        now = next(answers)
        if isinstance(now, ValueError):
            raise now
        return now

    keep = Remembered(give)
    with pytest.raises(ValueError, match="not now"):
        keep(File("one", 1))
    assert keep(File("one", 1)) == 5


def test_a_class_that_uploads_one_file_shares_its_tables(tmp_path: Path) -> None:
    data = load_messages()[:40].to_csv(index=False).encode()
    ann, ben = (create(tmp_path, name, "one.csv", data) for name in ("ann", "ben"))
    other = create(tmp_path, "cem", "one.csv", data + b"ham,one more\n")
    assert ann.reading() is ben.reading()
    assert ann.reading() is not other.reading()
    assert ann.parts()["train"].equals(ben.parts()["train"])
