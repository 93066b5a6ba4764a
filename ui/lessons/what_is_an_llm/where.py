"""Where LLMs stand: boxes in boxes, and what changes from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ui.components.nested_map import nested_map
from ui.lessons.what_is_an_llm import facts

if TYPE_CHECKING:
    from ui.lesson import Page


def show(page: Page) -> None:
    """Boxes in boxes; what a box adds to the one around it."""
    state = page.state
    names = [ring.name for ring in facts.RINGS]
    labels = {ring.name: ring.label for ring in facts.RINGS}
    labels |= {one.name: one.label for ring in facts.RINGS for one in ring.examples}
    left, right = page.stage(1, 2.1)
    with left:
        chosen = state.select(
            "box", "A kind of system, or one system", [*names, *list(labels)[len(names) :]], "llm", labels
        )
        outline = state.toggle("generative", "Mark generative AI", help="Systems that make new content")
        ring, example = facts.find(chosen)
        if example is None:
            st.markdown(f"**{ring.label}.** {ring.meaning}")
            st.markdown(ring.adds)
        else:
            st.markdown(f"**{example.label}.** {example.about}")
            st.markdown("It is in: " + ", in ".join(f"**{label}**" for label in reversed(facts.chain(ring))) + ".")
            st.markdown("It makes new content: **generative AI**." if example.makes else "It makes no new content.")
    with right:
        nested_map(facts.RINGS, chosen, "boxes", lambda name: state.set(box=name), facts.GENERATIVE if outline else ())
        st.caption(
            "Each box lies inside the wider one. Click a box or an example. "
            + (
                "Dashed: **generative AI**, systems that create new text, images or sound; not a box of its own."
                if outline
                else "An example stands in the narrowest box that it belongs to."
            )
        )
    st.subheader("What changes from box to box", anchor=False)
    st.table(
        pd.DataFrame(
            {
                "": ["Who finds the features", "What represents a text", "More data and computing"],
                "Traditional machine learning": [
                    "A person: say, count the words",
                    "Numbers that a person chose",
                    "Helps, then levels off",
                ],
                "Deep learning and LLMs": [
                    "The network, from data",
                    "Vectors that were learned",
                    "Helps for much longer",
                ],
            }
        ).set_index("")
    )
    st.caption("Run one of each on the same messages under *Counting or a GPT?*")
