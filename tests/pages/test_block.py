"""The lesson on the transformer block: what it shows is what the engine computes, for any text and any link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engine.analysis.attribution import attribute_logit
from engine.analysis.lens import logit_lens
from engine.analysis.stream import block_steps, read_stream
from engine.config import GPTConfig
from engine.experiments.norm_placement import NormSettings, train_both
from engine.model import GPTModel
from engine.tokenizers.pretrained import encode_text, load_tokenizer, token_text
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.pages.test_heads import frames
from tests.ui.helpers import open_page, words
from ui import models
from ui.code import notebook
from ui.figures.lens import REST, distribution, lens_map
from ui.lessons.block import code, readings
from ui.lessons.block.arithmetic import in_words, signed
from ui.lessons.block.sections import first_time
from ui.lessons.block.words import START, experiments
from ui.numbers import fmt, percent

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest


@pytest.fixture(scope="module")
def pocket() -> tuple:
    return load_pocket()


@pytest.fixture(scope="module")
def ids(pocket: tuple) -> torch.Tensor:
    return torch.tensor(encode_text(pocket[1], START))


@pytest.fixture(scope="module")
def app() -> AppTest:
    return open_page("block", {"layer": "2", "place": "5", "level": "3", "cell": "4-7", "answer": "2"})


def test_the_steps_on_screen_are_the_blocks(app: AppTest, pocket: tuple, ids: torch.Tensor) -> None:
    assert not app.exception
    steps = torch.stack(list(block_steps(pocket[0], ids, 2).values()))[:, 5]
    shown = frames(app)[0]
    assert np.allclose(shown["value"], steps[:, :32].flatten(), atol=1e-5)
    assert shown[shown["chosen"]][["step", "column"]].to_numpy().tolist() == [[4, 7]]


def test_lengths_and_lens_are_the_engines(app: AppTest, pocket: tuple, ids: torch.Tensor) -> None:
    stream = read_stream(pocket[0], ids)
    lens = logit_lens(pocket[0], stream.levels)
    lengths, cells, answer, bars = frames(app)[1:5]
    assert np.allclose(lengths["value"], stream.levels.norm(dim=-1).flatten(), rtol=1e-4)
    assert np.allclose(cells["value"], lens.top_probability[:, :10].flatten(), atol=1e-5)
    assert np.allclose(answer["probability"], lens.answer_probability[:, 5], atol=1e-5)
    assert answer["rank"].tolist() == lens.answer_rank[:, 5].tolist()
    assert bars["probability"].sum() == pytest.approx(1, abs=1e-5)
    assert token_text(pocket[1], int(lens.answer[5])).strip() in words(app)


def test_the_logit_is_taken_apart(app: AppTest, pocket: tuple, ids: torch.Tensor) -> None:
    stream = read_stream(pocket[0], ids)
    token = int(stream.logits[5].topk(2).indices[1])
    found = attribute_logit(pocket[0], stream, 5, token)
    contributions, added = frames(app)[5:7]
    assert np.allclose(contributions["value"], [*found.contributions, found.shift], atol=1e-4)
    assert np.allclose(added["value"], stream.parts[:, 5].norm(dim=-1), rtol=1e-4)
    said = words(app)
    assert f"**{fmt(found.logit, 4)}**" in said
    assert f"All bars together: {fmt(found.logit, 4)}" in said
    assert f"**{fmt(stream.largest_difference, 2)}**" in said


@pytest.mark.parametrize("step", readings.STEPS)
@pytest.mark.parametrize("layer", [0, 3])
def test_the_arithmetic_gives_the_number(pocket: tuple, ids: torch.Tensor, step: str, layer: int) -> None:
    loaded = models.LoadedModel("pocket", *pocket, torch.device("cpu"))
    with torch.inference_mode():
        cell = readings.cell(loaded, START, layer, step, place=4, column=9)
    expected = block_steps(pocket[0], ids, layer)[step][4, 9].item()
    assert cell.value == pytest.approx(expected, abs=1e-5)
    t = cell.terms
    if step.startswith("norm"):
        assert (t["x"] - t["mean"]) / t["deviation"] * t["scale"] + t["shift"] == pytest.approx(expected, abs=1e-5)
    else:
        assert sum(t.values()) + sum(cell.many) == pytest.approx(expected, abs=1e-5)
    assert f"**{fmt(cell.value)}**" in in_words(step, layer, cell)


def test_the_two_trainings_are_the_engines() -> None:
    at = open_page("block", {"trained": "1", "blocks": "2", "steps": "20", "rate": "-3"})
    points = list(train_both(NormSettings(2, 10**-3.0, 20, 1)))
    shown = frames(at)[-1]
    assert shown["value"].tolist() == pytest.approx([p.pre_loss for p in points] + [p.post_loss for p in points])
    at.button(key="block-reset").click().run()
    assert not at.exception
    assert at.button(key="train-both")


EXTREMES = {
    "empty": ("", "at least one"),
    "one token": ("a", "Who added what"),
    "emoji": ("👩‍🚀🇫🇷", "Who added what"),
    "right to left": ("שלום עולם مرحبا", "Who added what"),
    "10,000 words": ("word " * 10_000, "Only the first 64"),
    "hostile": ("<script>alert(1)</script> `x` $y$ :red[z] [l](javascript:1)", "Who added what"),
}


@pytest.mark.parametrize(("text", "sentence"), EXTREMES.values(), ids=EXTREMES)
def test_any_text_at_the_extremes(text: str, sentence: str) -> None:
    at = open_page("block", {"layer": "5", "answer": "5", "cell": "6-31", "average": "1"})
    at.text_area(key="block.text").set_value(text).run()
    assert not at.exception
    assert sentence in words(at) + "\n".join(h.value for h in at.header)
    assert at.radio(key="block-check-1")


@pytest.mark.parametrize(
    "query",
    [{"place": "999", "level": "-1", "cell": "9-99", "part": "x"}, {"layer": "99", "answer": "7", "cell": "²-"}],
)
def test_a_forged_link_shows_the_lesson(query: dict[str, str]) -> None:
    at = open_page("block", query)
    assert not at.exception
    assert not at.error


def test_a_model_of_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    cfg = GPTConfig(vocab_size=8192, context_length=32, emb_dim=16, n_heads=2, n_layers=1, drop_rate=0.0)
    loaded = models.LoadedModel("one", GPTModel(cfg).eval(), load_tokenizer("pocket"), torch.device("cpu"))
    monkeypatch.setattr(models, "current", lambda: loaded)
    at = open_page("block", {"cell": "0-31"})
    assert not at.exception
    assert not at.error
    assert len(frames(at)[0]) == 7 * 16


@pytest.mark.parametrize("number", [1, 3])
def test_experiments_can_be_set_up(number: int) -> None:
    at = open_page("block")
    at.button(key=f"block-setup-{number}").click().run()
    assert not at.exception
    for name, value in experiments()[number - 1].setup.items():
        assert at.session_state[f"block.{name}"] == value
    if number == 3:  # it says that this part's vector is among the longest and adds next to nothing
        contributions, added = (frame["value"] for frame in frames(at)[5:7])
        part = int(at.session_state["block.part"])
        assert part in added.nlargest(4).index
        assert abs(contributions[part]) < 0.02 * contributions.sum()


def test_the_notebook_prints_what_is_on_screen(pocket: tuple, ids: torch.Tensor) -> None:
    out = run_notebook(notebook([*code.cells(START, 1, 3, 77, "pocket"), *code.norm_cells(1, 0.003, 3, 1)], "block"))
    stream = read_stream(pocket[0], ids)
    assert f"length {stream.levels[2, 3].norm().item():.3f}"[:-1] in out
    assert str(attribute_logit(pocket[0], stream, 3, 77).logit)[:6] in out
    last = list(train_both(NormSettings(1, 0.003, 3, 1)))[-1]
    assert f"{last.pre_loss:.3f} {last.post_loss:.3f}" in out


def test_sums_and_sentences_by_hand() -> None:
    assert signed([0.1, -0.02, 3]) == "0.100 − 0.0200 + 3.00"
    frame, _ = distribution(lambda i: "abcd"[i], np.array([0.5, 0.2, 0.2, 0.1]), answer=3, top=2)
    assert frame["token"].tolist() == ["a", "b", "d", REST]
    assert frame["probability"].tolist() == pytest.approx([0.5, 0.2, 0.1, 0.2])
    assert percent(0.5) in frame["shown"].tolist()


@pytest.mark.parametrize(("columns", "chosen", "middle"), [(10, 9, 7), (10, 0, 2), (10, 5, 5), (3, 2, 0)])
def test_a_phone_shows_five_columns_of_the_lens_with_the_chosen_one(columns: int, chosen: int, middle: int) -> None:
    names = list("abcdefghij")[:columns]
    _, spec = lens_map(names, np.ones((1, columns), dtype=np.float32), ["start"], names, (0, chosen))
    assert spec["transform"] == [{"filter": f"width > 420 || abs(datum.k - {middle}) <= 2"}]
    assert abs(chosen - middle) <= 2
    assert "domain" not in spec["encoding"]["x"]["scale"]


@pytest.mark.parametrize(
    ("ranks", "said"),
    [([9, 1, 2, 1], "after block 2"), ([9, 1, 1, 1], "after block 0"), ([1, 1, 1, 1], "every level")],
)
def test_since_when_the_answer_leads(ranks: list[int], said: str) -> None:
    column = np.array(ranks)[:, None]
    empty = np.zeros((4, 1), dtype=np.float32)
    reading = readings.Reading(
        [1], ["a"], 0, empty, empty, 0.0, column, empty, empty, column, np.zeros((1, 5), dtype=np.int64), empty
    )
    assert said in first_time(reading, 0)
