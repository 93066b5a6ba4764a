"""What may be wrong with the classes of a table: spellings, too many or too few, numbers, uneven ones."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from engine.datasets import repairs
from engine.datasets.finding import Finding, Fix, some
from engine.datasets.labelled import in_order
from engine.datasets.repairs import LEAST_ROWS, MOST_CLASSES, REPAIRS

if TYPE_CHECKING:
    import pandas as pd

NUMBER = re.compile(r"\s*[-+]?\d+([.,]\d+)?\s*")
UNEVEN = 3.0  # the largest class has so many times the rows of the smallest
FEW = 30  # rows of a class, below which its score in the test part is mostly chance
MOST_MISSPELT = 8  # that are said one by one; more will be so many classes of their own
RARE_SHARE = 0.02  # a misspelt class is rarer than this, next to the one it is taken for


def spellings(table: pd.DataFrame) -> Finding | None:
    """Labels that are another spelling of a more frequent one."""
    main = repairs.main_spelling(table["label"])
    other = {label: best for label, best in main.items() if label != best}
    rows = table["row"][table["label"].isin(other)].to_list()
    if not rows:
        return None
    shown = ", ".join(f"{label!r} for {best!r}" for label, best in list(other.items())[:5])
    return Finding(
        "spellings",
        "should",
        f"{some(len(rows), 'label is', 'labels are')} another spelling of a class: {shown}.",
        "Capitals, or spaces around the word. As they stand they are different classes.",
        rows,
        [Fix(REPAIRS["spellings"][0], {"repair": "spellings"})],
    )


def misspelt(table: pd.DataFrame) -> list[Finding]:
    """Rare labels whose name is nearly that of a large class."""
    counts = table["label"].value_counts()
    if not 2 < len(counts) <= 4 * MOST_CLASSES:
        return []
    found: list[Finding] = []
    for label, number in counts.items():
        frequent = [name for name in counts.index if number < RARE_SHARE * counts[name]]
        near = get_close_matches(str(label), frequent, n=1, cutoff=0.75)
        if near and not NUMBER.fullmatch(str(label)) and repairs.spelling(str(label)) != repairs.spelling(near[0]):
            found.append(
                Finding(
                    f"misspelt {label}",
                    "should",
                    f"{str(label)!r} ({some(int(number), 'row')}) may be a misspelling of {near[0]!r}.",
                    "It is rare, and its name is nearly that of a large class.",
                    table["row"][table["label"] == label].to_list(),
                    [Fix(f"Call it {near[0]!r}", {"names": {str(label): near[0]}})],
                )
            )
    return found[:MOST_MISSPELT]


def classes(table: pd.DataFrame, other_labels: dict[str, int]) -> list[Finding]:
    """How many classes there are and how they are filled; other_labels: see doctor.examine_table."""
    counts = table["label"][~repairs.missing(table)].value_counts()
    columns = [
        Fix(f"Use the column {name!r} ({some(n, 'class', 'classes')})", {"label": name})
        for name, n in other_labels.items()
    ]
    if len(counts) < 2:
        have = f"only one class, {counts.index[0]!r}" if len(counts) else "no class at all"
        return [Finding("one_class", "must", f"There is {have}.", "Two are needed to tell apart.", fixes=columns[:3])]
    numbers = all(NUMBER.fullmatch(str(label)) for label in counts.index)
    if len(counts) > MOST_CLASSES:
        kind = "numbers, so perhaps something measured" if numbers else "each with few rows"
        fixes = [*columns[:3], Fix(REPAIRS["too_many"][0], {"repair": "too_many"})]
        why = f"They are {kind}; {MOST_CLASSES} are the most here. Perhaps another column holds the label."
        rows = table["row"][repairs.beyond_most(table)].to_list()
        return [Finding("too_many", "must", f"There are {len(counts):,} classes.", why, rows, fixes)]
    found: list[Finding] = []
    if numbers:
        names = {label: f"class {label.strip()}" for label in in_order(map(str, counts.index))}
        found.append(
            Finding(
                "numbers",
                "note",
                f"The labels are numbers: {', '.join(label.strip() for label in [*names][:8])}.",
                "They are read as names; that 2 is more than 1 means nothing to a classifier. Names make the pictures "
                "easier to read.",
                fixes=[Fix(f"Call them {', '.join([*names.values()][:2])}, …", {"names": names})],
            )
        )
    rare = repairs.rare(table) & ~repairs.missing(table)
    if rare.any():
        of = some(table["label"][rare].nunique(), "class has", "classes have")
        why = "Training, validation and test need at least one row of each; and one row teaches little."
        fixes = [Fix(REPAIRS["rare"][0], {"repair": "rare"})]
        title = f"{of} fewer than {LEAST_ROWS} rows."
        found.append(Finding("rare", "should", title, why, table["row"][rare].to_list(), fixes))
    return [*found, *_evenness(counts)]


def _evenness(counts: pd.Series) -> list[Finding]:
    most, least = int(counts.iloc[0]), int(counts.iloc[-1])
    found: list[Finding] = []
    if most >= UNEVEN * least:
        found.append(
            Finding(
                "uneven",
                "note",
                f"The classes are uneven: {most:,} rows of {counts.index[0]!r}, {least:,} of {counts.index[-1]!r}.",
                f"Always answering {counts.index[0]!r} would be right for {most / counts.sum():.1%}. The step Balance "
                "shows two ways to give rare classes more of a say, and what they cost.",
                fixes=[
                    Fix("Let every class count the same in the loss", {"recipe": {"class_weights": True}}),
                    Fix("Even out the training part", {"balance": {"how": "training"}}),
                ],
            )
        )
    few = [str(name) for name, number in counts.items() if LEAST_ROWS <= number < FEW]
    if few:
        found.append(
            Finding(
                "few",
                "note",
                f"{some(len(few), 'class has', 'classes have')} fewer than {FEW} rows: {', '.join(few[:5])}.",
                "Of these only a handful come into the test part, so their scores will be mostly chance.",
            )
        )
    return found
