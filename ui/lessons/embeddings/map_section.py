"""The first section: the map of tokens, and the nearest neighbours of the chosen one in the full space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from ui.figures.embeddings import neighbour_bars, token_map
from ui.labels import quote, visible
from ui.lesson import friendly_errors, plain
from ui.lessons.embeddings import maps, tokens
from ui.lessons.embeddings.code import map_code
from ui.lessons.embeddings.lookup import draw_lookup
from ui.numbers import count, percent

if TYPE_CHECKING:
    from ui.lesson import Page
    from ui.lessons.embeddings.maps import TokenMap, Work
    from ui.lessons.embeddings.tokens import Found, TokenTable

NEIGHBOURS = 10
MOST_LISTED = 500
DIMS = {"2": "2-D", "3": "3-D"}
CONFIG = {"displaylogo": False, "scrollZoom": True, "toImageButtonOptions": {"format": "svg", "filename": "tokens"}}


@dataclass(frozen=True)
class Shown:
    """What the reader chose to see: which tokens, how they are laid out."""

    which: str
    number: int
    method: str
    dims: int


@st.fragment
def draw_map(page: Page) -> None:
    """The map with its controls, the neighbours, and below it the chosen token's row of the table."""
    with friendly_errors():
        draw_all(page)


def draw_all(page: Page) -> None:
    """The section; an error of the engine ends it."""
    from engine.analysis.neighbours import nearest

    left, right = page.stage(1, 2.5)
    with right:
        shown = map_controls(page)
    table = tokens.current_table()
    with left:
        text = page.state.text("find", "Find a token", "three", placeholder="a word, or #1532 for an ID")
        found = None
        with friendly_errors():
            found = tokens.find(table, text)
            say_what_was_found(page, table, text, found)
    chosen = found.ids[0] if found and found.ids else None
    ids = tokens.shown_ids(table.model, shown.which, shown.number, table)
    near, cosines = ([], [])
    if chosen is not None:
        near, cosines = (a.tolist() for a in nearest(table.unit, table.unit[chosen], NEIGHBOURS, [chosen]))
        with left:
            draw_neighbours(page, table, chosen, near, cosines, ids)
    with right:
        work = maps.work(table.model, shown.which, shown.number, shown.method, shown.dims, table.unit[ids])
        if work.done.is_set():
            draw_finished(page, table, work, shown, ids, chosen, near)
        else:
            wait_for(work, maps.METHODS[shown.method], len(ids))
    if chosen is not None:
        draw_lookup(page, table, chosen)
        map_code(table, chosen, shown.method, shown.dims, ids)


def map_controls(page: Page) -> Shown:
    """Method, dimensions, which and how many tokens, in one row."""
    with st.container(horizontal=True, vertical_alignment="top"):
        method = page.state.choice("method", "Map made by", list(maps.METHODS), "pca", labels=maps.METHODS)
        dims = page.state.choice("dims", "Dimensions", list(DIMS), "2", labels=DIMS)
        which = page.state.choice("tokens", "Tokens", list(tokens.SHOWN), "words", labels=tokens.SHOWN)
        number = page.state.slider("number", "How many", 500, 4000, 3000, 500, width=150)
    return Shown(which, number, method, int(dims))


def say_what_was_found(page: Page, table: TokenTable, text: str, found: Found) -> None:
    """The chosen token, or the pieces of a word that is none; other tokens that fit as buttons."""
    if not found.ids:
        st.caption("Nothing to find yet.")
        return
    name = quote(table.names[found.ids[0]])
    if found.pieces:
        st.caption(
            f"No single token: the model reads it as {count(found.pieces)} pieces. Chosen: the first of them, {name}."
        )
    else:
        dot = " The dot is a space." * table.names[found.ids[0]].startswith("·")
        st.caption(f"Chosen: {name}, ID {found.ids[0]}.{dot}" + " Other tokens with it:" * (len(found.ids) > 1))
    if len(found.ids) > 1:
        with st.container(horizontal=True, gap="small", key="matches"):
            for i in found.ids[1:7]:
                label = plain(table.names[i])
                st.button(label, key=f"match-{i}", type="tertiary", on_click=choose, args=(page, table, i))


def choose(page: Page, table: TokenTable, token: int) -> None:
    """A callback: the search field takes the token's own name, or its ID where the name is not unique."""
    name = table.names[token]
    page.state.set(find=name if table.number[name] == token and visible(name.strip()) == name else f"#{token}")


