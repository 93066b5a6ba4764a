"""Decoding: what the page shows, part by part."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.tokenizers.pretrained import token_bytes, token_text
from ui import next_token
from ui.components.draw_bar import draw_bar
from ui.components.stages import stages
from ui.components.token_strip import Chip, token_strip
from ui.components.tree import tree
from ui.figures import alternatives
from ui.figures import decoding as draw
from ui.labels import quote, visible
from ui.lesson import friendly_errors
from ui.lessons.decoding import code as calls
from ui.lessons.decoding.arithmetic import arithmetic_table, one_line
from ui.lessons.decoding.controls import MOST_ADDED, Text, choose_path, second_setting
from ui.numbers import count, fmt, percent
from ui.palette import CHANGED, NEUTRAL, token_hue
from ui.picks import number_of

PARTS = {"one": "One token", "two": "Two settings, one draw", "many": "1,000 draws", "tree": "A tree of texts"}
PROMPT_CHIPS = 10
WRITTEN_AT_ONCE = 14
MOST_OPEN = 24
GUESSES = ("Exactly that often", "About that often, but not exactly", "There is no telling")


def show_text(text: Text, buttons: bool = True) -> None:
    """The end of the text as tokens, with the buttons that make it longer and shorter."""
    now, tokenizer = text.now, text.loaded.tokenizer
    start = max(0, now.prompt - PROMPT_CHIPS)
    chips = [
        Chip(
            token_text(tokenizer, i),
            i,
            token_bytes(tokenizer, i),
            hue=NEUTRAL if at < now.prompt else token_hue(at - now.prompt),
        )
        for at, i in enumerate(now.ids[start:], start)
    ]
    token_strip(chips, f"text-{start}", "The text so far")
    if start:
        st.caption(f"The first {count(start)} tokens of the prompt are not drawn here.")
    if len(now.ids) > now.context:
        st.caption(
            f":material/info: The text has {count(len(now.ids))} tokens and this model looks at {count(now.context)}. "
            "The window slides: it reads the end and does not see the beginning."
        )
    if not buttons:
        return
    full = len(text.path) >= MOST_ADDED
    with st.container(horizontal=True):
        st.button(
            "Next token",
            type="primary",
            disabled=full,
            on_click=choose_path,
            args=(text, (*text.path, text.draw.id)),
            help="Adds the drawn token to the text",
        )
        st.button("10 more", disabled=full, on_click=write_more, args=(text, 10))
        st.button("Back", disabled=not text.path, on_click=choose_path, args=(text, text.path[:-1]))
        st.button("Start again", disabled=not text.path, on_click=choose_path, args=(text, ()))
    if full:
        st.caption(f"{count(MOST_ADDED)} tokens are added, the most that this page keeps in its link. Start again.")


def write_more(text: Text, tokens: int) -> None:
    """A callback: add several tokens, each drawn with the next number of the seed's row."""
    with friendly_errors():
        written = text.write(min(tokens, MOST_ADDED - len(text.path)))
        choose_path(text, (*text.path, *(one.id for one in written)))


def bar(text: Text, drawn: next_token.OneDraw, ids: list[int], title: str = "") -> dict[str, object]:
    """One bar of the draw component; tokens have the colours of their rows."""
    pieces = draw.bar_pieces(drawn.probs, ids, drawn.id)
    labels = {piece.id: text.label(piece.id) for piece in pieces if piece.id is not None}
    hues = {token: token_hue(place) for place, token in enumerate(ids)}
    return draw.bar_data(title, pieces, drawn.id, labels, hues)


