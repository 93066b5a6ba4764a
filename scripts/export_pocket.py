"""Turn the pocket model's checkpoint into what ships in data/models/pocket/: weights, log, snapshots and card.

    python scripts/export_pocket.py

The Verdict and the eight validation books are scored with `engine.evaluation.loss.score_text`, as
`python -m engine evaluate` does.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from pocket_corpus import SEED, YEARS, books  # noqa: E402
from safetensors.torch import load_model, save_file  # noqa: E402

from engine.config import POCKET_CONFIG, parameter_count  # noqa: E402
from engine.decoding import DecodingSettings, stream  # noqa: E402
from engine.evaluation.loss import TextScore, score_text  # noqa: E402
from engine.tokenizers.pretrained import encode_text, load_tokenizer, token_text  # noqa: E402
from engine.weights.mapping import fill  # noqa: E402
from engine.weights.pocket import POCKET_DIR, empty_model, load_folder, save_folder  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    import tiktoken

    from engine.model import GPTModel

PROMPT = "The old man looked at her and"
SNAPSHOT_TOKENS = 2000
COLUMNS = ("step", "tokens_seen", "loss", "learning_rate", "grad_norm", "tokens_per_second", "train_loss", "val_loss")


def read_log(path: Path) -> dict[int, dict[str, Any]]:
    """Everything known about each step; after a resume a step may stand twice, and the later one counts."""
    rows: dict[int, dict[str, Any]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event"] in ("Step", "Evaluation"):
            rows.setdefault(event["step"], {}).update(event)
    return dict(sorted(rows.items()))


def write_log(rows: dict[int, dict[str, Any]], path: Path) -> None:
    """The log as a table: every fifth step, and every step with an evaluation."""
    with path.open("w", newline="", encoding="utf-8") as f:
        table = csv.writer(f)
        table.writerow(COLUMNS)
        for step, row in rows.items():
            if step % 5 == 0 or "val_loss" in row:
                table.writerow([_short(row.get(column)) for column in COLUMNS])


def frequent_words(train_ids: np.ndarray, encoding: tiktoken.Encoding) -> list[int]:
    """The most frequent tokens that are whole words of letters, in order of their number."""
    counts = Counter(np.asarray(train_ids[:5_000_000]).tolist())
    words = [
        i
        for i, _ in counts.most_common()
        if i != encoding.eot_token and token_text(encoding, i)[1:].isalpha() and token_text(encoding, i).startswith(" ")
    ]
    return sorted(words[:SNAPSHOT_TOKENS])


def sample(model: GPTModel, encoding: tiktoken.Encoding) -> str:
    """What the model writes after PROMPT, with one fixed seed."""
    start = torch.tensor([encode_text(encoding, PROMPT)])
    steps = stream(model, start, DecodingSettings(max_new_tokens=40, temperature=0.8, top_k=50, seed=SEED))
    return PROMPT + encoding.decode([int(step.ids[0]) for step in steps])


def write_snapshots(folder: Path, final: GPTModel, last_step: int, rows: dict[int, dict[str, Any]]) -> None:
    """Embeddings of the same tokens and a sample, from the first step to the last."""
    encoding = load_tokenizer("pocket")
    tokens = frequent_words(np.load(folder.parent / "train.npy", mmap_mode="r"), encoding)
    moments: list[tuple[int, GPTModel]] = []
    for path in sorted(folder.glob("*.pt")):
        weights = torch.load(path, weights_only=True)
        moments.append((int(path.stem), fill(empty_model(POCKET_CONFIG), weights).eval()))
    moments.append((last_step, final))
    tables = [model.tok_emb.weight.detach()[tokens].half() for _, model in moments]
    save_file({"embeddings": torch.stack(tables)}, str(POCKET_DIR / "snapshots.safetensors"))
    about = {
        "tokens": tokens,
        "prompt": PROMPT,
        "snapshots": [
            {
                "step": step,
                "tokens_seen": rows[step - 1]["tokens_seen"] if step else 0,
                "loss": rows[step - 1]["loss"] if step else rows[0]["loss"],
                "sample": sample(model, encoding),
            }
            for step, model in moments
        ],
    }
    (POCKET_DIR / "snapshots.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def scores(model: GPTModel, shared: Path) -> Iterator[tuple[str, TextScore]]:
    """The unseen texts and how well the model predicts them."""
    encoding = load_tokenizer("pocket")
    verdict = (shared / "datasets" / "the-verdict.txt").read_text(encoding="utf-8")
    yield "The Verdict (Edith Wharton, 1908)", score_text(model, encoding, verdict)
    for book in books(shared / "corpus", "validation"):
        yield f"{book['title']} ({book['author']}, {book['year']})", score_text(model, encoding, book["text"])


def write_card(model: GPTModel, rows: dict[int, dict[str, Any]], card: dict[str, Any], shared: Path) -> None:
    """The model card: what it is, how it was made, how good it is."""
    last = rows[max(rows)]
    evaluations = [row for row in rows.values() if "val_loss" in row]
    table = "\n".join(
        f"| {name} | {s.bits_per_byte:.3f} | {s.perplexity:.1f} | {s.loss:.3f} | {s.bytes_per_token:.2f} | {s.tokens:,} |"
        for name, s in scores(model, shared)
    )
    cfg = model.cfg
    text = CARD.format(
        parameters=parameter_count(cfg),
        cfg=cfg,
        years=f"{YEARS.start} to {YEARS.stop - 1}",
        tokens=last["tokens_seen"],
        steps=max(rows) + 1,
        seed=SEED,
        hours=card["seconds"] / 3600,
        device=card["device"],
        torch=card["torch"],
        first=evaluations[0]["val_loss"],
        train=evaluations[-1]["train_loss"],
        val=evaluations[-1]["val_loss"],
        table=table,
        prompt=PROMPT,
        sample=sample(model, load_tokenizer("pocket")).replace("\n", "\n> "),
    )
    (POCKET_DIR / "README.md").write_text(text, encoding="utf-8")


def _short(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value


CARD = """# The pocket model

