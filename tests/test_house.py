"""The files around the code: pins, the two commands, the app's configuration, and what an import may cost."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

from engine.datasets.reading import MOST_BYTES

ROOT = Path(__file__).resolve().parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CONFIG = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
# In two pieces, because no file of ours names one, this one included.
REGISTRY_HOSTS = [a + b for a, b in (("py", "pi.org"), ("python", "hosted.org"), ("npm", "js.org"))]


def pins(name: str) -> dict[str, str]:
    """The requirements in a file and their versions; fails for a line that is no exact pin."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+==[0-9][0-9a-z.]*", line) for line in lines), lines
    return dict(line.split("==") for line in lines)


# ---- requirements


def test_pins_are_exact_and_unique() -> None:
    """Each library stands in one file, once, with one version."""
    app, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert app["torch"] == "2.13.0"
    assert app["streamlit"] == "1.67.0"
    assert not app.keys() & dev.keys()
    assert "-r requirements.txt" in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_tests_run_on_what_is_pinned(name: str) -> None:
    """What these tests say holds for the pinned versions, so those must be the installed ones."""
    installed = {library: version(library).split("+")[0] for library in pins(name)}
    assert installed == pins(name)


def test_what_the_app_imports_is_required() -> None:
    """Nothing works only because another library happens to bring it along."""
    distributions = packages_distributions()
    own = {"app", "engine", "ui", "pages"} | sys.stdlib_module_names
    required = {name.lower() for name in pins("requirements.txt")}
    for path in [ROOT / "app.py", *(p for f in ("engine", "ui", "pages") for p in (ROOT / f).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for top in {name.split(".")[0] for name in names} - own:
                makers = {d.lower().replace("-", "_") for d in distributions.get(top, [])}
                assert makers & {r.replace("-", "_") for r in required}, f"{path.name} imports {top}"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_contributing_says_why(name: str) -> None:
    """Every library has its line in the table."""
    missing = [library for library in pins(name) if f"| {library} |" not in CONTRIBUTING]
    assert missing == []


# ---- the two commands


def test_readme_names_only_commands_that_exist() -> None:
    """Make's targets, and the subcommands of python -m engine."""
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    assert set(re.findall(r"^(?:.*`)?make ([a-z-]+)", README + CONTRIBUTING, re.MULTILINE)) <= targets
    cli = subprocess.run([sys.executable, "-m", "engine", "--help"], cwd=ROOT, capture_output=True, text=True)
    for command in set(re.findall(r"python -m engine ([a-z]+)", README)):
        assert re.search(rf"\b{command}\b", cli.stdout), f"python -m engine has no {command}"


@pytest.fixture
def bare_project(tmp_path: Path) -> Path:
    """A folder with our Makefile and a requirements.txt that asks for nothing."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    return tmp_path


def make(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run make there, as from a terminal of its own."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return subprocess.run(["make", *args], cwd=folder, capture_output=True, text=True, env=env)


def test_second_set_up_does_nothing(bare_project: Path) -> None:
    """The second `make app` must not wait for pip; a changed requirements.txt must."""
    first = make(bare_project, "setup", f"PYTHON={sys.executable}")
    assert first.returncode == 0, first.stderr
    assert "Installing" in first.stdout
    second = make(bare_project, "setup")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    (bare_project / "requirements.txt").write_text("# still nothing\n")
    assert "Installing" in make(bare_project, "setup").stdout


def test_old_python_gets_a_sentence(bare_project: Path) -> None:
    """Which Pythons will do, and how to name one."""
    old = bare_project / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(0o755)
    result = make(bare_project, "setup", f"PYTHON={old}")
    assert result.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13" in result.stderr
    assert "is Python 3.9.2" in result.stderr
    assert not (bare_project / ".venv").exists()


# ---- configuration


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("runner", "postScriptGC", False),  # a full collection after each rerun costs up to 280 ms
        ("server", "fileWatcherType", "none"),  # walks every loaded module after each run
        ("server", "address", "127.0.0.1"),  # nobody else is let in unless asked for
        ("browser", "gatherUsageStats", False),  # no request leaves the machine
        ("client", "showErrorDetails", "none"),  # visitors see no tracebacks
        ("client", "toolbarMode", "minimal"),
    ],
)
def test_configuration(section: str, key: str, value: object) -> None:
    """Values that decide speed and privacy."""
    assert CONFIG[section][key] == value


def test_uploads_are_limited() -> None:
    """The server refuses what no lesson could use, and little more; protection against foreign pages stays on."""
    assert MOST_BYTES <= CONFIG["server"]["maxUploadSize"] * 2**20 < 1.05 * MOST_BYTES
    assert CONFIG["server"].get("enableCORS", True)
    assert CONFIG["server"].get("enableXsrfProtection", True)


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB, 0 to 1. Source: WCAG 2.1, "relative luminance"."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21. Source: WCAG 2.1, "contrast ratio"."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_can_be_read(mode: str) -> None:
    """WCAG's 4.5 to 1 for every text colour on both of the mode's grounds."""
    theme = CONFIG["theme"][mode]
    grounds = [theme["backgroundColor"], theme["secondaryBackgroundColor"]]
    texts = {k: v for k, v in theme.items() if k.endswith("extColor") or k in ("linkColor", "primaryColor")}
    assert len(texts) >= 6
    weak = {k: ground for k, v in texts.items() for ground in grounds if contrast(v, ground) < 4.5}
    assert weak == {}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_scales_can_be_read(mode: str) -> None:
    """One scale goes one way from the ground; the other is faint in its middle and strong at both ends."""
    theme = CONFIG["theme"][mode]
    ground = theme["backgroundColor"]
    one_way = [contrast(c, ground) for c in theme["chartSequentialColors"]]
    both_ways = [contrast(c, ground) for c in theme["chartDivergingColors"]]
    assert len(one_way) == len(both_ways) == 10
    assert one_way == sorted(one_way)
    assert both_ways[:5] == sorted(both_ways[:5], reverse=True)
    assert both_ways[5:] == sorted(both_ways[5:])


# ---- what an import costs, and what files may say


@pytest.mark.parametrize("module", ["engine", "engine.config", "engine.errors", "engine.tokenizers"])
def test_light_imports(module: str) -> None:
    """A page that only needs these must not wait seconds for PyTorch and its like."""
    code = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"torch", "tensorflow", "sklearn", "transformers", "streamlit", "altair", "plotly", "pandas"}
    assert set(run.stdout.split()) & heavy == set()


def test_no_registry_is_named() -> None:
    """Where packages come from is the reader's own setting, so no file names a host."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    texts = {".py", ".md", ".toml", ".txt", ".yml", ".yaml", ".css", ".js", ".json", ""}
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in texts and path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not [host for host in REGISTRY_HOSTS if host in text], name


def test_readme_pictures_are_there_and_small() -> None:
    """Every picture that the README shows exists, and a clone stays quick."""
    pictures = re.findall(r"docs/screenshots/[\w-]+\.png", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).stat().st_size < 200_000, picture
