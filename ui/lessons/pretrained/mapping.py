"""What the lesson on pretrained weights computes: the mapping's rows, and two corners of one tensor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ui.figures.matrices import Mark, Matrix, Product
from ui.numbers import count, fmt

if TYPE_CHECKING:
    import numpy as np

    from engine.config import GPTConfig
    from engine.weights.mapping import Source
    from ui.figures.matrices import Run
    from ui.models import LoadedModel

CORNER = 5  # rows and columns that are shown of a matrix
THIRDS = ("first", "second", "last")
LEAVES = {"weight": "w", "bias": "b"}


@dataclass(frozen=True)
class Row:
    """One of our tensors and where it comes from.

    ours, theirs        names; theirs as OpenAI's params and as Hugging Face's file have it
    our_shape           sizes of ours
    their_shape         sizes of the tensor that it is taken out of
    source              how it is taken
    """

    ours: str
    openai: str
    hugging_face: str
    our_shape: tuple[int, ...]
    their_shape: tuple[int, ...]
    source: Source

    @property
    def action(self) -> str:
        """What has to be done with theirs, in words."""
        parts = [] if self.source.third is None else [f"{THIRDS[self.source.third]} third"]
        parts += ["transposed"] if self.source.transposed else []
        return ", ".join(parts) or "as it is"


def openai_path(name: str) -> str:
    """Hugging Face's name as the path into OpenAI's params: params["blocks"][0]["attn"]["c_attn"]["w"]."""
    *groups, leaf = name.split(".")
    if groups[0] in ("wte", "wpe"):
        return f'params["{groups[0]}"]'
    letter = {"weight": "g", "bias": "b"}[leaf] if groups[-1].startswith("ln_") else LEAVES[leaf]
    if groups[0] == "ln_f":
        return f'params["{letter}"]'
    inside = "".join(f'["{group}"]' for group in groups[2:])
    return f'params["blocks"][{groups[1]}]{inside}["{letter}"]'


def rows_of(cfg: GPTConfig, part: str) -> list[Row]:
    """The mapping of one part, in the model's own order.

    part  "outside", or the number of a block
    """
    from engine.weights.mapping import sources

    d = cfg.emb_dim
    tables = {"wte": (cfg.vocab_size, d), "wpe": (cfg.context_length, d), "lm_head": (cfg.vocab_size, d)}
    matrices = {"attn.c_attn": (d, 3 * d), "attn.c_proj": (d, d), "mlp.c_fc": (d, 4 * d), "mlp.c_proj": (4 * d, d)}
    found = []
    for ours, source in sources(cfg).items():
        if not ours.startswith(f"trf_blocks.{part}.") and (part != "outside" or ours.startswith("trf_blocks.")):
            continue
        layer, leaf = source.name.rsplit(".", 1)
        inner = layer.split(".", 2)[-1] if layer.startswith("h.") else layer
        theirs = tables.get(inner) or matrices.get(inner) or (d,)
        if leaf == "bias" and inner in matrices:
            theirs = theirs[-1:]
        size = theirs if source.third is None else (*theirs[:-1], theirs[-1] // 3)
        our_shape = size[::-1] if source.transposed else size
        found.append(Row(ours, openai_path(source.name), source.name, our_shape, theirs, source))
    return found


def table(rows: list[Row], names: str) -> dict[str, list[Any]]:
    """The mapping as columns of a table, our names within the block; names is "openai" or "hugging_face".

    All columns have to fit beside the controls: what every path begins with stands in the heading.
    """
    heading = "theirs: params…" if names == "openai" else "theirs"
    return {
        "ours": [re.sub(r"^trf_blocks\.\d+\.", "", row.ours) for row in rows],
        heading: [getattr(row, names).removeprefix("params") for row in rows],
        "taken": [row.action for row in rows],
        "their shape → our shape": [f"{shape(row.their_shape)} → {shape(row.our_shape)}" for row in rows],
    }


def shape(sizes: tuple[int, ...]) -> str:
    """(768, 2,304)."""
    return f"({', '.join(map(count, sizes))}{',' if len(sizes) == 1 else ''})"


def theirs_and_ours(loaded: LoadedModel, text: str) -> tuple[np.ndarray, np.ndarray]:
    """The tensor of ours with this name, and the whole of theirs that it lies in."""
    from engine.weights.mapping import sources, their_tensor

    source = sources(loaded.model.cfg)[text]
    theirs = their_tensor(loaded.model, source.name)
    return theirs.cpu().numpy(), source.take(theirs).cpu().numpy()


def corner(row: Row, theirs: np.ndarray, ours: np.ndarray) -> Product:
    """The top left corner of ours, and the numbers of theirs that it is made of; a vector is a column."""
    start = (row.source.third or 0) * (row.their_shape[-1] // 3)
    shown = ours.reshape(len(ours), -1)[:CORNER, :CORNER]
    rows, columns = range(len(shown)), range(shown.shape[1])
    if row.source.transposed:
        their_rows, their_columns, mark = columns, range(start, start + len(rows)), Mark("turned", "i", "weight")
    else:
        their_rows, their_columns, mark = range(start, start + len(rows)), columns, Mark("cell", "i", "weight")
    part = theirs.reshape(len(theirs), -1)[their_rows.start : their_rows.stop, their_columns.start : their_columns.stop]
    left = Matrix(f"theirs {shape(row.their_shape)}", part, *labels(their_rows, their_columns), marks=[mark])
    right = Matrix(f"ours {shape(row.our_shape)}", shown, *labels(rows, columns), before="→")
    explain = [[said(row, i, j, start, float(shown[i, j])) for j in columns] for i in rows]
    return Product([left], right, explain)


def labels(rows: range, columns: range) -> tuple[list[str], list[str]]:
    """Row and column numbers as words."""
    return [str(i) for i in rows], [str(j) for j in columns]


def said(row: Row, i: int, j: int, start: int, value: float) -> list[Run]:
    """Where the number at (i, j) of ours lies in theirs."""
    if len(row.our_shape) == 1:
        ours, theirs = f"ours[{i}]", f"theirs[{start + i}]"
        sum_ = f"theirs[{start} + {i}] = " if start else ""
    elif row.source.transposed:
        ours, theirs = f"ours[{i}, {j}]", f"theirs[{j}, {start + i}]"
        sum_ = f"theirs[{j}, {start} + {i}] = " if start else ""
    else:
        ours, theirs, sum_ = f"ours[{i}, {j}]", f"theirs[{i}, {j}]", ""
    return [(f"{ours} = {sum_}{theirs} = ", ""), (fmt(value), "result")]
