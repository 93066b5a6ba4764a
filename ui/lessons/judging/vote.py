"""The part where a class votes without knowing who wrote what: the teacher's side and the voters' side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import InputError
from engine.evaluation.tally import Tally, by_entry, count_votes, entry_interval, voters_agree
from engine.evaluation.votes import Pair, Poll, cast, create_poll, find_poll, polls_of, read_votes, set_state
from engine.jobs.store import runs_folder
from ui.figures import judging as draw
from ui.lesson import friendly_errors, plain
from ui.lessons.judging.sources import choose_two
from ui.numbers import count, fmt, percent
from ui.share import address

if TYPE_CHECKING:
    from pathlib import Path

    from engine.evaluation.responses import Responses
    from ui.share import PageState

ERROR = "_vote_error"
STATES = {"open": "open for votes", "closed": "closed", "revealed": "closed, and the names are shown"}
LOOK_EVERY = 2.0  # seconds


def polls_folder() -> Path:
    """Where the votes of this server are kept."""
    return runs_folder() / ".polls"


def many(number: int, noun: str) -> str:
    """So many of something: 1 vote, 2 votes."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def attempt(action, *args) -> None:  # type: ignore[no-untyped-def]
    """A callback: do it, and keep the sentence when it fails."""
    try:
        action(*args)
    except InputError as e:
        st.session_state[ERROR] = str(e)


def told() -> None:
    """Say what went wrong in the last callback, once."""
    if said := st.session_state.pop(ERROR, ""):
        st.error(plain(said), icon=":material/error:")


# ---- the teacher


def start(state: PageState, responses: Responses, names: tuple[str, str], number: int, owner: str) -> None:
    """A callback: a new vote on the first entries."""
    a, b = names
    pairs = [Pair(e["instruction"], e["input"], e[a], e[b]) for e in responses.entries[:number]]
    first, second = map(responses.title, names)
    poll = create_poll(polls_folder(), owner, f"{first} or {second}", (first, second), pairs)
    state.set(poll=poll.code)


def show(state: PageState, responses: Responses | None, owner: str | None) -> None:
    """Join one, start one, and one's own votes with their live count."""
    told()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        code = st.text_input("Join with a code", key="join-code", max_chars=12)
        st.button("Join", on_click=state.set, kwargs={"vote": code.strip().upper()}, disabled=not code.strip())
    if owner is None:
        st.caption("One moment: this browser is getting its key.")
        return
    if responses is not None:
        form(state, responses, owner)
    mine = polls_of(polls_folder(), owner)
    if mine:
        labels = {p.code: f"{p.code}: {p.title}" for p in mine}
        chosen = state.select("poll", "Your votes", list(labels), mine[0].code, labels=labels)
        live(chosen, owner)
    elif responses is not None:
        preview(state, responses)


def form(state: PageState, responses: Responses, owner: str) -> None:
    """What a new vote compares."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = choose_two(state, responses)
        most = min(len(responses.entries), 30)
        number = int(state.number("entries", "Entries", 1, most, min(8, most)))
        st.button(
            "Start a vote",
            type="primary",
            on_click=attempt,
            args=(start, state, responses, names, number, owner),
            icon=":material/how_to_vote:",
        )


def preview(state: PageState, responses: Responses) -> None:
    """What voters will see of the first entry, here in one of the two orders."""
    entry = responses.entries[0]
    sides = [st.session_state[f"{state.slug}.{name}"] for name in ("against", "key")]
    st.caption("A voter sees two answers without names, in an order that is drawn by lot for each voter and entry:")
    st.markdown(f"**{plain(entry['instruction'])}** {plain(entry['input'])}")
    for column, key in zip(st.columns(2), sides, strict=True):
        with column, st.container(border=True):
            st.text(entry[key] or "(nothing)")


def live(code: str, owner: str) -> None:
    """The count of one's own vote, redrawn while it is open."""
    poll = find_poll(polls_folder(), code)

    @st.fragment(run_every=LOOK_EVERY if poll.state == "open" else None)
    def again() -> None:
        with friendly_errors():
            count_now(find_poll(polls_folder(), code), owner)

    again()


