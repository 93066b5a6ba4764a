"""Runs notebooks in clean processes that start at once: forks of a process that has PyTorch and has used nothing of it.

Importing PyTorch takes seconds, and the tests run more than a hundred notebooks. What is imported beforehand is other
people's only, so a cell that forgets an import of its own fails as it would anywhere.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from ui.catalog import ROOT

# Reads the arguments of its `run` as JSON, one line a notebook; answers with the fork's status, as os.waitpid has it.
NURSERY = """
import json, os, signal, sys, traceback, types
import numpy, pandas, tiktoken, torch, torch._dynamo

def run(script, folder, out, err, seconds):
    for path, number in ((os.devnull, 0), (out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_RDWR), number)
    sys.stdin = open(0)
    signal.alarm(seconds)
    os.chdir(folder)
    sys.path[0] = ""
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    code = 0
    try:
        exec(compile(script, "<notebook>", "exec"), main.__dict__)
    except SystemExit as leave:
        code = 0 if leave.code in (0, None) else 1
        print(leave.code, file=sys.stderr)
    except BaseException:
        code = 1
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

for line in iter(sys.stdin.readline, ""):
    child = os.fork()
    if child == 0:
        run(**json.loads(line))
    print(os.waitpid(child, 0)[1], flush=True)
"""


@functools.cache
def _nursery() -> subprocess.Popen[str]:
    """One for each test process; it ends when its standard input does."""
    command = [sys.executable, "-c", NURSERY]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run_notebook(content: bytes, folder: Path = ROOT, seconds: int = 300) -> str:
    """Run a notebook's code cells in a fresh Python started in `folder`; returns what they printed.

    Raises AssertionError with the error output when a cell fails or they take longer than `seconds`.
    """
    book = nbformat.reads(content.decode("utf-8"), as_version=4)
    script = "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "code")
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        asked = {"script": script, "folder": str(folder), "out": out.name, "err": err.name, "seconds": seconds}
        nursery = _nursery()
        print(json.dumps(asked), file=nursery.stdin, flush=True)
        status = nursery.stdout.readline().strip()
        if status != "0":
            raise AssertionError(f"wait status {status or 'unknown'}\n{Path(err.name).read_text()}")
        return Path(out.name).read_text("utf-8")
