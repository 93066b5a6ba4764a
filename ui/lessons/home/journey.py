"""What the home page computes: one text on its way through the model, each stop's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from zlib import crc32

from engine.tokenizers.pretrained import encode_text, load_tokenizer, token_text
from ui.models import POCKET, tokenizer_name

if TYPE_CHECKING:
    import numpy as np
    import tiktoken
    from numpy.typing import NDArray

    from ui.models import LoadedModel

    Floats = NDArray[np.float32]

MOST_READ = 256  # tokens; enough for any sentence, and quick with every model
MOST_ADDED = 500


@dataclass(frozen=True)
class Text:
    """A prompt, the tokens added to it, and all of it as token IDs and as pieces of text. Needs no torch."""

    prompt: str
    added: tuple[int, ...]
    continuation: str
    ids: list[int]

    @property
    def whole(self) -> str:
        """The prompt and what was added."""
        return self.prompt + self.continuation


@dataclass(frozen=True)
class Journey:
    """What the model made of a text.

    read           how many tokens were read: all, or the last ones
    vectors        (T, D) token plus position, what flows into the first block
    head           (layer, head) of the head whose last token looks back hardest, past itself and the first token
    weights        (T, T) its attention weights
    attention      (L,) length of what attention added to the last token's vector in each block
    feed_forward   (L,) the same for the feed-forward part
    logits         (V,) after the last token
    probabilities  (V,) their softmax
    """

    read: int
    vectors: Floats
    head: tuple[int, int]
    weights: Floats
    attention: Floats
    feed_forward: Floats
    logits: Floats
    probabilities: Floats


def tokenizer_of(model_name: str) -> tiktoken.Encoding:
    """The tokenizer of a model by the model's name, without loading the model."""
    return load_tokenizer(tokenizer_name(model_name))


def tokenized(tokenizer: tiktoken.Encoding, prompt: str, added: tuple[int, ...]) -> Text:
    """A prompt and the IDs added to it, ready to show."""
    continuation = tokenizer.decode_bytes(list(added)).decode("utf-8", "replace")
    return Text(prompt, added, continuation, [*encode_text(tokenizer, prompt), *added])


def write_added(prompt: str, added: tuple[int, ...]) -> str:
    """The added IDs as the URL keeps them; a checksum of the prompt says what they were added to."""
    return ".".join([f"{crc32(prompt.encode()):08x}", *map(str, added)]) if added else ""


def read_added(prompt: str, written: str, vocab_size: int) -> tuple[int, ...]:
    """The added IDs, none of them when the prompt has changed since or the text is not ours."""
    check, *parts = written.split(".")
    if check != f"{crc32(prompt.encode()):08x}" or len(parts) > MOST_ADDED:
        return ()
    if not all(part.isascii() and part.isdigit() and len(part) < 8 and int(part) < vocab_size for part in parts):
        return ()
    return tuple(map(int, parts))


def follow(loaded: LoadedModel, text: str, added: tuple[int, ...]) -> Journey:
    """One forward pass over the end of the text, a few layers at a time.

    Raises InputError for a text without a token.
    """
    import numpy as np
    import torch

    from engine.trace import trace_in_groups

    all_ids = [*encode_text(loaded.tokenizer, text), *added]
    ids = torch.tensor(all_ids[-min(MOST_READ, loaded.model.cfg.context_length) :], dtype=torch.long)
    head, shown, best_weight = (0, 0), np.zeros((0, 0), np.float32), -1.0
    attention: list[float] = []
    feed_forward: list[float] = []
    for kept in trace_in_groups(loaded.model, ids):
        for layer in kept.layers:
            weights = kept.weights[layer]
            back = weights[:, -1, 1:-1].amax(-1) if len(ids) > 2 else weights[:, -1, 0]
            if back.max() > best_weight:
                best_weight, head = back.max().item(), (layer, int(back.argmax()))
                shown = weights[head[1]].float().cpu().numpy()
            attention.append(kept.attn_out[layer][-1].float().norm().item())
            feed_forward.append(kept.mlp_out[layer][-1].float().norm().item())
    logits = kept.logits[-1].float().cpu()
    vectors = (kept.tok_emb + kept.pos_emb).float().cpu().numpy()
    lengths = np.array([attention, feed_forward], np.float32)
    return Journey(len(ids), vectors, head, shown, lengths[0], lengths[1], logits.numpy(), logits.softmax(-1).numpy())


def piece_name(tokenizer: tiktoken.Encoding) -> partial[str]:
    """A function from a token's ID to its text."""
    return partial(token_text, tokenizer)


def code(text: str, added: tuple[int, ...], name: str) -> list[str]:
    """The engine calls behind the page, as cells of a notebook."""
    imports = "from engine.weights.pocket import load_pocket"
    load = "model, tokenizer = load_pocket()"
    if name != POCKET:
        imports = "from engine.tokenizers.pretrained import load_tokenizer\nfrom engine.weights.gpt2 import load_gpt2"
        load = f'model, tokenizer = load_gpt2({name!r}).eval(), load_tokenizer("gpt2")'
    more = f" + {list(added)}" if added else ""
    return [
        f"import torch\n\nfrom engine.tokenizers.pretrained import encode_text, token_text\n"
        f"from engine.trace import trace\n{imports}\n\n{load}",
        f"# Text -> tokens -> IDs\nids = encode_text(tokenizer, {text!r}){more}\n"
        "print([token_text(tokenizer, i) for i in ids])\nprint(ids)",
        f"# IDs -> vectors -> attention and blocks -> logits\n"
        f"kept = trace(model, torch.tensor(ids[-min({MOST_READ}, model.cfg.context_length):]))\n"
        "print(kept.resid_pre[0].shape, kept.weights[0].shape, kept.logits.shape)",
        "# Logits -> probabilities -> next token\nprobabilities = kept.logits[-1].softmax(-1)\n"
        "for p, i in zip(*probabilities.topk(5)):\n"
        "    print(f'{p:.4f} {token_text(tokenizer, int(i))!r}')",
    ]