def count_now(poll: Poll, owner: str) -> None:
    """Code, state, buttons, votes; whose answers they are only when revealed."""
    votes = read_votes(poll)
    voters = len({vote.voter for vote in votes})
    st.markdown(
        f"Join code **{poll.code}** on this page, or the address below. "
        f"This vote is **{STATES[poll.state]}**: **{many(len(votes), 'vote')}** from {many(voters, 'voter')} on "
        f"{count(len(poll.pairs))} {'entry' if len(poll.pairs) == 1 else 'entries'}."
    )
    st.code(address("judging", vote=poll.code), language=None, wrap_lines=True)
    with st.container(horizontal=True):
        for label, to, off in (
            ("Close", "closed", poll.state != "open"),
            ("Open again", "open", poll.state != "closed"),
            ("Close and show the names", "revealed", poll.state == "revealed"),
        ):
            st.button(label, key=f"{to}-{poll.code}", disabled=off, on_click=attempt, args=(set_state, poll, owner, to))
    if poll.state == "open":
        st.caption("Who is ahead is not shown while people vote: it would sway them.")
        return
    result(poll)


def result(poll: Poll) -> None:
    """The win rate with its intervals, and the count for each entry."""
    votes = read_votes(poll)
    tally = count_votes(votes)
    if not tally.total:
        st.info("Nobody voted.")
        return
    names = poll.names if poll.state == "revealed" else ("system 1", "system 2")
    a, b = map(plain, names)
    low, high = tally.interval
    said = (
        f"**{b}** got {many(tally.b, 'vote')}, **{a}** {many(tally.a, 'vote')}; {many(tally.ties, 'tie')}. "
        f"Win rate of {b}: **{percent(tally.win_rate)}** (a tie is half a win). Of the votes that chose a side, its "
        f"share lies between {percent(low)} and {percent(high)} with 95% confidence, if votes were independent (Wilson)"
    )
    tallies = by_entry(votes, len(poll.pairs))
    if wide := entry_interval(tallies):
        said += (
            f"; with other entries of this kind, the win rate lies between {percent(wide[0])} and {percent(wide[1])}"
        )
    agree = voters_agree(votes, len(poll.pairs))
    said += "." if math.isnan(agree) else f". The voters agree with Krippendorff's alpha **{fmt(agree)}**."
    frame, spec = draw.votes([(t.a, t.b, t.ties) for t in tallies], names)
    st.vega_lite_chart(frame, spec, key="votes", alt="The votes on each entry")
    st.markdown(said)
    st.dataframe([entry_row(poll, i, t, names) for i, t in enumerate(tallies)], hide_index=True, key="entries-voted")


def entry_row(poll: Poll, i: int, tally: Tally, names: tuple[str, str]) -> dict[str, object]:
    """One entry with its votes."""
    pair = poll.pairs[i]
    asked = f"{pair.instruction} {pair.input}".strip()
    return {"entry": i + 1, "instruction": asked, names[0]: tally.a, names[1]: tally.b, "ties": tally.ties}


# ---- the voter


def take_part(state: PageState, code: str, voter: str | None) -> None:
    """The voter's page: one entry after another, two answers without names."""
    told()
    st.button("Leave this vote", icon=":material/arrow_back:", on_click=state.set, kwargs={"vote": ""})
    poll = find_poll(polls_folder(), code)
    if voter is None:
        st.caption("One moment: this browser is getting its key.")
        return
    if poll.state != "open":
        result(poll)
        return
    done = {vote.entry for vote in read_votes(poll) if vote.voter == voter}
    order = poll.order(voter)
    st.progress(len(done) / len(order), f"{count(len(done))} of {count(len(order))} entries voted on")
    if left := [entry for entry in order if entry not in done]:
        ballot(poll, voter, left[0])
    else:
        st.success("You have voted on everything. The result comes when the vote is closed; load the page again then.")


def ballot(poll: Poll, voter: str, entry: int) -> None:
    """One entry: the task, both answers, three buttons."""
    pair = poll.pairs[entry]
    st.subheader(plain(pair.instruction), anchor=False)
    if pair.input:
        st.text(pair.input)
    sides = ("b", "a") if poll.swapped(voter, entry) else ("a", "b")
    for number, (side, column) in enumerate(zip(sides, st.columns(2), strict=True), start=1):
        with column, st.container(border=True):
            st.caption(f"Answer {number}")  # not left and right: on a phone they stand one below the other
            st.text((pair.a if side == "a" else pair.b) or "(nothing)")
            button(f"Answer {number} is better", poll, voter, entry, side)
    button("Equally good", poll, voter, entry, "tie")
    st.caption("Which answer is the first is drawn anew for every voter and entry.")


def button(label: str, poll: Poll, voter: str, entry: int, choice: str) -> None:
    """One choice."""
    st.button(label, key=f"{label}-{entry}", width="stretch", on_click=attempt, args=(cast, poll, voter, entry, choice))
