"""The published sizes: every row has a source, and the four GPT-2s agree with our own count."""

from __future__ import annotations

import pandas as pd
import pytest

from engine.config import GPT2_SIZES, parameter_count
from ui.lessons.what_is_an_llm.facts import SIZES


@pytest.fixture(scope="module")
def sizes() -> pd.DataFrame:
    return pd.read_csv(SIZES)


def test_every_row_has_a_source_and_a_plausible_year(sizes: pd.DataFrame) -> None:
    assert sizes["source"].str.contains(r"20(?:18|19|2\d)").all()
    assert sizes["year"].between(2018, 2026).all()
    assert sizes["model"].is_unique


def test_sources_are_spelled_out(sizes: pd.DataFrame) -> None:
    readme = (SIZES.parent / "README.md").read_text(encoding="utf-8")
    for source in sizes["source"]:
        first_author = source.split(" et al.")[0].split(" 20")[0]
        assert first_author in readme, source


@pytest.mark.parametrize("name", list(GPT2_SIZES))
def test_gpt2_sizes_equal_our_count(sizes: pd.DataFrame, name: str) -> None:
    short = name.split()[0].removeprefix("gpt2-").replace("xl", "XL")
    published = sizes.set_index("model").loc[f"GPT-2 {short}", "parameters"]
    assert round(parameter_count(GPT2_SIZES[name]) / 1e6) == published / 1e6


def test_what_is_missing_is_said_in_the_note(sizes: pd.DataFrame) -> None:
    assert sizes.loc[sizes["training_tokens"].isna(), "note"].notna().all()
