"""What the decoding lesson says: the arithmetic of one token, experiments, questions with their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.figures.decoding import arithmetic, ranking
from ui.labels import visible
from ui.lesson import Experiment, Question, plain
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    import numpy as np

    from engine.sampling import DecodingSettings
    from ui.decoding_controls import Text


def token(text: str) -> str:
    """A token inside a sentence, as code that no word of the user can end."""
    return f"`{visible(text).replace('`', 'ˋ')}`"


def one_line(settings: DecodingSettings) -> str:
    """The settings that do something, in one line."""
    words = [f"temperature {settings.temperature:g}"]
    for name, value in (("top-k", settings.top_k), ("top-p", settings.top_p), ("min-p", settings.min_p)):
        words += [f"{name} {value:g}"] if value is not None else []
    if settings.repetition_penalty != 1:
        words.append(f"repetition penalty {settings.repetition_penalty:g}")
    return ", ".join(words)


def arithmetic_table(text: Text, chosen: int) -> str:
    """From logit to probability in real numbers: a table for the best token and the chosen one, then in words."""
    settings, scores = text.settings, penalised(text)
    if settings.temperature == 0:
        return greedy(text, chosen)
    best, second = ranking(scores)[:2].tolist()
    # Always two rows: the best token, and the chosen one or the runner-up.
    rows = {one: arithmetic(scores, one, settings.temperature) for one in (best, second if chosen == best else chosen)}
    size, temperature = count(len(scores)), f"{settings.temperature:g}"
    lines = [
        f"| token | logit | − best | ÷ {temperature} | e to it | ÷ sum |",
        "|:--|--:|--:|--:|--:|--:|",
    ]
    for one, row in rows.items():
        cells = [fmt(row.score), fmt(row.score - row.best), fmt(row.divided), fmt(row.exponential)]
        lines.append(f"| {plain(visible(text.label(one)))} | {' | '.join(cells)} | {percent(row.probability)} |")
    row = rows[chosen]
    lines.append(f"| all {size} | | | | {fmt(row.total)} | 100% |")
    steps = (
        f"({fmt(row.score)} − {fmt(row.best)}) ÷ {temperature} = **{fmt(row.divided)}**;  "
        f"e^({fmt(row.divided)}) = **{fmt(row.exponential)}**;  "
        f"{fmt(row.exponential)} ÷ {fmt(row.total)} = **{percent(row.probability)}**"
    )
    return "\n".join(
        [
            "The model gives every token a **logit**: a score of any size. **Softmax** turns all of them into "
            f"probabilities that add up to 1. Here for {token(text.label(chosen))} (ID {chosen}); click another token "
            f"in the table above.{penalty_note(text, chosen)}\n",
            *lines,
            f"\n{steps}{filter_note(text, chosen)}\n",
            "The best logit is taken off first so that no number gets too large. It changes nothing: top and bottom of "
            "the fraction are divided by the same number.",
        ]
    )


def penalised(text: Text) -> np.ndarray:
    """The logits that the temperature divides: the model's, after the repetition penalty if it is on."""
    penalty, scores = text.settings.repetition_penalty, text.now.scores.copy()
    if penalty != 1:
        seen = list(set(text.now.ids))
        scores[seen] = [s * penalty if s < 0 else s / penalty for s in scores[seen]]
    return scores


def penalty_note(text: Text, chosen: int) -> str:
    """What the repetition penalty did to the chosen token's logit, empty if nothing."""
    penalty, raw = text.settings.repetition_penalty, float(text.now.scores[chosen])
    if penalty == 1 or chosen not in text.now.ids:
        return ""
    sign, after = ("×", raw * penalty) if raw < 0 else ("÷", raw / penalty)
    return f" It is in the text already, so its logit becomes {fmt(raw)} {sign} {penalty:g} = {fmt(after)}."


def filter_note(text: Text, chosen: int) -> str:
    """What the filters made of the chosen token's probability."""
    names, stages = text.draw.names, text.draw.stages
    filters = [name for name in names if name in ("top-k", "top-p", "min-p")]
    if not filters:
        return "."
    before = stages[len(names) - len(filters) - 1]
    kept = stages[-1] > 0
    share, together = float(before[chosen]), float(before[kept].sum(dtype=float))
    words = " and ".join(filters)
    if not kept[chosen]:
        return f".  Then {words} leave it out: **0**."
    return (
        f".  {words.capitalize()} keep {count(int(kept.sum()))} tokens, {percent(together)} together, and divide by "
        f"that: {percent(share)} ÷ {percent(together)} = **{percent(float(stages[-1][chosen]))}**."
    )


def greedy(text: Text, chosen: int) -> str:
    """The arithmetic at temperature 0: none, only a comparison."""
    scores = penalised(text)
    best = int(scores.argmax())
    sentences = [
        f"At temperature 0 nothing is divided or drawn: the token with the largest logit is taken. That is "
        f"**argmax**: {token(text.label(best))} with **{fmt(float(scores[best]))}** (ID {best})."
    ]
    if chosen != best:
        sentences.append(
            f"{token(text.label(chosen))} has {fmt(float(scores[chosen]))}, which is less, so its probability is 0."
        )
    return "\n\n".join(sentences)


