"""A classifier on top of a GPT that stays as it is: only a copy of its last part is trained, with a new head.

    frozen   embeddings and all blocks but the last: the same vectors in every epoch, so they run only once
    trained  the last block, the final norm, and a head with one output a class instead of one a token

Only the last token of a message is read, because it alone has seen all others (notes, section 6.5); so the
last block is worked out for that one position.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Sampler, TensorDataset

from engine.errors import InputError
from engine.fast import fast_blocks
from engine.tokenizers.pretrained import encode_text
from engine.training.loop import LoopSettings, train
from engine.training.optim import Schedule, adamw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import tiktoken

    from engine.model import GPTModel, TransformerBlock
    from engine.training.events import Event

READ_AT_ONCE = 32  # messages in one pass through the frozen blocks


@dataclass(frozen=True)
class ClassifierSettings:
    """How to train the classifier.

    epochs         passes over the messages
    batch_size     messages in a batch
    learning_rate  AdamW's rate after warm-up; falls to 0 along half a cosine
    weight_decay   AdamW's pull of the matrices towards 0
    seed           of the head's first weights and of the messages' order
    """

    epochs: int = 8
    batch_size: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 0.1
    seed: int = 123

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1:
            raise InputError("epochs and batch_size must both be at least 1.")
        if not self.learning_rate > 0 or self.weight_decay < 0:
            raise InputError("the learning rate must be above 0 and the weight decay at least 0.")

    def steps(self, messages: int) -> int:
        """Optimizer steps that training on this many messages takes."""
        return self.epochs * -(-messages // self.batch_size)


@dataclass(frozen=True)
class Read:
    """So many of all messages have passed the frozen blocks."""

    done: int
    total: int


@dataclass(frozen=True)
class Classifier:
    """A fine-tuned model: the frozen GPT (shared, not copied), what was trained on top, and the classes."""

    model: GPTModel
    top: Top
    tokenizer: tiktoken.Encoding
    classes: tuple[str, ...]

    @torch.no_grad()
    def probabilities(self, texts: Sequence[str]) -> Tensor:
        """(N, C) probabilities of the classes, in the order of `classes`; softmax of the head's scores."""
        self.top.eval()
        result = torch.zeros(len(texts), len(self.classes))
        for places, vectors in read_frozen(self.model, encode(self.model, self.tokenizer, texts)):
            result[places] = self.top(*stack(vectors)).float().softmax(dim=-1).cpu()
        return result

    def classify(self, texts: Sequence[str]) -> list[str]:
        """The likeliest class of each text."""
        return [self.classes[i] for i in self.probabilities(texts).argmax(dim=-1).tolist()]


