"""Tuning on instructions: the same losses as the notes' loaders, batches that lose nothing, answers that end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
import torch.nn.functional as F

from engine.config import GPTConfig
from engine.datasets.instructions import load_more_instructions
from engine.decoding import DecodingSettings, generate, generate_each
from engine.errors import InputError
from engine.finetune.entries import WRITTEN_TIMES, choose_entries, in_parts
from engine.finetune.instruct import Part, answer_loss, answers, mean_loss, stream_answer, tune
from engine.finetune.instruction_recipe import PARTS, InstructionRecipe
from engine.finetune.instructions import InstructionDataset, custom_collate_fn
from engine.model import GPTModel, gpt2_init_
from engine.training.events import Evaluation, Step

if TYPE_CHECKING:
    import tiktoken

RECIPE = InstructionRecipe(
    style="phi3", batch_size=2, epochs=30, optimizer="adamw", learning_rate=0.01, answer_tokens=3
)
ENTRIES = [
    {"instruction": "Say it", "input": "", "output": "cat"},
    {"instruction": "Go", "input": "", "output": "dog"},
    {"instruction": "Run", "input": "now", "output": "hat"},
]


@pytest.fixture
def tiny() -> GPTModel:
    """Two blocks, context of 48: room for a prompt of the shorter style."""
    cfg = GPTConfig(vocab_size=8192, context_length=48, emb_dim=32, n_heads=4, n_layers=2, drop_rate=0.0)
    return gpt2_init_(GPTModel(cfg), torch.Generator().manual_seed(1)).eval()


@pytest.mark.parametrize("masked", [False, True])
def test_losses_are_those_of_the_notes_batches(tiny: GPTModel, tokenizer: tiktoken.Encoding, masked: bool) -> None:
    part = Part(ENTRIES, tokenizer, InstructionRecipe(style="phi3", masked=masked), 48)
    texts = list(InstructionDataset(ENTRIES, tokenizer, "phi3", masked))
    inputs, targets = custom_collate_fn(texts, pad_token_id=tokenizer.eot_token, allowed_max_length=48)
    expected = F.cross_entropy(tiny(inputs).flatten(0, 1), targets.flatten())
    assert mean_loss(tiny, part.some()) == pytest.approx(expected.item(), abs=1e-5)
    assert not tiny.training


def test_one_answers_loss_is_the_parts(tiny: GPTModel, tokenizer: tiktoken.Encoding) -> None:
    for entry in ENTRIES:
        found = answer_loss(tiny, tokenizer, entry, "phi3")
        part = Part([entry], tokenizer, InstructionRecipe(style="phi3"), 48)
        assert found.loss == pytest.approx(mean_loss(tiny, part.some()), abs=1e-5)
        assert found.ids[-1] == tokenizer.eot_token


def test_every_entry_once_an_epoch(tokenizer: tiktoken.Encoding) -> None:
    many = [{"instruction": "a " * n, "input": "", "output": f"{n}"} for n in range(1, 30)]
    part = Part(many, tokenizer, InstructionRecipe(style="phi3"), 200)
    seen = [row for inputs, _ in part.loader(4, torch.Generator().manual_seed(1)) for row in inputs.tolist()]
    assert len(seen) == 29
    assert sorted(sum(i != tokenizer.eot_token for i in row) for row in seen) == sorted(part.lengths)


def test_what_is_cut_off_is_left_out(tokenizer: tiktoken.Encoding) -> None:
    long = {"instruction": "word " * 50, "input": "", "output": "lost"}
    assert Part([long, *ENTRIES], tokenizer, RECIPE, 48).kept == [1, 2, 3]
    with pytest.raises(InputError, match="every prompt fills all 48 tokens"):
        Part([long], tokenizer, RECIPE, 48)


def test_a_tiny_model_learns_its_entries_by_heart_and_to_stop(tiny: GPTModel, tokenizer: tiktoken.Encoding) -> None:
    part = Part(ENTRIES, tokenizer, RECIPE, 48)
    before = answers(tiny, tokenizer, ENTRIES, "phi3", 3)
    events = list(tune(tiny, part, part, RECIPE))
    assert sum(isinstance(e, Step) for e in events) == RECIPE.steps(3) == 60
    losses = [e.train_loss for e in events if isinstance(e, Evaluation)]
    assert losses[-1] < 0.1 < losses[0]
    after = answers(tiny, tokenizer, ENTRIES, "phi3", 3)
    assert after == ["cat", "dog", "hat"] != before
    *_, last = stream_answer(tiny.eval(), tokenizer, ENTRIES[0], "phi3", DecodingSettings(8, temperature=0.0))
    assert (last.text, last.ended) == ("cat", True)


def test_a_prompt_longer_than_the_context_is_answered(tiny: GPTModel, tokenizer: tiktoken.Encoding) -> None:
    entry = {"instruction": "word " * 500, "input": "🙂 שלום", "output": ""}
    assert len(answers(tiny, tokenizer, [entry, ENTRIES[0]], "alpaca", 4)) == 2
    pieces = list(stream_answer(tiny, tokenizer, entry, "alpaca", DecodingSettings(4, temperature=0.0)))
    assert len(pieces) == 4
    assert not any("\ufffd" in piece.text[-1:] for piece in pieces if not piece.ended)


def test_prompts_of_different_lengths_together_are_continued_as_alone(tiny: GPTModel) -> None:
    tiny.eval()
    prompts = [[7], [3, 1, 4, 1, 5], [9, 2, 6]]
    alone = [generate(tiny, torch.tensor([prompt]), 8, 48)[0, len(prompt) :].tolist() for prompt in prompts]
    cpu = torch.device("cpu")
    assert generate_each(tiny, prompts, 8, -1, cpu) == alone
    end = alone[1][3]
    cut = [new[: new.index(end) + 1] if end in new else new for new in alone]
    assert generate_each(tiny, prompts, 8, end, cpu) == cut
    assert len(cut[1]) < 8


def test_entries_to_choose_from() -> None:
    written = 1054 + len(load_more_instructions())
    parts = choose_entries("both", tasks=50)
    assert [len(parts[part]) for part in PARTS] == [WRITTEN_TIMES * written + 50, 63 + 84, 124 + 126]
    assert sum("kind" in entry for entry in parts["test"]) == 126
    asked = {(e["instruction"], e["input"]) for e in parts["train"]}
    assert not any((e["instruction"], e["input"]) in asked for e in parts["test"] if "kind" in e)
    assert [len(choose_entries("own")[part]) for part in PARTS] == [written, 63, 124]
    for source, sentence in (("other", "choose one of own, tasks"), ("book", "not on this machine")):
        with pytest.raises(InputError, match=sentence):
            choose_entries(source)
    with pytest.raises(InputError, match="need at least 10"):
        in_parts(ENTRIES)
