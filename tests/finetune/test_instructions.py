"""Instructions as batches: the notes' batch by hand, any batch against its definition, prompts that don't count."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from engine.datasets.instructions import STYLES, find_style, load_own_instructions
from engine.errors import InputError
from engine.finetune.instructions import InstructionDataset, MaskedText, custom_collate_fn
from engine.tokenizers.pretrained import encode_text, load_tokenizer

E, X = 50256, -100
BATCH = [[0, 1, 2, 3, 4], [5, 6], [7, 8, 9]]
ENTRIES = load_own_instructions()[:40]


# ---- the collate function


def test_the_notes_batch_by_hand() -> None:
    inputs, targets = custom_collate_fn(BATCH)
    assert inputs.tolist() == [[0, 1, 2, 3, 4], [5, 6, E, E, E], [7, 8, 9, E, E]]
    assert targets.tolist() == [[1, 2, 3, 4, E], [6, E, X, X, X], [8, 9, E, X, X]]
    assert inputs.dtype == targets.dtype == torch.int64
    assert BATCH == [[0, 1, 2, 3, 4], [5, 6], [7, 8, 9]]


def test_cut_by_hand() -> None:
    inputs, targets = custom_collate_fn(BATCH, allowed_max_length=3)
    assert inputs.tolist() == [[0, 1, 2], [5, 6, E], [7, 8, 9]]
    assert targets.tolist() == [[1, 2, 3], [6, E, X], [8, 9, E]]
    # Longer than the longest text: nothing is added.
    assert custom_collate_fn(BATCH, allowed_max_length=99)[0].shape == (3, 5)


def test_the_prompt_masked_by_hand() -> None:
    batch = [MaskedText([0, 1, 2, 3, 4], 3), MaskedText([5, 6], 1), MaskedText([7, 8, 9], 3)]
    inputs, targets = custom_collate_fn(batch, pad_token_id=11, ignore_index=-1)
    assert inputs.tolist() == [[0, 1, 2, 3, 4], [5, 6, 11, 11, 11], [7, 8, 9, 11, 11]]
    # The first token of the answer is the target at the prompt's last place; no answer: only the end.
    assert targets.tolist() == [[-1, -1, 3, 4, 11], [6, 11, -1, -1, -1], [-1, -1, 11, -1, -1]]


@given(
    batch=st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=9), min_size=1, max_size=5),
    allowed=st.none() | st.integers(1, 12),
)
def test_any_batch_is_what_the_notes_say(batch: list[list[int]], allowed: int | None) -> None:
    """Append one end, pad to the longest plus one; inputs drop the last, targets the first; later ends become -100."""
    longest = max(map(len, batch)) + 1
    inputs, targets = custom_collate_fn(batch, pad_token_id=E, allowed_max_length=allowed)
    for row, ids in enumerate(batch):
        padded = ids + [E] * (longest - len(ids))
        ends = [i for i, token in enumerate(padded) if token == E]
        hidden = [X if i in ends[1:] else token for i, token in enumerate(padded)]
        assert inputs[row].tolist() == padded[:-1][:allowed]
        assert targets[row].tolist() == hidden[1:][:allowed]


def test_an_end_of_text_inside_a_text_stays_a_target() -> None:
    """Only what was added is hidden: two texts in one keep the border between them, and their end."""
    assert custom_collate_fn([[1, E, 2], [3]])[1].tolist() == [[E, 2, E], [E, X, X]]


@pytest.mark.parametrize(("batch", "allowed", "says"), [([], None, "at least one text"), (BATCH, 0, "at least 1")])
def test_bad_batches_get_a_sentence(batch: list[list[int]], allowed: int | None, says: str) -> None:
    with pytest.raises(InputError, match=says):
        custom_collate_fn(batch, allowed_max_length=allowed)


# ---- the data set


@pytest.mark.parametrize("name", ["pocket", "gpt2"])
@pytest.mark.parametrize("style", list(STYLES))
def test_items_are_prompt_and_answer(name: str, style: str) -> None:
    tokenizer, chosen = load_tokenizer(name), find_style(style)
    dataset = InstructionDataset(ENTRIES, tokenizer, style)
    masked = InstructionDataset(ENTRIES, tokenizer, style, mask_instruction=True)
    assert len(dataset) == len(masked) == len(ENTRIES)
    for number, entry in enumerate(ENTRIES):
        text = chosen.format(entry) + chosen.heading + entry["output"]
        assert dataset[number] == tokenizer.encode(text)
        ids, start = masked[number]
        assert ids == dataset[number]
        assert tokenizer.decode(ids[start:]) == entry["output"]


def test_a_token_across_the_border_belongs_to_the_answer() -> None:
    """GPT-2 has one token for two line ends: the heading's last and the answer's first become one."""
    entry = {"instruction": "Leave a line empty.", "input": "", "output": "\n\nHere."}
    (item,) = InstructionDataset([entry], load_tokenizer("gpt2"), mask_instruction=True)
    assert isinstance(item, MaskedText)
    assert load_tokenizer("gpt2").decode(item.ids[item.response_start :]) == "\n\n\nHere."


def test_half_characters_and_special_words_are_plain_text() -> None:
    entry = {"instruction": "Say \ud800 <|endoftext|>.", "input": "", "output": "👩‍🚀 <|endoftext|>"}
    dataset = InstructionDataset([entry], load_tokenizer("pocket"))
    assert load_tokenizer("pocket").eot_token not in dataset[0]


def test_another_style_gets_a_sentence() -> None:
    with pytest.raises(InputError, match="alpaca, phi3"):
        InstructionDataset(ENTRIES, load_tokenizer("pocket"), "chatml")


# ---- loaders


def test_the_loss_counts_answers_only() -> None:
    """Masked, the mean over a batch is the mean of cross-entropy over the answers' tokens and their ends alone."""
    tokenizer = load_tokenizer("pocket")
    dataset = InstructionDataset(ENTRIES[:4], tokenizer, mask_instruction=True)
    inputs, targets = custom_collate_fn([dataset[i] for i in range(4)], tokenizer.eot_token)
    logits = torch.randn(*inputs.shape, tokenizer.n_vocab, generator=torch.Generator().manual_seed(1))
    surprise = []
    for row, entry in enumerate(ENTRIES[:4]):
        ids, start = dataset[row]
        answer = [*encode_text(tokenizer, entry["output"]), tokenizer.eot_token]
        assert len(answer) == len(ids) - start + 1
        places = logits[row, start - 1 : len(ids)].log_softmax(-1)
        surprise += [-places[i, token] for i, token in enumerate(answer)]
    expected = torch.stack(surprise).mean()
    torch.testing.assert_close(F.cross_entropy(logits.flatten(0, 1), targets.flatten()), expected)
