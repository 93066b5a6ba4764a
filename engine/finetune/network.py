"""A GPT with a class head, split in two: what stays as it is and runs once, and what is trained and runs every step.

    trained      kept of each text, from the part that runs once       runs at every step
    head         the vector that is read, (1, D)                       head
    last_block   the vectors before the last block, (T, D)             last block at the place read, final norm, head
    all, lora    the token IDs, (T,)                                   everything, the last block at the place read

Where all layers are read, four numbers sum up each column of a layer's vectors (see `summary`). Those of the layers
below are kept too: flat beside the vector read, or as rows before the vectors before the last block.

No token sees what comes after it. So a text is cut off behind the place that is read: padding is worked through only
where it is what is read.
"""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.fast import fast_block, fast_blocks
from engine.finetune.batches import by_length, stack
from engine.finetune.lora import add_lora
from engine.finetune.recipe import SUMMARIES, head_width
from engine.tokenizers.pretrained import encode_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import tiktoken

    from engine.finetune.recipe import ClassifierRecipe
    from engine.model import GPTModel, TransformerBlock

ALIKE = 1e-2  # standard deviation up to which a number counts as the same for all texts


def encode(
    texts: Sequence[str], tokenizer: tiktoken.Encoding, recipe: ClassifierRecipe, length: int
) -> list[list[int]]:
    """The texts' token IDs as far as the place that is read: read is always the last one, or the mean of all.

    length  tokens at most; with padding "longest", what every text is filled up to with <|endoftext|>

    Where the recipe says so, HTML is taken out first; a text that has none left is as it was.

    A text without a token, where there is no opening either, is one <|endoftext|>.
    """
    pad, filled = tokenizer.eot_token, recipe.padding == "longest"
    encoded = []
    for text in map(recipe.as_read, texts):
        ids = ([pad] * recipe.opening + encode_text(tokenizer, text))[:length] or [pad]
        if recipe.reads == "first":
            ids = ids[: 1 + recipe.opening]
        elif recipe.reads == "last_position" and filled:
            ids += [pad] * (length - len(ids))
        encoded.append(ids)
    return encoded