def show_one(text: Text) -> str:
    """One token: stage by stage, the draw, the arithmetic."""
    show_text(text)
    drawn = text.draw
    chosen = number_of(text.state.value("token", ""), len(drawn.probs) - 1, drawn.id)
    ids = draw.shown_ids(drawn.stages[0], [drawn.id, chosen])
    titles = [text.title(name) for name in drawn.names]
    table = draw.stage_table(titles, drawn.stages, ids, [text.label(i) for i in ids], drawn.id, chosen)
    stages(table, "stages", lambda i: text.state.set(token=str(i)))
    draw_bar([bar(text, drawn, ids)], drawn.number, "draw")
    st.caption(
        "Above: probability of the next token after each stage, # is its rank in the model's own; a column adds up to "
        "100%, and a bar that fades out is longer than its column. "
        "Below: the last column laid end to end from 0 to 1, most probable first. The random number is the pink "
        "line; the token under it is drawn."
    )
    return calls.one_token()


def show_arithmetic(text: Text) -> None:
    """One token's way from logit to probability, and the whole vocabulary by rank."""
    drawn = text.draw
    chosen = number_of(text.state.value("token", ""), len(drawn.probs) - 1, drawn.id)
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        st.header("The arithmetic of one token", anchor=False)
        st.markdown(arithmetic_table(text, chosen))
    with right:
        st.header(f"All {count(len(drawn.probs))} tokens", anchor=False)
        frame, spec = alternatives.whole_vocabulary(drawn.stages[0], drawn.probs)
        st.vega_lite_chart(frame, spec, key="curve", alt="Probability of every token against its rank")
        st.caption(
            "Both axes are logarithmic: each line to the left or up is ten times as much. Dashed: as the model has "
            "it. Solid: what the token is drawn from; it ends where the filters cut."
        )


def show_two(text: Text) -> str:
    """Two settings: the same number on two bars, the same row of numbers for two texts."""
    other = second_setting(text)
    ids = draw.shown_ids(text.draw.stages[0], [text.draw.id])
    bars = [
        bar(text, text.draw, ids, f"A  ({one_line(text.settings)})"),
        bar(text, other.draw, ids, f"B  ({one_line(other.settings)})"),
    ]
    draw_bar(bars, text.draw.number, "draws")
    st.caption("Tokens as bars from 0 to 1, most probable first. The number is the same for A and B.")
    ours, theirs = text.write(WRITTEN_AT_ONCE), other.write(WRITTEN_AT_ONCE)
    pairs = list(zip(ours, theirs, strict=True))
    same = next((i for i, (a, b) in enumerate(pairs) if a.id != b.id), len(pairs))
    st.subheader(f"The next {len(ours)} tokens, drawn with the same numbers", anchor=False)
    for name, written in (("A", ours), ("B", theirs)):
        chips = [
            Chip(
                text.label(one.id),
                one.id,
                token_bytes(text.loaded.tokenizer, one.id),
                note=f"{one.number:.2f}",
                hue=NEUTRAL if i < same else (token_hue(0) if name == "A" else CHANGED),
            )
            for i, one in enumerate(written)
        ]
        heading, strip = st.columns([0.08, 1], vertical_alignment="top")
        heading.markdown(f"**{name}**")
        with strip:
            token_strip(chips, f"written-{name}", f"Text {name}")
    parting = (
        f"They part at token {same + 1}. From then on A and B continue different texts, so their distributions differ "
        "for that reason too."
        if same < len(pairs)
        else "They do not part: every number fell on the same token in A and in B."
    )
    st.caption(f"Below each token: its random number. {parting}")
    settings = [replace(one.settings, max_new_tokens=WRITTEN_AT_ONCE) for one in (text, other)]
    return calls.two_settings(*settings)


def show_many(text: Text) -> str:
    """Many draws of the same token against what the probabilities promise."""
    probs, options = text.draw.probs, ["10", "100", "1000", "10000"]
    labels = {option: count(int(option)) for option in options}
    draws = int(text.state.choice("draws", "Draws of the next token", options, "1000", labels=labels))
    best = int(draw.ranking(probs)[0])
    p = float(probs[best])
    st.markdown(
        f"{quote(text.label(best))} has a probability of **{percent(p)}**. {count(draws)} draws times that is "
        f"**{fmt(draws * p)}**. How often will it come? Guess first."
    )
    guess = text.state.value("guess", "", ["", "0", "1", "2"])
    with st.container(horizontal=True):
        for i, words_of in enumerate(GUESSES):
            st.button(
                words_of,
                key=f"guess-{i}",
                type="primary" if guess == str(i) else "secondary",
                on_click=text.state.set,
                kwargs={"guess": str(i)},
            )
    if guess:
        right = "0" if p == 1 else "1"
        st.markdown("**Yes.**" if guess == right else f"**Not quite: {GUESSES[int(right)].lower()}.**")
        show_counts(text, draws, best)
    return calls.many_draws(draws)