class Top(nn.Module):
    """What is trained: copies of a GPT's last block and final norm, and a new head.

    generator  draws the head's first weights
    """

    def __init__(self, model: GPTModel, num_classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.block: Any = copy.deepcopy(model.trf_blocks[-1]).requires_grad_()
        self.final_norm = copy.deepcopy(model.final_norm).requires_grad_()
        width = model.cfg.emb_dim
        self.out_head = nn.utils.skip_init(nn.Linear, width, num_classes)
        with torch.no_grad():
            self.out_head.weight.copy_(torch.randn(num_classes, width, generator=generator) * 0.02)
            self.out_head.bias.zero_()
        self.to(model.tok_emb.weight.device)

    def forward(self, x: Tensor, last: Tensor) -> Tensor:
        """Scores of the classes (B, C), from x (B, T, D) before the last block, read at the places last (B,)."""
        return self.out_head(self.final_norm(block_at(self.block, x, last)))


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


def fit_classifier(
    model: GPTModel,
    tokenizer: tiktoken.Encoding,
    texts: Sequence[str],
    labels: Sequence[str],
    settings: ClassifierSettings | None = None,
    listen: Callable[[Event | Read], None] = lambda _: None,
) -> Classifier:
    """Fine-tune a GPT into a classifier; the model itself is not changed.

    labels  the class of each text
    listen  is told how far it is: Read while the frozen blocks run, then the events of the training loop,
            in which a message counts as one token

    Raises InputError when texts and labels differ in number or there are fewer than two classes.
    """
    chosen = settings or ClassifierSettings()
    if len(texts) != len(labels):
        raise InputError(f"there are {len(texts)} texts and {len(labels)} labels; give one label a text.")
    classes = tuple(sorted(set(labels)))
    if len(classes) < 2:
        raise InputError("there is nothing to tell apart; give texts of at least two classes.")
    vectors = keep_frozen(model, tokenizer, texts, listen)
    targets = torch.tensor([classes.index(label) for label in labels])
    generator = torch.Generator().manual_seed(chosen.seed)
    top = Top(model, len(classes), generator)
    # A batch is the messages' numbers; their vectors are already there.
    loader = DataLoader(
        TensorDataset(torch.arange(len(texts)), targets),
        batch_sampler=LengthBatches([len(v) for v in vectors], chosen.batch_size, generator),
        generator=generator,
    )

    def batch_loss(top: nn.Module, numbers: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(top(*stack([vectors[i] for i in numbers.tolist()])), targets)

    optimizer = adamw(top, chosen.learning_rate, chosen.weight_decay, betas=(0.9, 0.999))
    total = chosen.steps(len(texts))
    schedule = Schedule(total, warmup_steps=max(1, total // 10), shape="cosine")
    for event in train(
        top, loader, optimizer, LoopSettings(epochs=chosen.epochs), batch_loss=batch_loss, schedule=schedule
    ):
        listen(event)
    return Classifier(model, top.eval(), tokenizer, classes)


def keep_frozen(
    model: GPTModel, tokenizer: tiktoken.Encoding, texts: Sequence[str], listen: Callable[[Read], None]
) -> list[Tensor]:
    """Each text's vectors (T, D) before the last block, in the order of the texts.

    All in one piece of memory, for the reason that engine.finetune.network.run_lower gives.
    """
    ids = encode(model, tokenizer, texts)
    sizes = [len(one) for one in ids]
    kept: tuple[Tensor, ...] = ()
    done = 0
    for places, vectors in read_frozen(model, ids):
        kept = kept or vectors[0].new_empty(sum(sizes), model.cfg.emb_dim).split(sizes)
        for place, vector in zip(places, vectors, strict=True):
            kept[place].copy_(vector)
        done += len(places)
        listen(Read(done, len(texts)))
    return list(kept)


def encode(model: GPTModel, tokenizer: tiktoken.Encoding, texts: Sequence[str]) -> list[list[int]]:
    """Token IDs: each text starts with <|endoftext|>, as documents did in pretraining; beyond the context it is cut."""
    return [[tokenizer.eot_token, *encode_text(tokenizer, text)][: model.cfg.context_length] for text in texts]


@torch.no_grad()
def read_frozen(model: GPTModel, ids: Sequence[list[int]]) -> Iterator[tuple[list[int], list[Tensor]]]:
    """The texts' vectors (T, D) before the last block, batch by batch: places in `ids`, and views of the batch."""
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    device = model.tok_emb.weight.device
    for start in range(0, len(order), READ_AT_ONCE):
        places = order[start : start + READ_AT_ONCE]
        # Padding comes after the text, and no token sees what comes after it: any ID will do.
        batch = pad_sequence([torch.tensor(ids[i]) for i in places], batch_first=True).to(device)
        x = fast_blocks(model, batch, len(model.trf_blocks) - 1)
        yield places, [row[: len(ids[i])] for row, i in zip(x, places, strict=True)]


def stack(vectors: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Texts of different lengths as one tensor (B, T, D), and the place of each one's last token (B,)."""
    last = torch.tensor([len(v) - 1 for v in vectors], device=vectors[0].device)
    return pad_sequence(list(vectors), batch_first=True), last


class LengthBatches(Sampler[list[int]]):
    """Batches of texts of similar length in random order: little padding, every text once an epoch."""

    def __init__(self, lengths: Sequence[int], batch_size: int, generator: torch.Generator) -> None:
        self.lengths, self.batch_size, self.generator = lengths, batch_size, generator

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        numbers = torch.randperm(len(self.lengths), generator=self.generator).tolist()
        pool = 8 * self.batch_size  # sorted only within a pool, so that batches differ from epoch to epoch
        batches: list[list[int]] = []
        for start in range(0, len(numbers), pool):
            near = sorted(numbers[start : start + pool], key=self.lengths.__getitem__)
            batches += [near[i : i + self.batch_size] for i in range(0, len(near), self.batch_size)]
        for i in torch.randperm(len(batches), generator=self.generator).tolist():
            yield batches[i]
