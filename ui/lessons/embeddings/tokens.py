"""The embedding table of the chosen model with a readable name for each row, and finding rows by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import InputError
from ui import models
from ui.labels import visible

if TYPE_CHECKING:
    import numpy as np
    import tiktoken
    from numpy.typing import NDArray

    from ui.models import LoadedModel

    Floats = NDArray[np.float32]

KINDS = ("begins a word", "begins with a capital", "goes on inside a word", "digits, signs, bytes")
SHOWN = {"words": "That begin a word", "all": "All kinds"}
MOST_MATCHES = 12
LONGEST_SEARCH = 200  # characters


@dataclass(frozen=True)
class TokenTable:
    """The table and its names; shared by all sessions, so read it only.

    names   (V,) each token as text, a leading space shown as a dot: ·king
    vectors (V, D) the rows as they are
    unit    (V, D) the rows scaled to length 1
    """

    model: str
    tokenizer: tiktoken.Encoding
    names: list[str]
    vectors: Floats
    unit: Floats

    @cached_property
    def number(self) -> dict[str, int]:
        """Token ID by name; of equal names the first."""
        return {name: i for i, name in reversed(list(enumerate(self.names)))}

    @cached_property
    def lowered(self) -> list[str]:
        """The names in small letters, for searching."""
        return [name.lower() for name in self.names]


def read_table(loaded: LoadedModel, _: str) -> TokenTable:
    """The model's token embedding."""
    from engine.analysis.neighbours import unit_rows
    from engine.tokenizers.pretrained import token_text

    vectors = loaded.model.tok_emb.weight.detach().float().cpu().numpy()
    known = min(len(vectors), loaded.tokenizer.n_vocab)
    names = [visible(token_text(loaded.tokenizer, i)) for i in range(known)]
    return TokenTable(loaded.name, loaded.tokenizer, names, vectors[:known], unit_rows(vectors[:known]))


def current_table() -> TokenTable:
    """The table of the model chosen in the sidebar."""
    return models.infer(read_table, models.current(), "")


def kind(name: str) -> str:
    """One of KINDS, from the text alone."""
    letters = name.removeprefix("·")
    if not letters.isalpha():
        return KINDS[3]
    if not name.startswith("·"):
        return KINDS[2]
    return KINDS[0] if letters.islower() else KINDS[1]


@st.cache_resource(max_entries=16, show_spinner=False)
def shown_ids(model: str, which: str, number: int, _table: TokenTable) -> list[int]:
    """The tokens on the map: the first ones by ID. Byte pair encoding numbers frequent pieces first."""
    if which == "all":
        return list(range(min(number, len(_table.names))))
    begins = [i for i, name in enumerate(_table.names) if kind(name) in KINDS[:2] and len(name) > 2]
    return begins[:number]


@dataclass(frozen=True)
class Found:
    """What a search found: the tokens, best first, and how many pieces the text was cut into if it is none itself."""

    ids: list[int]
    pieces: int = 0


def find(table: TokenTable, text: str) -> Found:
    """Tokens for what a person types: a word, a token as the page writes it, or an ID such as #1532.

    Raises InputError when there is no such ID.
    """
    text = text[:LONGEST_SEARCH]
    if text.startswith("#") and text[1:].isascii() and text[1:].isdigit():
        return Found([by_id(table, text[1:])])
    word = visible(text.strip()) if text.strip() else visible(text)
    forms = [word, word.lower(), word.capitalize(), word.upper()]
    # As it is typed; then as a word in a sentence, with the space before it.
    exact = [form for form in (word, *(f"·{f}" for f in forms), *forms[1:]) if form in table.number]
    if not word.startswith("·"):
        exact.sort(key=lambda form: form.removeprefix("·") != word)
        exact.sort(key=lambda form: form != f"·{word}")
    ids = list(dict.fromkeys(table.number[form] for form in exact))
    if not ids:
        from engine.tokenizers.pretrained import encode_text

        pieces = encode_text(table.tokenizer, f" {text.strip()}" if text.strip() else text or " ")
        return Found(list(dict.fromkeys(i for i in pieces if i < len(table.names)))[:MOST_MATCHES], len(pieces))
    low = word.lower().removeprefix("·")
    if len(low) > 1:
        inside = (i for i, name in enumerate(table.lowered) if low in name)
        for i in inside:
            if len(ids) >= MOST_MATCHES:
                break
            if i not in ids:
                ids.append(i)
    return Found(ids)


def by_id(table: TokenTable, digits: str) -> int:
    """The token with this ID.

    Raises InputError when there is none.
    """
    if len(digits) > 9 or int(digits) >= len(table.names):
        raise InputError(f"there is no token #{digits[:12]}; this model's IDs go from 0 to {len(table.names) - 1:,}.")
    return int(digits)


def one_token(table: TokenTable, text: str) -> int:
    """The one token for a word.

    Raises InputError when the word is empty or no single token of this model.
    """
    if not text.strip():
        raise InputError("a word is missing; write one word in each field.")
    found = find(table, text)
    if found.pieces or not found.ids:
        pieces = " | ".join(table.names[i] for i in found.ids)
        raise InputError(
            f"this model has no single token for {text.strip()[:40]!r}, so no single vector either; it reads it as "
            f"{pieces[:80]}. Choose another word."
        )
    return found.ids[0]
