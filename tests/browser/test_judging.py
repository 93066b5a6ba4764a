"""The lesson on judging in browsers: two people vote at once, and every vote is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.helpers import OLLAMA_PORT, assert_fits, settle
from tests.evaluation.ollama_stub import Stub, ollama

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_two_browsers_vote_at_once_and_lose_no_vote(open_page: Callable[..., Page]) -> None:
    teacher = open_page("/judging?part=vote&entries=2")
    teacher.get_by_role("button", name="Start a vote").click()
    code_text = teacher.get_by_text(re.compile("Join code"))
    expect(code_text).to_be_visible(timeout=30_000)
    code = re.search(r"Join code ([A-Z]{6})", code_text.inner_text())[1]
    voters = [open_page(f"/judging?vote={code}", width=390, height=844) for _ in range(2)]
    for number in range(2):
        for voter in voters:  # both clicks are on their way before either answer is waited for
            expect(voter.get_by_text(f"{number} of 2 entries voted on")).to_be_visible(timeout=30_000)
        for voter in voters:
            name = "Answer 1 is better" if number else "Equally good"
            voter.get_by_role("button", name=name).click(no_wait_after=True)
    for voter in voters:
        expect(voter.get_by_text("You have voted on everything")).to_be_visible(timeout=30_000)
        assert_fits(voter)
    # the teacher's page counts without being touched
    expect(teacher.get_by_text("4 votes from 2 voters")).to_be_visible(timeout=30_000)
    teacher.get_by_role("button", name="Close and show the names").click()
    expect(teacher.get_by_text("Win rate of", exact=False).first).to_be_visible(timeout=30_000)
    settle(teacher)


def test_a_link_opens_the_same_part_on_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page("/judging?part=pairs&pair_judge=longer&pairs=30", width=390, height=844, scheme="dark")
    expect(page.get_by_text("length-controlled", exact=False).first).to_be_visible()
    assert_fits(page)


def test_stop_does_not_wait_for_the_judge(open_page: Callable[..., Page]) -> None:
    with ollama(Stub(pause=600), OLLAMA_PORT) as stub:
        page = open_page("/judging?part=model&scored=2")
        if (again := page.get_by_role("button", name="Look again")).count():  # an earlier test had no server
            again.click()
        page.get_by_role("button", name="score the answers").click()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="(2 to ask)")).to_be_visible()
        expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
        assert len(stub.asked) == 1
