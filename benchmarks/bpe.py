"""Training byte pair encoding on 1 MB to 1,000 merges: ours, a rescan for every merge, the Rust tokenizers library."""

from __future__ import annotations

import json
import lzma
from collections import Counter
from pathlib import Path

from benchmarks.timing import Report, machine, ratio, spread, take_turns
from engine.tokenizers.bpe import GPT2_PATTERN, gpt2_byte_order, train_bpe

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "classics-1.jsonl.xz"
CHARACTERS, MERGES = 1_000_000, 1_000
RESCANNED = 10  # merges that the rescanning trainer is timed on; each takes about as long as the next


def run(rounds: int = 5) -> Report:
    """Ours with and without its trace; the rescanning trainer is timed on its first merges and scaled up."""
    report = Report("Training BPE: 1 MB of English to 1,000 merges")
    text, source = _text()
    contenders = {
        "ours": lambda: train_bpe(text, 256 + MERGES, keep_trace=False),
        "ours, with its trace": lambda: train_bpe(text, 256 + MERGES),
        "tokenizers (Rust)": lambda: _rust(text),
    }
    seconds = take_turns(contenders, rounds)
    rescanning = {
        "a rescan of the text per merge": lambda: rescan_per_merge(text, RESCANNED, distinct=False),
        "a rescan of the distinct words": lambda: rescan_per_merge(text, RESCANNED, distinct=True),
    }
    scaled = {name: [t * MERGES / RESCANNED for t in times] for name, times in take_turns(rescanning, 1).items()}
    for name, times in seconds.items():
        report.rows.append((name, f"{spread(times, 2)} seconds"))
    for name, times in scaled.items():
        report.rows.append((name, f"{spread(times)} seconds ({RESCANNED} merges, scaled up)"))
        report.claim(f"ours against {name}", 100, ratio(times, seconds["ours"]))
    # Within ten times of Rust: a tenth of its speed or more.
    report.claim("ours against the Rust library", 0.1, ratio(seconds["tokenizers (Rust)"], seconds["ours"]))
    same = rescan_per_merge(text, RESCANNED, distinct=True) == train_bpe(text, 256 + RESCANNED).merges
    report.notes.append(f"The rescanning trainer finds the same first {RESCANNED} merges: {'yes' if same else 'no'}.")
    report.notes += [source, machine(("tokenizers",))]
    return report


def _text() -> tuple[str, str]:
    if not CORPUS.exists():
        line = " ".join(f"{'abcdefgh'[: i % 7 + 2]}{(i * i + i // 7) % 9973}" for i in range(CHARACTERS // 5))
        return line[:CHARACTERS], "The corpus is not here, so the text is made up: word beginnings and numbers."
    text = ""
    with lzma.open(CORPUS, "rt", encoding="utf-8") as lines:
        while len(text) < CHARACTERS:
            text += json.loads(next(lines))["text"]
    return text[:CHARACTERS], "The text: the first 1,000,000 characters of the pocket model's corpus."


def rescan_per_merge(text: str, merges: int, distinct: bool) -> list[tuple[bytes, bytes]]:
    """The textbook's trainer: count all pairs of all words anew for every merge, then rewrite all of them.

    distinct  go through each different word once, with its count, instead of through the whole text
    """
    import regex

    rank = {bytes([b]): i for i, b in enumerate(gpt2_byte_order())}
    found = [m.group() for m in regex.finditer(GPT2_PATTERN, text)]
    weights = Counter(found) if distinct else None
    words = [[bytes([b]) for b in word.encode("utf-8")] for word in weights or found]
    counted = list(weights.values()) if weights else [1] * len(words)
    made = []
    for _ in range(merges):
        counts: Counter[tuple[bytes, bytes]] = Counter()
        for word, weight in zip(words, counted, strict=True):
            for pair in zip(word, word[1:], strict=False):
                counts[pair] += weight
        best = max(counts, key=lambda p: (counts[p], -rank[p[0]], -rank[p[1]]))
        rank[best[0] + best[1]] = len(rank)
        words = [_joined(word, best) for word in words]
        made.append(best)
    return made


def _joined(word: list[bytes], pair: tuple[bytes, bytes]) -> list[bytes]:
    out, i = [], 0
    while i < len(word):
        if tuple(word[i : i + 2]) == pair:
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(word[i])
            i += 1
    return out


def _rust(text: str) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=256 + MERGES, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    # In lines, as the library takes its texts: it spreads them over the threads.
    tokenizer.train_from_iterator(text.splitlines(keepends=True), trainer)
