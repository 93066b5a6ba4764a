"""The sentences about masks, and how a token is quoted in a sentence."""

from __future__ import annotations

from ui.labels import quote
from ui.numbers import count

KINDS = {"encoder": "Encoder (BERT)", "decoder": "Decoder (GPT)", "encoder-decoder": "Encoder-decoder (T5)"}
ABOUT = {
    "encoder": "**Encoder.** Every word may look at every other, on both sides. BERT is trained to fill holes: 15% of "
    "the tokens are chosen and most of them replaced by `[MASK]` (Devlin et al. 2019). Good for understanding a text "
    "that is there already: sorting, searching, marking. It cannot write one word after the other.",
    "decoder": "**Decoder.** A word may look at itself and at what came before: the causal mask. GPT is trained to "
    "predict the next token, at every place at once, without ever seeing it. So it can write.",
    "encoder-decoder": "**Encoder-decoder.** The first Transformer (Vaswani et al. 2017), for translation; T5 (Raffel "
    "et al. 2020). The encoder reads the whole source both ways. The decoder writes: each of its words sees the whole "
    "source (*cross-attention*) and what is written so far.",
}


def cell(words: list[str], seen: list[list[bool]], row: int, column: int, source: int) -> str:
    """What one cell of a mask says.

    source  how many of the words belong to the text that is read
    """
    looks, at, sees = quote(words[row]), quote(words[column]), seen[row][column]
    if sees and row >= source > column:
        why = "it is written, and everything that was read may be looked at (cross-attention)"
    elif sees and row == column:
        why = "it is the word itself"
    elif sees:
        why = "it came before" if column < row else "an encoder reads both ways"
    elif row < source <= column:
        why = "reading is over before writing begins"
    else:
        why = "it comes later, so it is hidden: its score becomes −∞, and softmax makes it 0"
    return (
        f"Row {row}, column {column}: {looks} **{'may' if sees else 'may not'}** look at {at}, because {why}. "
        f"In all it sees **{count(sum(seen[row]))} of {count(len(words))}** words."
    )


def code(kind: str, source: int, target: int) -> str:
    """The code behind the mask."""
    sizes = f"{source}, {target}" if kind == "encoder-decoder" else str(source)
    return (
        "from engine.analysis.masks import attention_mask\n\n"
        f"mask = attention_mask({kind!r}, {sizes})\nprint(mask.int())\nprint(mask.sum(dim=1))"
    )
