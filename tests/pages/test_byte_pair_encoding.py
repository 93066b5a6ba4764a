from __future__ import annotations

import pytest

from engine.tokenizers.bpe import train_bpe
from engine.tokenizers.pretrained import encode_text, load_tokenizer, make_tokenizer, token_text
from engine.tokenizers.replay import merge_trace, pair_counts_at
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, components, open_page, words
from ui.code import notebook
from ui.figures.bpe import language_bars, merge_tree, pair_bars
from ui.labels import visible
from ui.lessons.byte_pair_encoding.bpe import (
    character_rows,
    code_cells,
    language_costs,
    ranked_pairs,
    shipped_ranks,
    word_chips,
    word_tokenizer,
    word_traces,
)

SLUG = "byte_pair_encoding"
RHYME = "low low low lower lowest"


def strips(app) -> list[list[dict]]:
    """The chips of each token strip, top to bottom."""
    return [data["chips"] for data in components(app) if "chips" in data]


def test_the_picture_is_the_engines_own() -> None:
    app = open_page(SLUG, {"text": RHYME, "step": "2"})
    assert not app.exception
    training = train_bpe(RHYME, 356)
    tokenizer = make_tokenizer("own", training.ranks_after(2))
    expected = [visible(token_text(tokenizer, i)) for i in encode_text(tokenizer, RHYME)]
    assert (
        [chip["text"] for chip in strips(app)[0]]
        == expected
        == ["low", "·", "low", "·", "low", "·", "low", "e", "r", "·", "low", "e", "s", "t"]
    )
    # lo, low, then " low", which stands in four of the five words, in three forms.
    assert "Merge 2 joined **lo** and **w** into :violet[**low**], token 257, in 4 of 4 different words" in words(app)
    assert "Next: **·** and **low**, 4 times." in words(app)
    assert "1 × 2 in **·low** + 1 × 1 in **·lower** + 1 × 1 in **·lowest** = **4**" in words(app)


def test_moving_through_the_training() -> None:
    app = open_page(SLUG, {"text": RHYME, "step": "0"})
    assert "Before the first merge" in words(app)
    app.slider(key=f"{SLUG}.step").set_value(1).run()
    assert "Merge 1 joined **l** and **o**" in words(app)
    next(b for b in app.button if b.label == "Next merge").click().run()
    assert "Merge 2 joined" in words(app)
    next(b for b in app.button if b.label == "Undo").click().run()
    assert "Merge 1 joined" in words(app)
    last = len(train_bpe(RHYME, 356).merges)
    app.slider(key=f"{SLUG}.step").set_value(last).run()
    assert "The training ends here." in words(app)
    assert f"Training ended after {last} merges: every word is one piece" in words(app)
    assert not app.exception


def test_a_shorter_text_takes_the_slider_along() -> None:
    app = open_page(SLUG, {"step": "39"})
    app.text_area(key=f"{SLUG}.text").set_value("ab").run()
    assert not app.exception
    assert app.slider(key=f"{SLUG}.step").value == 1
    app.text_area(key=f"{SLUG}.text").set_value("abcd abc").run()
    assert app.slider(key=f"{SLUG}.step").value == 1
    assert "Merge 1 joined" in words(app)


AWKWARD = {
    "empty": "",
    "no pair": "a b c",
    "white space": " \n\t ",
    "html": "<script>alert(1)</script> <b>bold</b> ![x](y) $1$ :red[x] `a`",
    "joiners": "👩‍👩‍👧‍👦 🏳️‍🌈 é",
    "right to left": "שלום עולם مرحبا",
    "long": "the cat sat on the mat. " * 5_000,
    "too long": "abcd " * 60_000,
    "no spaces": "abcdefgh" * 15_000,
    "zero": "a\x00b\x00",
}


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_any_text(text: str) -> None:
    app = open_page(SLUG)
    for name in ("text", "word", "emoji", "sentence"):
        box = app.text_area if name == "text" else app.text_input
        box(key=f"{SLUG}.{name}").set_value(text)
    app.segmented_control[0].set_value("own")
    app.run()
    assert not app.exception
    assert not app.error
    shown = words(app)
    if not text.strip():
        assert "Type a few words to compare." in shown
    if len(text) > 200_000:
        assert "Only the first 200,000 of 300,000 characters are used." in shown
    if "<script>" in text:
        assert "<script>" not in shown


def test_text_without_a_pair_says_what_to_do() -> None:
    for text in ("", "a", "a\nb"):
        app = open_page(SLUG)
        app.text_area(key=f"{SLUG}.text").set_value(text).run()
        assert "There is no pair of neighbours in this text. Type a word of two letters or more." in words(app)
        assert "Nothing can be joined." in words(app)
        assert not app.exception


def test_words_that_do_not_fit() -> None:
    app = open_page(SLUG, {"word": "x" * 60})
    assert "This word alone is too long for a tree." in words(app)
    app.text_input(key=f"{SLUG}.word").set_value("one two three four five six seven eight nine ten eleven twelve").run()
    assert "word is left out" in words(app) or "words are left out" in words(app)
    app.text_input(key=f"{SLUG}.word").set_value("").run()
    assert "Type a word to see its tree." in words(app)


def test_languages_are_shown_after_a_guess() -> None:
    app = open_page(SLUG)
    before = len(charts(app))
    app.selectbox(key=f"{SLUG}.guess").set_value("Thai").run()
    assert len(charts(app)) == before + 1
    assert "You said Thai, with 56 tokens: **Hindi** needs most, 70 tokens. English needs 12." in words(app)


