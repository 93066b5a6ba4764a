"""The benchmarks' own arithmetic, and that what they compare does the same work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from benchmarks import __main__ as command
from benchmarks import classifier, classifier_run, loop
from benchmarks.book import book_step
from benchmarks.bpe import rescan_per_merge
from benchmarks.pretraining import our_step
from benchmarks.timing import Report, ratio, spread, take_turns
from engine.finetune.classifier import SpamDataset
from engine.model import GPTModel
from engine.tokenizers.bpe import train_bpe
from engine.tokenizers.pretrained import load_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "low low low lower lowest newer newest wider widest " * 20


@pytest.mark.parametrize("distinct", [False, True])
def test_the_rescanning_trainer_finds_our_merges(distinct: bool) -> None:
    assert rescan_per_merge(TEXT, 15, distinct) == train_bpe(TEXT, 256 + 15).merges


def test_the_books_step_and_ours_start_from_the_same_loss() -> None:
    """Same seed, same weights, same batch, no dropout: one step differs only in speed."""
    cfg = {"vocab_size": 30, "context_length": 8, "emb_dim": 16, "n_heads": 2, "n_layers": 2, "drop_rate": 0.0}
    ids = torch.randint(30, (2, 9), generator=torch.Generator().manual_seed(0))
    inputs, targets = ids[:, :-1].contiguous(), ids[:, 1:].contiguous()
    with torch.random.fork_rng():
        book, ours = book_step(cfg, inputs, targets), our_step(cfg, inputs, targets)
        assert ours().loss == pytest.approx(book(), abs=1e-5)
        assert ours().loss == pytest.approx(book(), abs=2e-3)  # after AdamW with other betas and clipping


def test_the_bare_loop_and_ours_make_the_same_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit for bit the same weights after a turn of each, so that only the loop differs."""
    monkeypatch.setattr(loop, "SMALL", loop.GPTConfig(30, 8, 16, 2, 1, 0.0, tie_weights=True))
    with torch.random.fork_rng():
        one, two, new = loop.small_model(), loop.small_model(), loop.small_model()
        loop.bare(one, 1)()
        loop.ours(two, 1)()
    assert torch.equal(one.tok_emb.weight, two.tok_emb.weight)
    assert not torch.equal(one.tok_emb.weight, new.tok_emb.weight)


def test_contenders_take_turns_and_the_first_round_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.timing.PAUSE", 0)
    order: list[str] = []
    seconds = take_turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=2)
    assert order == ["a", "b"] * 3
    assert {name: len(times) for name, times in seconds.items()} == {"a": 2, "b": 2}


def test_figures_of_a_report() -> None:
    report = Report("Title", rows=[("ours", spread([3.0, 1.0, 2.0])), ("theirs", "9")])
    report.claim("ours against theirs", 2, ratio([8.0, 4.0, 6.0], [3.0, 2.0, 1.0]))
    report.claim("ours against another", 3.5, ratio([6.0], [2.0]))
    text = report.text()
    assert "ours    2.0 (1.0 to 3.0)\ntheirs  9\n" in text
    assert "- reached: ours against theirs: at least 2x; measured 3.00x" in text
    assert "- missed: ours against another: at least 3.5x; measured 3.00x" in text


def test_a_kept_report_replaces_its_older_self_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "RESULTS", tmp_path / "RESULTS.md")
    command.save("first", "old figures\n")
    command.save("second", "others\n")
    command.save("first", "new figures\n")
    kept = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "old figures" not in kept
    assert [line for line in kept.splitlines() if "figures" in line or "others" in line] == ["new figures", "others"]


def test_our_classifier_run_takes_the_books_steps(tmp_path: Path) -> None:
    """Same weights, same batches, padded: the losses of plain modules, each text through all blocks in every step."""
    cfg = classifier_run.CONFIG | {"context_length": 16, "emb_dim": 16, "n_heads": 2, "n_layers": 2}
    texts = ["free prize", "see you at eight", "win money now, reply", "the train is late again"] * 4
    for name in ("train", "validation"):
        pd.DataFrame({"Label": [1, 0] * 8, "Text": texts}).to_csv(tmp_path / f"{name}.csv", index=False)
    with torch.random.fork_rng():
        found = classifier_run.ours(2, tmp_path, padded=True, cfg=cfg)
        model = classifier_run.start(GPTModel, cfg)
    data = SpamDataset(tmp_path / "train.csv", load_tokenizer("gpt2"))
    optimizer = classifier_run.adamw(model.parameters())
    batches = classifier_run.epochs_of_batches([data.max_length] * 16, padded=True)
    assert len(batches) == 10
    for batch, loss in zip(batches, found["losses"], strict=False):
        ids, labels = zip(*(data[i] for i in batch), strict=True)
        expected = F.cross_entropy(model(torch.stack(ids))[:, -1], torch.stack(labels))
        assert loss == pytest.approx(expected.item(), abs=1e-4)
        optimizer.zero_grad()
        expected.backward()
        optimizer.step()
    assert found["length"] == data.max_length


def test_the_books_classifier_is_scaled_up_by_steps_and_evaluations() -> None:
    """100 steps: 2 evaluations and 5 accuracies, of 5 batches of both parts each."""
    assert classifier.scaled({"step": [2.0, 1.0, 9.0], "looked": [0.5]}, 100) == 200 + 10 * 7 * 0.5
