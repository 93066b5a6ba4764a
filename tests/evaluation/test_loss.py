"""Loss, perplexity and bits per byte: by hand, against a plain loop, and the book's numbers on The Verdict."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader, TensorDataset

from engine.config import GPT_CONFIG_124M
from engine.datasets.windows import create_dataloader_v1
from engine.errors import InputError
from engine.evaluation.loss import (
    TextScore,
    calc_loss_batch,
    calc_loss_loader,
    evaluate_model,
    score_text,
    score_tokens,
)
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer

VOCAB, CONTEXT = 13, 6
VERDICT = Path(__file__).resolve().parents[3] / "shared" / "datasets" / "the-verdict.txt"


def tiny(**changes: object) -> GPTModel:
    torch.manual_seed(1)
    sizes = {"vocab_size": VOCAB, "context_length": CONTEXT, "emb_dim": 8, "n_heads": 2, "n_layers": 2}
    return GPTModel({**sizes, "drop_rate": 0.3, "qkv_bias": False, **changes})


def even() -> GPTModel:
    """A model that finds every token equally likely."""
    model = tiny()
    model.out_head.weight.data.zero_()
    return model


def random_ids(n: int, seed: int = 3) -> torch.Tensor:
    return torch.randint(0, VOCAB, (n,), generator=torch.Generator().manual_seed(seed))


def loader(n: int = 6, batch_size: int = 2, seed: int = 3) -> DataLoader:
    ids = random_ids(n * (CONTEXT + 1), seed).view(n, CONTEXT + 1)
    return DataLoader(TensorDataset(ids[:, :-1], ids[:, 1:]), batch_size=batch_size)


# ---------------------------------------------------------------------------------------- the notes' loss functions


def test_loss_of_a_batch_by_hand() -> None:
    """A model that only ever says the same three scores: minus the logarithm of the softmax at each target."""
    scores = torch.tensor([1.0, 2.0, 4.0])

    def model(ids: torch.Tensor) -> torch.Tensor:
        return scores.expand(*ids.shape, 3)

    x, y = torch.zeros(1, 2, dtype=torch.long), torch.tensor([[2, 0]])
    total = math.exp(1) + math.exp(2) + math.exp(4)
    expected = -(math.log(math.exp(4) / total) + math.log(math.exp(1) / total)) / 2
    assert calc_loss_batch(x, y, model, "cpu").item() == pytest.approx(expected)
    assert calc_loss_batch(x, torch.tensor([[2, -100]]), model, "cpu").item() == pytest.approx(
        -math.log(math.exp(4) / total)
    )


def test_an_even_model_is_as_unsure_as_its_vocabulary() -> None:
    model = even().eval()
    assert calc_loss_loader(loader(), model, "cpu") == pytest.approx(math.log(VOCAB))
    score = score_tokens(model, random_ids(50).tolist(), 100)
    assert score.loss == pytest.approx(math.log(VOCAB))
    assert score.perplexity == pytest.approx(VOCAB)
    assert score.bits_per_byte == pytest.approx(math.log2(VOCAB) * 49 / 100)


@pytest.mark.parametrize(("wanted", "used"), [(None, 3), (1, 1), (2, 2), (99, 3)])
def test_loss_of_a_loader_is_the_mean_of_its_first_batches(wanted: int | None, used: int) -> None:
    model = tiny().eval()
    each = [calc_loss_batch(x, y, model, "cpu").item() for x, y in loader()]
    assert calc_loss_loader(loader(), model, "cpu", wanted) == pytest.approx(sum(each[:used]) / used)


def test_no_batches_have_no_loss() -> None:
    assert math.isnan(calc_loss_loader(DataLoader([]), tiny(), "cpu"))
    assert math.isnan(calc_loss_loader(loader(), tiny(), "cpu", num_batches=0))


def test_evaluation_has_no_dropout_and_leaves_the_model_in_training() -> None:
    model = tiny()
    first = evaluate_model(model, loader(), loader(seed=4), "cpu", 2)
    assert first == evaluate_model(model, loader(), loader(seed=4), "cpu", 2)
    assert model.training
    model.eval()
    assert first[0] == calc_loss_loader(loader(), model, "cpu", 2)
    assert first[1] == calc_loss_loader(loader(seed=4), model, "cpu", 2)
    assert all(p.grad is None for p in model.parameters())


# ------------------------------------------------------------------------------------------------- a text of any length


def plain_score(model: GPTModel, ids: torch.Tensor, stride: int) -> float:
    """Mean loss, one window after the other through the plain model; each token from its first window."""
    model.eval()
    width = min(CONTEXT, len(ids) - 1)
    losses: dict[int, float] = {}
    start = 0
    while len(losses) < len(ids) - 1:
        start = min(start, len(ids) - 1 - width)
        with torch.no_grad():
            logits = model(ids[None, start : start + width])[0]
        for i in range(width):
            if start + i not in losses:
                losses[start + i] = F.cross_entropy(logits[i], ids[start + i + 1]).item()
        start += stride
    return sum(losses.values()) / len(losses)


@settings(max_examples=40)
@given(length=st.integers(2, 40), stride=st.integers(1, CONTEXT), batch=st.integers(1, 5))
def test_windows_equal_a_plain_loop(length: int, stride: int, batch: int) -> None:
    """Texts shorter, as long, and longer than the context; every stride; every number of windows at once."""
    model, ids = tiny(), random_ids(length)
    score = score_tokens(model, ids.tolist(), 77, stride, batch)
    assert (score.tokens, score.bytes) == (length - 1, 77)
    assert score.loss == pytest.approx(plain_score(model, ids, stride), rel=1e-5)


def test_the_stride_is_half_the_context_when_not_given() -> None:
    model, ids = tiny(), random_ids(33)
    assert score_tokens(model, ids.tolist(), 1) == score_tokens(model, ids.tolist(), 1, CONTEXT // 2)
    one = tiny(context_length=1)
    assert score_tokens(one, ids.tolist(), 1) == score_tokens(one, ids.tolist(), 1, 1)


def test_scoring_leaves_the_models_mode_as_it_was() -> None:
    model = tiny()
    for mode in (True, False):
        model.train(mode)
        score_tokens(model, [1, 2, 3], 3)
        assert model.training is mode


@pytest.mark.parametrize("stride", [0, -1, CONTEXT + 1])
def test_a_stride_that_would_leave_tokens_out(stride: int) -> None:
    with pytest.raises(InputError, match=f"the stride is {stride}; give 1 to 6, the model's context length"):
        score_tokens(tiny(), random_ids(40).tolist(), 40, stride)


@pytest.mark.parametrize("ids", [[], [4]])
def test_too_few_tokens(ids: list[int]) -> None:
    with pytest.raises(InputError, match="fewer than two tokens has nothing to predict; give a longer one"):
        score_tokens(tiny(), ids, 1)


def test_measures_by_hand() -> None:
    """Two nats a token, three tokens for eight bytes: 2 / ln 2 bits a token, times 3, over 8."""
    score = TextScore(tokens=3, bytes=8, loss=2.0)
    assert score.perplexity == pytest.approx(7.389056, rel=1e-6)
    assert score.bits_per_byte == pytest.approx(1.0820213, rel=1e-6)
    assert score.bytes_per_token == pytest.approx(8 / 3)


def test_a_loss_beyond_all_numbers_has_an_infinite_perplexity() -> None:
    """A spoilt model can be off by more nats than exp can say."""
    assert TextScore(5, 5, 1000.0).perplexity == math.inf


def test_a_text_is_scored_from_the_start_of_a_document() -> None:
    """<|endoftext|> stands before it and is not predicted; half a surrogate pair counts as the U+FFFD it becomes."""
    tokenizer = load_tokenizer("pocket")
    model = tiny(vocab_size=tokenizer.n_vocab)
    text = "Grüße, 世界 \ud83d"
    ids = tokenizer.encode_ordinary(text.replace("\ud83d", "\ufffd"))
    score = score_text(model, tokenizer, text)
    assert (score.tokens, score.bytes) == (len(ids), len("Grüße, 世界 \ufffd".encode()))
    assert score.loss == score_tokens(model, [tokenizer.eot_token, *ids], 1).loss
    assert score.bytes == sum(len(tokenizer.decode_single_token_bytes(i)) for i in ids)
    with pytest.raises(InputError, match="the text is empty; give some text to score"):
        score_text(model, tokenizer, "")


# ------------------------------------------------------------------------------------------------- the book's numbers


@pytest.mark.slow
@pytest.mark.skipif(not VERDICT.exists(), reason="needs the-verdict.txt in ../shared/datasets")
def test_the_untrained_model_on_the_verdict_gives_the_books_losses() -> None:
    """The book, section 5.1.3: 10.98758347829183 and 10.98110580444336, context 256, batches of 2, seed 123.

    The seed is set before the model and again before the losses, as there; the loaders draw their order from it.
    """
    text = VERDICT.read_text(encoding="utf-8")
    split = int(0.9 * len(text))
    torch.manual_seed(123)
    model = GPTModel({**GPT_CONFIG_124M, "context_length": 256}).eval()
    torch.manual_seed(123)
    settings = {"batch_size": 2, "max_length": 256, "stride": 256, "num_workers": 0}
    train_loader = create_dataloader_v1(text[:split], **settings, drop_last=True, shuffle=True)
    val_loader = create_dataloader_v1(text[split:], **settings, drop_last=False, shuffle=False)
    assert (len(train_loader), len(val_loader)) == (9, 1)
    torch.manual_seed(123)
    with torch.no_grad():
        train_loss = calc_loss_loader(train_loader, model, "cpu")
        val_loss = calc_loss_loader(val_loader, model, "cpu")
    assert train_loss == pytest.approx(10.98758347829183, abs=2e-5)
    assert val_loss == pytest.approx(10.98110580444336, abs=2e-5)


@pytest.mark.gpu
def test_a_gpu_scores_like_the_cpu() -> None:
    ids = random_ids(40).tolist()
    model = tiny()
    assert score_tokens(model, ids, 40).loss == pytest.approx(score_tokens(tiny().cuda(), ids, 40).loss, rel=1e-4)
