"""The rules of the house, read from the source itself: who imports whom, who prints, what is never called.

`broken_rules` looks at one file's text, so the end of this module can show it files that break each rule.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ui.catalog import HIDDEN, lessons

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("engine", "ui", "pages", "scripts", "benchmarks", "tests")
SOURCES = ["app.py", *sorted(str(p.relative_to(ROOT)) for f in FOLDERS for p in (ROOT / f).rglob("*.py"))]
LONGEST_FILE = 300

# A part of engine imports only parts to its left.
ENGINE_ORDER = [
    *("errors", "whole_files"),
    *("config", "anatomy", "memory", "device", "machine", "downloads", "tokenizers", "datasets"),
    *("attention", "attention_steps", "model", "fast", "packed", "trace", "sampling", "decoding", "branching"),
    *("evaluation", "weights", "analysis", "training", "finetune", "experiments", "jobs"),
    *("cli_output", "cli_jobs", "cli_texts", "cli_classify", "cli_instruct", "cli_judge", "cli", "__main__"),
]

# Where a path starts with the first, nothing of the second is imported, wherever in the file.
NEVER_IMPORTED = {
    "engine/": "streamlit plotly altair ui pages app",
    "ui/": "pages app",
    "ui/figures/": "streamlit torch ui.models engine.attention engine.model engine.fast engine.weights",
    "pages/": "pages app",
    "app.py": "engine pages",
}
# The same, but only imports that run when the file is imported: those inside functions are welcome.
NOT_AT_START = {
    "": "tensorflow",
    "app.py": "torch sklearn altair plotly transformers",
    "pages/": "torch sklearn altair plotly transformers",
    "ui/": "torch sklearn transformers",
    "engine/__init__.py": "torch",
    "engine/config.py": "torch",
    "engine/errors.py": "torch",
    "engine/tokenizers/": "torch",
    "engine/finetune/recipe.py": "torch",
    "engine/finetune/parts.py": "torch",
    "engine/evaluation/metrics.py": "torch",
    "engine/evaluation/curves.py": "torch",
    "engine/evaluation/diagnosis.py": "torch",
    "engine/jobs/recorded.py": "torch",
    "engine/jobs/store.py": "torch",
    "engine/jobs/recipe.py": "torch",
    "engine/jobs/runner.py": "torch",
    "engine/jobs/processes.py": "torch",
    "engine/jobs/preflight.py": "torch",
    "engine/jobs/instruct_preflight.py": "torch",
    "engine/jobs/models.py": "torch",
    "engine/finetune/entries.py": "torch",
    "engine/finetune/instruction_recipe.py": "torch",
}
MAY_PRINT = {"print_gradients", "generate_and_print_sample", "train_model_simple"}
SEEDS = {"torch.manual_seed", "torch.cuda.manual_seed", "torch.cuda.manual_seed_all", "random.seed"}
SEEDS |= {"np.random.seed", "numpy.random.seed"}
TAKES_OVER = {"signal.signal", "logging.basicConfig"}
# A job's worker is a process of its own: nobody imports it but the test that runs it.
OWN_PROCESS = ("engine/cli", "engine/jobs/worker.py")


@dataclass(frozen=True)
class Import:
    """One imported name, absolute: `from engine.model import GPTModel` is engine.model.GPTModel."""

    name: str
    line: int
    at_start: bool

    def is_of(self, packages: str) -> bool:
        """Whether it is one of these packages, separated by spaces, or lies inside one."""
        return any(self.name == p or self.name.startswith(p + ".") for p in packages.split())


def imports(tree: ast.Module, path: str) -> Iterator[Import]:
    """Every import in a file, those inside functions too."""
    at_start = set(_run_at_start(tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            folder = path.split("/")[: -node.level] if node.level else []
            base = ".".join([*folder, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (Import(name, node.lineno, node in at_start) for name in names)


def _run_at_start(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run on import: not those in functions, nor those under `if TYPE_CHECKING`."""
    for node in body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            yield from _run_at_start(node.orelse)
            continue
        for inner in ("body", "orelse", "finalbody"):
            yield from _run_at_start(getattr(node, inner, []))
        for handler in getattr(node, "handlers", []):
            yield from _run_at_start(handler.body)


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str, set[str]]]:
    """Every call with its dotted name and the names of the functions around it."""

    def walk(node: ast.AST, around: frozenset[str]) -> Iterator[tuple[ast.Call, str, set[str]]]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            around |= {node.name}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node, ast.unparse(node.func), set(around)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, around)

    return walk(tree, frozenset())


def broken_rules(path: str, source: str) -> list[str]:
    """What this file does that it may not, a sentence each.

    path  relative to the repository, with forward slashes
    """
    tree = ast.parse(source)
    found = [*_import_rules(tree, path), *_engine_layers(tree, path), *_call_rules(tree, path)]
    if len(source.splitlines()) > LONGEST_FILE:
        found.append(f"{path} has more than {LONGEST_FILE} lines")
    return found


def _import_rules(tree: ast.Module, path: str) -> Iterator[str]:
    for one in imports(tree, path):
        where = f"{path}:{one.line} imports {one.name}"
        for start, banned in NEVER_IMPORTED.items():
            if path.startswith(start) and one.is_of(banned):
                yield f"{where}, which {start} never does"
        for start, banned in NOT_AT_START.items():
            if path.startswith(start) and one.at_start and one.is_of(banned):
                yield f"{where} when it is imported; do it inside the function that needs it"


