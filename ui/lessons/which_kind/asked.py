"""The model asked about a message: what it reads, what it would say next, which answer it prefers, what it writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ui.figures.which_kind import COMPARED, REST, TOKEN
from ui.labels import short

if TYPE_CHECKING:
    from ui.models import LoadedModel

WRITTEN = 24  # tokens
MOST_SHOWN = 4  # of the likeliest tokens


@dataclass(frozen=True)
class Asked:
    """One question to one model.

    prompt   what it read; tokens: so many; cut: tokens of the message that did not fit
    bars     label, kind, probability: the likeliest next tokens, both answers' first tokens, the rest
    answers  yes and no as they were compared
    chances  probability of each, over all of its tokens
    scores   the model's score (logit) of each answer's first token; total: ln of the sum of e^score over the vocabulary
    written  what it writes when the likeliest token is taken again and again; ended: by <|endoftext|>
    """

    prompt: str
    tokens: int
    cut: int
    bars: list[tuple[str, str, float]]
    answers: tuple[str, str]
    chances: tuple[float, float]
    scores: tuple[float, float]
    total: float
    written: str
    ended: bool


def ask(loaded: LoadedModel, text: str, question: str, wording: str) -> Asked:
    """One question about a text.

    text     the message; its end is cut where the context has no room for it
    wording  a key of engine.analysis.asking.WORDINGS

    Raises InputError when the question leaves no room.
    """
    import torch

    from engine.analysis.asking import answer_ids, find_wording, prompt_ids
    from engine.analysis.greedy import write_greedily
    from engine.analysis.in_context import answer_log_probabilities
    from engine.tokenizers.pretrained import token_text

    way, tokenizer = find_wording(wording), loaded.tokenizer
    room = loaded.model.cfg.context_length - WRITTEN
    ids, cut = prompt_ids(tokenizer, way, text, question, room)
    text_found = write_greedily(loaded.model, ids, WRITTEN)
    scores = torch.from_numpy(text_found.logits[0]).double()
    chances = scores.softmax(dim=-1)
    both = answer_ids(tokenizer, way)
    logs = answer_log_probabilities(loaded.model, [ids, ids], list(both))
    firsts = [answer[0] for answer in both]
    likely = [i for i in chances.topk(MOST_SHOWN).indices.tolist() if i not in firsts]
    shown = sorted({*firsts, *likely}, key=lambda i: -float(chances[i]))
    bars = [
        (short(token_text(tokenizer, i)) or "(nothing)", COMPARED if i in firsts else TOKEN, float(chances[i]))
        for i in shown
    ]
    bars.append((f"{len(chances) - len(shown):,} others", REST, max(0.0, 1 - sum(p for *_, p in bars))))
    new = list(text_found.ids[text_found.prompt :])
    ended = tokenizer.eot_token in new
    if ended:
        new = new[: new.index(tokenizer.eot_token)]
    yes, no = (float(x) for x in logs.exp())
    return Asked(
        tokenizer.decode(ids),
        len(ids),
        cut,
        bars,
        (way.answers[0].strip(), way.answers[1].strip()),
        (yes, no),
        (float(scores[firsts[0]]), float(scores[firsts[1]])),
        float(scores.logsumexp(dim=-1)),
        tokenizer.decode(new).strip(),
        ended,
    )
