"""The lesson on the architecture: every number on the map is the engine's, for every size that it can be set to."""

from __future__ import annotations

import pytest
import torch

from engine.anatomy import anatomy, shape_of
from engine.config import GPT2_SIZES, POCKET_CONFIG, GPTConfig, parameter_count
from engine.memory import bytes_text, training_memory, writing_memory
from engine.model import DummyGPTModel, GPTModel
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, components, open_page, words
from ui.code import notebook
from ui.figures.architecture import map_columns, memory_bars, reach_bars, share_bars
from ui.lessons.architecture import memory
from ui.lessons.architecture.code import cells
from ui.lessons.architecture.parts import ABOUT, BLOCKS, tuple_text
from ui.lessons.architecture.sizes import PRESETS, all_sizes, preset_of, settings_of
from ui.lessons.architecture.words import experiments

TINY = GPTConfig(vocab_size=1, context_length=1, emb_dim=1, n_heads=1, n_layers=1, drop_rate=0.0)


def url(cfg, **more):
    values = settings_of(cfg) | more
    return {name: str(int(v) if isinstance(v, bool) else v) for name, v in values.items()}


def boxes(app):
    (data,) = [c for c in components(app) if "columns" in c]
    items = [item for column in data["columns"] for item in column["items"] + column.get("after", [])]
    return {box["name"]: box for item in items for box in item.get("boxes", [])}, items


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fills_the_form_and_the_map_counts_it(name):
    cfg = PRESETS[name]
    app = open_page("architecture", {"emb_dim": "2"} | ({} if name != "Pocket" else {"length": "9"}))
    app.button(key=f"preset-{name}").click().run()
    assert not app.exception
    found, items = boxes(app)
    parts = {part.name: part for part in anatomy(cfg)}
    assert found.keys() == {*parts, BLOCKS}
    for part_name, part in parts.items():
        expected = "tied: 0" if part_name == "out_head" and cfg.tie_weights else f"{part.parameters:,}"
        assert found[part_name]["count"] == expected
        assert found[part_name]["share"] == pytest.approx(part.total / parameter_count(cfg), abs=1e-5)
    per_block = sum(part.parameters for part in parts.values() if part.in_block)
    assert found[BLOCKS]["count"] == f"{cfg.n_layers * per_block:,}"
    (title,) = [c["columns"][0]["title"] for c in components(app) if "columns" in c]
    assert f"{parameter_count(cfg):,}" in title
    length = 9 if name == "Pocket" else 256
    for item in items:
        if "shape" in item:
            letters = " ".join(item["letters"].strip("()").split(", "))
            assert item["shape"] == tuple_text(shape_of(letters, cfg, 4, length))
    assert preset_of(settings_of(cfg)) == name


@pytest.mark.parametrize("box", [*ABOUT])
def test_every_box_has_its_arithmetic(box):
    app = open_page("architecture", {"box": box, **url(GPT2_SIZES["gpt2-small (124M)"])})
    assert not app.exception
    cfg = GPT2_SIZES["gpt2-small (124M)"]
    per_block = sum(part.parameters for part in anatomy(cfg) if part.in_block)
    number = {part.name: part.parameters for part in anatomy(cfg)} | {BLOCKS: per_block}
    said = words(app)
    if number[box]:
        assert f"**{number[box]:,}**" in said
    else:
        assert "No parameters of its own" in said if box == "out_head" else "**0 parameters**" in said


def test_weight_tying_is_spelled_out():
    said = words(open_page("architecture", {"guess": "head"}))
    for number in ("163,009,536", "124,412,160", "38,597,376", "50,257 × 768"):
        assert number in said
    assert "**Not quite: in the blocks**, 85,026,816" in said
    assert "**Yes: in the blocks**" in words(open_page("architecture", {"guess": "blocks"}))


@pytest.mark.parametrize("code", ["plain", "fused"])
@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_memory_on_screen_is_the_formulas(precision, code):
    query = url(POCKET_CONFIG, precision=precision, code=code, batch=3, length=50)
    app = open_page("architecture", query)
    assert not app.exception
    said, fused = words(app), code == "fused"
    expected = writing_memory(POCKET_CONFIG, 3, 50, precision)
    if precision != "int8":
        expected |= training_memory(POCKET_CONFIG, 3, 50, precision, fused)
    for kind, size in expected.items():
        assert f"| {size:,} |" in said, kind
    bars = memory.rows(POCKET_CONFIG, 3, 50, fused)
    frame, _ = memory_bars(bars, bytes_text)
    assert frame.groupby("name")["gigabytes"].sum()[f"writing, {precision}"] == pytest.approx(
        sum(writing_memory(POCKET_CONFIG, 3, 50, precision).values()) / 1e9
    )


def test_the_button_measures_a_real_model():
    app = open_page("architecture", url(POCKET_CONFIG, batch=1, length=16))
    (button,) = [b for b in app.button if b.label.startswith("Build this model")]
    button.click().run()
    assert not app.exception
    expected = training_memory(POCKET_CONFIG, 1, 16)["activations"]
    assert f"| activations | {expected:,} | {expected + 4:,} | 4 bytes" in words(app)


