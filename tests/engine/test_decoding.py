"""Writing text: the stream of tokens, the notes' functions, caches and windows."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from engine.config import GPTConfig
from engine.decoding import (
    DecodingSettings,
    generate,
    generate_text_simple,
    stream,
    text_to_token_ids,
    token_ids_to_text,
)
from engine.errors import InputError
from engine.model import GPTModel
from engine.tokenizers.pretrained import load_tokenizer
from engine.tokenizers.words import SimpleTokenizerV1, build_vocabulary

CONTEXT = 24
CFG = GPTConfig(vocab_size=50, context_length=CONTEXT, emb_dim=32, n_heads=4, n_layers=3, drop_rate=0.1)
GREEDY = DecodingSettings(max_new_tokens=20, temperature=0)


@pytest.fixture(scope="module")
def model() -> GPTModel:
    """A random model whose head is scaled up, so that its distributions are far from flat."""
    torch.manual_seed(2)
    model = GPTModel(CFG).eval()
    with torch.no_grad():
        model.out_head.weight *= 8
    return model


@pytest.fixture(scope="module")
def prompts() -> torch.Tensor:
    return torch.randint(CFG.vocab_size, (3, 6), generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def book_generate(
    model: GPTModel, idx: torch.Tensor, steps: int, context: int, temperature: float = 0.0, top_k: int | None = None
) -> torch.Tensor:
    """The recipe of the notes' section 5.3, step by step, for one text."""
    for _ in range(steps):
        scores = model(idx[:, -context:])[:, -1, :]
        if top_k is not None:
            least = torch.topk(scores, top_k).values[:, -1]
            scores = torch.where(scores < least, torch.tensor(float("-inf")), scores)
        if temperature > 0:
            new = torch.multinomial(F.softmax(scores / temperature, dim=-1), num_samples=1)
        else:
            new = torch.argmax(scores, dim=-1, keepdim=True)
        idx = torch.cat((idx, new), dim=1)
    return idx


def written(model: GPTModel, ids: torch.Tensor, settings: DecodingSettings, use_cache: bool = True) -> torch.Tensor:
    return torch.stack([step.ids for step in stream(model, ids, settings, use_cache=use_cache)], dim=1)


# ---- stream


def test_greedy_is_the_plain_models_argmax(model: GPTModel, prompts: torch.Tensor) -> None:
    expected = book_generate(model, prompts, 20, CONTEXT)
    assert torch.equal(written(model, prompts, GREEDY), expected[:, 6:])


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_cache_changes_nothing_over_100_tokens_and_a_slide(
    model: GPTModel, prompts: torch.Tensor, temperature: float
) -> None:
    settings = DecodingSettings(100, temperature, repetition_penalty=1.2, seed=3)
    with_cache = list(stream(model, prompts, settings))
    without = list(stream(model, prompts, settings, use_cache=False))
    assert [s.ids.tolist() for s in with_cache] == [s.ids.tolist() for s in without]
    assert torch.allclose(
        torch.stack([s.raw_probability for s in with_cache]), torch.stack([s.raw_probability for s in without])
    )
    assert sum(s.slid for s in with_cache) == 100 - (CONTEXT - 6 + 1)


def test_a_slide_looks_at_the_end_of_the_text(model: GPTModel, prompts: torch.Tensor) -> None:
    long = prompts.repeat(1, 10)
    steps = list(stream(model, long, GREEDY))
    assert all(step.slid for step in steps)
    assert torch.equal(torch.stack([s.ids for s in steps], 1), book_generate(model, long, 20, CONTEXT)[:, 60:])


def test_a_prompt_as_long_as_the_context_does_not_slide_yet(model: GPTModel, prompts: torch.Tensor) -> None:
    steps = list(stream(model, prompts.repeat(1, 4), replace(GREEDY, max_new_tokens=2)))
    assert [step.slid for step in steps] == [False, True]


def test_texts_of_a_batch_do_not_touch_each_other(model: GPTModel, prompts: torch.Tensor) -> None:
    together = written(model, prompts, GREEDY)
    alone = torch.cat([written(model, row[None], GREEDY) for row in prompts])
    assert torch.equal(together, alone)


def test_one_seed_one_text(model: GPTModel, prompts: torch.Tensor) -> None:
    settings = DecodingSettings(20, seed=11)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first, again = written(model, prompts, settings), written(model, prompts, settings)
    assert torch.equal(first, again)
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(first, written(model, prompts, replace(settings, seed=12)))


