"""The engine calls behind the lesson on generating."""

from __future__ import annotations

from ui.models import POCKET

# The notes' loop (section 4.7), as short as it can be said; engine.decoding has the same with a cache.
LOOP = """\
import torch

def generate_text_simple(model, idx, max_new_tokens, context_size):
    for _ in range(max_new_tokens):
        idx_cond = idx[:, -context_size:]                       # what the model can look at: (B, T)
        with torch.no_grad():
            logits = model(idx_cond)                            # a score for every token at every place: (B, T, V)
        logits = logits[:, -1, :]                               # only the last place is new: (B, V)
        probas = torch.softmax(logits, dim=-1)                  # probabilities; the order stays
        idx_next = torch.argmax(probas, dim=-1, keepdim=True)   # the ID of the most probable token: (B, 1)
        idx = torch.cat((idx, idx_next), dim=1)                 # append, and again
    return idx"""


def cells(model_name: str, text: str, tokens: int, seed: int) -> list[str]:
    """The loop, the model and its untrained twin writing, and the same from the engine with its cache."""
    if model_name == POCKET:
        load = "from engine import load_pocket\n\nmodel, tokenizer = load_pocket()"
    else:
        load = (
            "from engine import load_gpt2, load_tokenizer\n\n"
            f"model, tokenizer = load_gpt2({model_name!r}), load_tokenizer('gpt2')"
        )
    return [
        LOOP,
        f"{load}\nmodel.eval()\ntext = {text!r}\nids = torch.tensor([tokenizer.encode(text, disallowed_special=())])\n"
        f"out = generate_text_simple(model, ids, {tokens}, model.cfg.context_length)\n"
        "print(out[0, ids.shape[1]:].tolist())\nprint(repr(tokenizer.decode(out[0].tolist())))",
        "from engine.analysis.untrained import untrained_twin\n\n"
        f"twin = untrained_twin(model.cfg, seed={seed})\n"
        f"out = generate_text_simple(twin, ids, {tokens}, model.cfg.context_length)\n"
        "print(repr(tokenizer.decode(out[0].tolist())))",
        "import engine\n\n# The engine's own keeps keys and values: the same tokens, faster.\n"
        f"again = engine.generate_text_simple(model, ids, {tokens}, model.cfg.context_length)\n"
        "print(again[0, ids.shape[1]:].tolist())",
    ]
