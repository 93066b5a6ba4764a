"""The view of embeddings against scikit-learn's PCA; dropout's noise by what it must and must not do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from engine.analysis.snapshots import dropout_losses, frequent_tokens, principal_view, seen_from
from engine.errors import InputError
from engine.evaluation.loss import calc_loss_batch
from engine.model import GPTModel

TINY = {"vocab_size": 20, "context_length": 8, "emb_dim": 16, "n_heads": 2, "n_layers": 2, "drop_rate": 0.3}


def test_the_view_is_pca():
    vectors = np.random.default_rng(1).normal(size=(40, 6)).astype(np.float32)
    view, pca = principal_view(vectors), PCA(2).fit(vectors)
    assert view.share == pytest.approx(pca.explained_variance_ratio_.sum(), rel=1e-4)
    np.testing.assert_allclose(np.abs(seen_from(vectors, view)), np.abs(pca.transform(vectors)), atol=1e-4)
    np.testing.assert_allclose(view.directions @ view.directions.T, np.eye(2), atol=1e-5)
    with pytest.raises(InputError, match="at least three"):
        principal_view(vectors[:2])


def test_frequent_tokens_by_hand():
    assert frequent_tokens(np.array([5, 3, 3, 9, 9, 9, 5, 1]), 3) == [9, 3, 5]


def test_dropout_is_noise_in_training_mode_only():
    torch.manual_seed(0)
    model = GPTModel({**TINY, "qkv_bias": False}).eval()
    ids = torch.randint(0, 20, (3, 9))
    x, y = ids[:, :-1], ids[:, 1:]
    before = torch.get_rng_state()
    calm, noisy = dropout_losses(model, x, y, 0.4, 8, seed=5)
    assert torch.equal(torch.get_rng_state(), before), "the global random numbers are as they were"
    with torch.no_grad():
        assert calm == pytest.approx(float(calc_loss_batch(x, y, model, "cpu")), rel=1e-5)
    assert len(set(noisy.tolist())) == 8
    assert noisy.tolist() == dropout_losses(model, x, y, 0.4, 8, seed=5)[1].tolist()
    assert noisy.tolist() != dropout_losses(model, x, y, 0.4, 8, seed=6)[1].tolist()
    still = dropout_losses(model, x, y, 0.0, 3, seed=5)
    np.testing.assert_allclose(still[1], still[0], rtol=1e-6)
    assert not model.training
    assert model.drop_emb.p == 0.3
    with pytest.raises(InputError, match=r"drop_rate is 1\.0"):
        dropout_losses(model, x, y, 1.0, 1, seed=1)
