"""The code behind the picture: the engine calls with the values on screen, and a notebook that runs them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from ui.catalog import ROOT
from ui.models import RUN
from ui.run_models import own_models

if TYPE_CHECKING:
    from collections.abc import Sequence

# Works from the repository's folder and from any folder inside it, and says what to do elsewhere.
SETUP_CELL = """\
# Run this notebook inside the Glassbox folder, with the packages of requirements.txt.
import sys
from pathlib import Path

root = next((p for p in [Path.cwd(), *Path.cwd().parents] if (p / "engine" / "model.py").is_file()), None)
if root is None:
    raise SystemExit("Move this notebook into the Glassbox folder and run it again.")
sys.path.insert(0, str(root))"""


def show_code(cells: str | Sequence[str], filename: str, title: str = "Show the code") -> None:
    """A closed box with the code; below it the same code as a notebook.

    cells     Python that makes what is on screen, with the current values filled in (repr for texts);
              several strings become several cells of the notebook
    filename  the notebook's name without .ipynb
    """
    parts = [load_own_run(cell) for cell in ([cells] if isinstance(cells, str) else cells)]
    with st.expander(title, icon=":material/code:"):
        st.code("\n\n".join(part.strip() for part in parts), language="python")
        st.download_button(
            "Download as a notebook",
            data=lambda: notebook(parts, filename),
            file_name=f"{filename}.ipynb",
            mime="application/x-ipynb+json",
            key=f"notebook-{filename}",
            on_click="ignore",
            icon=":material/download:",
        )


def model_cell(name: str) -> str:
    """The cell that loads the sidebar's model as `model`, `tokenizer`.

    name  the model's name as in ui.models: pocket, or a size of GPT-2
    """
    if name == "pocket":
        return "from engine.weights.pocket import load_pocket\n\nmodel, tokenizer = load_pocket()"
    return (
        "from engine.tokenizers.pretrained import load_tokenizer\nfrom engine.weights.gpt2 import load_gpt2\n\n"
        f'model, tokenizer = load_gpt2({name!r}).eval(), load_tokenizer("gpt2")'
    )


# How lessons load a GPT-2, when the name is that of one of the visitor's own trainings.
_RUN_LOADED = re.compile(r"""load_gpt2\((["'])run-([\w-]+)\1\)(?:\.eval\(\))?(?:,\s*load_tokenizer\((["'])gpt2\3\))?""")


def load_own_run(cell: str) -> str:
    """A cell that loads a training's model as if it were a GPT-2 loads it from the training's folder instead."""
    found = _RUN_LOADED.search(cell)
    model = own_models().get(f"{RUN}{found[2]}") if found else None
    if found is None or model is None:
        return cell
    folder = model.folder.relative_to(ROOT) if model.folder.is_relative_to(ROOT) else model.folder
    source = f"from engine.weights.by_name import load_by_name\n\n{cell}"
    return source.replace(found[0], f"load_by_name({folder.as_posix()!r})")


def notebook(cells: Sequence[str], title: str) -> bytes:
    """The cells as a notebook that runs from top to bottom inside the repository."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    book = new_notebook(
        cells=[
            new_markdown_cell(f"# {title.replace('_', ' ').capitalize()}\n\nMade by Glassbox from what was on screen."),
            new_code_cell(SETUP_CELL),
            *(new_code_cell(cell.strip()) for cell in cells),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    for number, cell in enumerate(book.cells):
        cell["id"] = f"cell-{number}"  # random ids would make every download differ
    nbformat.validate(book)
    return str(nbformat.writes(book)).encode("utf-8")
