"""Large? Size of what? Published parameters and training tokens, our own model among them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from ui.code import show_code
from ui.figures.model_sizes import size_chart
from ui.lessons.what_is_an_llm import facts
from ui.numbers import count, fmt

if TYPE_CHECKING:
    import pandas as pd

    from ui.lesson import Page


def show(page: Page) -> None:
    """Parameters and training tokens of known models, on log axes, with sources."""
    state = page.state
    sizes = facts.model_sizes()
    known = sizes[sizes["parameters"].notna()].set_index("model")
    left, right = page.stage(1, 2.4)
    with left:
        st.markdown("**Both**: how many numbers the model can adjust, and how much text it was trained on.")
        name = state.select("which", "Model", list(known.index), "GPT-3")
        other = state.select("against", "Compared with", list(known.index), facts.POCKET_NAME)
        st.markdown(compare(known.loc[name], known.loc[other], name, other))
    with right:
        frame, spec = size_chart(sizes, facts.POCKET_NAME, name)
        st.vega_lite_chart(
            frame,
            spec,
            key="sizes",
            on_select=lambda: choose(page),
            selection_mode="pick",
            alt="Parameters and training tokens of language models on logarithmic axes",
        )
        st.caption(
            "Each grid line is ten times the one before (M million, B billion, T trillion). Ticks at the foot: "
            "tokens not published. Dotted: 20 tokens a parameter, about the best use of a given amount of computing "
            "(Hoffmann et al. 2022, table 3). Hover for the source, click to choose."
        )
    with st.expander("All figures and their sources", icon=":material/table:"):
        st.dataframe(
            sizes,
            hide_index=True,
            column_config={
                "year": st.column_config.NumberColumn(format="%d"),
                "parameters": st.column_config.NumberColumn(format="localized"),
                "training_tokens": st.column_config.NumberColumn("training tokens", format="localized"),
            },
        )
        st.caption("Empty: not published. The short names are spelled out in data/README.md.")
    show_code(
        [
            "import pandas as pd\n\nsizes = pd.read_csv(root / 'data' / 'model_sizes.csv')\n"
            "print(sizes[['model', 'parameters', 'training_tokens', 'source']].to_string())",
            "from engine.weights.pocket import load_pocket\n\nmodel, tokenizer = load_pocket()\n"
            "# The head shares the embedding's matrix, so parameters() gives it once.\n"
            "print(sum(p.numel() for p in model.parameters()), 'parameters in our own model')",
        ],
        "what_is_an_llm_sizes",
    )


def choose(page: Page) -> None:
    """A callback: the clicked model becomes the chosen one."""
    picks = st.session_state["sizes"].selection.get("pick") or []
    if picks:
        page.state.set(which=str(picks[0]["model"]))


def compare(one: pd.Series, other: pd.Series, name: str, other_name: str) -> str:
    """What the figures of one model mean, and how they stand to another's."""
    parts = [f"**{name}** ({one['year']:.0f}): **{count(int(one['parameters']))}** parameters."]
    if name != other_name:
        parts.append(f"That is **{fmt(one['parameters'] / other['parameters'])}** times {other_name}.")
    parts.append(f"At 2 bytes each they fill {fmt(2 * one['parameters'] / 1e9)} GB.")
    tokens, others = one["training_tokens"], other["training_tokens"]
    if math.isnan(tokens):
        return " ".join([*parts, "How many tokens it read is not published."])
    parts.append(f"It read **{count(int(tokens))}** tokens, {fmt(tokens / one['parameters'])} a parameter.")
    if name != other_name and not math.isnan(others):
        parts.append(f"That is **{fmt(tokens / others)}** times what {other_name} read.")
    years = tokens / (365.25 * 24 * 3600)
    parts.append(f"At one token a second, day and night, that is {fmt(years)} years of reading.")
    return " ".join(parts)
