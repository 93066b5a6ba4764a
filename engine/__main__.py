"""`python -m engine`: the command line."""

import io
import sys

from engine.cli import app

# A character that the terminal does not have is shown as \u4e16 and ends nothing.
for stream in (sys.stdout, sys.stderr):
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
app()
