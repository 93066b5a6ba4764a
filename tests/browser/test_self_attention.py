"""Self-attention by hand in a real browser: hover, keyboard, first screen, hostile words."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.helpers import settle

ADDRESS = "/self_attention"


def test_hovering_a_cell_shows_its_arithmetic_and_marks_what_it_is_made_of(open_page):
    page = open_page(ADDRESS)
    expect(page.locator(".sum")).to_contain_text("journey · starts = 0.550·0.570")
    page.locator(".result .cell").nth(4).hover()
    expect(page.locator(".sum")).to_contain_text("Your · one = 0.430·0.770 + 0.150·0.250 + 0.890·0.100")
    expect(page.locator(".operand .cell.query")).to_have_text(["0.430", "0.150", "0.890"], use_inner_text=True)
    expect(page.locator(".operand .cell.key")).to_have_text(["0.770", "0.250", "0.100"], use_inner_text=True)
    page.locator("h1").hover()
    expect(page.locator(".sum")).to_contain_text("journey · starts")


def test_keyboard_moves_and_chooses(open_page):
    page = open_page(ADDRESS)
    page.locator(".result .cell.chosen").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".sum")).to_contain_text("starts · with")
    page.keyboard.press("Enter")
    page.wait_for_url("**cell=2-3")
    settle(page)
    expect(page.locator(".result .cell.chosen")).to_have_text("0.830")
    expect(page.locator(".result .cell:focus")).to_have_text("0.830")


def test_a_changed_number_changes_the_picture(open_page):
    page = open_page(ADDRESS)
    box = page.get_by_label("Words and their numbers")
    box.fill("hot 1 0\ncold -1 0\nwarm 0.5 0.5")
    page.keyboard.press("Control+Enter")
    settle(page)
    expect(page.locator(".result tbody th")).to_have_text(["hot", "cold", "warm"], use_inner_text=True)
    for place, number in enumerate(["1.00", "−1.00", "0.500"]):
        expect(page.locator(".result .cell").nth(place)).to_have_text(number)
    expect(page.locator(".result .cell.negative")).to_have_count(4)


def test_words_are_shown_as_they_are(open_page):
    page = open_page(ADDRESS)
    page.get_by_label("Words and their numbers").fill("<img/src=x> 1\nשלום 2\n**b** 3")
    page.keyboard.press("Control+Enter")
    settle(page)
    expect(page.locator(".result tbody th")).to_have_text(["<img/src=x>", "שלום", "**b**"], use_inner_text=True)
    assert page.locator(".line img").count() == 0


def test_bad_words_get_a_sentence_and_can_be_mended(open_page):
    page = open_page(ADDRESS)
    box = page.get_by_label("Words and their numbers")
    box.fill("one x")
    page.keyboard.press("Control+Enter")
    settle(page)
    expect(page.get_by_role("alert").first).to_contain_text("'x' in line 1 is not a number; write it like 0.55.")
    box.fill("one 1")
    page.keyboard.press("Control+Enter")
    settle(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".result .cell")).to_have_text(["1.00"], use_inner_text=True)


def first_screen(page) -> None:
    """Idea, controls, picture and arithmetic stand on it."""
    for part in ("h1", ".st-key-idea", "textarea", ".result", ".sum"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900


def test_the_first_screen_shows_everything_and_its_controls_stay_in_place(open_page):
    first_screen(open_page(ADDRESS + "?part=classes&copy=transposed"))
    for part, steps in (
        ("plain", ("Scores", "Weights", "Context")),
        ("trained", ("Queries", "Scores", "Scaled", "Weights", "Context")),
    ):
        page = open_page(f"{ADDRESS}?part={part}")
        places = []
        for step in steps:
            page.get_by_role("radio", name=step, exact=True).click()
            settle(page)
            first_screen(page)
            boxes = [page.get_by_role("radio", name=name, exact=True).bounding_box() for name in (steps[0], steps[-1])]
            places.append([(box["x"], box["y"]) for box in boxes])
        assert places.count(places[0]) == len(places)


def test_the_first_screen_of_scaling(open_page):
    page = open_page(ADDRESS + "?part=scaling")
    page.get_by_test_id("stVegaLiteChart").nth(2).wait_for()
    last = page.get_by_test_id("stVegaLiteChart").last.bounding_box()
    assert last["y"] + last["height"] <= 900


def test_predict_then_reveal(open_page):
    page = open_page(ADDRESS)
    expect(page.get_by_text("Same numbers, same dot products")).to_have_count(0)
    page.get_by_text("They become equal").first.click()
    page.get_by_text("Same numbers, same dot products").wait_for()