class Network(nn.Module):
    """What is trained, with a copy of whatever it takes from the model; the model itself is not changed.

    model      a GPT; what is not trained stays in it and is shared
    generator  of the new weights

    The head gets its numbers less `shift`, times `scale`: 0 and 1 but between `standardise` and `settle`.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, model: GPTModel, num_classes: int, recipe: ClassifierRecipe, generator: torch.Generator) -> None:
        super().__init__()
        self.trained, self.reads = recipe.part, recipe.reads
        below = SUMMARIES * model.cfg.n_layers if recipe.reads == "layers" else 0
        self.rows = below if recipe.trained == "last_block" else 0  # kept before a text's own
        self.base = (model,)  # in a tuple: its weights are not this module's
        width = head_width(model.cfg, recipe)
        self.out_head = nn.utils.skip_init(nn.Linear, width, num_classes)
        with torch.no_grad():
            # However many numbers it reads, the first scores are as large as those of one vector.
            spread = 0.02 * math.sqrt(model.cfg.emb_dim / width)
            self.out_head.weight.copy_(torch.randn(num_classes, width, generator=generator) * spread)
            self.out_head.bias.zero_()
        self.register_buffer("shift", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))
        if recipe.trained == "last_block":
            self.block: Any = copy.deepcopy(model.trf_blocks[-1]).requires_grad_()
            self.final_norm: Any = copy.deepcopy(model.final_norm).requires_grad_()
        elif recipe.trained in ("all", "lora"):
            self.body: Any = _without_head(model)
            if recipe.trained == "lora":
                add_lora(self.body, recipe.lora_rank, recipe.lora_alpha, generator)
        for module in self.modules():
            if isinstance(module, nn.Dropout):  # off, as in the notes' classifier
                module.p = 0.0
        self.to(model.tok_emb.weight.device)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Scores of the classes (B, C).

        x        token IDs (B, T), or what `lower` made of them
        lengths  (B,) of the texts; behind them x may hold anything
        """
        return self.out_head((self.vectors(x, lengths) - self.shift) * self.scale)

    def vectors(self, x: Tensor, lengths: Tensor) -> Tensor:
        """What stands for each text (B, head_width); arguments as those of `forward`."""
        if not x.is_floating_point():
            x, lengths = self.lower(x, lengths), lengths + self.rows
        if self.trained == "head":
            return x[:, 0]
        if self.trained == "last_block":
            below, x = x[:, : self.rows], x[:, self.rows :]
            return read(self.block, self.final_norm, below, x, lengths - self.rows, self.reads)
        return read_all(self.body, x, lengths, self.reads)

    @torch.no_grad()
    def lower(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """What the part that stays as it is makes of token IDs (B, T); of all and lora, the IDs themselves."""
        if self.trained in ("all", "lora"):
            return ids
        (model,) = self.base
        if self.trained == "head":
            return read_all(model, ids, lengths, self.reads).unsqueeze(1)
        return torch.cat(before_last(model, ids, lengths, self.reads), dim=1)

    @torch.no_grad()
    def standardise(self, kept: Sequence[Tensor]) -> None:
        """From here on the head sees each of its numbers with mean 0 and standard deviation 1 over these texts.

        kept  of each text its token IDs, or what `lower` made of them

        Numbers of different layers and kinds differ in size; one learning rate has to fit all. One that is the same
        for all texts tells nothing and is left out.
        """
        width = self.out_head.in_features
        total, squares = (torch.zeros(width, dtype=torch.float64, device=self.device) for _ in range(2))
        for places in by_length([len(one) for one in kept]):
            found = self.vectors(*stack([kept[i] for i in places])).double()
            total += found.sum(dim=0)
            squares += found.square().sum(dim=0)
        mean = total / len(kept)
        deviation = (squares / len(kept) - mean.square()).clamp(min=0).sqrt()
        self.shift.copy_(mean)
        self.scale.copy_(torch.where(deviation > ALIKE, 1 / deviation, 0))

    @torch.no_grad()
    def settle(self) -> None:
        """Work what `standardise` did into the head: the same scores from a plain linear layer."""
        self.out_head.weight.mul_(self.scale)
        self.out_head.bias.sub_(self.out_head.weight @ self.shift)
        self.shift.zero_()
        self.scale.fill_(1)

    def learned(self) -> dict[str, Tensor]:
        """The weights that are trained, by name; load_state_dict(…, strict=False) takes them back."""
        return {name: p.detach() for name, p in self.named_parameters() if p.requires_grad}

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.out_head.weight.device


def before_last(model: GPTModel, ids: Tensor, lengths: Tensor, reads: str) -> tuple[Tensor, Tensor]:
    """Summaries (B, 4 L, D) of each text's normalised vectors before every block, and all (B, T, D) before the last.

    reads  as a recipe says it; where not all layers are read there are no summaries, (B, 0, D)

    Source: Peters et al. 2018, "Deep contextualized word representations"; side by side as in Devlin et al. 2019,
    "BERT", section 5.3.
    """
    x = fast_blocks(model, ids, 0)
    below = [x.new_zeros(len(x), 0, x.shape[-1])]
    for i in range(len(model.blocks)):
        x = fast_block(model.blocks[i - 1], x) if i else x
        if reads == "layers":
            below.append(summary(F.layer_norm(x, x.shape[-1:]), lengths))
    return torch.cat(below, dim=1), x


def read_all(model: GPTModel, ids: Tensor, lengths: Tensor, reads: str) -> Tensor:
    """What stands for each text (B, head_width), through all of a model."""
    below, x = before_last(model, ids, lengths, reads)
    return read(model.blocks[-1], model.final_norm, below, x, lengths, reads)


def read(block: Any, norm: Any, below: Tensor, x: Tensor, lengths: Tensor, reads: str) -> Tensor:
    """What the head gets: `below` (B, 4 L, D), and behind it what is read of the normalised vectors after a block.

    That is the mean of a text's tokens, with all layers their summary, and else the last token's vector.
    """
    if reads == "layers":
        return torch.cat([below, summary(norm(fast_block(block, x)), lengths)], dim=1).flatten(1)
    if reads == "mean":
        return mean_of_text(norm(fast_block(block, x)), lengths)
    return norm(block_at(block, x, lengths - 1))


def block_at(block: TransformerBlock, x: Tensor, last: Tensor) -> Tensor:
    """The block's output (B, D) at one place of each text: block(x)[b, last[b]]."""
    rows = torch.arange(len(x), device=x.device)
    att, normed = block.att, block.norm1(x)
    query = att.split_heads(att.W_query(normed[rows, last].unsqueeze(1)))  # (B, H, 1, K)
    key, value = att.split_heads(att.W_key(normed)), att.split_heads(att.W_value(normed))
    seen = torch.arange(x.shape[1], device=x.device) <= last.unsqueeze(1)  # (B, T)
    dropout = att.dropout.p if att.training else 0.0
    mask = seen[:, None, None, :]
    context = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout)
    out = x[rows, last] + block.drop_shortcut(att.out_proj(att.join_heads(context)).squeeze(1))
    return out + block.drop_shortcut(block.ff(block.norm2(out)))


