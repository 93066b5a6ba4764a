"""Questions and glossary: every word and every question of the notes, searchable, with the place to see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.catalog import find, lessons
from ui.chapters import CHAPTERS
from ui.lesson import lesson
from ui.lessons.glossary.collect import all_entries, name_of, search
from ui.numbers import count

if TYPE_CHECKING:
    from ui.lessons.glossary.entry import Entry
    from ui.share import PageState

KINDS = {"all": "All", "words": "Words", "questions": "Questions", "notes": "Put right"}
ALL_CHAPTERS = "all"
AT_ONCE = 20
MOST = 2_000
THERE = {entry.slug for entry in lessons()}


def controls(state: PageState) -> tuple[str, str, str, bool]:
    """What to look for; returns the words, the chapter, the kind, and whether answers are hidden."""
    words = state.text("search", "Search", "", placeholder="softmax, epoch, √d_k …", icon=":material/search:")
    labels = {ALL_CHAPTERS: "All chapters", **{number: f"{number} {name}" for number, name in CHAPTERS.items()}}
    chapter = state.select("chapter", "Chapter of the notes", list(labels), ALL_CHAPTERS, labels=labels)
    kind = state.choice("kind", "Kind", list(KINDS), "all", labels=KINDS)
    hidden = state.toggle("hide", "Hide the answers", help="Think first, then open")
    return words, chapter, kind, hidden


def chosen_entries(entries: list[Entry], words: str, chapter: str, kind: str) -> list[Entry]:
    """The entries that the controls leave."""
    keep = {
        "all": lambda entry: True,
        "words": lambda entry: not entry.is_question,
        "questions": lambda entry: entry.is_question,
        "notes": lambda entry: entry.corrects,
    }[kind]
    there = [entry for entry in entries if keep(entry) and chapter in (ALL_CHAPTERS, entry.chapter)]
    return search(there, words)


def show_entry(state: PageState, entry: Entry, hidden: bool, place: str = "list") -> None:
    """One entry: its title, its answer, the way to its lesson and a link to it."""
    name = name_of(entry)
    where = f" :gray[{entry.place}]" if "." in entry.place else ""
    with st.container(border=place == "top", gap="xsmall", key=f"entry-{place}-{name}"):
        box = st.expander(f"**{entry.title}**") if hidden else st.container(gap="xsmall")
        with box:
            title = "" if hidden else f"**{entry.title}**{where}\n\n"
            st.markdown(title + entry.answer)
            if entry.notes:
                st.markdown(f":material/edit_note: *About the notes:* {entry.notes}")
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                if entry.lesson in THERE:
                    seen = find(entry.lesson)
                    query = dict(entry.at) or None
                    label = f"See it: {seen.title}"
                    st.page_link(seen.path, label=label, icon=seen.icon, query_params=query, width="content")
                if place == "list":
                    st.button(
                        "Link",
                        icon=":material/link:",
                        key=f"link-{name}",
                        type="tertiary",
                        on_click=state.set,
                        kwargs={"entry": name},
                        help="Puts this entry into the page's address, so that Copy link leads to it",
                    )


def show_linked(state: PageState, entries: list[Entry]) -> None:
    """The entry that the page's address names, above the others."""
    name = state.value("entry", "")
    if not name:
        return
    named = [entry for entry in entries if name_of(entry) == name]
    if named:
        show_entry(state, named[0], hidden=False, place="top")
    else:
        st.info("The link names an entry that is not here any more. Search for it.")
    st.button("Close this entry", icon=":material/close:", on_click=state.set, kwargs={"entry": ""}, type="tertiary")


def show_list(state: PageState, entries: list[Entry], hidden: bool, by_chapter: bool) -> None:
    """The first entries, under their chapters, and a button for more."""
    text = state.value("many", str(AT_ONCE))
    many = min(int(text), MOST) if text.isascii() and text.isdigit() and len(text) < 6 else AT_ONCE
    chapter = ""
    for entry in entries[:many]:
        if by_chapter and entry.chapter != chapter:
            chapter = entry.chapter
            st.subheader(f"{chapter} {CHAPTERS[chapter]}", anchor=False)
        show_entry(state, entry, hidden)
    if len(entries) > many:
        label = f"Show {count(min(AT_ONCE, len(entries) - many))} more"
        st.button(label, on_click=state.set, kwargs={"many": str(many + AT_ONCE)}, key="more")


with lesson("glossary") as page:
    entries = all_entries()
    left, right = page.stage(1, 2.4)
    with left:
        words, chapter, kind, hidden = controls(page.state)
    found = chosen_entries(entries, words, chapter, kind)
    with left:
        st.caption(
            f"{count(len(found))} of {count(len(entries))} entries. *Put right* are those where the notes say it "
            "wrongly or loosely. Questions are answered as in the lesson that is linked: “this page” means it."
        )
    with right:
        show_linked(page.state, entries)
        if not found:
            st.info("Nothing is found. Try fewer or shorter words, or all chapters.")
        show_list(page.state, found, hidden, by_chapter=not words.strip())
