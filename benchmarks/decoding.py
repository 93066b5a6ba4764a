"""Writing text at GPT-2 124M's shape: ours, transformers, CTranslate2; 64 new tokens after 32, one text, greedy."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.bandwidth import read_bandwidth, triad_bandwidth
from benchmarks.timing import Report, machine, ratio, spread, take_turns
from engine.decoding import DecodingSettings, generate, stream
from engine.device import supports_bf16
from engine.packed import packed
from engine.weights.gpt2 import load_gpt2

PROMPT, NEW = 32, 64
VOCABULARY = 50257


def run(rounds: int = 7) -> Report:
    """The same random weights in every library; all must write the same tokens."""
    ids = torch.randint(VOCABULARY, (1, PROMPT), generator=torch.Generator().manual_seed(0))
    has_bf16 = supports_bf16(torch.device("cpu"))
    with tempfile.TemporaryDirectory() as folder:
        _save_random_gpt2(Path(folder))
        model = load_gpt2(folder).eval()
        began = time.perf_counter()
        packed(model)
        packing = time.perf_counter() - began
        contenders = {
            "ours, generate": lambda: generate(model, ids, NEW, 1024)[0, PROMPT:].tolist(),
            "ours, stream": lambda: [int(step.ids) for step in stream(model, ids, _greedy())],
            "transformers": _transformers(folder, ids),
            "CTranslate2": _ctranslate2(folder, ids),
        }
        if has_bf16:
            twin = load_gpt2(folder)  # a model keeps one packed copy, and taking turns would pack anew each time
            contenders["ours, stream, bf16"] = lambda: [
                int(step.ids) for step in stream(twin, ids, _greedy(), precision="bf16")
            ]
        texts = {name: write() for name, write in contenders.items()}
        seconds = take_turns(contenders, rounds)
    report = Report("Writing text: GPT-2 124M's shape, fp32, 64 new tokens after 32, batch 1, greedy")
    for name, times in seconds.items():
        report.rows.append((name, f"{spread([NEW / t for t in times])} tokens a second"))
    report.claim("ours against transformers", 2.0, ratio(seconds["transformers"], seconds["ours, generate"]))
    report.claim("ours against CTranslate2", 1.0, ratio(seconds["CTranslate2"], seconds["ours, generate"]))
    if has_bf16:
        report.claim("bf16 against fp32", 1.5, ratio(seconds["ours, stream"], seconds["ours, stream, bf16"]))
    else:
        report.notes.append("bf16 is not measured: this processor has no arithmetic for it.")
    same = all(text == texts["transformers"] for name, text in texts.items() if "bf16" not in name)
    report.notes.append(f"All in fp32 wrote the same {NEW} tokens: {'yes' if same else 'no'}.")
    report.notes.append(_share_of_the_limit(model, statistics.median(seconds["ours, generate"]) / NEW))
    report.notes.append(f"Ours packs its weights once for each model: {packing:.2f} s, not in the figures above.")
    report.notes.append(machine(("torch", "transformers", "ctranslate2")))
    return report


def _greedy() -> DecodingSettings:
    return DecodingSettings(NEW, temperature=0)


def _share_of_the_limit(model: torch.nn.Module, seconds_a_token: float) -> str:
    """Every weight but the position table is read once for each token; the token table is the head's matrix too."""
    weights = sum(p.numel() * p.element_size() for p in model.parameters()) - model.pos_emb.weight.numel() * 4
    read, triad = read_bandwidth(), triad_bandwidth()
    return (
        f"Memory: {read / 1e9:.1f} GB/s read at best (triad {triad / 1e9:.1f} GB/s). A token reads "
        f"{weights / 1e6:.0f} MB of weights, so the limit is {read / weights:.1f} tokens a second; "
        f"ours reach {weights / read / seconds_a_token:.0%} of it."
    )


def _save_random_gpt2(folder: Path) -> None:
    """A GPT-2 with random weights as transformers saves it; each token is a word of its own, t0, t1, ..."""
    from tokenizers import Tokenizer, models
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast, set_seed
    from transformers.utils import logging

    logging.disable_progress_bar()
    set_seed(0)
    GPT2LMHeadModel(GPT2Config(bos_token_id=0, eos_token_id=0)).save_pretrained(folder)
    words = Tokenizer(models.WordLevel({f"t{i}": i for i in range(VOCABULARY)}, unk_token="t0"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="t0", bos_token="t0", eos_token="t0")
    tokenizer.save_pretrained(folder)


def _transformers(folder: str, ids: torch.Tensor):
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel.from_pretrained(folder).eval()
    settings = {"max_new_tokens": NEW, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}

    def write() -> list[int]:
        return model.generate(ids, attention_mask=torch.ones_like(ids), **settings)[0, PROMPT:].tolist()

    return write


def _ctranslate2(folder: str, ids: torch.Tensor):
    import ctranslate2

    converted = f"{folder}/ctranslate2"
    ctranslate2.converters.TransformersConverter(folder).convert(converted)
    generator = ctranslate2.Generator(
        converted, device="cpu", compute_type="float32", inter_threads=1, intra_threads=torch.get_num_threads()
    )
    prompt = [f"t{i}" for i in ids[0].tolist()]
    # Not end_token=[]: an empty list means the default, and t0 would end the text; a length range does the same.
    settings = {"max_length": NEW, "min_length": NEW, "beam_size": 1, "sampling_topk": 1}

    def write() -> list[int]:
        found = generator.generate_batch([prompt], include_prompt_in_result=False, **settings)
        return found[0].sequences_ids[0]

    return write