def summary(x: Tensor, lengths: Tensor) -> Tensor:
    """(B, 4, D): mean, standard deviation, lowest and highest of each column of the vectors x[b] (T, D) of a text.

    Source: Snyder et al. 2018, "X-vectors: Robust DNN embeddings for speaker recognition", section 2 (mean and
    standard deviation); here with both ends.
    """
    outside = (torch.arange(x.shape[1], device=x.device) >= lengths.unsqueeze(1)).unsqueeze(-1)  # (B, T, 1)
    mean = mean_of_text(x, lengths)
    variance = mean_of_text((x - mean.unsqueeze(1)).square(), lengths)
    lowest, highest = x.masked_fill(outside, math.inf).amin(dim=1), x.masked_fill(outside, -math.inf).amax(dim=1)
    # The root of exactly 0, of a single token, would have no slope.
    return torch.stack([mean, (variance + 1e-6).sqrt(), lowest, highest], dim=1)


def mean_of_text(x: Tensor, lengths: Tensor) -> Tensor:
    """(B, D), the mean of the first lengths[b] of the vectors x[b] (T, D)."""
    inside = torch.arange(x.shape[1], device=x.device) < lengths.unsqueeze(1)  # (B, T)
    return (x * inside.unsqueeze(-1)).sum(dim=1) / lengths.unsqueeze(1)


def _without_head(model: GPTModel) -> GPTModel:
    body = copy.copy(model)
    body._modules = {name: part for name, part in model._modules.items() if name != "out_head"}
    return copy.deepcopy(body).requires_grad_()


@torch.no_grad()
def run_lower(network: Network, texts: Sequence[list[int]]) -> Iterator[tuple[list[int], list[Tensor]]]:
    """What `lower` makes of each text, batch by batch: places in `texts`, and a tensor of each.

    All of them lie in one piece of memory. In pieces of their own they would be put into what a batch has just freed,
    the next batch would no longer fit there, and the process would grow by a batch with every batch.
    """
    sizes = [1 if network.trained == "head" else network.rows + len(ids) for ids in texts]
    rooms: tuple[Tensor, ...] = ()
    for places in by_length([len(ids) for ids in texts]):
        x = network.lower(*stack([torch.tensor(texts[i], device=network.device) for i in places]))
        rooms = rooms or x.new_empty(sum(sizes), *x.shape[2:]).split(sizes)
        for i, row in zip(places, x, strict=True):
            rooms[i].copy_(row[: sizes[i]])
        yield places, [rooms[i] for i in places]


@torch.no_grad()
def scores(network: Network, kept: Sequence[Tensor]) -> Tensor:
    """Scores (N, C), on the CPU, of texts by their IDs or by what was kept of them; sets evaluation mode."""
    network.eval()
    result = torch.zeros(len(kept), network.out_head.out_features)
    for places in by_length([len(one) for one in kept]):
        result[places] = network(*stack([kept[i] for i in places])).float().cpu()
    return result


def loss_and_accuracy(found: Tensor, targets: Tensor, weights: Tensor | None = None) -> tuple[float, float]:
    """Mean cross-entropy in nats a text, and the share that is right, of scores (N, C) and targets (N,).

    weights  (C,) of the classes in that mean; None: every text counts the same
    """
    right = (found.argmax(dim=-1) == targets).float().mean()
    return F.cross_entropy(found, targets, weights).item(), right.item()
