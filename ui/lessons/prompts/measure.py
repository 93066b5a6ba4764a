"""What the lesson on prompts computes with the chosen model: answers after examples, losses of repeated tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.in_context import Draw, Pair
    from ui.models import LoadedModel

    Floats = NDArray[np.float64]

MOST_EXAMPLES, ORDERS = 6, 6
MOST_PAIRS, LONGEST_PAIR = 24, 80  # pairs, characters of one
ROUNDS, TEXTS = 3, 4

# Small enough for a model that has read old novels; measured on the pocket model, see the lesson.
TASKS = {
    "next": ("The next number", "one, two\ntwo, three\nthree, four\nfour, five\nfive, six\nsix, seven\nseven, eight"),
    "woman": (
        "Man and woman",
        "man, woman\nking, queen\nboy, girl\nbrother, sister\nfather, mother\nson, daughter\nhusband, wife",
    ),
    "plural": ("More than one", "house, houses\nriver, rivers\ndog, dogs\nbook, books\nhorse, horses\nhand, hands"),
    "opposite": ("Opposites", "hot, cold\nblack, white\nold, young\ngood, bad\nrich, poor\nfirst, last\nlong, short"),
    "copy": ("Say it again", "house, house\nriver, river\ntable, table\nbook, book\nhorse, horse\nhand, hand"),
    "mood": (
        "Good or bad",
        "a happy day, good\na cruel man, bad\na kind friend, good\na terrible storm, bad\na lovely smile, good\n"
        "a wicked lie, bad",
    ),
    "capital": (
        "Capital cities",
        "France, Paris\nEngland, London\nItaly, Rome\nSpain, Madrid\nGermany, Berlin\nRussia, Moscow",
    ),
}
# Between a question and its answer, and after the answer.
FORMS = {
    "comma": (", ", ". "),
    "and": (" and ", "; "),
    "arrow": (" -> ", "\n"),
    "lines": (": ", "\n"),
}


@dataclass(frozen=True)
class Examples:
    """Several orders of the same pairs, asked with 0 to K examples.

    draws    N orders
    right    (N, K + 1) ln P of the right answer after right examples, by their number
    mixed    (N, K + 1) the same after examples whose answers are mixed up
    before, after  fingerprints of the weights, before all this was computed and after it
    """

    draws: list[Draw]
    right: Floats
    mixed: Floats
    before: str
    after: str


def read_pairs(text: str) -> list[Pair]:
    """The pairs in a text, one a line, question and answer with a comma between.

    Raises InputError for a line that is no pair, and for too many or too long ones.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_PAIRS:
        raise InputError(f"there are {len(lines)} pairs; give at most {MOST_PAIRS}.")
    pairs = []
    for line in lines:
        given, comma, answer = (part.strip() for part in line.rpartition(","))
        if not (given and comma and answer):
            raise InputError(f"{line[:40]!r} is no pair; write a question, a comma and its answer.")
        if len(line) > LONGEST_PAIR:
            raise InputError(f"{line[:40]!r} … has {len(line)} characters; a pair may have {LONGEST_PAIR}.")
        pairs.append((given, answer))
    return pairs


def prompt(draw: Draw, k: int, form: str, mixed: bool = False) -> str:
    """The prompt with the last k examples of an order."""
    from engine.analysis.in_context import few_shot_prompt

    shown = draw.mixed if mixed else draw.examples
    return few_shot_prompt(shown[len(shown) - k :], draw.question[0], *FORMS[form])


def ids(loaded: LoadedModel, text: str) -> list[int]:
    """A prompt's token IDs, at the start of a text."""
    from engine.tokenizers.pretrained import encode_text

    return [loaded.tokenizer.eot_token, *encode_text(loaded.tokenizer, text)]


def answer_ids(loaded: LoadedModel, answer: str) -> list[int]:
    """An answer's token IDs, with the space before it."""
    from engine.tokenizers.pretrained import encode_text

    return encode_text(loaded.tokenizer, f" {answer}")


