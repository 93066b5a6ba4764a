"""The command line: python -m engine pretrain | generate | evaluate | classify | instruct | judge | … (see --help).

Only the command line (cli*.py) and the notes' own printing functions write to the screen.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from engine.cli_classify import classify
from engine.cli_instruct import instruct
from engine.cli_jobs import jobs
from engine.cli_judge import judge
from engine.cli_output import STOPPED, decode_text, download_bar, err, out, read_text, show_training, stop_on_signal
from engine.errors import GlassboxError, InputError


class _Sentences(typer.core.TyperGroup):
    """A user's mistake ends with one sentence and exit code 1 instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except GlassboxError as e:
            err.print(f"[red]error:[/red] {escape(str(e))}", soft_wrap=True)
            raise typer.Exit(1) from e


app = typer.Typer(
    help="Build, train and use a GPT from scratch.",
    cls=_Sentences,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(jobs, name="jobs")
app.add_typer(classify, name="classify")
app.add_typer(instruct, name="instruct")
app.command()(judge)

Model = Annotated[
    str,
    typer.Option(help="pocket, a downloaded GPT-2 such as 124M, or a folder with model.safetensors and config.json"),
]
Device = Annotated[str, typer.Option(help="auto (CUDA, else Apple's MPS, else CPU), cuda, mps or cpu")]


@app.command()
def info() -> None:
    """Show the machine, the versions, and which models are installed."""
    from engine.config import GPT2_SIZES, parameter_count
    from engine.machine import facts
    from engine.weights.catalog import RELEASES, downloads_folder, is_installed
    from engine.weights.pocket import POCKET_DIR

    table = Table(show_header=False, box=None)
    for about, fact in facts(downloads_folder()).items():
        table.add_row(about, escape(fact))
    table.add_row("pocket", "installed" if (POCKET_DIR / "model.safetensors").exists() else "missing")
    for release in RELEASES:
        parameters = parameter_count(GPT2_SIZES[release.name])
        hint = "installed" if is_installed(release) else f"not installed: python -m engine download {release.size}"
        table.add_row(release.name, f"{parameters:,} parameters, {hint}")
    out.print(table)


@app.command()
def tokenize(
    text: Annotated[str, typer.Argument(help="the text; - reads it from standard input")],
    tokenizer: Annotated[str, typer.Option(help="pocket (8,192 tokens) or gpt2 (50,257 tokens)")] = "pocket",
    special: Annotated[bool, typer.Option(help="read <|endoftext|> as one token")] = False,
) -> None:
    """Cut a text into tokens and show their IDs."""
    from engine.tokenizers.pretrained import encode_text, load_tokenizer, token_text

    encoding = load_tokenizer(tokenizer)
    text = decode_text(sys.stdin.buffer.read(), "standard input") if text == "-" else text
    ids = encode_text(encoding, text, allow_special=special)
    table = Table("position", "ID", "token")
    for i, token_id in enumerate(ids):
        table.add_row(str(i), str(token_id), escape(repr(token_text(encoding, token_id))))
    out.print(table)
    out.print(f"{len(ids):,} tokens for {len(text):,} characters")


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help="what to go on from")],
    model: Model = "pocket",
    max_new_tokens: Annotated[int, typer.Option(help="tokens to write, 1 or more")] = 50,
    temperature: Annotated[float, typer.Option(help="0: always the likeliest; 1: as learned; above: wilder")] = 0.8,
    top_k: Annotated[int | None, typer.Option(help="choose among this many likeliest tokens")] = None,
    top_p: Annotated[float | None, typer.Option(help="choose among the likeliest that reach this share")] = None,
    min_p: Annotated[float | None, typer.Option(help="leave out what is below this share of the likeliest")] = None,
    repetition_penalty: Annotated[float, typer.Option(help="above 1 makes words already used less likely")] = 1.0,
    seed: Annotated[int | None, typer.Option(help="the same seed gives the same text")] = None,
    device: Device = "auto",
) -> None:
    """Let a model go on from a prompt."""
    import torch

    from engine.decoding import DecodingSettings, stream
    from engine.tokenizers.pretrained import encode_text
    from engine.weights.by_name import load_by_name

    gpt, encoding = load_by_name(model, device)
    ids = encode_text(encoding, prompt, allow_special=True)
    if not ids:
        raise InputError("the prompt is empty; give at least one word, or '<|endoftext|>' to start from nothing.")
    settings = DecodingSettings(
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        repetition_penalty=repetition_penalty,
        stop_ids=(encoding.eot_token,),
        seed=seed,
    )
    out.print(prompt, end="", markup=False, soft_wrap=True)
    start = torch.tensor([ids], device=gpt.tok_emb.weight.device)
    new: list[int] = []
    text = shown = ""
    slid = False
    for step in stream(gpt, start, settings):
        new.append(int(step.ids[0]))
        slid = slid or step.slid
        text = encoding.decode([i for i in new if i != encoding.eot_token])
        # A character may need several tokens: wait until it is whole.
        if not text.endswith("�"):
            out.print(text[len(shown) :], end="", markup=False, soft_wrap=True)
            shown = text
    out.print(text[len(shown) :], markup=False, soft_wrap=True)  # and here whatever it may be
    if slid:
        err.print(f"(the model looks at {gpt.cfg.context_length:,} tokens; the oldest fell out of its view)")