@pytest.mark.parametrize("pair", ["6-99", "6-²", "6-", "x", "5-1", "6--1"])
def test_forged_choices_of_a_pair(pair: str) -> None:
    app = open_page(SLUG, {"pair": pair})
    assert not app.exception
    assert "**c** + **at**: 1 × 3 in **·cat** + 1 × 1 in **·scattered** = **4**" in words(app)


def test_a_chosen_pair_comes_with_the_link() -> None:
    app = open_page(SLUG, {"pair": "6-5"})
    assert "**T** + **h**: 1 × 1 in **The** + 1 × 1 in **·The** + 1 × 1 in **·Then** = **3**" in words(app)


def test_truths_of_the_experiments() -> None:
    """What "Try this" promises, computed."""
    assert len(train_bpe("a" * 64, 356).merges) == 6
    gpt2, pocket = shipped_ranks("gpt2"), shipped_ranks("pocket")
    assert merge_trace(b" unbelievably", gpt2).states[-1] == (b" unbelievably",)
    assert merge_trace(b"unbelievably", gpt2).states[-1] == (b"un", b"bel", b"iev", b"ably")
    assert len(encode_text(load_tokenizer("pocket"), "👩‍👩‍👧")) == 16
    assert len("👩‍👩‍👧".encode()) == 18
    for piece in (b" un", b"bel", b"ization"):
        assert piece in gpt2
    assert len(gpt2) == 256 + 50_000
    assert len(pocket) == 8_191


def test_every_setup_can_be_pressed() -> None:
    app = open_page(SLUG)
    for button in [b for b in app.button if b.label == "Set it up"]:
        button.click().run()
        assert not app.exception


def test_ranked_pairs_begin_with_the_trainers_choice() -> None:
    training = train_bpe("ab ab abc bc cb cb", 300)
    for merge in training.trace:
        pairs = ranked_pairs(training, merge.step, 4)
        assert pairs[0] == (merge.pair, merge.count)
        counts = pair_counts_at(training, merge.step)
        assert [n for _, n in pairs] == sorted(counts.values(), reverse=True)[:4]


def test_unknown_words_are_marked() -> None:
    chips = word_chips(word_tokenizer("the cat sat"), "the dog sat")
    assert [(chip.text, chip.note) for chip in chips] == [("the", ""), ("dog", "<|unk|>"), ("sat", "")]


def test_characters_and_their_bytes() -> None:
    assert character_rows("é\n") == [
        {"character": "é", "number": "U+00E9", "bytes": "C3 A9", "name": "latin small letter e with acute"},
        {"character": "", "number": "U+000A", "bytes": "0A", "name": "(control character)"},
    ]


def test_costs_are_counts() -> None:
    costs = language_costs({"English": "the sea", "Greek": "η θάλασσα"})
    assert [(c["language"], c["tokenizer"], c["characters"]) for c in costs] == [
        ("English", "Pocket", 7), ("English", "GPT-2", 7), ("Greek", "Pocket", 9), ("Greek", "GPT-2", 9),
    ]  # fmt: skip
    frame, _ = language_bars(costs, ["Pocket", "GPT-2"])
    assert frame["per_character"].tolist() == [c["tokens"] / c["characters"] for c in costs]
    assert frame["shown"].tolist()[1] == "2 (0.286)"
    assert costs[1]["tokens"] == 2


def test_the_tree_has_a_node_for_each_byte_and_each_merge() -> None:
    traces, left_out = word_traces(" unbelievably unbelievably", shipped_ranks("gpt2"), 48)
    assert left_out == 0
    frame, spec = merge_tree(traces)
    nodes = frame[frame["kind"] != "line"]
    assert len(nodes) == sum(len(t.states[0]) + len(t.ranks) for t in traces)
    tokens = frame[frame["kind"] == "token"]
    assert tokens["text"].tolist() == ["·unbelievably"]
    assert tokens["rank"].tolist() == [shipped_ranks("gpt2")[b" unbelievably"]]
    assert len(frame[frame["kind"] == "line"]) == 3 * sum(len(t.ranks) for t in traces)
    assert spec["height"] == 26 * 13


def test_the_same_word_twice_is_one_tree() -> None:
    assert len(word_traces("tea tea tea", shipped_ranks("gpt2"), 48)[0]) == 2
    assert word_traces("abc def", shipped_ranks("gpt2"), 5)[1] == 1


def test_bars_are_labelled_with_what_is_invisible() -> None:
    frame, spec = pair_bars([((b" ", b"a"), 3), ((b"\xe2", b"\n"), 1)], chosen=1)
    assert spec["params"][0]["value"] == ["· + a", "<0xE2> + ⏎"]
    assert frame["next"].tolist() == [True, False]
    assert frame["outlined"].tolist() == [False, True]


@pytest.mark.parametrize("text", [RHYME, "it's \"quoted\" \\ and\n'''tripled''' {braces} 😀", "the cat " * 2_000])
def test_the_notebook_runs(text: str) -> None:
    training = train_bpe(text, 356)
    out = run_notebook(notebook(code_cells(text, len(training.merges), 2, "pocket", "a teacup"), SLUG))
    first = training.trace[0]
    if len(text) < 4_000:
        assert f"1 {first.pair} {first.count} times, {first.ties} ties" in out
    assert "(b'a',)" in out
    assert "(b' te', b'ac', b'up')" in out
