"""Filters and draws, worked by hand on small vocabularies."""

from __future__ import annotations

import math

import pytest
import torch

from engine.errors import InputError
from engine.sampling import (
    DecodingSettings,
    draw,
    filtered_probs,
    softmax_with_temperature,
    stages,
    summarise,
)

# As probabilities: 8, 4, 2, 1, 1 sixteenths.
LOGITS = torch.log(torch.tensor([2.0, 8.0, 1.0, 4.0, 1.0]))


def sixteenths(settings: DecodingSettings, logits: torch.Tensor = LOGITS) -> list[float]:
    return (filtered_probs(logits, settings) * 16).tolist()


def test_without_filters_the_models_own_probabilities() -> None:
    assert sixteenths(DecodingSettings()) == pytest.approx([2, 8, 1, 4, 1])


def test_temperature_by_hand() -> None:
    """Half the temperature squares the probabilities: 4, 64, 1, 16, 1, of 86."""
    got = filtered_probs(LOGITS, DecodingSettings(temperature=0.5)) * 86
    assert got.tolist() == pytest.approx([4, 64, 1, 16, 1], rel=1e-5)
    assert softmax_with_temperature(LOGITS, 0.5).tolist() == pytest.approx((got / 86).tolist())


def test_temperature_0_takes_the_best_and_the_first_of_equals() -> None:
    assert sixteenths(DecodingSettings(temperature=0)) == [0, 16, 0, 0, 0]
    assert softmax_with_temperature(torch.tensor([1.0, 3.0, 3.0]), 0).tolist() == [0, 1, 0]


@pytest.mark.parametrize("temperature", [1e-300, 1e-30, 1e-9])
def test_a_tiny_temperature_is_greedy_and_no_nan(temperature: float) -> None:
    assert sixteenths(DecodingSettings(temperature=temperature)) == [0, 16, 0, 0, 0]


@pytest.mark.parametrize("temperature", [1e9, 1e300])
def test_a_huge_temperature_is_uniform(temperature: float) -> None:
    assert sixteenths(DecodingSettings(temperature=temperature)) == pytest.approx([3.2] * 5)


def test_top_k_by_hand() -> None:
    assert sixteenths(DecodingSettings(top_k=2)) == pytest.approx([0, 32 / 3, 0, 16 / 3, 0])


def test_top_k_keeps_all_that_tie_with_the_last() -> None:
    assert sixteenths(DecodingSettings(top_k=4)) == pytest.approx([2, 8, 1, 4, 1])
    assert sixteenths(DecodingSettings(top_k=1), torch.zeros(4)) == [4, 4, 4, 4]


@pytest.mark.parametrize("top_k", [5, 6, 10**9])
def test_top_k_of_the_vocabulary_or_more_keeps_all(top_k: int) -> None:
    assert sixteenths(DecodingSettings(top_k=top_k)) == pytest.approx([2, 8, 1, 4, 1])


@pytest.mark.parametrize(
    ("top_p", "expected"),
    [
        (1e-9, [0, 16, 0, 0, 0]),
        (0.49, [0, 16, 0, 0, 0]),
        (0.51, [0, 32 / 3, 0, 16 / 3, 0]),
        (0.74, [0, 32 / 3, 0, 16 / 3, 0]),
        (0.76, [32 / 14, 128 / 14, 0, 64 / 14, 0]),
        (0.89, [32 / 15, 128 / 15, 16 / 15, 64 / 15, 0]),  # of two equals the lower ID comes first
        (1.0, [2, 8, 1, 4, 1]),
    ],
)
def test_top_p_by_hand(top_p: float, expected: list[float]) -> None:
    assert sixteenths(DecodingSettings(top_p=top_p)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("min_p", "expected"),
    [
        (0, [2, 8, 1, 4, 1]),
        (0.12, [2, 8, 1, 4, 1]),
        (0.13, [32 / 14, 128 / 14, 0, 64 / 14, 0]),
        (0.4, [0, 32 / 3, 0, 16 / 3, 0]),
        (1, [0, 16, 0, 0, 0]),
    ],
)
def test_min_p_by_hand(min_p: float, expected: list[float]) -> None:
    assert sixteenths(DecodingSettings(min_p=min_p)) == pytest.approx(expected)


