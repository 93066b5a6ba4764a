"""A file of instructions that a visitor gives, as plain data."""

from __future__ import annotations

import json
from typing import Any

from engine.errors import InputError
from engine.finetune.instruction_recipe import MOST_ENTRIES
from engine.jobs.limits import read_limits


def read_entries(name: str, data: bytes) -> Any:
    """What is in a JSON file, not looked at yet.

    Raises InputError when it is too long, not in UTF-8, no JSON, or has too many entries.
    """
    most = read_limits().text_bytes
    if len(data) > most:
        raise InputError(f"{name} has {len(data):,} bytes, and {most:,} are the most here; upload a part of it.")
    try:
        entries = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as e:
        raise InputError(f"{name} is not in UTF-8 (byte {e.start:,} fits no character); save it in UTF-8.") from e
    except json.JSONDecodeError as e:
        raise InputError(f"{name} is not JSON: line {e.lineno}, {e.msg}.") from e
    except RecursionError as e:
        raise InputError(f"{name} is nested too deeply; it must be a list of entries.") from e
    if isinstance(entries, list) and len(entries) > MOST_ENTRIES:
        raise InputError(f"{name} has {len(entries):,} entries, and {MOST_ENTRIES:,} are the most; give fewer.")
    return entries
