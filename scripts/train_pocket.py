"""Make the pocket model from the corpus: tokenizer, tokens, training. Every stage goes on where it was stopped.

    python scripts/train_pocket.py --steps 2500 --hold 0.7

Training holds the full learning rate for most of the run and then lets it fall in a straight line to zero, so a run can
be made longer or shorter after it has begun: give other --steps before the fall starts. Ctrl-C or SIGTERM leaves a
checkpoint. scripts/export_pocket.py turns the checkpoint into what ships.

On a CPU shared with other programs, one thread (OMP_NUM_THREADS=1) is faster than two that wait for each other. With
glibc, MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=8589934592 saves a tenth of the time: large tensors are
then used again instead of being given back to the system at every step.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from pocket_corpus import SEED, make_tokenizer, make_tokens  # noqa: E402

from engine.config import POCKET_CONFIG, GPTConfig  # noqa: E402
from engine.device import pick_device  # noqa: E402
from engine.model import GPTModel, gpt2_init_  # noqa: E402
from engine.training.events import Evaluation, Finished, Step  # noqa: E402
from engine.training.pretrain import PretrainSettings, pretrain  # noqa: E402

SNAPSHOT_STEPS = (20, 60, 150, 400, 1000, 2200, 5000)


def write_line(path: Path, event: Step | Evaluation | Finished) -> None:
    """Append an event to the log as one line of JSON."""
    with path.open("a", encoding="utf-8") as f:
        f.write(json.dumps({"event": type(event).__name__, "time": round(time.time(), 1)} | asdict(event)) + "\n")


def snapshot(model: GPTModel, folder: Path, step: int) -> None:
    """Keep the weights of this moment in half precision, for the lessons that show learning."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({k: v.half() for k, v in model.state_dict().items() if "mask" not in k}, folder / f"{step:06d}.pt")


def main() -> None:
    """Run all stages."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpus = ROOT.parent / "shared" / "corpus"
    p.add_argument("--corpus", type=Path, default=corpus, help="folder of classics-*.jsonl.xz")
    p.add_argument("--work", type=Path, default=ROOT / ".cache" / "pocket", help="folder for tokens and checkpoints")
    p.add_argument("--steps", type=int, default=2500, help="optimizer steps in the whole run")
    p.add_argument("--batch-size", type=int, default=16, help="windows in a batch")
    p.add_argument("--hold", type=float, default=0.7, help="share of the run at the full learning rate")
    p.add_argument("--layers", type=int, default=POCKET_CONFIG.n_layers, help="transformer blocks")
    p.add_argument("--width", type=int, default=POCKET_CONFIG.emb_dim, help="width of a token's vector")
    p.add_argument("--context", type=int, default=POCKET_CONFIG.context_length, help="tokens in a window")
    p.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    args = p.parse_args()

    ranks = ROOT / "data" / "tokenizers" / "pocket.tiktoken.gz"
    make_tokenizer(args.corpus, ranks)
    make_tokens(args.corpus, ranks, args.work)
    sizes = {"n_layers": args.layers, "emb_dim": args.width, "context_length": args.context}
    cfg = GPTConfig(**POCKET_CONFIG.to_dict() | sizes)
    model = gpt2_init_(GPTModel(cfg), torch.Generator().manual_seed(SEED)).to(pick_device(args.device))

    stop_asked = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop_asked.append(1))
    log, snapshots = args.work / "log.jsonl", args.work / "snapshots"
    if not (args.work / "checkpoint").exists():
        log.unlink(missing_ok=True)
        snapshot(model, snapshots, 0)
    events = pretrain(
        model,
        np.load(args.work / "train.npy", mmap_mode="r"),
        np.load(args.work / "validation.npy", mmap_mode="r"),
        PretrainSettings(args.steps, args.batch_size, hold=args.hold, seed=SEED),
        checkpoint=args.work / "checkpoint",
        stop=lambda: bool(stop_asked),
    )
    for event in events:
        if isinstance(event, Step | Evaluation | Finished):
            write_line(log, event)
        if isinstance(event, Step) and event.step + 1 in SNAPSHOT_STEPS:
            snapshot(model, snapshots, event.step + 1)
        if isinstance(event, Evaluation):
            print(f"step {event.step}: train {event.train_loss:.3f}, validation {event.val_loss:.3f}", flush=True)


if __name__ == "__main__":
    main()
