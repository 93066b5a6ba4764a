"""The lesson on pretrained weights: its mapping is the engine's, and each mistake ends as it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.analysis.loading import IN_THE_CONFIG, MISTAKES, load_with
from engine.config import GPT2_SIZES, POCKET_CONFIG
from engine.tokenizers.pretrained import encode_text
from engine.weights.mapping import untranslate
from engine.weights.pocket import load_pocket
from tests.notebooks import run_notebook
from tests.ui.helpers import components, open_page, words
from ui.code import notebook
from ui.lessons.pretrained import mapping
from ui.lessons.pretrained.code import code
from ui.lessons.pretrained.words import MISTAKES as TITLES
from ui.lessons.pretrained.words import START
from ui.numbers import fmt


@pytest.mark.parametrize("cfg", [POCKET_CONFIG, *GPT2_SIZES.values()], ids=str)
def test_every_row_has_the_engines_names_and_shapes(cfg) -> None:
    """All parts together are all parameters, and each shape is the one that the tensors have."""
    from engine.model import GPTModel

    with torch.device("meta"):
        model = GPTModel(cfg)
    theirs = {name.removeprefix("transformer."): tuple(t.shape) for name, t in untranslate(model).items()}
    ours = {name: tuple(p.shape) for name, p in model.named_parameters()}
    rows = [row for part in ("outside", *map(str, range(cfg.n_layers))) for row in mapping.rows_of(cfg, part)]
    biases = {row.ours for row in rows if ".W_" in row.ours and row.ours.endswith("bias")}
    assert {row.ours for row in rows} == set(ours) | biases
    for row in rows:
        assert row.their_shape == theirs[row.hugging_face], row
        assert row.our_shape == ours.get(row.ours, (cfg.emb_dim,)), row


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("h.3.attn.c_attn.weight", 'params["blocks"][3]["attn"]["c_attn"]["w"]'),
        ("h.0.ln_2.bias", 'params["blocks"][0]["ln_2"]["b"]'),
        ("h.0.ln_2.weight", 'params["blocks"][0]["ln_2"]["g"]'),
        ("ln_f.weight", 'params["g"]'),
        ("ln_f.bias", 'params["b"]'),
        ("wpe.weight", 'params["wpe"]'),
    ],
)
def test_openais_paths_lead_to_the_array(name: str, path: str) -> None:
    from engine.weights.openai_tf import to_openai

    model, _ = load_pocket()
    assert mapping.openai_path(name) == path
    array = eval(path, {"params": to_openai(model)[1]})
    np.testing.assert_array_equal(array, untranslate(model)[f"transformer.{name}"].numpy())


@pytest.mark.parametrize(
    ("part", "tensor", "i", "j"),
    [
        ("0", "trf_blocks.0.att.W_key.weight", 2, 3),
        ("5", "trf_blocks.5.ff.layers.0.weight", 4, 1),
        ("outside", "pos_emb.weight", 3, 4),
        ("2", "trf_blocks.2.att.W_value.bias", 1, 0),
        ("1", "trf_blocks.1.norm2.shift", 2, 0),
    ],
)
def test_the_shown_numbers_are_the_models(part: str, tensor: str, i: int, j: int) -> None:
    app = open_page("pretrained", {"part": part, "tensor": tensor, "cell": f"{i}-{j}"})
    assert not app.exception
    data = next(c for c in components(app) if "operands" in c)
    ours = dict(load_pocket()[0].named_parameters()).get(tensor, torch.zeros(256)).detach().reshape(-1, 1)
    ours = ours if "bias" in tensor or "norm" in tensor else dict(load_pocket()[0].named_parameters())[tensor].detach()
    assert data["chosen"] == [i, j]
    assert data["result"]["shown"][i][j] == fmt(float(ours[i, j]))
    operand = np.array(data["operands"][0]["shown"])
    turned = operand.T if "weight" in tensor and "emb" not in tensor else operand
    assert turned.tolist() == data["result"]["shown"]
    shapes = app.dataframe[0].value.set_index("ours")["their shape → our shape"]
    assert shapes.get("att.W_key.weight") == ("(256, 768) → (256, 256)" if part != "outside" else None)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_refused_or_measured(mistake: str) -> None:
    assert set(TITLES) == set(MISTAKES)
    app = open_page("pretrained", {"mistake": mistake})
    next(button for button in app.button if button.label == "Load them").click().run()
    assert not app.exception
    said = words(app)
    model, tokenizer = load_pocket()
    attempt = load_with(model, mistake, encode_text(tokenizer, START))
    if mistake in IN_THE_CONFIG:
        assert "Refused, and nothing was assigned" in said
        return
    table = app.dataframe[1].value
    assert table["loss, nats a token"].iloc[-1] == fmt(attempt.loss)
    assert table["goes on"].iloc[-1] == tokenizer.decode(list(attempt.written))
    assert f"this model loses {fmt(attempt.loss)}" in said or f"The loss gives it away, {fmt(attempt.loss)}" in said


@pytest.mark.parametrize("text", ["", "a", "👩‍🚀 שלום नमस्ते ไทย", "<b>x</b> $y$ `z` <|endoftext|>", "word " * 10_000])
def test_any_text(text: str) -> None:
    app = open_page("pretrained", {"mistake": "turn"})
    next(field for field in app.text_area if field.label.startswith("Text to measure")).set_value(text).run()
    next(button for button in app.button if button.label == "Load them").click().run()
    assert not app.exception
    assert ("give a text of at least two" in words(app)) == (len(text) < 2)


@pytest.mark.parametrize(
    "query", [{"part": "99", "tensor": "x", "cell": "9-9"}, {"part": "outside", "cell": "-1-0", "mistake": "?"}]
)
def test_links_that_name_nothing(query: dict[str, str]) -> None:
    app = open_page("pretrained", query)
    assert not app.exception
    assert not app.error


def test_the_code_runs() -> None:
    run_notebook(notebook(code("pocket", "trf_blocks.0.att.W_key.weight", "swap", START), "pretrained"))