def test_without_a_seed_texts_differ(model: GPTModel, prompts: torch.Tensor) -> None:
    """Two texts of 60 tokens are the same by chance with a probability below 1e-9: entropies are above 1 bit."""
    settings = DecodingSettings(20, temperature=1.5)
    assert not torch.equal(written(model, prompts, settings), written(model, prompts, settings))


def test_settings_share_the_random_numbers(model: GPTModel, prompts: torch.Tensor) -> None:
    numbers = [
        [step.draw.numbers.tolist() for step in stream(model, prompts, settings)]
        for settings in (DecodingSettings(5, seed=1), DecodingSettings(5, temperature=0, top_k=3, seed=1))
    ]
    assert numbers[0] == numbers[1]


def test_a_step_tells_what_it_did(model: GPTModel, prompts: torch.Tensor) -> None:
    """Every figure of a step, recomputed from the plain model's scores."""
    settings = DecodingSettings(1, temperature=0.8, top_k=5, seed=4)
    (step,) = stream(model, prompts, settings)
    raw = torch.softmax(model(prompts)[:, -1], dim=-1).detach()
    best = raw.topk(5, dim=-1)
    sharp = best.values ** (1 / 0.8)
    filtered = sharp / sharp.sum(dim=-1, keepdim=True)
    place = best.indices.eq(step.ids[:, None]).nonzero()[:, 1]
    assert step.index == 0
    assert torch.allclose(step.probability, filtered.gather(1, place[:, None])[:, 0], atol=1e-5)
    assert torch.allclose(step.raw_probability, raw.gather(1, step.ids[:, None])[:, 0], atol=1e-5)
    assert torch.equal(step.filtered.top_ids[:, :5], best.indices)
    assert torch.allclose(step.raw.top_probs[:, :5], best.values, atol=1e-5)
    ends = filtered.cumsum(dim=-1).double()
    assert torch.allclose(step.draw.end, ends.gather(1, place[:, None])[:, 0], atol=1e-5)
    assert bool((step.draw.start <= step.draw.numbers).all())
    assert bool((step.draw.numbers < step.draw.end).all())


def test_stop_tokens_end_each_text_for_itself(model: GPTModel, prompts: torch.Tensor) -> None:
    free = written(model, prompts, GREEDY)
    stop = int(free[0, 4])
    firsts = [row.tolist().index(stop) if stop in row else None for row in free]
    steps = list(stream(model, prompts, replace(GREEDY, stop_ids=(stop,))))
    got = torch.stack([step.ids for step in steps], dim=1)
    for row, first in enumerate(firsts):
        end = len(steps) if first is None else first + 1
        assert torch.equal(got[row, :end], free[row, :end])
        assert got[row, end:].tolist() == [stop] * (len(steps) - end)
        assert [bool(s.stopped[row]) for s in steps] == [i >= end - 1 and first is not None for i in range(len(steps))]
        assert [bool(s.probability[row].isnan()) for s in steps] == [i >= end for i in range(len(steps))]


def test_the_stream_ends_when_all_texts_have_stopped(model: GPTModel, prompts: torch.Tensor) -> None:
    first = prompts[:1]
    free = written(model, first, GREEDY)[0].tolist()
    stop = free[2]
    steps = list(stream(model, first, replace(GREEDY, stop_ids=(stop, 49))))
    assert len(steps) == free.index(stop) + 1
    assert steps[-1].ids.tolist() == [stop]


def test_no_new_tokens(model: GPTModel, prompts: torch.Tensor) -> None:
    assert list(stream(model, prompts, DecodingSettings(0))) == []
    assert torch.equal(generate(model, prompts, 0, CONTEXT), prompts)


def test_dropout_is_off_and_the_mode_stays(model: GPTModel, prompts: torch.Tensor) -> None:
    calm = written(model, prompts, GREEDY)
    model.train()
    try:
        assert torch.equal(written(model, prompts, GREEDY), calm)
        assert model.training
    finally:
        model.eval()


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (torch.zeros((1, 0), dtype=torch.long), "the prompt is empty; give at least one token"),
        (torch.zeros((0, 4), dtype=torch.long), "the prompt is empty"),
        (torch.zeros(4, dtype=torch.long), r"shape \(B, T\)"),
        (torch.zeros((1, 4)), "whole numbers"),
        (torch.tensor([[1, 50]]), "the model knows 0 to 49"),
        (torch.tensor([[-1, 3]]), "from -1 to 3"),
    ],
)
def test_prompts_that_cannot_be_used(model: GPTModel, ids: torch.Tensor, says: str) -> None:
    """Refused when asked for, not only when the first token is fetched."""
    with pytest.raises(InputError, match=says):
        stream(model, ids, GREEDY)
    with pytest.raises(InputError, match=says):
        generate(model, ids, 3, CONTEXT)


