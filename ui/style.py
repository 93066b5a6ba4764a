"""The few rules of CSS that Streamlit's theme cannot express."""

from __future__ import annotations

import streamlit as st

EVERYWHERE = """
.stMainBlockContainer { max-width: 76rem; padding: 2.6rem 2rem 4rem; }
.stMainBlockContainer h1 { font-size: 1.75rem; padding: 0; }
.stMainBlockContainer h2 { font-size: 1.3rem; padding: 1.4rem 0 0.2rem; }
.stMainBlockContainer h3 { font-size: 1.05rem; padding: 0.4rem 0 0.1rem; }
.stMainBlockContainer { font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
[data-testid="stMarkdownContainer"] table { display: block; overflow-x: auto; }
.st-key-idea p { font-size: 1.06rem; text-wrap: balance; }
.st-key-lesson-head button { min-height: 2.1rem; font-size: 0.875rem; padding: 0.2rem 0.75rem; }
.st-key-lesson-links { padding-top: 0.9rem; border-top: 1px solid rgba(128, 128, 128, 0.3); }
@media (max-width: 640px) { .stMainBlockContainer { padding: 4rem 1rem 3rem; } }
"""

# Larger by a third, and nothing beside the lesson. Streamlit's sizes are in rem: the root's moves them all.
PRESENTING = """
:root { font-size: 21px !important; }
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"], [data-testid="stHeader"] { display: none; }
.stMainBlockContainer { max-width: 96rem; padding-top: 1.2rem; }
"""


def apply_style(presenting: bool) -> None:
    """Put the rules on the page; with presenting, those for a projector too."""
    st.html(f"<style>{EVERYWHERE}{PRESENTING if presenting else ''}</style>")
