"""The lesson on embeddings: its numbers are the engine's, for any search and setting, and waiting ends in a map."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from engine.analysis.neighbours import analogy, nearest, unit_rows
from engine.config import GPTConfig
from engine.errors import InputError
from engine.experiments.word2vec import Settings, read_pairs, train
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from engine.weights.pocket import load_pocket
from engine.weights.snapshots import load_snapshots
from tests.notebooks import run_notebook
from tests.ui.helpers import open_page, words
from ui import models
from ui.code import notebook
from ui.figures.embeddings import spread, token_map
from ui.figures.embeddings_training import moment_map
from ui.lessons.embeddings import maps, pairs, tokens, training
from ui.lessons.embeddings.code import analogy_cells, map_cells, word2vec_cells
from ui.lessons.embeddings.words import experiments
from ui.lessons.embeddings.world import little_world

TINY = GPTConfig(vocab_size=8192, context_length=16, emb_dim=16, n_heads=2, n_layers=1, drop_rate=0.0)
HOSTILE = [
    "",
    " ",
    "👩‍🚀🇫🇷",
    "שלום עולם",
    "<b onclick=x>`$a$` [x](javascript:1)",
    "word " * 10_000,
    "#99999999999",
    "#0",
    "\x00\u202e",
]


@pytest.fixture(scope="module")
def table() -> tokens.TokenTable:
    model, tokenizer = load_pocket()
    return tokens.read_table(models.LoadedModel("pocket", model.eval(), tokenizer, torch.device("cpu")), "")


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> tokens.TokenTable:
    """A small untrained model instead of the pocket one, so that a page takes a moment."""
    torch.manual_seed(0)
    loaded = models.LoadedModel("tiny e", GPTModel(TINY).eval(), load_tokenizer("pocket"), torch.device("cpu"))
    monkeypatch.setattr(models, "current", lambda: loaded)
    return tokens.read_table(loaded, "")


def maps_of(app) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_the_first_screen_and_the_table(table: tokens.TokenTable) -> None:
    app = open_page("embeddings")
    assert not app.exception
    assert not app.error
    said, vectors = words(app), load_pocket()[0].tok_emb.weight.detach()
    three = table.tokenizer.encode(" three")[0]
    assert f"token ID **{three}**" in said
    assert f"finds **{str(vectors[three, 0].numpy()).replace('-', '−')}**" in said
    assert "**equal to the last digit**" in said
    one_hot = torch.nn.functional.one_hot(torch.tensor(three), 8192).float()
    assert torch.equal(one_hot @ vectors, torch.nn.Embedding.from_pretrained(vectors)(torch.tensor(three)))
    made = maps.make(table.unit[tokens.shown_ids("pocket", "words", 3000, table)], "pca", 2, maps.Work())
    assert f"trustworthiness {made.faithful.trustworthiness:.3f}" in said
    # What the section on training shows is computed from what was recorded.
    units = [unit_rows(v) for v in load_snapshots().vectors]
    history = training.history()
    row = training.find_word(history, "three")
    assert history.near[0, row].tolist() == nearest(units[0], units[0][row], 10, [row])[0].tolist()
    assert history.kept[-1] == 1
    assert history.kept[0] < 0.05
    a, b, c = (table.number[f"·{word}"] for word in ("king", "man", "woman"))
    best = nearest(table.unit, analogy(table.unit, a, b, c), 1, (a, b, c))[0][0]
    assert f"comes nearest to **`{table.names[best]}`" in said


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_waiting_ends_in_a_map(tiny: tokens.TokenTable, method: str) -> None:
    query = {"method": method, "number": "500", "dims": "3" if method == "umap" else "2", "tokens": "all"}
    app = open_page("embeddings", query)
    ids = tokens.shown_ids("tiny e", "all", 500, tiny)
    work = maps.work("tiny e", "all", 500, method, int(query["dims"]), tiny.unit[ids])
    assert work.done.wait(60)
    app.run()
    assert not app.exception
    assert f"trustworthiness {work.result.faithful.trustworthiness:.3f}" in words(app)
    (figure,) = maps_of(app)
    points = [trace for trace in figure["data"] if trace["mode"] == "markers" and "chosen" not in trace["name"]]
    assert sum(len(trace["text"]) for trace in points) == 500
    assert {trace["type"] for trace in points} == {"scatter3d" if method == "umap" else "scattergl"}


@pytest.mark.parametrize("find", HOSTILE)
def test_any_search(tiny: tokens.TokenTable, find: str) -> None:
    app = open_page("embeddings", {"number": "500", "a": "", "b": find[:300], "word": find[:300], "column": "9" * 5})
    app.text_input(key="embeddings.find").set_value(find).run()
    assert not app.exception
    assert "a word is missing" in app.error[0].value.lower() or "no token" in app.error[0].value
    assert app.radio(key="embeddings-check-1")


@pytest.mark.parametrize("own", ["", "a b", "👩‍🚀", "שלום עולם طيب नमस्ते one two. " * 3000])
def test_word2vec_on_any_text(tiny: tokens.TokenTable, own: str) -> None:
    extremes = {"source": "own", "window": "6", "emb_dim": "2", "negatives": "15", "steps": "50", "number": "500"}
    app = open_page("embeddings", extremes)
    app.text_area(key="embeddings.own").set_value(own).run()
    assert not app.exception
    if "one" in own:
        app.button(key="train-word2vec").click().run()
        assert not app.exception
        assert "at step 50 it is" in words(app)
    else:
        assert any("write some sentences" in error.value for error in app.error)


def test_word2vec_on_the_page_is_the_engines(tiny: tokens.TokenTable) -> None:
    app = open_page("embeddings", {"steps": "50", "number": "500"})
    app.button(key="train-word2vec").click().run()
    assert not app.exception
    moments = list(train(read_pairs(little_world(), 2), Settings(steps=50)))
    assert f"(1 + 5) × ln 2 = 4.16; at step 50 it is {moments[-1].loss:.3g}" in words(app)


def test_searching(table: tokens.TokenTable) -> None:
    name = lambda text: [table.names[i] for i in tokens.find(table, text).ids]  # noqa: E731
    assert name("three")[0] == name("·three")[0] == name(" three ")[0] == "·three"
    assert name("#5") == [table.names[5]]
    assert all("mother" in found.lower() for found in name("mother"))
    cut = tokens.find(table, "supercalifragilistic")
    assert cut.pieces > 1
    assert "".join(table.names[i] for i in cut.ids).startswith("·")
    with pytest.raises(InputError, match="no single token"):
        tokens.one_token(table, "supercalifragilistic")
    with pytest.raises(InputError, match="IDs go from 0 to 8,191"):
        tokens.find(table, "#8192")


def test_kinds_and_which_tokens_are_shown(table: tokens.TokenTable) -> None:
    assert [tokens.kind(name) for name in ("·the", "·The", "ing", "42", "<0xE2>")] == [
        *tokens.KINDS,
        tokens.KINDS[3],
    ]
    shown = tokens.shown_ids("pocket", "words", 1000, table)
    assert len(shown) == 1000
    assert shown == sorted(shown)
    assert all(table.names[i].startswith("·") for i in shown)


def test_questions_on_analogies(table: tokens.TokenTable) -> None:
    asked = pairs.questions(table)
    a, b, c, expected = ([table.names[i] for i in q] for q in zip(*asked["man → woman"], strict=True))
    known = dict(pair.split() for pair in pairs.RELATIONS["man → woman"].split(", "))
    assert all(known[left[1:]] == right[1:] for left, right in zip(b + c, a + expected, strict=True))
    n = len(set(b))
    assert len(asked["man → woman"]) == n * (n - 1)


def test_the_map_draws_each_token_once_and_lines_to_the_neighbours() -> None:
    places = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    names = [f"·<b>{i}" for i in range(39)] + ['·"']
    figure = token_map(places, names, [tokens.KINDS[i % 4] for i in range(40)], tokens.KINDS, 3, [5, 6], ["", ""])
    by_mode = [t for t in figure.data if t.mode == "markers" and t.name in tokens.KINDS]
    assert sorted(i for trace in by_mode for i in trace.customdata) == list(range(40))
    drawn = {i: text for trace in by_mode for i, text in zip(trace.customdata, trace.text, strict=True)}
    assert drawn == {i: f"·&lt;b&gt;{i}" for i in range(39)} | {39: '·"'}
    (lines,) = [t for t in figure.data if t.mode == "lines"]
    np.testing.assert_array_equal(np.asarray(lines.x)[[0, 1, 3, 4]], places[[3, 5, 3, 6], 0])
    kept = spread(places, 10, [3, 5])
    assert kept[0] == 3
    assert 3 < len(set(kept)) == len(kept) <= 40


def test_names_on_the_map_of_a_moment_do_not_cover_one_another() -> None:
    places = np.zeros((2, 4, 2), dtype=np.float32)
    places[1, 1:] = [[1, 0], [0, 1], [1, 1]]
    names, groups, near = list("abcd"), np.zeros(4, dtype=np.int64), np.array([1, 2])
    shown = [moment_map(places, moment, names, groups, ["all"], 0, near)[0]["named"].tolist() for moment in (0, 1)]
    assert shown == [[True, False, False, False], [True, True, True, False]]


def test_the_notebooks_run(table: tokens.TokenTable) -> None:
    """The three of them as one, to start Python once."""
    token, ids = table.number["·three"], tokens.shown_ids("pocket", "words", 500, table)
    given = [table.number[f"·{word}"] for word in ("king", "man", "woman")]
    settings = Settings(steps=50)
    cells = [
        *map_cells(table, token, "umap", 2, ids),
        *analogy_cells("pocket", given, True),
        *word2vec_cells(little_world(), settings, "cat"),
    ]
    out = run_notebook(notebook(cells, "embeddings"))
    assert "equal to the last digit: True" in out
    near = nearest(table.unit, table.unit[token], 1, [token])
    answer = nearest(table.unit, analogy(table.unit, *given), 1, given)
    for best, cosine in (near, answer):
        assert f"{cosine[0]:.3f} {table.tokenizer.decode([int(best[0])])!r}" in out
    *_, last = train(read_pairs(little_world(), 2), settings)
    assert f"step    50 loss {last.loss:.4f}" in out


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(tiny: tokens.TokenTable, number: int) -> None:
    app = open_page("embeddings", {"number": "500"})
    app.button(key=f"embeddings-setup-{number + 1}").click().run()
    assert not app.exception
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"embeddings.{name}"] == value
