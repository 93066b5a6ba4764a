"""Questions and glossary: everything that the notes define or ask is there, found, and led to its lesson."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.pages.notes_list import DEFINED, MARGIN
from tests.ui.helpers import open_page, words
from ui.catalog import ALL, ROOT, lessons
from ui.chapters import CHAPTERS, lesson_words
from ui.lessons.glossary.collect import OWN, all_entries, fold, name_of, search
from ui.lessons.glossary.entry import Entry

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

NOTES = ROOT.parent / "shared" / "notes" / "llm-from-scratch-notes.txt"
ENTRIES = all_entries()
NAMES = {name_of(entry) for entry in ENTRIES}
THERE = {lesson.slug for lesson in lessons()}


def titles(app: AppTest) -> list[str]:
    """The titles of the entries on the page, in order."""
    return [str(box.value).split("**")[1] for box in app.markdown if str(box.value).startswith("**")]


# ---- the entries


def test_every_question_in_the_margin_is_answered() -> None:
    answers = {name_of(entry): entry.answer for entry in ENTRIES if entry.is_question}
    wanted = {title: fold(title).replace(" ", "-") for *_, title in MARGIN}
    assert [title for title, name in wanted.items() if len(answers.get(name, "")) < 60] == []


def test_every_definition_has_an_entry() -> None:
    titles = [title for chapter in DEFINED.values() for title in chapter.values()]
    assert len(titles) > 180
    assert [title for title in titles if fold(title).replace(" ", "-") not in NAMES] == []


@pytest.mark.skipif(not NOTES.is_file(), reason="the notes are not part of the product")
def test_the_list_of_the_notes_is_theirs() -> None:
    """Every line of the list quotes the notes, and no question of theirs is missing from it."""
    said = fold(NOTES.read_text(encoding="utf-8"))
    quotes = [quote for _, quote, _ in MARGIN] + [quote for of in DEFINED.values() for quote in of]
    assert [quote for quote in quotes if fold(quote) not in said] == []
    asked = [line for line in NOTES.read_text(encoding="utf-8").splitlines() if re.search(r"What (is|are|does) ", line)]
    assert len(asked) >= 25
    assert [line for line in asked if not any(fold(quote) in fold(line) for _, quote, _ in MARGIN)] == []


def test_no_entry_stands_there_twice() -> None:
    assert len(NAMES) == len(ENTRIES)
    assert len({name_of(entry) for entry in OWN}) == len(OWN)
    assert len({fold(entry.answer) for entry in ENTRIES}) == len(ENTRIES)


def test_entries_are_whole() -> None:
    slugs = {lesson.slug for lesson in ALL}
    for entry in ENTRIES:
        assert entry.title.strip()
        assert len(entry.answer) > 20, entry.title
        assert entry.chapter in CHAPTERS, entry.title
        assert entry.lesson in slugs, entry.title


def test_what_lessons_answer_is_collected() -> None:
    answers = {entry.answer for entry in ENTRIES}
    first: dict[str, str] = {}
    for _, _, module in lesson_words():
        for question, answer in module.questions().items():
            first.setdefault(fold(question), answer)
    assert set(first.values()) <= answers


LINKS = {(entry.lesson, tuple(entry.at.items())) for entry in OWN if entry.at and entry.lesson in THERE}


@pytest.mark.parametrize(("slug", "at"), sorted(LINKS))
def test_links_into_lessons_set_their_controls(slug: str, at: tuple[tuple[str, str], ...]) -> None:
    """The lesson opens and keeps each value: a control that is gone, or a wrong value, would be dropped."""
    app = open_page(slug, dict(at))
    assert not app.exception
    for name, value in at:
        assert str(app.session_state[f"{slug}.{name}"]).removesuffix(".0") == value


# ---- searching


def test_search_by_hand() -> None:
    one, two, three = (
        Entry("Softmax", "Shares of a whole.", "3.3"),
        Entry("Score", "A number before softmax.", "3.3", also="logit"),
        Entry("Época", "One pass.", "5.2", notes="Not a step."),
    )
    entries = [two, three, one]
    assert search(entries, "SOFT") == [one, two]
    assert search(entries, "epoca") == search(entries, "ÉPOCA") == [three]
    assert search(entries, "logits") == []
    assert search(entries, "logit number") == [two]
    assert search(entries, "step") == [three]
    assert search(entries, " \n?!") == entries


def test_every_entry_is_found_by_its_title() -> None:
    lost = [entry.title for entry in ENTRIES if entry not in search(ENTRIES, entry.title)[:3]]
    assert lost == []


@pytest.mark.parametrize("text", ["$x^2$ <b>", "كلمة", "👩‍🚀", "([", "word " * 10_000])
def test_any_search_gives_entries_or_a_sentence(text: str) -> None:
    app = open_page("glossary")
    app.text_input(key="glossary.search").set_value(text).run()
    assert not app.exception
    assert titles(app) or "Nothing is found" in words(app)


# ---- the page


def test_filters() -> None:
    app = open_page("glossary", {"chapter": "7", "kind": "questions"})
    seventh = [entry.title for entry in ENTRIES if entry.chapter == "7" and entry.is_question]
    assert titles(app) == seventh[:20]
    app = open_page("glossary", {"kind": "notes", "many": "500"})
    assert titles(app) == [entry.title for entry in ENTRIES if entry.corrects]
    assert {"Logits", "GELU", "Layer normalization", "Collate function"} <= set(titles(app))


def test_more_are_shown_on_demand() -> None:
    app = open_page("glossary")
    assert titles(app) == [entry.title for entry in ENTRIES[:20]]
    app.button(key="more").click().run()
    assert titles(app) == [entry.title for entry in ENTRIES[:40]]


def test_a_link_to_one_entry() -> None:
    app = open_page("glossary", {"search": "softmax"})
    app.button(key="link-softmax").click().run()
    assert app.query_params["entry"] == "softmax"
    app = open_page("glossary", {"entry": "logits"})
    assert titles(app)[0] == "Logits"
    assert any(link.proto.page == "decoding" for link in app.get("page_link"))


def test_hidden_answers_are_in_closed_boxes() -> None:
    app = open_page("glossary", {"hide": "1", "kind": "questions", "chapter": "7"})
    assert [box.label.strip("*") for box in app.expander][:3] == [
        entry.title for entry in ENTRIES if entry.chapter == "7" and entry.is_question
    ][:3]
    assert not any(box.proto.expanded for box in app.expander)


@pytest.mark.parametrize("query", [{"entry": "<b>"}, {"chapter": "99", "kind": "x"}, {"many": "-3"}, {"many": "1e9"}])
def test_a_forged_link_shows_the_page(query: dict[str, str]) -> None:
    app = open_page("glossary", query)
    assert not app.exception
    assert titles(app)
