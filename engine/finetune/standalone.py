"""A GPT that puts texts into classes: everything that the model in this folder needs. Made with Glassbox.

Needs the packages in requirements.txt and nothing else. Read from top to bottom: text -> token IDs -> vectors ->
blocks of attention and feed-forward -> one vector for the text -> a score for each class -> probabilities.
"""

from __future__ import annotations

import base64
import html
import json
import re
from pathlib import Path

import tiktoken
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor


class TextClassifier:
    """The classifier in a folder; `classes` are the names of what it tells apart."""

    def __init__(self, folder: str | Path) -> None:
        folder = Path(folder)
        self.settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
        self.classes: list[str] = self.settings["classes"]
        # Stored in half precision where that loses nothing.
        self.weights = {name: w.float() for name, w in load_file(folder / "model.safetensors").items()}
        lines = (folder / "tokenizer.tiktoken").read_bytes().splitlines()
        ranks = {base64.b64decode(piece): int(rank) for piece, rank in (line.split() for line in lines)}
        self.end_of_text = len(ranks)
        self.tokenizer = tiktoken.Encoding(
            "model",
            pat_str=self.settings["pattern"],
            mergeable_ranks=ranks,
            special_tokens={"<|endoftext|>": self.end_of_text},
        )

    @torch.no_grad()
    def probabilities(self, text: str) -> list[float]:
        """The probability of each class, in the order of `classes`; they add up to 1."""
        vector = self.read(self.encode(text))
        scores: list[float] = self.linear("out_head", vector).softmax(dim=-1).tolist()
        return scores

    def encode(self, text: str) -> list[int]:
        """Token IDs as far as they matter: longer texts are cut, the last one (or the mean of all) is read."""
        s, ids = self.settings, [self.end_of_text] if self.settings["opening"] else []
        text = self.plain_text(text) if s["tags"] else text
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        # A very long run of spaces would overflow the tokenizer's stack: cut before it and before its last space.
        for part in re.split(r"(?<!\s)(?=\s{10000})|(?<=\s{9999})(?=\s\S)", text):
            ids += self.tokenizer.encode_ordinary(part)
        ids = ids[: s["length"]] or [self.end_of_text]
        if s["reads"] == "first":
            return ids[: 1 + s["opening"]]
        if s["reads"] == "last_position" and s["padding"] == "longest":
            return ids + [self.end_of_text] * (s["length"] - len(ids))
        return ids

    def plain_text(self, text: str) -> str:
        """A text without HTML tags, its entities written out; what was escaped several times too."""
        for _ in range(8):
            without = re.sub(self.settings["tags"], " ", text)
            plain = html.unescape(text if without == text else " ".join(without.split()))
            if plain == text:
                break
            text = plain
        return text

    def read(self, ids: list[int]) -> Tensor:
        """The vector that stands for a text: (emb_dim,), where all layers are read 4 (n_layers + 1) times as long."""
        x = self.weights["tok_emb.weight"][ids] + self.weights["pos_emb.weight"][: len(ids)]  # (tokens, emb_dim)
        below = []
        for i in range(self.settings["n_layers"]):
            block = f"trf_blocks.{i}"
            below.append(self.summary(F.layer_norm(x, x.shape[-1:])))
            x = x + self.attention(f"{block}.att", self.norm(f"{block}.norm1", x))
            wide = F.gelu(self.linear(f"{block}.ff.layers.0", self.norm(f"{block}.norm2", x)), approximate="tanh")
            x = x + self.linear(f"{block}.ff.layers.2", wide)
        x = self.norm("final_norm", x)
        if self.settings["reads"] == "layers":
            return torch.cat([*below, self.summary(x)])
        return x.mean(dim=0) if self.settings["reads"] == "mean" else x[-1]

    def summary(self, x: Tensor) -> Tensor:
        """Mean, standard deviation, lowest and highest of each column: (tokens, emb_dim) -> (4 emb_dim,)."""
        deviation = (x.var(dim=0, correction=0) + 1e-6).sqrt()
        return torch.cat([x.mean(dim=0), deviation, x.amin(dim=0), x.amax(dim=0)])

    def attention(self, name: str, x: Tensor) -> Tensor:
        """Causal attention of all heads: (tokens, emb_dim) -> the same."""
        heads = self.settings["n_heads"]
        q, k, v = (
            self.linear(f"{name}.W_{part}", x).view(len(x), heads, -1).transpose(0, 1)  # (heads, tokens, head_dim)
            for part in ("query", "key", "value")
        )
        context = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]
        return self.linear(f"{name}.out_proj", context.transpose(0, 1).reshape(len(x), -1))

    def linear(self, name: str, x: Tensor) -> Tensor:
        """A linear layer by its name."""
        return F.linear(x, self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias"))

    def norm(self, name: str, x: Tensor) -> Tensor:
        """A layer norm by its name."""
        return F.layer_norm(x, x.shape[-1:], self.weights[f"{name}.scale"], self.weights[f"{name}.shift"])