def argmax_answer(text: Text | None) -> str:
    """What argmax is, with the numbers on screen where there are some."""
    answer = (
        "*max* is the largest number of a list, **argmax** the *place* where it stands: argmax(3, 9, 4) = 1, counting "
        "from 0. For a language model the place is a token's ID."
    )
    if text is not None:
        probs = text.draw.stages[0]
        order = ranking(text.now.scores)[:3].tolist()
        rows = [
            f"| {plain(visible(text.label(i)))} | {i} | {fmt(float(text.now.scores[i]))} | {percent(float(probs[i]))} |"
            for i in order
        ]
        table = "\n".join(["| token | ID | logit | probability |", "|:--|--:|--:|--:|", *rows])
        answer += (
            f" On this page now:\n\n{table}\n\nargmax(logits) = **{int(text.now.scores.argmax())}**, "
            f"argmax(softmax(logits)) = **{int(probs.argmax())}**."
        )
    return (
        f"{answer} Both give the same token, because softmax is **monotonic**: e to a larger number is larger, and all "
        "are divided by the same sum, so the order stays. That is why greedy decoding needs no softmax at all."
    )


def temperature_answer(text: Text | None) -> str:
    """What a temperature value is, with the numbers on screen where there are some."""
    answer = (
        "A number that all logits are divided by before softmax. **Below 1** differences grow and the best tokens get "
        "more; **above 1** differences shrink and the unlikely ones get more; **1** changes nothing; towards **0** the "
        "best token gets everything, which is what 0 stands for here. The order of the tokens never changes."
    )
    if text is None:
        return answer
    order = ranking(text.now.scores)[:3].tolist()
    heats = (0.5, 1.0, 2.0)
    lines = [f"| token | {' | '.join(f'T = {heat:g}' for heat in heats)} |", "|:--|--:|--:|--:|"]
    for i in order:
        shares = [percent(arithmetic(text.now.scores, i, heat).probability) for heat in heats]
        lines.append(f"| {plain(visible(text.label(i)))} | {' | '.join(shares)} |")
    table = "\n".join(lines)
    return f"{answer} The three best tokens now, before any filter:\n\n{table}"


def questions(text: Text | None) -> dict[str, str]:
    """The margin's questions; with the numbers on screen where there are some."""
    return {
        "What is a temperature value?": temperature_answer(text),
        "What is the argmax function?": argmax_answer(text),
        "Are logits normalised probabilities?": "No. Logits are **unnormalised** scores: any size, also negative, and "
        "they add up to nothing in particular. Softmax normalises them: positive numbers that add up to 1.",
        "What do top-k, top-p and min-p do?": "They cut off the long tail: thousands of tokens that are unlikely one "
        "by one and together come up often. **Top-k** keeps a fixed number. **Top-p** keeps as few as reach a "
        "probability together: few when the model is sure, many when it is not. **Min-p** keeps what has at least "
        "a share of the best one's probability. What is left is divided by its sum, so that it adds up to 1 again.",
        "Is the best token at every step the best text?": "No. Greedy decoding never looks ahead: a good token can "
        "lead into a dull or repeating text. See the tree: the product along a path counts, and the best first "
        "step need not begin the best path.",
        "If it is random, why does the same link give the same text?": "The random numbers come from a generator that "
        "starts from the **seed**. Same seed, same numbers, same draws. The number for each token is shown on the bar.",
    }


def experiments() -> list[Experiment]:
    """What to try, with a guess before; true for any model."""
    return [
        Experiment(
            "Set the temperature to 0, then press *Draw again* a few times.",
            "The random number changes. What happens to the drawn token?",
            ["It changes too", "It stays the same", "It changes now and then"],
            1,
            "At temperature 0 one token has the whole bar from 0 to 1, so every number falls on it. That is greedy "
            "decoding.",
            {"part": "one", "temperature": 0.0, "token": ""},
        ),
        Experiment(
            "Keep all tokens and raise the temperature from 0.5 to 2. Watch the row *rest*.",
            "What happens to the thousands of tokens that have no row?",
            ["They stay negligible", "Together they get a larger and larger share", "They are cut off"],
            1,
            "Each one stays unlikely, but there are thousands. Hot text turns to nonsense because of this tail, and "
            "top-k, top-p and min-p exist to cut it.",
            {"part": "one", "temperature": 0.5, "top_k": "all", "top_p": 1.0, "min_p": 0.0},
        ),
        Experiment(
            "Two settings that differ in temperature only, A cooler than B. Press *Draw again* several times.",
            "The same number falls on both bars. Can B's token be one that the model finds more likely than A's?",
            ["Yes, half of the time", "Now and then", "Never"],
            2,
            "A hotter bar gives less room to the best tokens, so every border moves to the left and a number can only "
            "fall on the same token or a less likely one. It holds for the next token; later the texts differ.",
            {
                **{"part": "two", "temperature": 0.7, "top_k": "all", "top_p": 1.0, "min_p": 0.0, "penalty": 1.0},
                **{"temperature_b": 1.5, "top_k_b": "all", "top_p_b": 1.0},
            },
        ),
    ]


def check() -> list[Question]:
    """Three questions to check oneself with."""
    return [
        Question(
            "Top-k with k = 1 and temperature 2 gives …",
            ["very random text", "the same text as greedy decoding", "an error"],
            1,
            "Only the best token is left, and temperature does not change which one is best.",
        ),
        Question(
            "Two tokens have the logits 2 and 1. At temperature 0.5, the first is how many times as likely?",
            ["2 times", "e¹ ≈ 2.72 times", "e² ≈ 7.39 times"],
            2,
            "The logits become 4 and 2; they differ by 2, and softmax turns a difference into a factor e².",
        ),
        Question(
            "The best token has probability 0.95. How many tokens does top-p = 0.9 keep?",
            ["1", "2", "90% of the vocabulary"],
            0,
            "The best one alone reaches 0.9. When the model is sure, top-p keeps little.",
        ),
    ]
