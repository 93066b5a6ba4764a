"""The parts of the lesson below the curves: answers side by side, how an answer is cut out, its loss, the code."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.datasets.instructions import find_style
from engine.tokenizers.pretrained import END_OF_TEXT, token_text
from ui import models
from ui.labels import quote, visible
from ui.lesson import friendly_errors, plain
from ui.lessons.instruction_tuning import results
from ui.lessons.instruction_tuning.kinds import show_kinds, totals
from ui.numbers import count, fmt, percent

if TYPE_CHECKING:
    from engine.finetune.instruction_recipe import InstructionRecipe
    from engine.jobs.store import Job
    from ui.lesson import Page

FIRST_QUESTION = {"instruction": "Write the plural of the word.", "input": "castle", "output": "castles"}
SHOWN_TOKENS = 12


def show_untuned(page: Page, recipe: InstructionRecipe) -> None:
    """Before anything is tuned: what the untuned model makes of an instruction."""
    state = page.state
    question = state.text("question", "An instruction", FIRST_QUESTION["instruction"])
    given = state.text("given", "Input", FIRST_QUESTION["input"])
    entry = {"instruction": question[:2000], "input": given[:2000], "output": ""}
    loaded = models.load(recipe.model)
    text, ended = models.infer(
        results.answer, loaded, entry["instruction"], given=entry["input"], style=recipe.style, tokens=40
    )
    prompt = find_style(recipe.style).prompt(entry)
    st.caption("The untuned model reads this prompt …")
    st.code(prompt, language=None, wrap_lines=True)
    st.caption("… and goes on, likeliest token first, 40 tokens at most (⏎: a new line):")
    st.code(visible(text) or "(nothing but white space)", language=None, wrap_lines=True)
    end = "It came to end-of-text by itself." if ended else "It did not stop by itself."
    st.caption(f"It goes on as its training text would; nothing has taught it that an answer is wanted. {end}")


def show_answers(page: Page, job: Job, rows: list[dict[str, str]]) -> dict[str, str]:
    """All held-out answers in a table, and the one to look at more closely, which is returned."""
    kinds = results.by_kind(rows)
    before, after, tasks = totals(kinds)
    if tasks:
        left, right = st.columns(2)
        left.metric("Generated tasks answered right, before", f"{before} of {tasks}", border=True)
        right.metric("after", f"{after} of {tasks}", percent(after / tasks), delta_color="off", border=True)
        with st.expander("Right by kind", icon=":material/bar_chart:"):
            show_kinds(kinds, f"kinds-{job.id}")
    st.dataframe(
        results.table_rows(rows),
        hide_index=False,  # its numbers are those of the entry to look at
        height=min(38 + 35 * len(rows), 300),
        key=f"answers-{job.id}",
        column_config={
            "instruction": st.column_config.TextColumn(width=330),
            **{
                name: st.column_config.TextColumn(width=210) for name in ("expected", "before", "after")
            },  # all in sight
            "right": st.column_config.CheckboxColumn(help="checked for generated tasks; others have no one answer"),
        },
    )
    st.caption(
        f"{count(len(rows))} entries that were never trained on, answered by the untuned and by the tuned model, "
        "likeliest token first."
    )
    st.download_button(
        "Download as JSON, with model_response as in the notes' 7.7",
        data=lambda: json.dumps(rows, ensure_ascii=False, indent=4).encode(),
        file_name=f"responses-{job.id}.json",
        mime="application/json",
        on_click="ignore",
        icon=":material/download:",
        key=f"json-{job.id}",
    )
    at = page.state.slider("entry", "Held-out entry to look at", 0, len(rows) - 1, 0) if len(rows) > 1 else 0
    return rows[at]


def show_side_by_side(row: dict[str, str]) -> None:
    """One entry with what was expected, and both answers."""
    st.markdown(f"**{plain(row['instruction'])}**" + (f"  \n{plain(row['input'])}" if row["input"] else ""))
    for column, name, text in zip(
        st.columns(3),
        ("expected", "before tuning", "after tuning"),
        (row["output"], row["before"], row["model_response"]),
        strict=True,
    ):
        with column:
            st.caption(name)
            st.code(text or "(nothing)", language=None, wrap_lines=True)


def show_extraction(row: dict[str, str], style_name: str) -> None:
    """From the whole text that the model wrote to its response."""
    style = find_style(style_name)
    prompt = style.prompt(row)
    st.code(f"{prompt}{row['model_response']}{END_OF_TEXT}", language=None, wrap_lines=True)
    st.markdown(
        f"The model gives back one text: the prompt, {count(len(prompt))} characters, and behind it what it wrote, up "
        f"to `{END_OF_TEXT}` or the most tokens allowed. So the response is what follows the prompt:"
    )
    st.code(
        f"text = {prompt + row['model_response']!r}\nresponse = text[{len(prompt)}:].strip()\n"
        f"# {row['model_response']!r}",
        language="python",
        wrap_lines=True,
    )
    st.caption(
        "The notes prompt only up to the instruction and let the model write `### Response:` itself; then "
        '`.replace("### Response:", "")` takes it away. Here the heading stands in the prompt, so that a model whose '
        "loss left the instruction out, which never learned to write it, answers too."
    )


def show_loss(job: Job, row: dict[str, str], recipe: InstructionRecipe) -> None:
    """The loss of the expected answer, token by token, for the untuned and for the tuned model."""
    names = {"before": recipe.model, "after": f"{models.RUN}{job.id}"}
    found = {}
    for when, name in names.items():
        found[when] = models.infer(
            results.loss_of_answer,
            models.load(name),
            row["instruction"],
            given=row["input"],
            output=row["output"],
            style=recipe.style,
        )
        tokenizer = models.load(name).tokenizer
    before, after = found["before"], found["after"]
    lines = ["| token of the expected answer | p before | −ln p | p after | −ln p |", "|:--|--:|--:|--:|--:|"]
    for token, p, q in list(zip(before.ids, before.probabilities, after.probabilities, strict=True))[:SHOWN_TOKENS]:
        text = quote(token_text(tokenizer, int(token))).replace("|", "\\|")
        lines.append(f"| {text} | {percent(p)} | {fmt(-math.log(p))} | {percent(q)} | {fmt(-math.log(q))} |")
    lines.append(
        f"| **mean of all {len(before.ids)}: the loss** | | **{fmt(before.loss)}** | | **{fmt(after.loss)}** |"
    )
    st.markdown("\n".join(lines))
    st.caption(
        "The loss function turns an answer into one number: how surprised the model is by each right token, on "
        "average. Training on an entry moves the weights so that this number falls. This entry was never trained on."
    )


def use_everywhere(job: Job) -> None:
    """Make the tuned model the one that every lesson looks into."""

    def choose() -> None:
        st.session_state["model"] = f"{models.RUN}{job.id}"

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Look into it in every lesson", icon=":material/visibility:", on_click=choose, key=f"use-{job.id}")
        st.caption("It then stands in the sidebar's list, for you alone, until you delete the run.")


def show_finished(page: Page, job: Job, rows: list[dict[str, str]]) -> None:
    """Everything that a finished tuning can show."""
    recipe = results.recipe_of(job)
    st.header("Before and after, on instructions it never saw", anchor=False)
    row = show_answers(page, job, rows)
    show_side_by_side(row)
    with st.expander("How the response is cut out of the text", icon=":material/content_cut:"):
        show_extraction(row, recipe.style)
    st.header("The arithmetic of the loss, for this entry", anchor=False)
    with friendly_errors():
        show_loss(job, row, recipe)


def code(source: str, tasks: int, recipe: InstructionRecipe) -> list[str]:
    """The same tuning as a program."""
    given = ", ".join(f"{name}={value!r}" for name, value in recipe.settings().items())
    chosen: Any = (
        f"choose_entries({source!r}, {tasks})"
        if source in ("both", "own", "tasks")
        else ('in_parts(read_instructions(Path("my_entries.json")))  # your file, saved under this name')
    )
    return [
        f"""\
