"""Our own small front-end components: one folder each, Python beside its JavaScript and CSS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).resolve().parent


def load(name: str, html: str) -> Any:
    """Register the component whose main.js and main.css lie in the folder; returns its mount function."""
    folder = HERE / name
    return st.components.v2.component(
        f"glassbox_{name}",
        html=html,
        js=(folder / "main.js").read_text(encoding="utf-8"),
        css=(folder / "main.css").read_text(encoding="utf-8"),
    )