def ask(loaded: LoadedModel, text: str, form: str, seed: int) -> Examples:
    """Every order, with 0 to K examples, right and mixed up.

    text  the pairs, one a line

    Raises InputError as read_pairs and draw_orders do.
    """
    from engine.analysis.in_context import answer_log_probabilities, draw_orders, fingerprint

    before = fingerprint(loaded.model)
    pairs = read_pairs(text)
    most = min(MOST_EXAMPLES, len(pairs) - 1)
    draws = draw_orders(pairs, most, ORDERS, seed)
    asked = [(draw, k, mixed) for draw in draws for mixed in (False, True) for k in range(most + 1)]
    found = answer_log_probabilities(
        loaded.model,
        [ids(loaded, prompt(draw, k, form, mixed)) for draw, k, mixed in asked],
        [answer_ids(loaded, draw.question[1]) for draw, _, _ in asked],
    )
    right, mixed = found.view(len(draws), 2, most + 1).numpy().transpose(1, 0, 2)
    return Examples(draws, right, mixed, before, fingerprint(loaded.model))


def what_next(loaded: LoadedModel, text: str) -> Floats:
    """(V,) probabilities of the token after a prompt."""
    from engine.evaluation.holes import next_probabilities

    probabilities: Floats = next_probabilities(loaded.model, ids(loaded, text)).cpu().numpy()
    return probabilities


def repeat(loaded: LoadedModel, text: str, length: int, seed: int) -> Floats:
    """(TEXTS, ROUNDS, length) loss at each place of random tokens said again and again, nats.

    text  not used: the tokens are random
    """
    from engine.analysis.in_context import repetition_losses

    ordinary = loaded.tokenizer.n_vocab - 1  # all but <|endoftext|>, the last
    losses: Floats = repetition_losses(loaded.model, ordinary, length, ROUNDS, TEXTS, seed).double().cpu().numpy()
    return losses


def random_tokens(loaded: LoadedModel, length: int, seed: int) -> list[tuple[int, str]]:
    """IDs and texts of the first of the random texts, one round of it."""
    from engine.analysis.heads import repeated_random_ids
    from engine.tokenizers.pretrained import token_text

    once = repeated_random_ids(loaded.tokenizer.n_vocab - 1, length, seed)[:length].tolist()
    return [(i, token_text(loaded.tokenizer, i)) for i in once]


def load_code(name: str) -> str:
    """The lines that load the model on screen."""
    load = "load_pocket()" if name == "pocket" else f'load_gpt2("{name}").eval(), load_tokenizer("gpt2")'
    return f"from engine import load_gpt2, load_pocket, load_tokenizer\n\nmodel, tokenizer = {load}"


def examples_code(name: str, text: str, form: str, seed: int) -> list[str]:
    """The code behind the curve of examples."""
    pairs = read_pairs(text)
    most = min(MOST_EXAMPLES, len(pairs) - 1)
    return [
        load_code(name),
        f"""\
from engine.analysis.in_context import answer_log_probabilities, draw_orders, few_shot_prompt, fingerprint
from engine.tokenizers.pretrained import encode_text

before = fingerprint(model)
pairs = {pairs!r}
draws = draw_orders(pairs, most={most}, count={ORDERS}, seed={seed})""",
        f"""\
for k in range({most + 1}):
    prompts = [few_shot_prompt(d.examples[len(d.examples) - k :], d.question[0], *{FORMS[form]!r}) for d in draws]
    logs = answer_log_probabilities(
        model,
        [[tokenizer.eot_token, *encode_text(tokenizer, prompt)] for prompt in prompts],
        [encode_text(tokenizer, " " + d.question[1]) for d in draws],
    )
    print(k, "examples:", f"{{logs.mean().exp().item():.3g}}")
print(prompts[0])
assert fingerprint(model) == before""",
    ]


def repeat_code(name: str, length: int, seed: int) -> list[str]:
    """The code behind the curve of repeated random tokens."""
    return [
        load_code(name),
        f"""\
from engine.analysis.in_context import repetition_losses

losses = repetition_losses(model, tokenizer.n_vocab - 1, {length}, rounds={ROUNDS}, texts={TEXTS}, seed={seed})
print("mean loss of each round, nats:", losses.mean(dim=(0, 2)))
print(losses.mean(dim=0))""",
    ]