def show_counts(text: Text, draws: int, best: int) -> None:
    """What was drawn, and how far chance moved it from theory."""
    probs = text.draw.probs
    p = float(probs[best])
    counted = next_token.draw_many(probs, text.settings.seed or 0, draws)
    sigma = alternatives.spread(p, draws)
    verdict = (
        f"It came {count(int(counted[best]))} times. With probability 1 nothing is left to chance."
        if sigma == 0
        else f"It came **{count(int(counted[best]))}** times. Chance moves such a count by about "
        f"√(n · p · (1 − p)) = {fmt(sigma)}; in 95 of 100 series it stays within twice that. The share comes closer to "
        "the probability with more draws: try 10, then 10,000."
    )
    st.markdown(verdict)
    ids = [i for i in draw.shown_ids(probs, []) if probs[i] > 0]
    rows = [(text.label(i), token_hue(place), float(probs[i]), int(counted[i])) for place, i in enumerate(ids)]
    others = int((probs > 0).sum()) - len(ids)
    if others:
        left = max(0.0, 1 - float(probs[ids].sum(dtype=float)))
        rows.append((f"rest: {count(others)} tokens", NEUTRAL, left, draws - int(counted[ids].sum())))
    labels, hues, shares, times = zip(*rows, strict=True)
    frame, spec = alternatives.counts_against_theory(labels, hues, shares, times, draws)
    st.vega_lite_chart(frame, spec, key="counts", alt="How often each token was drawn, against theory")
    st.caption(
        f"Bars: times drawn, of {count(draws)}. Pink ticks: draws times probability, with a line two standard "
        "deviations to either side. *Draw again* takes other random numbers."
    )


def show_tree(text: Text) -> str:
    """Continuations as a tree: click to open what could follow."""
    show_text(text, buttons=False)
    mark, size = text.mark(), len(text.draw.probs)
    best = (int(draw.ranking(text.draw.probs)[0]),)
    saved = next_token.unpack(text.state.value("tree", ""), mark, size)
    chosen, *opened = saved or [best, best]
    root = text.tree(opened)
    nodes = alternatives.tree_nodes(root, text.label, chosen)

    def choose(path: tuple[int, ...]) -> None:
        """Open a closed token; close an open one that was chosen already."""
        left = [one for one in opened if one != path]
        now = left if path in opened and path == chosen else [*left, path]
        if len(now) <= MOST_OPEN:
            text.state.set(tree=next_token.pack(mark, [path, *now]))

    tree(nodes, visible(text.label(text.now.ids[-1])), "tree", choose)
    st.caption(
        "Click a token to see what could follow it; click it again to close it. Percentages are probabilities under "
        "your settings, given everything to the left; a line is as thick as its probability."
    )
    if len(opened) >= MOST_OPEN:
        st.caption(f"{MOST_OPEN} branches are open, the most that this page draws. Close one to open another.")
    shown = [node for node in nodes if node["path"] == list(chosen) and not node["others"]]
    if shown:
        shares = [node["shown"] for node in nodes if node["chosen"] and node["depth"]]
        product = f"{' × '.join(shares)} = **{shown[0]['together']}**" if len(shares) > 1 else f"**{shares[0]}**"
        said = quote("".join(text.label(i) for i in chosen))
        st.markdown(f"Chosen: {said} with probability {product}.")
        added = (*text.path, *chosen)[:MOST_ADDED]
        st.button("Continue the text from here", on_click=choose_path, args=(text, added))
    return calls.tree_of_texts(opened)
