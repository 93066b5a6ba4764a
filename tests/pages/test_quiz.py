"""The quiz: its questions are sound, papers repeat with their number, and the score counts what was answered."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from engine.config import GPT_CONFIG_124M, parameter_count
from tests.ui.helpers import open_page, words
from ui.catalog import ALL, lessons
from ui.chapters import CHAPTERS, SECTIONS, lesson_words, read_chapters, write_chapters
from ui.lesson import Question
from ui.lessons.quiz.papers import OWN, Item, by_chapter, draw_paper, pool, repeated, shuffled_answers

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

POOL = pool()
OWN_QUESTIONS = [q for of in OWN.values() for questions in of.values() for q in questions]


def answers(app: AppTest) -> list:
    """The buttons that answer, in order."""
    return [button for button in app.button if str(button.key).startswith("answer-")]


def shown_item(app: AppTest) -> Item:
    """The one question on the page."""
    (name,) = {str(button.key).rsplit("-", 2)[-2] for button in answers(app)}
    return next(item for item in POOL if item.id == name)


def give(app: AppTest, right: bool) -> Item:
    """Answer the question shown, rightly or with a wrong answer."""
    item = shown_item(app)
    truth = item.question.answers[item.question.truth]
    next(button for button in answers(app) if (button.label == truth) == right).click().run()
    assert not app.exception
    return item


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label.startswith(label)).click().run()
    return app


# ---- the questions


def test_the_pool_is_sound() -> None:
    """Every chapter has enough for a paper, no question stands there twice, and each has one right answer."""
    assert len(OWN_QUESTIONS) >= 40
    assert len({item.id for item in POOL}) == len(POOL)
    asked = Counter(re.sub(r"\W+", " ", item.question.ask).casefold() for item in POOL)
    assert [ask for ask, times in asked.items() if times > 1] == []
    counted = Counter(item.chapter for item in POOL)
    assert all(counted[chapter] >= 10 for chapter in CHAPTERS)
    for item in POOL:
        assert len(set(item.question.answers)) == len(item.question.answers) >= 2
        assert 0 <= item.question.truth < len(item.question.answers)
        assert item.lesson in {lesson.slug for lesson in ALL}


def test_explanations_of_own_questions_say_more_than_yes() -> None:
    assert [q.ask for q in OWN_QUESTIONS if len(q.why) < 80] == []


def test_every_lesson_that_has_words_is_asked_about() -> None:
    """A new section needs its chapter, or its lessons would be left out in silence."""
    assert {lesson.section for lesson in lessons()} <= {*SECTIONS, "Always there"}
    for chapter, lesson, module in lesson_words():
        asked = [item for item in POOL if item.lesson == lesson.slug and item.question in module.check()]
        assert [item.chapter for item in asked] == [chapter] * len(module.check())


def test_numbers_in_the_answers() -> None:
    """Worked out here once more."""
    said = " ".join(f"{q.answers[q.truth]} {q.why}" for q in OWN_QUESTIONS)
    book = parameter_count(GPT_CONFIG_124M)
    wide, narrow, vocabulary = 3072, 768, 50257
    gelu = -2 * 0.5 * (1 + math.erf(-2 / math.sqrt(2)))
    assert book == 163_009_536
    assert f"{vocabulary * narrow:,}" in said
    assert f"{2 * wide * narrow + wide + narrow:,}" in said
    assert f"{gelu:.4f}".replace("-", "−") in said
    assert f"ln 50,257 = {math.log(vocabulary):.1f}" in said
    assert f"−ln 0.25 = {-math.log(0.25):.2f}" in said
    assert f"768 / 767 = {768 / 767:.4f}" in said
    assert f"1 + 2 + 3 + 4 + 5 + 6 = {sum(range(1, 7))}:" in said


# ---- papers


def test_same_number_same_paper() -> None:
    one, same, other = (draw_paper(POOL, CHAPTERS, 10, seed) for seed in (3, 3, 4))
    assert one == same
    assert one != other
    assert [shuffled_answers(item, 3) for item in one] == [shuffled_answers(item, 3) for item in same]


def test_a_paper_has_as_many_questions_from_each_chapter() -> None:
    paper = draw_paper(POOL, ["2", "5"], 9, 1)
    assert sorted(Counter(item.chapter for item in paper).values()) == [4, 5]
    assert len({item.id for item in paper}) == 9
    assert len(draw_paper(POOL, ["6"], 40, 1)) == sum(item.chapter == "6" for item in POOL)


def test_a_new_lesson_hardly_changes_a_shared_paper() -> None:
    """Of ten questions at most one is replaced, and the others stay in their order."""
    new = Item("2", "", Question("New?", ["yes", "no"], 0, "It is."))
    for seed in range(20):
        before = draw_paper(POOL, CHAPTERS, 10, seed)
        after = draw_paper([new, *POOL], CHAPTERS, 10, seed)
        stayed = [item for item in before if item in after]
        assert len(stayed) >= 9
        assert [item for item in after if item in before] == stayed


def test_the_right_answer_has_no_favourite_place() -> None:
    """Over the whole pool each of three places holds about a third."""
    three = [item for item in POOL if len(item.question.answers) == 3]
    places = Counter(shuffled_answers(item, 1).index(item.question.answers[item.question.truth]) for item in three)
    assert all(0.2 < places[place] / len(three) < 0.47 for place in range(3))
    for item in POOL:
        assert sorted(shuffled_answers(item, 1)) == sorted(item.question.answers)


def test_scores_by_hand() -> None:
    items = [Item("2", "", Question(ask, ["a", "b"], 0, "w")) for ask in ("p", "q", "r")]
    record = {items[0].id: True, items[1].id: False, "gone": True}
    scores = by_chapter(items, record)
    assert scores["2"] == (1, 2, 3)
    assert scores["1"] == (0, 0, 0)


def test_values_of_links() -> None:
    assert read_chapters("3-1") == ["1", "3"]
    assert read_chapters("9-x") == list(CHAPTERS)
    assert write_chapters(["3", "1"]) == "1-3"
    assert write_chapters([]) == write_chapters(list(CHAPTERS)) == ""
    assert repeated(POOL, f"{POOL[4].id}-nothing", 1) == [POOL[4]]


# ---- the page


def test_answers_are_explained_and_counted() -> None:
    app = open_page("quiz", {"chapters": "3", "number": "3", "seed": "5"})
    first = give(app, right=True)
    assert "Right." in words(app)
    assert first.question.why in words(app)
    assert answers(app) == []  # the first answer counts
    press(app, "Next question")
    second = give(app, right=False)
    assert "Not quite." in words(app)
    assert second.question.answers[second.question.truth] in words(app)
    assert second.question.why in words(app)
    bars = [bar.proto.text for bar in app.get("progress")]
    assert "2 of 3 answered, **1** right" in bars
    assert any(text.startswith("3 Attention: 1 of 2 right (50.0%)") for text in bars)
    press(app, "Again only what was wrong (1)")
    assert shown_item(app) == second
    give(app, right=True)
    bars = [bar.proto.text for bar in app.get("progress")]
    assert any(text.startswith("3 Attention: 2 of 2 right (100%)") for text in bars)


def test_one_sheet_holds_the_paper() -> None:
    app = open_page("quiz", {"mode": "sheet", "number": "5", "seed": "2"})
    paper = draw_paper(POOL, CHAPTERS, 5, 2)
    assert [button.label for button in answers(app)] == [a for item in paper for a in shuffled_answers(item, 2)]
    assert [item.question.ask in words(app) for item in paper] == [True] * 5


def test_an_answer_leads_to_its_lesson() -> None:
    app = open_page("quiz", {"chapters": "3", "only": next(i.id for i in POOL if i.lesson == "self_attention")})
    give(app, right=True)
    assert any(link.proto.page == "self_attention" for link in app.get("page_link"))


@pytest.mark.parametrize(
    "query",
    [
        {"chapters": "99", "number": "1e9", "seed": "-5", "at": "77"},
        {"chapters": "1-<b>", "number": "x", "seed": "nan", "at": "-1", "only": "zzz", "mode": "both"},
        {"only": "-" * 3000, "at": "٣"},
    ],
)
def test_a_forged_link_shows_a_paper(query: dict[str, str]) -> None:
    app = open_page("quiz", query)
    assert not app.exception
    assert answers(app)
