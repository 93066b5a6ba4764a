"""`python -m engine`: the command line."""

from engine.cli import app

app()