def test_a_model_too_large_to_build_gets_a_sentence():
    app = open_page("architecture")
    (button,) = [b for b in app.button if b.label.startswith("Build this model")]
    assert button.disabled
    assert "choose a smaller model" in words(app)
    assert not app.error


def test_dummy_gpt_has_the_numbers_of_a_real_one():
    with torch.device("meta"):
        real = DummyGPTModel(PRESETS["The notes' GPT"])
    parameters = sum(p.numel() for p in real.parameters())
    assert f"**{parameters:,}**" in words(open_page("architecture"))


@pytest.mark.parametrize(
    "text", ["", "🤖", "שלום עולם", "<script>alert(1)</script> <|endoftext|> $a$", "word " * 10_000]
)
def test_any_text_for_the_dummy(text):
    app = open_page("architecture", {"place": "99999"})
    app.text_input[0].set_value(text).run()
    assert not app.exception
    assert app.radio(key="architecture-check-1")
    assert ("1 to 32" in app.error[0].value) if not text else not app.error


def test_pictures_at_their_smallest():
    columns = map_columns(anatomy(TINY), 1, str, {name: about.label for name, about in ABOUT.items()})
    assert columns[0]["title"] == f"The model: {sum(p.numel() for p in GPTModel(TINY).parameters())} parameters"
    frame, _ = share_bars(anatomy(TINY))
    assert frame["parameters"].sum() == parameter_count(TINY)
    frame, _ = reach_bars(["0 a"], [0.5], [1.0])
    assert frame["change"].tolist() == [0.5, 1.0]


EXTREMES = [
    {"vocab_size": "1", "context_length": "1", "emb_dim": "1", "n_heads": "1", "n_layers": "1", "length": "99"},
    {"vocab_size": "200000", "context_length": "16384", "emb_dim": "16384", "n_heads": "128", "n_layers": "128"},
    {"box": "no such", "guess": "x", "precision": "fp4", "batch": "-3", "emb_dim": "nan", "qkv_bias": "maybe"},
]


@pytest.mark.parametrize("query", EXTREMES)
def test_extremes_and_forged_urls(query):
    app = open_page("architecture", query)
    assert not app.exception
    assert not app.error
    assert len(charts(app)) == 2


def test_heads_that_do_not_divide_the_width_get_a_sentence():
    app = open_page("architecture", {"n_heads": "7"})
    assert not app.exception
    assert "must be divisible by" in app.error[0].value.replace("\\", "")
    assert app.radio(key="architecture-check-1")


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number):
    app = open_page("architecture")
    app.button(key=f"architecture-setup-{number + 1}").click().run()
    assert not app.exception
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"architecture.{name}"] == value


def test_what_the_experiments_say_is_so():
    small = GPT2_SIZES["gpt2-small (124M)"]
    wide = GPTConfig(**settings_of(small) | {"emb_dim": 1536})

    def block(cfg):
        return sum(part.parameters for part in anatomy(cfg) if part.in_block)

    assert block(wide) / block(small) == pytest.approx(4, rel=0.01)
    assert parameter_count(GPTConfig(**settings_of(small) | {"n_heads": 24})) == parameter_count(small)
    plain, fused = (
        [training_memory(small, 4, length, fused=f)["activations"] for length in (256, 512)] for f in (False, True)
    )
    assert plain[1] > 2.1 * plain[0]
    assert [bytes_text(size) for size in plain] == ["1.59 GB", "3.47 GB"]
    head = 4 * small.vocab_size * small.emb_dim
    assert fused[1] - head == 2 * (fused[0] - head)


def test_published_sizes_are_ours_rounded():
    table = all_sizes().set_index("model")
    for name in ("GPT-2 small", "GPT-2 medium", "GPT-2 large", "GPT-2 xl"):
        ours = int(table.loc[name, "parameters"].replace(",", ""))
        assert table.loc[name, "published"] == f"{round(ours / 1e6):,} million"
        assert "Radford" in table.loc[name, "source"]


def test_the_notebook_prints_what_is_on_screen(capsys):
    out = run_notebook(notebook(cells(POCKET_CONFIG, 2, 10, "fp32", True), "architecture"))
    assert out.count(f"{parameter_count(POCKET_CONFIG):,} parameters") == 2
    assert "(2, 10, 8192)" in out
    assert str(writing_memory(POCKET_CONFIG, 2, 10)) in out
    assert str(training_memory(POCKET_CONFIG, 2, 10, fused=True)) in out
    exec("\n".join(cells(POCKET_CONFIG, 2, 10, "int8", False)), {})
    out = capsys.readouterr().out
    assert str(writing_memory(POCKET_CONFIG, 2, 10, "int8")) in out
    assert "activations" not in out


def test_margin_questions_are_answered():
    labels = [expander.label for expander in open_page("architecture").expander]
    for part in ("layer norm", "163,009,536", "DummyGPTModel", "tying"):
        assert any(part in label for label in labels)
