"""Make the pocket model from the corpus: tokenizer, tokens, training. Every stage goes on where it was stopped.

    python scripts/train_pocket.py --steps 2500 --hold 0.7

Training holds the full learning rate until the last part of the run and then lets it fall in a straight line to zero,
so a run can be made longer after it has begun: give more --steps before the fall starts. Ctrl-C or SIGTERM leaves a
checkpoint. scripts/export_pocket.py turns the checkpoint into what ships.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from pocket_corpus import SEED, make_tokenizer, make_tokens  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.utils.data import DataLoader, Subset  # noqa: E402

from engine.config import POCKET_CONFIG, GPTConfig  # noqa: E402
from engine.device import pick_device, supports_bf16  # noqa: E402
from engine.fast import fast_forward  # noqa: E402
from engine.model import GPTModel, gpt2_init_  # noqa: E402
from engine.training.events import Evaluation, Finished, Saved, Step  # noqa: E402
from engine.training.loop import LoopSettings, train  # noqa: E402
from engine.training.optim import Schedule, muon  # noqa: E402

SNAPSHOT_STEPS = (0, 20, 60, 150, 400, 900, 1600)


def fast_loss(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Next-token cross-entropy through the fast path."""
    assert isinstance(model, GPTModel)
    return F.cross_entropy(fast_forward(model, inputs).flatten(0, 1), targets.flatten())


@torch.no_grad()
def mean_loss(model: GPTModel, loader: DataLoader[tuple[Tensor, Tensor]], device: torch.device) -> float:
    """Mean loss over a loader, nats a token."""
    losses = [fast_loss(model, x.to(device), y.to(device)).item() for x, y in loader]
    return sum(losses) / len(losses)


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
    p.add_argument("--corpus", type=Path, default=ROOT.parent / "shared" / "corpus", help="folder of classics-*.jsonl.xz")
    p.add_argument("--work", type=Path, default=ROOT / ".cache" / "pocket", help="folder for tokens and checkpoints")
    p.add_argument("--steps", type=int, default=2500, help="optimizer steps in the whole run")
    p.add_argument("--batch-size", type=int, default=16, help="windows in a batch")
    p.add_argument("--hold", type=float, default=0.7, help="share of the run at the full learning rate")
    p.add_argument("--layers", type=int, default=POCKET_CONFIG.n_layers)
    p.add_argument("--width", type=int, default=POCKET_CONFIG.emb_dim)
    p.add_argument("--context", type=int, default=POCKET_CONFIG.context_length, help="tokens in a window")
    p.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    args = p.parse_args()

    ranks = ROOT / "data" / "tokenizers" / "pocket.tiktoken.gz"
    make_tokenizer(args.corpus, ranks)
    make_tokens(args.corpus, ranks, args.work)
    # Imported here: datasets read the tokenizer that the line above may just have made.
    from engine.datasets.windows import TokenFileDataset

    device = pick_device(args.device)
    cfg = GPTConfig(
        **POCKET_CONFIG.to_dict()
        | {"n_layers": args.layers, "emb_dim": args.width, "context_length": args.context}
    )
    model = gpt2_init_(GPTModel(cfg), torch.Generator().manual_seed(SEED)).to(device)
    data = partial(DataLoader, batch_size=args.batch_size, drop_last=True)
    order = torch.Generator().manual_seed(SEED)
    train_data = TokenFileDataset(args.work / "train.npy", cfg.context_length)
    val_data = TokenFileDataset(args.work / "validation.npy", cfg.context_length)
    # The same few windows at every evaluation, spread over the books.
    some = lambda data_set: Subset(data_set, range(0, len(data_set), len(data_set) // 64))  # noqa: E731
    train_some, val_some = data(some(train_data)), data(some(val_data))

    stop_asked = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop_asked.append(1))
    log = args.work / "log.jsonl"
    if not (args.work / "checkpoint").exists():
        log.unlink(missing_ok=True)
        snapshot(model, args.work / "snapshots", 0)
    settings = LoopSettings(
        epochs=1000,
        max_steps=args.steps,
        precision="bf16" if supports_bf16(device) else "fp32",
        eval_every=100,
        checkpoint_every=50,
    )
    events = train(
        model,
        data(train_data, shuffle=True, generator=order),
        muon(model),
        settings,
        batch_loss=fast_loss,
        schedule=Schedule(args.steps, warmup_steps=100, shape="linear", hold=args.hold),
        evaluate=lambda: (mean_loss(model, train_some, device), mean_loss(model, val_some, device)),
        checkpoint=args.work / "checkpoint",
        stop=lambda: bool(stop_asked),
    )
    for event in events:
        if isinstance(event, Saved):
            continue
        write_line(log, event)
        if isinstance(event, Step) and event.step + 1 in SNAPSHOT_STEPS:
            snapshot(model, args.work / "snapshots", event.step + 1)
        if isinstance(event, Evaluation):
            print(f"step {event.step}: train {event.train_loss:.3f}, validation {event.val_loss:.3f}", flush=True)


if __name__ == "__main__":
    main()