# ---- the notes' functions


@pytest.mark.parametrize(("temperature", "top_k"), [(0.0, None), (1.0, None), (1.4, 3), (0.7, 50), (0.0, 2)])
def test_generate_gives_the_books_tokens(
    model: GPTModel, prompts: torch.Tensor, temperature: float, top_k: int | None
) -> None:
    """The same draws from the global generator; 40 tokens, well past the context."""
    torch.manual_seed(123)
    expected = book_generate(model, prompts[:1], 40, CONTEXT, temperature, top_k)
    torch.manual_seed(123)
    assert torch.equal(generate(model, prompts[:1], 40, CONTEXT, temperature, top_k), expected)


@pytest.mark.parametrize("context_size", [1, 7, CONTEXT, 1000])
def test_generate_text_simple_looks_no_further_back_than_asked(
    model: GPTModel, prompts: torch.Tensor, context_size: int
) -> None:
    expected = book_generate(model, prompts, 12, min(context_size, CONTEXT))
    assert torch.equal(generate_text_simple(model, prompts, 12, context_size), expected)


def test_generate_with_a_batch_top_k_and_k_above_the_vocabulary(model: GPTModel, prompts: torch.Tensor) -> None:
    """Greedy through top-k 1 for three texts at once, where the book's comparison of shapes fails."""
    torch.manual_seed(0)
    by_top_k = generate(model, prompts, 10, CONTEXT, temperature=1.0, top_k=1)
    assert torch.equal(by_top_k, generate(model, prompts, 10, CONTEXT))
    assert generate(model, prompts, 4, CONTEXT, temperature=1.0, top_k=10**6).shape == (3, 10)


def test_generate_ends_before_eos(model: GPTModel, prompts: torch.Tensor) -> None:
    free = generate(model, prompts, 20, CONTEXT)
    eos = int(free[1, 6 + 5])
    first = free[1, 6:].tolist().index(eos)
    assert torch.equal(generate(model, prompts[1:2], 20, CONTEXT, eos_id=eos), free[1:2, : 6 + first])


def test_generate_fills_texts_of_a_batch_up_with_eos(model: GPTModel, prompts: torch.Tensor) -> None:
    free = generate(model, prompts, 20, CONTEXT)
    eos = int(free[0, 6 + 3])
    got = generate(model, prompts, 20, CONTEXT, eos_id=eos)
    for row, whole in zip(got, free, strict=True):
        new = whole[6 : got.shape[1]].tolist()
        end = new.index(eos) if eos in new else len(new)
        assert row[6:].tolist() == new[:end] + [eos] * (len(new) - end)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"temperature": -1.0}, "temperature is -1"),
        ({"top_k": 0}, "top_k is 0"),
        ({"context_size": 0}, "context_size is 0"),
        ({"max_new_tokens": -2}, "max_new_tokens is -2"),
    ],
)
def test_generate_refuses_bad_settings(
    model: GPTModel, prompts: torch.Tensor, arguments: dict[str, float], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        generate(model, prompts, **{"max_new_tokens": 2, "context_size": CONTEXT, **arguments})  # type: ignore[arg-type]


def test_text_to_ids_and_back() -> None:
    tokenizer = load_tokenizer("gpt2")
    ids = text_to_token_ids("Every effort moves you<|endoftext|>", tokenizer)
    assert ids.tolist() == [[6109, 3626, 6100, 345, 50256]]
    assert token_ids_to_text(ids, tokenizer) == "Every effort moves you<|endoftext|>"
    assert token_ids_to_text(ids[0, :1], tokenizer) == "Every"


def test_text_to_ids_with_the_notes_own_tokenizer() -> None:
    tokenizer = SimpleTokenizerV1(build_vocabulary(["a", "b", "c"]))
    ids = text_to_token_ids("a c b", tokenizer)
    assert ids.shape == (1, 3)
    assert token_ids_to_text(ids, tokenizer) == "a c b"


def test_several_texts_at_once_are_refused() -> None:
    with pytest.raises(InputError, match="2 texts; give one row"):
        token_ids_to_text(torch.zeros((2, 3), dtype=torch.long), load_tokenizer("gpt2"))


@pytest.mark.gpu
def test_a_gpu_writes_the_same_text(model: GPTModel, prompts: torch.Tensor) -> None:
    on_cpu = written(model, prompts, GREEDY)
    try:
        assert torch.equal(written(model.to("cuda"), prompts.to("cuda"), GREEDY), on_cpu)
    finally:
        model.to("cpu")
