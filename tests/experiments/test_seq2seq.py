"""The sequence models: their steps by hand, what training teaches, what is kept in a folder, and what ships."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.errors import InputError, WeightsError
from engine.experiments.seq2seq import (
    START,
    SYMBOLS,
    TASKS,
    Seq2SeqSettings,
    accuracy_by_length,
    answer,
    new_model,
    train,
    walk,
)
from engine.experiments.seq2seq_record import LENGTHS, finish, load_record, load_recorded, measure, save_record

TINY = Seq2SeqSettings("reverse", longest=2, hidden=16, steps=40, seed=3)


@pytest.fixture(scope="module")
def reports():
    return list(train(TINY, every=20))


def test_both_kinds_start_alike_and_differ_only_in_attention() -> None:
    plain, attentive = (new_model(TINY, attention) for attention in (False, True))
    shared = dict(plain.named_parameters())
    extra = {name for name, _ in attentive.named_parameters()} - shared.keys()
    assert extra == {"W_state.weight", "W_state.bias", "W_memory.weight", "v.weight"}
    assert all(torch.equal(p, shared[name]) for name, p in attentive.named_parameters() if name in shared)


@pytest.mark.parametrize("attention", [False, True])
def test_a_walk_is_the_forward_pass_fed_with_its_own_symbols(attention: bool) -> None:
    model = new_model(TINY, attention)
    steps = walk(model, "abc9")
    written = torch.tensor([[SYMBOLS.index(symbol) for symbol in steps.written]])
    logits = model(torch.tensor([[0, 1, 2, 35]]), written)[0].softmax(-1).detach()
    np.testing.assert_allclose(steps.chances, logits, atol=1e-6)
    np.testing.assert_allclose(steps.weights.sum(-1), 1, atol=1e-6)
    if not attention:
        np.testing.assert_array_equal(steps.weights, np.tile([0, 0, 0, 1], (4, 1)))


def test_bahdanaus_score_and_context_by_hand() -> None:
    model = new_model(TINY, attention=True)
    steps = walk(model, "ab")
    memory, weights = torch.tensor(steps.read), dict(model.named_parameters())
    state = memory[-1]  # before the first symbol the decoder stands where the encoder ended
    asks = weights["W_state.weight"] @ state + weights["W_state.bias"]
    score = weights["v.weight"][0] @ torch.tanh(asks + weights["W_memory.weight"] @ memory[0])
    assert steps.scores[0, 0] == pytest.approx(score.item(), abs=1e-6)
    context = torch.tensor(steps.weights[0]) @ memory
    new = model.decoder(torch.cat([model.emb.weight[START], context])[None], state[None])[0]
    np.testing.assert_allclose(steps.wrote[0], new.detach(), atol=1e-6)


def test_training_lowers_the_loss_and_a_seed_repeats(reports) -> None:
    assert [report.step for report in reports] == [20, 40]
    assert all(reports[1].losses[kind] < reports[0].losses[kind] for kind in (False, True))
    again = list(train(TINY, every=20))
    assert again[-1].losses == reports[-1].losses


def test_a_record_survives_its_folder(reports, tmp_path) -> None:
    record = finish(TINY, reports, samples=5)
    back = load_record(save_record(record, tmp_path / "kept"))
    assert back.settings == TINY
    np.testing.assert_allclose(back.losses[True], record.losses[True], atol=1e-5)
    for kind in (False, True):
        assert walk(back.models[kind], "qwerty").written == walk(record.models[kind], "qwerty").written
    (tmp_path / "kept" / "config.json").write_text("{}")
    with pytest.raises(WeightsError, match="make it again"):
        load_record(tmp_path / "kept")


@pytest.mark.parametrize("task", TASKS)
def test_what_ships_is_what_its_file_says(task: str) -> None:
    record = load_recorded(task)
    assert record.settings == Seq2SeqSettings(task)
    for kind, model in record.models.items():
        np.testing.assert_allclose(measure(model, task), record.accuracy[kind], atol=2e-3)
    bottleneck, attention = record.accuracy[False], record.accuracy[True]
    at = LENGTHS.index(record.settings.longest)
    # The lesson's claim: short ones fit in one vector, the longest do not, and attention is not bound by that.
    assert bottleneck[:4].min() > 0.95
    assert bottleneck[at] < 0.6
    assert attention[: at + 1].min() > 0.95


def test_accuracy_is_that_of_walking() -> None:
    model = load_recorded("reverse").models[False]
    random = torch.Generator().manual_seed(7)
    ids = torch.randint(len(SYMBOLS), (4, 12), generator=random)
    texts = ["".join(SYMBOLS[n] for n in row) for row in ids.tolist()]
    right = [np.mean([a == b for a, b in zip(walk(model, t).written, t[::-1], strict=True)]) for t in texts]
    assert accuracy_by_length(model, "reverse", [12], 4, 7)[0] == pytest.approx(np.mean(right), abs=1e-6)


def test_answers_and_bad_input() -> None:
    assert answer("reverse", torch.tensor([1, 2, 3])).tolist() == [3, 2, 1]
    assert answer("copy", torch.tensor([1, 2, 3])).tolist() == [1, 2, 3]
    model = new_model(TINY, True)
    for text, says in (("", "0 symbols"), ("a" * 41, "41 symbols"), ("héllo", "'é' is neither"), ("a b", "' ' is")):
        with pytest.raises(InputError, match=says):
            walk(model, text)
    for wrong in ({"task": "sort"}, {"longest": 1}, {"hidden": 0}, {"steps": 10**9}, {"seed": -1}):
        with pytest.raises(InputError):
            Seq2SeqSettings(**wrong)