A GPT of {parameters:,} parameters, built by `engine.model`, with a tokenizer trained by `engine.tokenizers.bpe` and
pretrained by `engine.training`, from nothing but public-domain books. It is small enough to run on any laptop and good
enough to be interesting: it writes English of about 1900, and knows little about the world.

| | |
|---|---|
| shape | {cfg.n_layers} layers x {cfg.emb_dim} wide, {cfg.n_heads} heads, context {cfg.context_length}, vocabulary {cfg.vocab_size:,}, head tied to the embedding |
| data | English books in the public domain published {years}; eight books held out for validation, and The Verdict left out |
| seen | {tokens:,} tokens in {steps:,} steps of 16 windows, in an order set by seed {seed} |
| optimizer | Muon (rate 0.02) on the blocks' matrices, AdamW (rate 0.002) on the rest; warm-up 100 steps, then constant, then down to zero in a straight line; the second version was made so with 2,900 steps, and the training of this one went on from it, with the full rate again |
| hardware | {device}, shared with other work; {hours:.1f} hours; PyTorch {torch} |
| loss | validation {first:.2f} after the first step, {val:.2f} at the last evaluation (training text: {train:.2f}), nats a token |
| licence | MIT, as the rest of the project |

## Scores on texts that it never saw

Bits per byte are comparable across tokenizers; lower is better. GPT-2 124M has about 1.3 on The Verdict.
`python -m engine evaluate FILE` computes them for any text.

| text | bits per byte | perplexity | nats per token | bytes per token | tokens |
|---|---|---|---|---|---|
{table}

## What it writes

After "{prompt}" (temperature 0.8, top-k 50, seed {seed}):

> {sample}

## Files

- `model.safetensors`, `config.json`: the weights in half precision, and the shape; `engine.load_pocket()` reads both.
- `training_log.csv`: every fifth step and every evaluation: loss, learning rate, norm of the gradients, tokens a second.
- `snapshots.safetensors`, `snapshots.json`: the embeddings of 2,000 frequent words and a sample, at moments from the first
  step to the last, for the lesson on how embeddings get organised.
- The tokenizer's ranks are in `data/tokenizers/pocket.tiktoken.gz`.

## Making it again

`python scripts/train_pocket.py` trains from the corpus and goes on where it was stopped; `python scripts/export_pocket.py`
writes this folder. Its limits are its data's: old-fashioned language, and the prejudices of its time.
"""


def main() -> None:
    """Write everything in data/models/pocket/."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--work", type=Path, default=ROOT / ".cache" / "pocket", help="folder of scripts/train_pocket.py")
    p.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="folder of corpus/ and datasets/")
    args = p.parse_args()
    checkpoint = args.work / "checkpoint"
    trained = empty_model(POCKET_CONFIG)
    load_model(trained, str(checkpoint / "model.safetensors"))
    save_folder(trained, POCKET_DIR)
    model = load_folder(POCKET_DIR)  # what ships is scored, rounded to half precision
    card = json.loads((checkpoint / "card.json").read_text(encoding="utf-8"))
    # Steps made after the last checkpoint before a kill are no part of this model.
    rows = {step: row for step, row in read_log(args.work / "log.jsonl").items() if step < card["step"]}
    write_log(rows, POCKET_DIR / "training_log.csv")
    write_snapshots(args.work / "snapshots", model, card["step"], rows)
    write_card(model, rows, card, args.shared)


if __name__ == "__main__":
    main()