@app.command()
def evaluate(
    files: Annotated[list[Path], typer.Argument(help="text files", exists=True, dir_okay=False)],
    model: Model = "pocket",
    stride: Annotated[int | None, typer.Option(help="tokens between windows; half the context by default")] = None,
    device: Device = "auto",
) -> None:
    """Measure how well a model predicts texts: bits per byte, perplexity, bytes per token."""
    from engine.evaluation.loss import score_text
    from engine.weights.by_name import load_by_name

    gpt, encoding = load_by_name(model, device)
    table = Table("text", "bits per byte", "perplexity", "nats per token", "bytes per token", "tokens")
    for file in files:
        score = score_text(gpt, encoding, read_text(file), stride)
        table.add_row(
            file.name,
            f"{score.bits_per_byte:.4f}",
            f"{score.perplexity:.2f}",
            f"{score.loss:.4f}",
            f"{score.bytes_per_token:.3f}",
            f"{score.tokens:,}",
        )
    out.print(table)


@app.command()
def download(name: Annotated[str, typer.Argument(help="124M, 355M, 774M, 1558M, or a data set's name")]) -> None:
    """Fetch a GPT-2 or a public data set; goes on where it was stopped."""
    from engine.datasets.catalog import PUBLIC_DATA, download_data, find_data
    from engine.weights.catalog import RELEASES, downloads_folder, find_release
    from engine.weights.catalog import download as download_release

    is_data = name in [data.name for data in PUBLIC_DATA]
    if not is_data and not any(name in release.names for release in RELEASES):
        names = [r.size for r in RELEASES] + [data.name for data in PUBLIC_DATA]
        raise InputError(f"there is nothing called {name!r} to download; choose one of {', '.join(names)}.")
    with download_bar(name) as progress:
        if is_data:
            path = download_data(find_data(name), downloads_folder() / "datasets", progress, stop_on_signal())
        else:
            path = download_release(find_release(name), progress, stop_on_signal())
    out.print(f"{name} is in {path}", soft_wrap=True)


@app.command()
def pretrain(
    files: Annotated[list[Path], typer.Argument(help="text files to learn from", exists=True, dir_okay=False)],
    to: Annotated[
        Path,
        typer.Option(help="folder for checkpoints and the finished model; a run there is resumed", file_okay=False),
    ],
    steps: Annotated[int, typer.Option(help="optimizer steps in the whole run")] = 500,
    batch_size: Annotated[int, typer.Option(help="windows in a step")] = 16,
    context: Annotated[int, typer.Option(help="tokens in a window")] = 128,
    width: Annotated[int, typer.Option(help="width of a token's vector (emb_dim)")] = 128,
    layers: Annotated[int, typer.Option(help="transformer blocks")] = 4,
    heads: Annotated[int, typer.Option(help="attention heads in a block; must divide the width")] = 4,
    optimizer: Annotated[str, typer.Option(help="muon or adamw")] = "muon",
    learning_rate: Annotated[float, typer.Option(help="adamw's rate; muon has its own")] = 1e-3,
    prompt: Annotated[str, typer.Option(help="what samples go on from")] = "Every effort moves you",
    seed: Annotated[
        int, typer.Option(help="of the first weights and of the order of the text", min=0, max=2**63 - 1)
    ] = 123,
    device: Device = "auto",
) -> None:
    """Train a GPT from scratch on your own text. Ctrl-C leaves a checkpoint; the same command goes on from it.

    Several processes share the work when torchrun starts them: torchrun --nproc-per-node 2 -m engine pretrain ...
    """
    import numpy as np
    import torch

    from engine.config import GPTConfig
    from engine.device import pick_device
    from engine.machine import check_room
    from engine.model import GPTModel, gpt2_init_
    from engine.tokenizers.pretrained import END_OF_TEXT, encode_text, load_tokenizer
    from engine.training.distributed import joined, team
    from engine.training.pretrain import PretrainSettings, continuation, split_ids
    from engine.training.pretrain import pretrain as pretrain_events
    from engine.weights.pocket import save_folder

    try:
        to.mkdir(parents=True, exist_ok=True)  # better to know now than at the first checkpoint
    except OSError as e:
        raise InputError(f"the folder {to} cannot be made ({e.strerror}); choose another one.") from e
    encoding = load_tokenizer("pocket")
    ids = np.array(encode_text(encoding, END_OF_TEXT.join(map(read_text, files)), allow_special=True))
    cfg = GPTConfig(encoding.n_vocab, context, width, heads, layers, drop_rate=0.0, tie_weights=True)
    settings = PretrainSettings(
        steps, batch_size, optimizer, learning_rate, eval_every=50, sample_every=100, checkpoint_every=50, seed=seed
    )
    with joined(device) as own_device:
        where = pick_device(own_device)
        check_room(cfg, where)  # a far too large model would be killed without a word
        model = gpt2_init_(GPTModel(cfg), torch.Generator().manual_seed(seed)).to(where)
        events = pretrain_events(
            model,
            *split_ids(ids),
            settings,
            sample=lambda: continuation(model, encoding, prompt),
            checkpoint=to / "checkpoint",
            stop=stop_on_signal(),
        )
        if not team().leads:
            for _ in events:
                pass
            return
        stopped = show_training(events, steps)
    if stopped:
        out.print(f"stopped; the same command goes on from {to / 'checkpoint'}", soft_wrap=True)
        raise typer.Exit(STOPPED)
    save_folder(model, to)
    out.print(f"the model is in {to}; try: python -m engine generate --model {to} '{prompt}'", soft_wrap=True)
