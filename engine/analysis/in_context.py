"""Learning inside the prompt: examples that raise an answer's probability, repetitions that lower the loss.

Nothing here trains: `fingerprint` says so, before and after.

Sources: Brown et al. 2020, "Language Models are Few-Shot Learners" (zero-, one- and few-shot); Min et al. 2022,
"Rethinking the Role of Demonstrations" (examples with the wrong answers); Olsson et al. 2022, "In-context Learning and
Induction Heads" (repeated random tokens).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.analysis.heads import repeated_random_ids
from engine.attention import check_length
from engine.errors import InputError
from engine.fast import fast_forward, fast_hidden

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.model import GPTModel

Pair = tuple[str, str]


@dataclass(frozen=True)
class Draw:
    """One order of the pairs: the question, and the examples, of which a prompt takes the last k.

    mixed  the same examples, each with the answer of the next one
    """

    question: Pair
    examples: list[Pair]
    mixed: list[Pair]


def draw_orders(pairs: Sequence[Pair], most: int, count: int, seed: int) -> list[Draw]:
    """`count` seeded orders: the pairs take turns as the question, `most` of the others are the examples.

    Raises InputError for fewer than three pairs: a question, and two examples whose answers can be mixed up.
    """
    if len(pairs) < 3:
        raise InputError(f"there are {len(pairs)} pairs; give at least three: a question and two examples.")
    random = torch.Generator().manual_seed(seed)
    turns = torch.randperm(len(pairs), generator=random).tolist()
    draws = []
    for number in range(count):
        asked = turns[number % len(pairs)]
        order = [i for i in torch.randperm(len(pairs), generator=random).tolist() if i != asked][:most]
        examples = [pairs[i] for i in order]
        answers = [answer for _, answer in examples]
        mixed = [(given, answers[(i + 1) % len(answers)]) for i, (given, _) in enumerate(examples)]
        draws.append(Draw(pairs[asked], examples, mixed))
    return draws


def few_shot_prompt(examples: Sequence[Pair], question: str, between: str = ", ", after: str = ". ") -> str:
    """The prompt: each example and its answer, then the question, up to where its answer should begin.

    between  what stands between question and answer; after: what ends an example
    """
    shown = "".join(f"{given}{between}{answer}{after}" for given, answer in examples)
    # An answer's tokens begin with the space before it.
    return f"{shown}{question}{between}".rstrip(" ")


@torch.no_grad()
def answer_log_probabilities(
    model: GPTModel, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]], batch: int = 32
) -> Tensor:
    """Ln P of each answer after its prompt, summed over the answer's tokens: (N,).

    prompts, answers  N token sequences each, of any lengths

    Raises InputError for an empty prompt or answer, or one pair that does not fit into the context.
    """
    if not all(prompts) or not all(answers):
        raise InputError("a prompt and its answer need at least one token each.")
    lengths = [len(p) + len(a) for p, a in zip(prompts, answers, strict=True)]
    check_length(max(lengths), model.cfg.context_length)
    device = model.tok_emb.weight.device
    found = torch.zeros(len(lengths), dtype=torch.float64)
    # Similar lengths together: little is computed for what only fills up, and the mask hides it from the rest.
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    for start in range(0, len(order), batch):
        group = order[start : start + batch]
        rows = [[*prompts[i], *answers[i]] for i in group]
        ids = torch.tensor([row + [0] * (max(map(len, rows)) - len(row)) for row in rows], device=device)
        hidden = fast_hidden(model, ids)
        for row, i in enumerate(group):
            places = slice(len(prompts[i]) - 1, lengths[i] - 1)
            logs = model.out_head(hidden[row, places]).double().log_softmax(-1)
            found[i] = logs.gather(1, torch.tensor(answers[i], device=device)[:, None]).sum()
    return found


@torch.no_grad()
def repetition_losses(
    model: GPTModel, ordinary: int, length: int, rounds: int = 3, texts: int = 4, seed: int = 0
) -> Tensor:
    """Loss at every place of random tokens said several times, in nats: (texts, rounds, length).

    ordinary  tokens to choose from, IDs 0 to below this; the one with this ID begins each text (<|endoftext|>)
    length    random tokens in a round, all different; rounds: how often they are said
    texts     so many nonsense texts, with seeds `seed`, `seed + 1`, ...

    Raises InputError when a text does not fit into the context, and as repeated_random_ids does.
    """
    once = torch.stack([repeated_random_ids(ordinary, length, seed + i)[:length] for i in range(texts)])
    ids = torch.cat([torch.full((texts, 1), ordinary), once.repeat(1, rounds)], dim=1)
    ids = ids.to(model.tok_emb.weight.device)
    check_length(ids.shape[1] - 1, model.cfg.context_length)
    logits = fast_forward(model, ids[:, :-1]).float()
    losses = F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
    return losses.view(texts, rounds, length)


def fingerprint(model: GPTModel) -> str:
    """SHA-256 over the name and every byte of every weight, 64 hexadecimal digits: one changed bit changes it."""
    digest = hashlib.sha256()
    for name, weight in model.named_parameters():
        digest.update(name.encode())
        digest.update(weight.detach().cpu().contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()
