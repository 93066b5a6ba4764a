"""The classifier's steps data, balance and split: what is shown is the draft's, nothing changes unasked."""

from __future__ import annotations

import re

from engine.datasets.catalog import find_data
from engine.datasets.labelled import load_messages
from engine.datasets.reading import MOST_BYTES
from engine.datasets.splitting import Split
from engine.finetune.draft import Draft, all_drafts, create, load, remove
from engine.jobs.spec import owner_of
from tests.notebooks import run_notebook
from tests.pages.finished_run import ME, OTHER, open_as, runs_root
from tests.ui.helpers import frames, words
from ui.code import notebook
from ui.lessons.classifier import balance, data, split
from ui.numbers import fmt, percent

__all__ = ["runs_root"]
OWNER = owner_of(f"browser {ME}")
# Row 1 is the header. Rows 4 and 5 repeat row 3; the label of 6 has a space; 7 has no text; 8 holds HTML
# with a semicolon, which makes a cell too many.
MESSY = (
    "Text;Klasse;author\nSee you at the station at eight tonight;ham;ann\n"
    "You have won a prize, reply now to claim it;spam;bob\nYou have won a prize, reply now to claim it;spam;bob\n"
    "You have won a prize, reply now to claim it!;spam;bob\nFree ringtones for your phone, text GO;spam ;cem\n"
    ";ham;ann\n"
    "<b>Hello</b> &amp; good morning to all of you;ham;dee\n"
    + "".join(f'"{text}";{label};u{n % 7}\n' for n, (label, text) in enumerate(load_messages()[:20].values.tolist()))
).encode("utf-16")


def button(app, label):
    return next(one for one in app.button if one.label.replace("\\", "") == label)


def test_walk_from_an_upload_to_three_parts(runs_root):
    app = open_as("classifier")
    assert not app.exception
    assert "**messages\\.csv**: UTF-8; comma between cells; a header; 1,434 rows, 2 columns." in words(app)
    assert "Nothing to complain about" in words(app)
    assert dict(zip(frames(app)[0]["name"], frames(app)[0]["rows"], strict=True)) == {"ham": 717, "spam": 717}

    app.file_uploader(key="classifier-upload").upload("mine.csv", MESSY).run()
    assert not app.exception
    (draft,) = all_drafts(runs_root, OWNER)
    assert (draft.name, draft.choices, draft.file.read_bytes()) == ("mine.csv", Draft(runs_root, "").choices, MESSY)
    assert app.query_params["draft"] == draft.id
    assert "**mine\\.csv**: UTF-16; semicolon between cells; a header; 27 rows, 3 columns." in words(app)
    assert [app.selectbox(key=f"classifier-choice-{name}").value for name in ("text", "label", "group")] == [
        "Text",
        "Klasse",
        "author",
    ]
    for finding in draft.findings("pocket", 255):
        assert re.sub(r"\W", "", finding.title) in re.sub(r"\W", "", words(app)), finding.title
    assert app.dataframe[0].value["label"].tolist() == draft.raw()["label"].tolist()

    # A finding's rows, its repair, what that did, and the way back.
    app.toggle(key="classifier-rows-missing").set_value(True).run()
    assert app.dataframe[1].value["row"].tolist() == [7]
    button(app, "Leave these rows out").click().run()
    assert not app.exception
    assert "Rows without a text or a label left out: 1 left out." in words(app)
    button(app, "Join them to the text").click().run()
    button(app, "Take out the HTML").click().run()
    app.toggle(key="classifier-before-html").set_value(True).run()
    shown = app.dataframe[-1].value
    assert shown["text in the file"].tolist() == ["<b>Hello</b> &amp; good morning to all of you"]
    assert shown["text now"].tolist() == ["Hello & good morning to all of you"]
    assert load(runs_root, OWNER, draft.id).choices.repairs == ["missing", "html"]
    app.button(key="classifier-undo-html").click().run()
    assert load(runs_root, OWNER, draft.id).choices.repairs == ["missing"]
    button(app, "Use one spelling for each class").click().run()
    assert dict(zip(frames(app)[0]["name"], frames(app)[0]["rows"], strict=True)) == {"spam": 14, "ham": 12}

    # Other columns: the one that is taken away goes to the other use.
    app.selectbox(key="classifier-choice-text").set_value("Klasse").run()
    assert not app.exception
    now = load(runs_root, OWNER, draft.id).columns()
    assert (now.text, now.label) == ("Klasse", "Text")
    app.selectbox(key="classifier-choice-text").set_value("Text").run()
    assert load(runs_root, OWNER, draft.id).columns().label == "Klasse"

    # Balance.
    button(app, "2 Balance").click().run()
    assert not app.exception
    assert f"14 / 26 = **{percent(14 / 26)}**" in words(app)
    rows = load(runs_root, OWNER, draft.id).parts()["train"]["label"].value_counts()
    app.segmented_control(key="classifier.recipe-class_weights").set_value(True).run()
    assert not app.exception
    assert load(runs_root, OWNER, draft.id).recipe.class_weights
    for name, n in rows.items():
        assert f"*{name}* {rows.sum()} / (2 × {n}) = **{fmt(rows.sum() / (2 * n))}**" in words(app)
    app.segmented_control(key="classifier.balance-how").set_value("undersample").run()
    assert not app.exception
    assert frames(app)[0][["name", "before", "rows"]].values.tolist() == [["spam", 14, 12], ["ham", 12, 12]]
    assert f"**2** rows, {percent(2 / 26)} of all" in words(app)
    assert "ham → **0**, spam → **1**" in words(app)
    app.session_state["classifier.only"] = "spam"
    app.run()
    kept = app.dataframe[0].value
    draft = load(runs_root, OWNER, draft.id)
    assert set(kept[kept["used"]]["row"]) == set(draft.table()["row"][draft.table()["label"] == "spam"])
    assert len(kept) == 14

    # Split.
    button(app, "3 Split").click().run()
    assert not app.exception
    bars = frames(app)[0]
    parts = draft.parts()
    assert {name: bars[(bars["place"] == 0) & (bars["part"] == name)]["rows"].item() for name in parts} == {
        name: len(rows) for name, rows in parts.items()
    }
    assert "None of the" in words(app)
    for how, key in (("group", "group"), ("random", "random")):
        app.segmented_control(key="classifier.split-how").set_value(how).run()
        assert not app.exception
        assert load(runs_root, OWNER, draft.id).split.how == key
        if how == "group":
            assert "**0** of them have the same author" in words(app)
    assert "int(24 · 0.700) = 16 rows to learn from, int(24 · 0.100) = 2 to choose with" in words(app)
    # All but four of thirty rows are one author's: more than validation or test should have.
    assert not split.lumps(draft, draft.parts())
    one = "".join(f'"{text}",{label},ann\n' for label, text in load_messages()[:26].values.tolist())
    few = "".join(f'"{text}",{label},u{n}\n' for n, (label, text) in enumerate(load_messages()[26:30].values.tolist()))
    lumpy = create(runs_root, owner_of(f"browser {OTHER}"), "lumps.csv", f"text,label,author\n{one}{few}".encode())
    lumpy = lumpy.update(split=Split("group"))
    assert "**26** of the 30 rows hang together" in split.lumps(lumpy, lumpy.parts())
    # Another visit finds everything as it was; another browser finds nothing of it.
    again = open_as("classifier", {"step": "split", "draft": draft.id})
    assert not again.exception
    assert again.segmented_control(key="classifier.split-how").value == "random"
    stranger = open_as("classifier", {"draft": draft.id}, OTHER)
    assert not stranger.exception
    assert "another browser's" in words(stranger)
    assert "mine" not in words(stranger)


