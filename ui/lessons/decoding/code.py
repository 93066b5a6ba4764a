"""The engine calls behind the decoding lesson, with the values on screen, as cells of a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from engine.sampling import DecodingSettings
    from ui.next_token import Path

_SCORES = """\
def next_scores(path=()):
    window = torch.cat([ids[0], torch.tensor(path, dtype=torch.long)])[-model.cfg.context_length :]
    with torch.no_grad():
        return fast_forward(model, window[None])[0, -1]
"""


def setup_code(model: str, prompt: str, path: Path, settings: DecodingSettings) -> str:
    """Imports, the model of this name, the text's token IDs and the settings."""
    source = "engine.weights.pocket import load_pocket"
    load = "model, tokenizer = load_pocket()"
    if model != "pocket":
        source = "engine.weights.gpt2 import load_gpt2"
        load = f'model, tokenizer = load_gpt2({model!r}).eval(), load_tokenizer("gpt2")'
    return f"""\
import torch

from engine.branching import count_draws, grow_tree
from engine.decoding import DecodingSettings, stages, stream
from engine.fast import fast_forward
from engine.tokenizers.pretrained import encode_text, load_tokenizer, token_text
from {source}

{load}
prompt = {prompt!r}
added = {list(path)}  # tokens after the prompt
ids = torch.tensor([encode_text(tokenizer, prompt) + added])
settings = {settings_code(settings)}"""


def settings_code(settings: DecodingSettings) -> str:
    """The call that makes these settings."""
    given = [f"max_new_tokens={settings.max_new_tokens}", f"temperature={settings.temperature}"]
    given += [
        f"{name}={getattr(settings, name)}"
        for name in ("top_k", "top_p", "min_p")
        if getattr(settings, name) is not None
    ]
    if settings.repetition_penalty != 1:
        given.append(f"repetition_penalty={settings.repetition_penalty}")
    return f"DecodingSettings({', '.join(given)}, seed={settings.seed})"


def one_token() -> str:
    """The stages and the draw."""
    return f"""\
{_SCORES}

for name, probs in stages(next_scores(), settings, ids[0]):
    best = probs.topk(5)
    shown = [f"{{token_text(tokenizer, i)!r}} {{p:.2%}}" for i, p in zip(best.indices.tolist(), best.values.tolist())]
    print(f"{{name:20}}", *shown)

(step,) = stream(model, ids, settings, first=len(added))
print("number", float(step.draw.numbers), "draws", repr(token_text(tokenizer, int(step.ids))))"""


def two_settings(ours: DecodingSettings, theirs: DecodingSettings) -> str:
    """The texts of two settings."""
    return f"""\
# The same seed gives the same random numbers, whatever the other settings are.
setting_a = {settings_code(ours)}
setting_b = {settings_code(theirs)}
for one in (setting_a, setting_b):
    steps = list(stream(model, ids, one, first=len(added)))
    print(repr("".join(token_text(tokenizer, int(step.ids)) for step in steps)))"""


def many_draws(draws: int) -> str:
    """Counts of many draws against theory."""
    return f"""\
{_SCORES}

*_, (_, probs) = stages(next_scores(), settings, ids[0])
numbers = torch.rand({draws}, generator=torch.Generator().manual_seed(settings.seed), dtype=torch.float64)
counts = count_draws(probs, numbers)
for i in probs.topk(11).indices.tolist():
    expected = {draws} * float(probs[i])
    print(f"{{token_text(tokenizer, i)!r:14}} drawn {{int(counts[i]):5}}, expected {{expected:8.1f}}")"""


def tree_of_texts(opened: Collection[Path]) -> str:
    """The tree of continuations."""
    return f"""\
{_SCORES}

def show(node, indent=0):
    for child in node.children or ():
        print(" " * indent + repr(token_text(tokenizer, child.path[-1])), f"{{child.probability:.2%}}")
        show(child, indent + 4)


opened = {sorted(opened)}
show(grow_tree(next_scores, ids[0].tolist(), settings, opened))"""