def _engine_layers(tree: ast.Module, path: str) -> Iterator[str]:
    if not path.startswith("engine/") or path == "engine/__init__.py":
        return
    own = path.split("/")[1].removesuffix(".py")
    if own not in ENGINE_ORDER:
        yield f"{path} has no place in ENGINE_ORDER"
        return
    for one in imports(tree, path):
        if not one.is_of("engine"):
            continue
        part = one.name.split(".")[1]
        if part not in ENGINE_ORDER:
            yield f"{path}:{one.line} imports {one.name}; inside engine, import from the module that has it"
        elif part != own and ENGINE_ORDER.index(part) > ENGINE_ORDER.index(own):
            yield f"{path}:{one.line} imports {one.name}, which stands above engine.{own}"


def _call_rules(tree: ast.Module, path: str) -> Iterator[str]:
    in_engine, in_cli = path.startswith("engine/"), path.startswith("engine/cli")
    own_process = path.startswith(OWN_PROCESS)
    modules = {a.asname or a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    for call, name, around in calls(tree):
        where = f"{path}:{call.lineno} calls {name}"
        if name == "torch.load" and not _is_weights_only(call):
            yield f"{where} without weights_only=True: a checkpoint could run code"
        if in_engine and not in_cli and name == "print" and not around & MAY_PRINT:
            yield f"{where}; engine returns what it has to say"
        if in_engine and not own_process and name in SEEDS and name.split(".")[0] in modules:
            yield f"{where}; random numbers in engine come from a torch.Generator of their own"
        if in_engine and not own_process and name in TAKES_OVER:
            yield f"{where}; the process belongs to whoever imported engine"


def _is_weights_only(call: ast.Call) -> bool:
    given = {k.arg: k.value for k in call.keywords}.get("weights_only")
    return isinstance(given, ast.Constant) and given.value is True


@pytest.mark.parametrize("path", SOURCES)
def test_file_keeps_the_rules(path: str) -> None:
    """Each source file of the repository, as it is now."""
    assert broken_rules(path, (ROOT / path).read_text(encoding="utf-8")) == []


def test_every_page_is_a_lesson() -> None:
    """Streamlit serves any file of a folder named pages, past the router, so each must be in the list."""
    known = {lesson.path for lesson in lessons()} | {f"pages/{slug}.py" for slug in HIDDEN}
    assert known == {f"pages/{p.name}" for p in (ROOT / "pages").glob("*.py")}


def test_file_names_are_the_addresses() -> None:
    """A page with another url_path shows "Page not found" when its link is the first thing a server sees."""
    assert "url_path=" not in (ROOT / "app.py").read_text(encoding="utf-8")


BREAKS = [
    ("engine/model.py", "import streamlit as st"),
    ("engine/model.py", "def f():\n    from plotly import express"),
    ("engine/model.py", "from engine.training.loop import train"),
    ("engine/model.py", "from engine import GPTModel"),
    ("engine/training/loop.py", "from ..jobs import store"),
    ("engine/unheard_of.py", "x = 1"),
    ("engine/tokenizers/bpe.py", "import torch"),
    ("engine/tokenizers/bpe.py", "try:\n    pass\nexcept OSError:\n    import torch"),
    ("engine/weights/openai_tf.py", "import tensorflow as tf"),
    ("engine/model.py", "print(1)"),
    ("engine/model.py", "def show():\n    print(1)"),
    ("engine/model.py", "import torch\ntorch.manual_seed(0)"),
    ("engine/model.py", "import numpy as np\nnp.random.seed(0)"),
    ("engine/model.py", "signal.signal(signal.SIGINT, stop)"),
    ("engine/model.py", "x = 1\n" * 301),
    ("scripts/make.py", "torch.load('a.pt')"),
    ("scripts/make.py", "torch.load('a.pt', weights_only=False)"),
    ("ui/lesson.py", "from pages import home"),
    ("ui/models.py", "import torch"),
    ("ui/figures/bars.py", "import streamlit"),
    ("ui/figures/bars.py", "from engine.model import GPTModel"),
    ("pages/home.py", "from pages.heads import draw"),
    ("pages/home.py", "import altair as alt"),
    ("app.py", "import engine"),
]
KEEPS = [
    ("engine/model.py", "from engine.attention import MultiHeadAttention"),
    ("engine/training/loop.py", "from .optim import Schedule\nfrom engine.training import events"),
    ("engine/tokenizers/bpe.py", "if TYPE_CHECKING:\n    import torch"),
    ("engine/weights/openai_tf.py", "def read():\n    import tensorflow as tf"),
    ("engine/model.py", "def print_gradients():\n    print(1)"),
    ("engine/cli.py", "print(1)"),
    ("engine/decoding.py", "import torch\nrandom = torch.Generator()\nrandom.seed()\nrandom.manual_seed(0)"),
    ("scripts/make.py", "torch.load('a.pt', weights_only=True)"),
    ("ui/figures/bars.py", "import altair as alt\nimport pandas as pd"),
    ("pages/home.py", "def draw():\n    import torch\n    from engine.model import GPTModel"),
]


@pytest.mark.parametrize(("path", "source"), BREAKS)
def test_a_broken_rule_is_found(path: str, source: str) -> None:
    """The rules above are not empty words: each of these files breaks exactly one."""
    assert len(broken_rules(path, source)) == 1


@pytest.mark.parametrize(("path", "source"), KEEPS)
def test_what_is_allowed_is_left_alone(path: str, source: str) -> None:
    """The near misses of the rules above."""
    assert broken_rules(path, source) == []