def test_hostile_files_get_a_sentence_and_lose_nothing(runs_root):
    """What cannot be kept is refused, the draft before it stays; what can be mended is kept, with the controls."""
    app = open_as("classifier")
    app.file_uploader(key="classifier-upload").upload("good.csv", MESSY).run()
    (good,) = all_drafts(runs_root, OWNER)
    for name, content, says in (
        ("big.csv", b"text,label\n" + b"x" * MOST_BYTES, "more than the 20 MB"),
        ("zeros.csv", b"text,label\n" + b"a\0\0" * 90, "is no plain text"),
        ("book.csv", b"PK\3\4 and so on", "an Excel workbook"),
        ("none.csv", b"", "is empty"),
        ("lines.csv", b"\n\r\n\n", "nothing but empty lines"),
    ):
        app.file_uploader(key="classifier-upload").upload(name, content).run()
        assert not app.exception
        assert says in "".join(error.value for error in app.error).replace("\\", ""), name
        assert all_drafts(runs_root, OWNER) == [good]
        assert app.query_params["draft"] == good.id
    classes = "text,label\n" + "".join(f"text of number {n} here,class{n}\n" for n in range(10_000))
    for name, content, says in (
        ("one.csv", b"text\n" + b"only texts\n" * 9, "only one column"),
        ("open.csv", b'text,label\na,"b' + b"x\n" * 600_000, "a quotation mark is never closed"),
        ("class.csv", b"text,label\n" + b"the same,ham\n" * 9, "There is only one class"),
        ("many.csv", classes.encode(), "There are 10,000 classes"),
        ("empty.csv", b"text,label\n,\nhello there,ham\n,\n", "2 rows have no text or no label"),
        ("markup.csv", b'text,label\n"<script>alert(1)</script>",[x](http://example.com)\n=cmd(),$a$\n', "HTML"),
    ):
        app.file_uploader(key="classifier-upload").upload(name, content).run()
        assert not app.exception
        assert says in words(app).replace("\\", ""), name
        assert app.selectbox(key="classifier-choice-quotes").value is True
        if name == "empty.csv":
            assert app.dataframe[0].value["text"].tolist() == ["", "hello there", ""]
        for step in ("balance", "split"):
            if name in ("markup.csv", "one.csv"):
                app.segmented_control(key="classifier.step").set_value(step).run()
                assert not app.exception
                app.segmented_control(key="classifier.step").set_value("data").run()
    # An unclosed quotation mark can be read otherwise; a draft can be left, and deleted.
    app.selectbox(key="classifier-source").set_value(all_drafts(runs_root, OWNER)[-2].id).run()
    assert not app.exception
    assert not load(runs_root, OWNER, good.id).choices.repairs
    broken = next(one for one in all_drafts(runs_root, OWNER) if one.name == "open.csv")
    app.selectbox(key="classifier-source").set_value(broken.id).run()
    app.selectbox(key="classifier-choice-quotes").set_value(False).run()
    assert not app.exception
    assert "never closed" not in words(app)
    app.button(key="classifier-delete").click().run()
    assert not app.exception
    assert broken.id not in {one.id for one in all_drafts(runs_root, OWNER)}
    assert app.query_params["draft"] == all_drafts(runs_root, OWNER)[0].id