from pathlib import Path

import torch

from engine.datasets.instructions import read_instructions
from engine.finetune.entries import choose_entries, in_parts
from engine.finetune.instruct import Part, answers, tune
from engine.finetune.instruction_recipe import InstructionRecipe
from engine.finetune.lora import add_lora, merge_lora
from engine.training.events import Evaluation
from engine.weights.by_name import load_by_name

parts = {chosen}
recipe = InstructionRecipe({given})
model, tokenizer = load_by_name(recipe.model)
held_out = parts["test"][:5]
print(answers(model, tokenizer, held_out, recipe.style, recipe.answer_tokens))""",
        """\
if recipe.trained == "lora":
    add_lora(model, recipe.lora_rank, recipe.lora_alpha, torch.Generator().manual_seed(recipe.seed))
train, validation = (Part(parts[name], tokenizer, recipe, model.cfg.context_length) for name in ("train", "validation"))
for event in tune(model, train, validation, recipe):
    if isinstance(event, Evaluation):
        print(event.step, event.train_loss, event.val_loss)
merge_lora(model)""",
        """\
for entry, answer in zip(held_out, answers(model, tokenizer, held_out, recipe.style, recipe.answer_tokens)):
    print(entry["instruction"], entry["input"], "→", answer)""",
    ]