def draw_neighbours(
    page: Page, table: TokenTable, chosen: int, near: list[int], cosines: list[float], ids: list[int]
) -> None:
    """Bars of the cosines; a click chooses."""
    on_map = set(ids)
    labels = unique([table.names[i] for i in near], near)

    def pick() -> None:
        picks = st.session_state["neighbours"].selection.get("pick") or []
        if picks and picks[0].get("name") in labels:
            choose(page, table, near[labels.index(picks[0]["name"])])

    st.markdown(f"**Nearest to {quote(table.names[chosen])}** among all {count(len(table.names))} tokens")
    notes = ["" if i in on_map else "not on this map" for i in near]
    frame, spec = neighbour_bars(labels, cosines, notes, f"cosine, in all {table.unit.shape[1]} dimensions")
    st.vega_lite_chart(
        frame, spec, key="neighbours", on_select=pick, selection_mode="pick", alt="Cosine of the nearest tokens"
    )
    st.caption(
        "The cosine of the angle between two vectors: 1 is the same direction, 0 a right angle. Click a bar to choose "
        "that token." + " Pale: not among the tokens on this map." * any(notes)
    )


def unique(names: list[str], ids: list[int]) -> list[str]:
    """The names, with the ID behind those that occur twice."""
    return [f"{name} #{i}" if names.count(name) > 1 else name for name, i in zip(names, ids, strict=True)]


def wait_for(work: Work, name: str, points: int) -> None:
    """A bar while the map is made, looked at twice a second; then the page is drawn again."""

    @st.fragment(run_every=0.5)
    def bar() -> None:
        st.progress(work.share, f"{name} is placing {count(points)} tokens: {work.share:.0%}")
        st.caption("It goes on if you leave, and is kept for everybody who uses this server.")
        if work.done.is_set():
            st.rerun()

    with st.container(height=520, border=False):
        bar()


def draw_finished(
    page: Page, table: TokenTable, work: Work, shown: Shown, ids: list[int], chosen: int | None, near: list[int]
) -> None:
    """The map, how far to trust it, and the tokens that were caught with the lasso."""
    if work.error:
        raise work.error
    made = work.result
    if made is None:
        return
    place = {token: i for i, token in enumerate(ids)}
    names = [table.names[i] for i in ids]
    what = " of the variance" if shown.dims == 2 else ""  # there is less room in three dimensions
    axes = [f"component {i + 1}: {percent(share)}{what}" for i, share in enumerate(made.explained)]
    figure = token_map(
        made.places,
        names,
        [tokens.kind(name) for name in names],
        tokens.KINDS,
        place.get(chosen) if chosen is not None else None,
        [place[i] for i in near if i in place],
        axes or [""] * shown.dims,
    )
    key = f"map-{table.model}-{shown.which}-{shown.number}-{shown.method}-{shown.dims}"

    def pick() -> None:
        caught = selected(key)
        if len(caught) == 1 and caught[0] < len(ids):
            choose(page, table, ids[caught[0]])

    st.plotly_chart(
        figure,
        key=key,
        on_select=pick,
        selection_mode=("points", "box", "lasso"),
        config=CONFIG,
        alt=f"{count(len(ids))} tokens as points; those with similar vectors lie together",
    )
    st.caption(trust(made, shown))
    caught = [ids[i] for i in selected(key) if i < len(ids)]
    if len(caught) > 1:
        st.markdown(
            f"**{count(len(caught))} tokens caught**" + (f", the first {MOST_LISTED}:" * (len(caught) > MOST_LISTED))
        )
        first = caught[:MOST_LISTED]
        rows = {
            "token": [table.names[i] for i in first],
            "ID": first,
            "kind": [tokens.kind(table.names[i]) for i in first],
        }
        st.dataframe(rows, hide_index=True, key="caught", height=min(38 + 35 * len(first), 260))


def selected(key: str) -> list[int]:
    """Places of the selected points, each once."""
    event = st.session_state.get(key)
    points = event.selection.points if event is not None else []
    found = [point.get("customdata") for point in points]
    flat = [f[0] if isinstance(f, list) else f for f in found]
    return list(dict.fromkeys(int(f) for f in flat if isinstance(f, int | float) and f >= 0))


def trust(made: TokenMap, shown: Shown) -> str:
    """How well the map keeps who is near whom, and what its axes are."""
    f = made.faithful
    name = maps.METHODS[shown.method]
    axes = (
        f"{name} looks at the cloud of vectors from its widest sides: these {shown.dims} axes hold "
        f"**{percent(sum(made.explained))} of the variance**, of how much the vectors differ. "
        if made.explained
        else f"{name} moved the points until near vectors lay near each other ({made.seconds:.1f} s): its axes, sizes "
        "of clusters and gaps between them mean nothing. "
    )
    return (
        f"{axes}Of a token's {f.k} nearest in all dimensions, **{percent(f.kept)}** are among its {f.k} nearest on "
        f"the map (by chance {percent(f.chance)}); trustworthiness {f.trustworthiness:.3f} (1 if no stranger is among "
        "them). Purple: the chosen token and its nearest in all dimensions. "
        + (
            "Click a point to choose it; catch many with the box or the lasso of the toolbar."
            if shown.dims == 2
            else "Drag to turn, point at one for its name."
        )
    )