def test_our_messages_and_the_collection_are_drafts_like_others(runs_root, tmp_path):
    sms = find_data("sms-spam")
    folder = tmp_path / "downloads" / "datasets"
    folder.mkdir(parents=True)
    line = b"ham\tSee you at the harbour at noon then, number %04d\n"
    lines = b"spam\tWin a free prize now\n" * 2 + b"".join(line % n for n in range(10_000))
    (folder / sms.file).write_bytes(lines[: sms.size - 1] + b"\n")
    app = open_as("classifier")
    app.selectbox(key="classifier-source").set_value("sms").run()
    assert not app.exception
    (draft,) = all_drafts(runs_root, OWNER)
    assert (draft.source, draft.name) == ("sms", sms.file)
    assert "tab between cells; no header" in words(app)
    app.selectbox(key="classifier-source").set_value("messages").run()
    assert [one.source for one in all_drafts(runs_root, OWNER)] == ["messages", "sms"]
    assert app.query_params["draft"] == all_drafts(runs_root, OWNER)[0].id
    # Changing something of untouched messages makes a draft.
    for one in all_drafts(runs_root, OWNER):
        remove(one)
    app = open_as("classifier", {"step": "balance"})
    app.number_input(key="classifier.balance-most").set_value(10).run()
    assert not app.exception
    (draft,) = all_drafts(runs_root, OWNER)
    assert (draft.source, draft.balance.most) == ("messages", 10)
    assert draft.table()["label"].value_counts().to_dict() == {"ham": 10, "spam": 10}


def test_leaks_are_shown_with_their_twins(runs_root):
    texts = [f"{text};{label}" for label, text in load_messages()[:40].values.tolist() if ";" not in text]
    twins = [line.replace(";", "!;") for line in texts]
    draft = create(runs_root, OWNER, "twins.csv", "\n".join(["text;label", *texts, *twins]).encode())
    draft = draft.update(split=Split("random"))
    app = open_as("classifier", {"step": "split"})
    assert not app.exception
    found = draft.leaks()
    others = len(draft.parts()["validation"]) + len(draft.parts()["test"])
    assert 0 < len(found) < others
    assert f"**{len(found)}** of the {others} rows of validation and test ({percent(len(found) / others)})" in words(
        app
    )
    shown = app.dataframe[0].value
    assert shown["twin"].tolist() == found["twin"].tolist()
    assert set(shown["twin"]) <= set(draft.parts()["train"]["row"])
    assert all(abs(len(a) - len(b)) == 1 for a, b in zip(shown["text"], shown["text of the twin"], strict=True))
    # The shares cannot leave a part empty: it is said, and the draft stays.
    app.slider(key="classifier.split-shares").set_value((60, 60)).run()
    assert not app.exception
    assert "leave a part of less than 1%" in words(app).replace("\\", "")
    assert load(runs_root, OWNER, draft.id).split == Split("random")
    app.slider(key="classifier.split-shares").set_value((50, 75)).run()
    assert load(runs_root, OWNER, draft.id).split == Split("random", 0.5, 0.25)


def test_notebooks_run(runs_root):
    fresh = Draft(runs_root, "")
    told = run_notebook(notebook([*data.cells(fresh), *balance.cells(fresh), *split.cells(fresh)], "x"))
    assert "1434 {'ham': 0, 'spam': 1}" in told
    assert "1003 143 288" in told
