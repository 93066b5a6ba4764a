"""Glassbox's router: the list of lessons, the sidebar, presentation mode. `streamlit run app.py`."""

from __future__ import annotations

import streamlit as st

from ui import models
from ui.catalog import HIDDEN, ROOT, lessons
from ui.lesson import STATE
from ui.share import PageState
from ui.style import apply_style


def start() -> None:
    """The bare address leads to the first lesson, whose own address is its file's name like every other."""
    st.switch_page(lessons()[0].path, query_params=st.query_params.to_dict())


def navigation() -> st.Page:
    """Every lesson under its section, and pages that only a link leads to; file names are the URLs."""
    hidden = [st.Page(f"pages/{slug}.py", title=title, visibility="hidden") for slug, title in HIDDEN.items()]
    sections: dict[str, list[st.Page]] = {"": [st.Page(start, default=True, visibility="hidden"), *hidden]}
    for lesson in lessons():
        page = st.Page(lesson.path, title=lesson.title, icon=lesson.icon)
        sections.setdefault(lesson.section, []).append(page)
    return st.navigation(sections, expanded=True)


st.set_page_config(page_title="Glassbox", page_icon=str(ROOT / "ui" / "icon.svg"), layout="wide")
page = navigation()
if not page.url_path:
    page.run()
state = PageState(page.url_path)
st.session_state[STATE] = state
with st.sidebar:
    if page.url_path not in HIDDEN:
        models.picker(state)
    hint = "Larger type and no sidebar; arrow keys change the lesson, Esc leaves."
    presenting = state.toggle("present", "Presentation mode", shared=True, help=hint)
apply_style(presenting)
page.run()
