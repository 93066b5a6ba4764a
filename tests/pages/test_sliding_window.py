"""The lesson on the sliding window: its windows, order and tensors are the engine's, for any setting and text."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from engine.config import GPTConfig
from engine.datasets.windows import GPTDatasetV1, create_dataloader_v1
from engine.errors import InputError
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from tests.notebooks import run_notebook
from tests.ui.helpers import charts, open_page, words
from ui import models
from ui.code import notebook
from ui.figures.sliding_window import batch_grid, window_rows
from ui.lessons.sliding_window import windows
from ui.lessons.sliding_window.windows import Settings
from ui.lessons.sliding_window.words import START, experiments

PLAIN = Settings("gpt2", 4, 4, 4, False, True, 123)
EVERY_WAY = [
    PLAIN,
    Settings("pocket", 1, 1, 1, True, False, 0),
    Settings("gpt2", 32, 1, 16, True, True, 99_999),
    Settings("pocket", 7, 3, 5, True, False, 5),
    Settings("gpt2", 3, 32, 2, False, False, 1),
]
HOSTILE = [
    "👩‍🚀🇫🇷 é́ 𝕏",
    "שלום עולם, مرحبا! नमस्ते ไทย and back",
    "<script>alert(1)</script> [x](javascript:1) $a$ `b` <|endoftext|> :red[c]",
    "a\x00b\x1c\u2028\u202e\ufeff c d e f",
    "word " * 10_000,
    " " * 30_000 + "x y z v w",
]


def url(settings):
    values = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
    return {name: str(int(v) if isinstance(v, bool) else v) for name, v in values.items()}


def loader(text, s):
    return create_dataloader_v1(
        text,
        s.batch_size,
        s.max_length,
        s.stride,
        s.shuffle,
        s.drop_last,
        tokenizer=s.tokenizer,
        generator=torch.Generator().manual_seed(s.seed),
    )


@pytest.mark.parametrize("settings", EVERY_WAY)
def test_the_order_is_that_of_the_engines_batches(settings):
    epoch = windows.read_epoch(START, settings)
    batches = list(loader(START, settings))
    assert len(batches) == len(epoch.order)
    for numbers, (inputs, targets) in zip(epoch.order, batches, strict=True):
        np.testing.assert_array_equal(epoch.inputs[numbers], inputs.numpy())
        np.testing.assert_array_equal(epoch.targets[numbers], targets.numpy())
    last = len(batches) - 1
    if batches:
        np.testing.assert_array_equal(windows.batch_of(START, settings, last)[0], batches[last][0].numpy())


def test_without_shuffling_it_is_the_plain_dataloader():
    dataset = GPTDatasetV1(START, load_tokenizer("pocket"), 5, 2)
    expected = list(DataLoader(dataset, batch_size=3, shuffle=False, drop_last=False))
    settings = Settings("pocket", 5, 2, 3, False, False, 0)
    for number, (inputs, targets) in enumerate(expected):
        shown = windows.batch_of(START, settings, number)
        np.testing.assert_array_equal(shown[0], inputs.numpy())
        np.testing.assert_array_equal(shown[1], targets.numpy())


@pytest.mark.parametrize("settings", EVERY_WAY)
def test_counts_on_screen(settings):
    app = open_page("sliding_window", url(settings))
    assert not app.exception
    assert not app.error
    ids = load_tokenizer(settings.tokenizer).encode(START)
    number = len(range(0, len(ids) - settings.max_length, settings.stride))
    said = words(app)
    assert f"{len(ids)} tokens → **{number} window" in said
    assert number == -(-(len(ids) - settings.max_length) // settings.stride)
    batches = len(loader(START, settings))
    assert f"**{batches}** batch" in said
    left = number - batches * settings.batch_size if settings.drop_last else 0
    assert ("left out. " in said) == bool(left)
    assert not left or f"{left} window" in said
    reached = (number - 1) * settings.stride + settings.max_length + 1
    assert ("No window reaches" in said) == (reached < len(ids))


@pytest.mark.parametrize("batch", [0, 2])
@pytest.mark.parametrize("settings", [EVERY_WAY[0], EVERY_WAY[3]])
def test_the_tensors_on_screen_are_the_loaders(settings, batch):
    app = open_page("sliding_window", {**url(settings), "batch": str(batch)})
    inputs, targets = list(loader(START, settings))[batch]
    assert app.code[0].value == f"inputs, shape {tuple(inputs.shape)}\n{inputs}"
    assert app.code[1].value == f"targets, shape {tuple(targets.shape)}\n{targets}"
    assert f"{inputs.nbytes:,} bytes" in words(app)
    assert f"{windows.list_bytes(inputs.tolist()):,} bytes" in words(app)


@pytest.mark.parametrize("window", [0, 5, 12])
def test_the_pairs_are_the_datasets(window):
    app = open_page("sliding_window", {"window": str(window)})
    inputs, targets = GPTDatasetV1(START, load_tokenizer("gpt2"), 4, 4)[window]
    table = app.dataframe[0].value
    assert table["input ID"].tolist() == inputs.tolist()
    assert table["target ID"].tolist() == targets.tolist()
    assert table["input ID"].tolist()[1:] == table["target ID"].tolist()[:-1]
    assert table["the model has read"].tolist()[-1] == load_tokenizer("gpt2").decode(inputs.tolist())


def test_windows_are_drawn_where_they_are():
    frame, spec = window_rows(list("abcdef"), 10, {5: 10, 6: 12}, 3, [6], [5], 6)
    assert frame["from"].tolist() == [0, 1, 2, 3]
    assert frame["to"].tolist() == [3, 4, 5, 6]
    assert frame["name"].tolist() == ["window 5 (left out)"] * 2 + ["window 6"] * 2
    assert frame["in_batch"].tolist() == [False, False, True, True]
    assert spec["params"][0]["value"] == list("abcdef")
    frame, _ = batch_grid({0: [3, 1], 1: [0]}, [2], 1, 2)
    assert frame["window"].tolist() == [3, 1, 0, 2]
    assert frame["batch"].tolist() == [0, 0, 1, -1]
    batch_grid({}, [0], 0, 4)


@pytest.mark.parametrize("settings", EVERY_WAY)
def test_the_chosen_window_is_among_those_drawn(settings):
    epoch = windows.read_epoch(START * 3, settings)
    for window in (0, len(epoch.inputs) // 2, len(epoch.inputs) - 1):
        shown, width = windows.page_of(epoch, window)
        assert window in shown
        assert (shown[-1] - shown[0]) * settings.stride < width


@pytest.mark.parametrize("text", ["", "one", "🤖"])
def test_a_text_that_is_too_short_gets_a_sentence(text):
    app = open_page("sliding_window", {"max_length": "32"})
    app.text_area[0].set_value(text).run()
    assert not app.exception
    assert "smaller" in app.error[0].value
    assert app.radio(key="sliding_window-check-1")
    with pytest.raises(InputError, match="needs 33"):
        windows.read_epoch(text, Settings("gpt2", 32, 1, 1, False, False, 0))


def test_a_batch_that_drop_last_leaves_out_is_explained():
    app = open_page("sliding_window", {"batch_size": "16"})
    assert not app.exception
    assert "nothing is trained on" in app.info[0].value


@pytest.mark.parametrize("settings", [EVERY_WAY[0], EVERY_WAY[1], EVERY_WAY[2]])
@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_at_the_controls_extremes(text, settings):
    app = open_page("sliding_window", {**url(settings), "window": "99999", "batch": "99999"})
    app.text_area[0].set_value(text).run()
    assert not app.exception
    assert app.radio(key="sliding_window-check-1")
    assert len(charts(app)) == 2 or "smaller" in app.error[0].value


@pytest.mark.parametrize(
    "query", [{"window": "-1"}, {"window": "²"}, {"batch": "x"}, {"stride": "0"}, {"tokenizer": "t5"}, {"seed": "nan"}]
)
def test_forged_urls_fall_back(query):
    app = open_page("sliding_window", query)
    assert not app.exception
    assert not app.error


def test_python_lists_are_counted_whole():
    rows = [[1000 + n for n in range(4)] for _ in range(2)]
    assert windows.list_bytes(rows) > sum(row.__sizeof__() for row in rows) + 8 * 8


def test_measuring_times_the_model(monkeypatch):
    cfg = GPTConfig(vocab_size=8192, context_length=64, emb_dim=16, n_heads=2, n_layers=1, drop_rate=0.0)
    loaded = models.LoadedModel("tiny w", GPTModel(cfg).eval(), load_tokenizer("pocket"), torch.device("cpu"))
    monkeypatch.setattr(models, "current", lambda: loaded)
    app = open_page("sliding_window")
    (button,) = [b for b in app.button if b.label.startswith("Measure")]
    button.click().run()
    assert not app.exception
    assert "4 windows of 4 tokens" in words(app)
    number, together, apart = windows.measure(loaded, START, 4, 4, 4)
    assert number == 4
    assert together > 0
    assert apart > 0
    with pytest.raises(InputError, match="write more"):
        windows.measure(loaded, "a", 4, 4, 4)


@pytest.mark.parametrize("number", range(3))
def test_experiments_can_be_set_up(number):
    app = open_page("sliding_window")
    app.button(key=f"sliding_window-setup-{number + 1}").click().run()
    assert not app.exception
    for name, value in experiments()[number].setup.items():
        assert app.session_state[f"sliding_window.{name}"] == value


@pytest.mark.parametrize("settings", [EVERY_WAY[0], EVERY_WAY[3]])
def test_the_notebook_prints_the_tensors_on_screen(settings):
    out = run_notebook(notebook(windows.code(START, settings, 1), "sliding_window"))
    inputs, targets = list(loader(START, settings))[1]
    assert str(inputs) in out
    assert str(targets) in out


def test_margin_questions_are_answered():
    labels = [expander.label for expander in open_page("sliding_window").expander]
    for part in ("tensor", "DataLoader", "shifted to the right"):
        assert any(part in label for label in labels)
