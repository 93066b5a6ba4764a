"""A draft on the disk: its choices survive the process, are written whole or not at all, and belong to one person."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from engine.datasets.finding import Fix
from engine.datasets.labelled import MESSAGES, create_balanced_dataset, random_split
from engine.datasets.reading import MOST_BYTES, read_text
from engine.datasets.sheet import Columns, read_sheet, take_columns
from engine.datasets.splitting import Balance, Split
from engine.errors import InputError
from engine.finetune import choices, draft
from engine.finetune.draft import Draft, all_drafts, create, load, remove
from engine.finetune.parts import part_csv
from engine.finetune.recipe import ClassifierRecipe

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
DATA = (
    "text;label;who\n<b>Come</b> to dinner at eight;ham;ann\nYou win a free prize today;spam;bob\n;ham;ann\n"
    "See you at the station;Ham;cem\nClaim your cash now, friend;spam;bob\nThe train is late again;ham;dee\n"
    "Free ringtones, text GO to us;spam;eve\nMum says hello to you all;ham;fay\nBuy now and save on loans;spam;eve\n"
).encode("utf-16")


def test_choices_survive_a_new_process(tmp_path: Path) -> None:
    made = create(tmp_path, "ann", "mine.csv", DATA)
    made.update(text="text", repairs=["missing", "spellings"], names={"ham": "good"}, balance=Balance("undersample"))
    made.update(split=Split("random", 0.5, 0.25), recipe=ClassifierRecipe(epochs=2, trained="head"))
    now = made.add_job("20260101-120000-00000001")
    told = (
        "import json, sys; from pathlib import Path; from engine.finetune.draft import load\n"
        "d = load(Path(sys.argv[1]), 'ann', sys.argv[2])\n"
        "print(json.dumps([d.name, d.source, d.jobs, d.recipe.epochs, d.balance.how, d.classes,\n"
        "                  {k: list(map(int, p['row'])) for k, p in d.parts().items()}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", told, str(tmp_path), made.id], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    there = {name: rows["row"].tolist() for name, rows in now.parts().items()}
    assert json.loads(done.stdout) == ["mine.csv", "upload", now.jobs, 2, "undersample", ["good", "spam"], there]
    assert made.file.read_bytes() == DATA  # the upload itself is never touched


def test_nothing_is_written_before_something_is_changed(tmp_path: Path) -> None:
    fresh = Draft(tmp_path, "ann")
    assert fresh.file == MESSAGES
    assert len(fresh.table()) == 1434
    assert not list(tmp_path.iterdir())
    nobody = Draft(tmp_path, "").update(balance=Balance(most=5))
    assert nobody.table()["label"].value_counts().to_dict() == {"ham": 5, "spam": 5}
    assert not list(tmp_path.iterdir())
    kept = fresh.update(balance=Balance(most=5))
    assert [one.id for one in all_drafts(tmp_path, "ann")] == [kept.id]
    assert kept.file.read_bytes() == MESSAGES.read_bytes()


def test_two_tabs_do_not_undo_one_another(tmp_path: Path) -> None:
    one = create(tmp_path, "ann", "mine.csv", DATA)
    other = load(tmp_path, "ann", one.id)
    one.update(repairs=["missing"])
    other.update(surplus="join")
    assert load(tmp_path, "ann", one.id).choices == choices.Choices(repairs=["missing"], surplus="join")
    other.settle(Fix("", {"repair": "html"}))
    assert load(tmp_path, "ann", one.id).choices.repairs == ["missing", "html"]


def test_html_taken_out_of_the_texts_is_taken_out_of_new_ones(tmp_path: Path) -> None:
    one = create(tmp_path, "ann", "mine.csv", DATA).settle(Fix("", {"repair": "html"}))
    assert one.recipe.plain_text
    assert one.update(recipe=one.recipe).undo("html").recipe == ClassifierRecipe()


def test_a_fix_and_its_undoing(tmp_path: Path) -> None:
    """Every fix that the doctor offers settles its finding; taken back, the table is the one from before."""
    made = create(tmp_path, "ann", "mine.csv", DATA)
    settled = 0
    for finding in made.findings():
        before = made.repaired()[0]
        for fix in finding.fixes:
            after = made.settle(fix)
            (name,) = [fix.changes.get("repair", key) for key in fix.changes]
            if not fix.changes.keys() & {"balance", "recipe"}:  # these change no row of the table
                assert finding.kind not in {one.kind for one in after.findings()}, fix
            assert name in after.choices.repairs or getattr(after.choices, name)
            undone = after.undo(name)
            assert undone.choices == made.choices
            assert undone.repaired()[0].equals(before)
            settled += 1
    assert settled >= 4


def test_weights_in_the_loss_leave_the_recipe_otherwise_as_it_is(tmp_path: Path) -> None:
    rows = "".join(f"some words number {n},{'rare' if n % 5 == 0 else 'common'}\n" for n in range(20))
    made = create(tmp_path, "ann", "u.csv", f"text,label\n{rows}".encode()).update(recipe={"epochs": 3})
    (uneven,) = [one for one in made.findings() if one.kind == "uneven"]
    weighted = made.settle(uneven.fixes[0])
    assert (weighted.recipe.class_weights, weighted.recipe.epochs) == (True, 3)
    assert load(tmp_path, "ann", made.id).undo("class_weights").choices == made.choices


def test_names_are_given_one_after_another(tmp_path: Path) -> None:
    made = create(
        tmp_path, "ann", "n.csv", b"text,label\nsome words,0\nother words,1\nmore of them,2\nand yet more,1\n"
    )
    assert {one.kind for one in made.findings()} >= {"numbers"}
    (numbers,) = [one for one in made.findings() if one.kind == "numbers"]
    made = made.settle(numbers.fixes[0])
    assert made.classes == ["class 0", "class 1", "class 2"]
    made = made.settle(Fix("", {"names": {"class 2": "class 1"}}))
    assert made.classes == ["class 0", "class 1"]
    made = made.settle(Fix("", {"names": {"class 0": "ham"}}))
    assert made.classes == ["class 1", "ham"]
    assert made.choices.names == {"0": "ham", "1": "class 1", "2": "class 1"}
    assert made.undo("names").classes == ["0", "1", "2"]


def test_the_book_s_parts(tmp_path: Path) -> None:
    made = create(tmp_path, "ann", "messages.csv", MESSAGES.read_bytes())
    made = made.update(balance=Balance("undersample"), split=Split("random", 0.7, 0.1))
    book = random_split(create_balanced_dataset(made.raw(), "label"), 0.7, 0.1)
    for mine, theirs in zip(made.parts().values(), book, strict=True):
        assert mine["text"].tolist() == theirs["text"].tolist()


def test_training_alone_evened_out(tmp_path: Path) -> None:
    rows = "".join(
        f"{word} number {n},{label}\n" for n in range(10) for word, label in (("a", "x"), ("b", "x"), ("c", "y"))
    )
    made = create(tmp_path, "ann", "u.csv", f"text,label\n{rows}".encode())
    made = made.update(balance=Balance("training"), split=Split(together=False))
    parts = made.parts()
    assert parts["train"]["label"].value_counts().nunique() == 1
    assert parts["test"]["label"].value_counts().to_dict() == {"x": 4, "y": 2}


def test_a_part_to_take_away_runs_nothing() -> None:
    rows = pd.DataFrame({"row": [2, 3, 4], "text": ["=1+1", 'say "hi"; é\nbye', "-5"], "label": ["@x", "ham", "ham"]})
    data = part_csv(rows)
    back = take_columns(read_sheet(read_text(data).text), Columns("text", "label"))
    assert back["text"].tolist() == ["'=1+1", 'say "hi"; é\nbye', "-5"]
    assert back["label"].tolist() == ["'@x", "ham", "ham"]


def test_a_torn_draft_gives_a_sentence(tmp_path: Path) -> None:
    made = create(tmp_path, "ann", "mine.csv", DATA)
    path = made.folder / "draft.json"
    whole = path.read_text(encoding="utf-8")
    for torn in (whole[: len(whole) // 2], "", "[]", '{"name": 1}', whole.replace('"quotes": true', '"quotes": "yes"')):
        path.write_text(torn, encoding="utf-8")
        with pytest.raises(InputError, match="cannot be read|of a draft cannot be"):
            load(tmp_path, "ann", made.id)
        assert all_drafts(tmp_path, "ann") == []
    assert made.file.read_bytes() == DATA
    path.write_text(whole, encoding="utf-8")
    made.file.unlink()
    with pytest.raises(InputError, match="upload it again"):
        load(tmp_path, "ann", made.id)
    path.unlink()
    with pytest.raises(InputError, match="no draft"):
        load(tmp_path, "ann", made.id)


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create(tmp_path, "ann", "mine.csv", DATA)
    made.update(repairs=["missing"])
    before = (made.folder / "draft.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(InputError, match="No space left"):
            made.update(repairs=[])
        with pytest.raises(InputError, match="No space left"):
            create(tmp_path, "ann", "other.csv", DATA)
    assert (made.folder / "draft.json").read_bytes() == before
    assert {path.name for path in made.folder.iterdir()} == {"draft.json", "upload.bin"}
    assert [one.id for one in all_drafts(tmp_path, "ann")] == [made.id]


@pytest.mark.parametrize(
    ("do", "says"),
    [
        (lambda root: create(root, "ann", "big.csv", b"a" * (MOST_BYTES + 1)), "more than the 20 MB"),
        (lambda root: create(root, "ann", "no.csv", b"\0" * 100), "no plain text"),
        (lambda root: create(root, "", "mine.csv", DATA), "needs an owner"),
        (lambda root: create(root, "../ann", "mine.csv", DATA), "needs an owner"),
        (lambda root: create(root, "ann", "mine.csv", DATA, "moon"), "needs an owner and a source"),
        (lambda root: load(root, "ann", "../../etc"), "no draft"),
        (lambda root: Draft(root, "").update(magic=1), "has no 'magic'"),
        (lambda root: Draft(root, "").update(repairs="html"), "repairs of a draft cannot be 'html'"),
        (lambda root: Draft(root, "").update(balance={"how": "none", "some": 1}), "cannot be read"),
    ],
)
def test_what_cannot_be_kept(do: Callable[[Path], Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says):
        do(tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_owner_s_drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft, "KEPT", 3)
    stamps = iter(f"20260101-12000{n}" for n in range(9))
    monkeypatch.setattr(draft.time, "strftime", lambda _: next(stamps))
    made = [create(tmp_path, "ann", f"{n}.csv", DATA) for n in range(5)]
    other = create(tmp_path, "bob", "b.csv", DATA)
    assert [one.name for one in all_drafts(tmp_path, "ann")] == ["4.csv", "3.csv", "2.csv"]
    with pytest.raises(InputError, match="no draft"):
        load(tmp_path, "ann", other.id)
    remove(made[4])
    assert [one.name for one in all_drafts(tmp_path, "ann")] == ["3.csv", "2.csv"]
    assert all_drafts(tmp_path, "") == []


def test_a_copy_is_given_out(tmp_path: Path) -> None:
    """Who changes the table that they were given changes nobody else's."""
    made = create(tmp_path, "ann", "mine.csv", DATA)
    for give in (lambda: made.repaired()[0], lambda: made.update(repairs=["missing"]).table()):
        given = give()
        given["label"] = "changed"
        assert "changed" not in set(give()["label"])
    with pytest.raises(InputError, match="1 rows? ha"):
        made.table()
    assert isinstance(made.update(repairs=["missing"]).leaks(), pd.DataFrame)


def test_of_drafts_made_in_one_second_the_last_is_the_newest(tmp_path, monkeypatch):
    from engine.finetune import draft as module

    monkeypatch.setattr(module.time, "strftime", lambda _: "20261125-150000")
    made = [module.create(tmp_path, "anna", f"{n}.csv", b"label,text\nham,a\n") for n in range(8)]
    for n, one in enumerate(made):  # a file system's clock may be coarser than this loop
        os.utime(one.file, ns=(10**9 * n, 10**9 * n))
    assert [one.id for one in module.all_drafts(tmp_path, "anna")] == [one.id for one in made[::-1]]