def test_repetition_penalty_by_hand() -> None:
    """Twice the penalty: a score of 2 becomes 1, a score of -1 becomes -2, once each however often they occur."""
    logits = torch.tensor([2.0, -1.0, 0.5])
    got = filtered_probs(logits, DecodingSettings(repetition_penalty=2), torch.tensor([0, 1, 0, 0]))
    assert got.tolist() == pytest.approx(torch.softmax(torch.tensor([1.0, -2.0, 0.5]), 0).tolist())


def test_repetition_penalty_looks_at_each_texts_own_tokens() -> None:
    logits = torch.tensor([[2.0, 2.0, 0.0], [2.0, 2.0, 0.0]])
    got = filtered_probs(logits, DecodingSettings(repetition_penalty=4, temperature=0), torch.tensor([[0], [1]]))
    assert got.argmax(dim=-1).tolist() == [1, 0]


def test_repetition_penalty_needs_the_text() -> None:
    with pytest.raises(InputError, match="give previous_ids"):
        filtered_probs(LOGITS, DecodingSettings(repetition_penalty=1.1))


def test_stages_come_in_order_and_only_those_that_are_on() -> None:
    everything = DecodingSettings(temperature=0.7, top_k=4, top_p=0.9, min_p=0.1, repetition_penalty=1.2)
    found = stages(LOGITS, everything, torch.tensor([1]))
    assert [name for name, _ in found] == ["model", "repetition penalty", "temperature", "top-k", "top-p", "min-p"]
    assert all(probs.sum().item() == pytest.approx(1) for _, probs in found)
    assert torch.equal(found[-1][1], filtered_probs(LOGITS, everything, torch.tensor([1])))
    assert [name for name, _ in stages(LOGITS, DecodingSettings())] == ["model"]
    assert [name for name, _ in stages(LOGITS, DecodingSettings(temperature=0, top_k=2))] == ["model", "temperature"]


def test_each_filter_works_on_what_the_last_one_left() -> None:
    """Top-k leaves 8 and 4; of those, 8 is two thirds and enough for top-p 0.6, though not of the whole."""
    assert sixteenths(DecodingSettings(top_p=0.6)) == pytest.approx([0, 32 / 3, 0, 16 / 3, 0])
    assert sixteenths(DecodingSettings(top_k=2, top_p=0.6)) == [0, 16, 0, 0, 0]


def test_filters_work_row_by_row_and_leave_the_scores_alone() -> None:
    rows = torch.stack([LOGITS, LOGITS.flip(0), torch.zeros(5)]).view(3, 1, 5)
    before = rows.clone()
    settings = DecodingSettings(temperature=0.9, top_k=3, top_p=0.8, min_p=0.05)
    together = filtered_probs(rows, settings)
    assert torch.equal(together[:, 0], torch.stack([filtered_probs(row[0], settings) for row in rows]))
    assert torch.equal(rows, before)


