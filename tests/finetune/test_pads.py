"""Pads behind a text: what the network gives when the IDs are written out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.config import GPTConfig
from engine.errors import InputError
from engine.finetune.network import Network
from engine.finetune.pads import add_pads
from engine.finetune.recipe import ClassifierRecipe
from engine.finetune.saved import Classifier
from engine.model import GPTModel
from engine.tokenizers.pretrained import encode_text, load_tokenizer

TEXT = "See you at eight"


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    cfg = GPTConfig(
        vocab_size=8192, context_length=40, emb_dim=16, n_heads=2, n_layers=2, drop_rate=0.0, qkv_bias=False
    )
    return GPTModel(cfg).eval()


def classifier(model, **fields) -> Classifier:
    recipe = ClassifierRecipe(**fields)
    network = Network(model, 3, recipe, torch.Generator().manual_seed(5)).eval()
    return Classifier(model, load_tokenizer("pocket"), ("a", "b", "c"), recipe, network, recipe.max_length or 40)


@pytest.mark.parametrize("trained", ["head", "last_block", "all"])
@pytest.mark.parametrize("reads", ["last", "last_position", "mean", "layers"])
def test_is_the_network_on_ids_written_out(model, trained, reads):
    own = classifier(model, trained=trained, reads=reads)
    pad = own.tokenizer.eot_token
    ids = [pad, *encode_text(own.tokenizer, TEXT)]
    found = add_pads(own, TEXT, [0, 1, 7, 500])
    assert found.tokens == len(ids)
    assert found.counts.tolist() == [0, 1, 7]
    for n, row in zip((0, 1, 7), found.read, strict=True):
        batch = torch.tensor([ids + [pad] * n])
        with torch.no_grad():
            expected = own.network(batch, torch.tensor([batch.shape[1]])).softmax(-1)[0]
        np.testing.assert_allclose(row, expected, atol=1e-6)
    np.testing.assert_allclose(found.skipped, found.read[0], atol=1e-6)
    assert np.abs(found.read[2] - found.read[0]).max() > 1e-4


def test_the_first_token_sees_no_pad(model):
    found = add_pads(classifier(model, reads="first"), TEXT, [0, 9])
    assert np.array_equal(found.read, np.tile(found.skipped, (2, 1)))


def test_padding_in_training_changes_nothing_about_the_question(model):
    own = classifier(model, reads="last_position", padding="longest", max_length=20)
    found = add_pads(own, TEXT, [0, 3])
    np.testing.assert_allclose(found.skipped, found.read[0], atol=1e-6)
    plain = add_pads(replace(own, recipe=ClassifierRecipe(reads="last", max_length=20)), TEXT, [0, 3])
    np.testing.assert_allclose(found.read, plain.read, atol=1e-6)


def test_a_text_that_is_cut_has_no_room(model):
    with pytest.raises(InputError):
        add_pads(classifier(model, max_length=3), TEXT, [0, 1])
    with pytest.raises(InputError):
        add_pads(classifier(model), "word " * 200, [0, 1])