def test_masked_tokens_stay_out() -> None:
    logits = torch.tensor([1.0, -torch.inf, 2.0])
    for settings in (DecodingSettings(), DecodingSettings(temperature=2, top_k=3, top_p=0.99, min_p=0.01)):
        assert filtered_probs(logits, settings)[1] == 0


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_scores_that_are_no_numbers(bad: float) -> None:
    with pytest.raises(InputError, match="no numbers"):
        filtered_probs(torch.tensor([1.0, bad]), DecodingSettings())


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("max_new_tokens", -1, "at least 0"),
        ("max_new_tokens", 2.5, "whole number"),
        ("max_new_tokens", True, "whole number"),
        ("temperature", -1, "temperature is -1; give 0"),
        ("temperature", math.nan, "temperature is nan"),
        ("temperature", math.inf, "temperature is inf"),
        ("temperature", "warm", "temperature is 'warm'"),
        ("top_k", 0, "top_k is 0; give a whole number of at least 1 or None"),
        ("top_k", -3, "top_k is -3"),
        ("top_k", 2.0, "top_k is 2.0"),
        ("top_p", 0, "top_p is 0; give a number above 0"),
        ("top_p", 1.01, "top_p is 1.01"),
        ("top_p", math.nan, "top_p is nan"),
        ("min_p", -0.1, "min_p is -0.1"),
        ("min_p", 1.5, "min_p is 1.5"),
        ("repetition_penalty", 0, "repetition_penalty is 0"),
        ("repetition_penalty", 1000, "repetition_penalty is 1000"),
        ("stop_ids", (3, -1), "stop token is -1"),
        ("seed", 1.5, "seed is 1.5"),
        ("seed", 2**63, "63 bits"),
    ],
)
def test_bad_settings_are_refused_with_a_sentence(setting: str, value: object, says: str) -> None:
    with pytest.raises(InputError, match=says) as error:
        DecodingSettings(**{setting: value})  # type: ignore[arg-type]
    assert str(error.value).endswith(".")


# ---- draws


def test_a_draw_by_hand() -> None:
    """The bar: token 1 up to 1/2, token 3 up to 3/4, token 0 up to 7/8, token 2, then token 4."""
    probs = torch.tensor([2.0, 8.0, 1.0, 4.0, 1.0]).expand(8, 5) / 16
    numbers = torch.tensor([0, 0.49, 0.5, 0.75, 0.874, 0.875, 0.9375, 1 - 2**-53], dtype=torch.float64)
    drawn = draw(probs, numbers)
    assert drawn.ids.tolist() == [1, 1, 3, 0, 0, 2, 4, 4]
    assert drawn.start.tolist() == [0, 0, 0.5, 0.75, 0.75, 0.875, 0.9375, 0.9375]
    assert drawn.end.tolist() == [0.5, 0.5, 0.75, 0.875, 0.875, 0.9375, 1, 1]


def test_impossible_tokens_are_never_drawn() -> None:
    probs = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    for number in (0.0, 0.5, 1 - 2**-53):
        assert draw(probs, torch.tensor([number, number], dtype=torch.float64)).ids.tolist() == [1, 2]


def test_the_last_token_is_reached_though_rounded_sums_fall_short() -> None:
    probs = torch.full((1, 50257), 1 / 50257)
    assert draw(probs, torch.tensor([1 - 2**-53], dtype=torch.float64)).ids.item() == 50256


def test_a_thousand_draws_follow_the_distribution() -> None:
    """Chi-squared with 4 degrees of freedom is below 18.5 in 999 of 1,000 honest runs; the seed is fixed."""
    count = 1000
    numbers = torch.rand(count, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    probs = filtered_probs(LOGITS, DecodingSettings())
    seen = torch.bincount(draw(probs.expand(count, 5), numbers).ids, minlength=5)
    expected = probs * count
    assert ((seen - expected) ** 2 / expected).sum().item() < 18.5


def test_the_summary_by_hand() -> None:
    short = summarise(torch.tensor([[2.0, 8.0, 1.0, 4.0, 1.0], [16.0, 0, 0, 0, 0]]) / 16, count=2)
    assert short.top_ids.tolist()[0] == [1, 3]
    assert short.top_probs.tolist() == [[0.5, 0.25], [1, 0]]
    assert short.rest.tolist() == [0.25, 0]
    # 1/2 log2 2 + 1/4 log2 4 + 1/8 log2 8 + 2 * 1/16 log2 16
    assert short.entropy.tolist() == pytest.approx([1.875, 0])


def test_the_summary_of_a_small_vocabulary_has_all_of_it() -> None:
    assert summarise(torch.full((1, 4), 0.25)).top_probs.tolist() == [[0.25] * 4]
