"""Instruction tuning as a job: kill and resume, LoRA merged, answers that are the saved model's, owners apart."""

from __future__ import annotations

import json

import pytest
import torch

from engine.errors import InputError, JobError
from engine.finetune.instruct import answers
from engine.finetune.instruction_recipe import InstructionRecipe, as_inputs, read_inputs, run_of, usual
from engine.jobs import runner, worker
from engine.jobs.metrics import read_events, table
from engine.jobs.models import find_model, load_model, run_models
from engine.jobs.spec import JobSpec
from engine.jobs.store import create, find, locked, set_state
from tests.jobs.conftest import kill, wait_for
from tests.jobs.tuned import ENTRIES, PARTS, tiny_base, tiny_recipe
from ui.lessons.instruction_tuning import setup


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """The workers' processes have one thread, so what is compared with them has too."""
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def here(root, recipe, owner="anna"):
    """The job done in this very process."""
    job = create(root, JobSpec("instruct", owner, "tiny", recipe.settings()), as_inputs(PARTS))
    with locked(root):
        set_state(job, status="running", slot=0)
    worker.main(job.folder)
    return find(root, job.id)


def curves(job):
    told = read_events(job.folder)
    return [
        [e[name] for name in names]
        for kind, names in (
            ("Step", ("step", "loss", "learning_rate", "grad_norm")),
            ("Evaluation", ("step", "train_loss", "val_loss")),
            ("Tested", ("step", "loss")),
            ("Sample", ("step", "text")),
        )
        for e in table(told, kind)
    ]


def test_kill_9_and_resume_gives_the_same_model_and_answers(root):
    """Bit for bit, with dropout: losses, samples, weights, responses."""
    base = tiny_base(root, "anna")
    recipe = tiny_recipe(base, epochs=6)
    whole = here(root, recipe)
    assert whole.state.status == "finished", whole.state.sentence
    job = runner.submit(root, JobSpec("instruct", "anna", "tiny", recipe.settings()), as_inputs(PARTS))
    while len(table(read_events(job.folder), "Step")) < 9:
        assert find(root, job.id).state.status == "running"
    kill(find(root, job.id))
    job = runner.look(find(root, job.id))
    if job.state.status == "interrupted":  # it may just have come to its end
        job = wait_for(root, runner.resume(root, job), "finished")
    assert curves(job) == curves(whole)
    for name in ("checkpoint/model.safetensors", "responses.json"):
        assert (job.folder / name).read_bytes() == (whole.folder / name).read_bytes()
    assert not (job.folder / "training").exists()


@pytest.mark.parametrize("trained", ["all", "lora"])
def test_what_a_run_leaves(root, trained):
    base = tiny_base(root, "anna")
    lora = {"trained": "lora", "optimizer": "adamw", "lora_rank": 4, "learning_rate": 0.01} if trained == "lora" else {}
    job = here(root, tiny_recipe(base, **lora))
    assert job.state.status == "finished", job.state.sentence
    rows = json.loads((job.folder / "responses.json").read_text())
    assert [{k: row[k] for k in ("instruction", "input", "output")} for row in rows] == PARTS["test"]
    tuned = find_model(root, job.id, "anna")
    assert (tuned.style, tuned.answer_tokens, tuned.title) == ("phi3", 4, "tiny")
    model, tokenizer = load_model(tuned)
    assert answers(model, tokenizer, PARTS["test"], "phi3", 4) == [row["model_response"] for row in rows]
    untuned, _ = load_model(find_model(root, base.id, "anna"))
    assert answers(untuned, tokenizer, PARTS["test"], "phi3", 4) == [row["before"] for row in rows]
    changed = [not torch.equal(a, b) for a, b in zip(model.parameters(), untuned.parameters(), strict=True)]
    assert any(changed)
    assert all(changed) == (trained == "all")  # LoRA leaves embeddings and norms alone
    losses = [e["val_loss"] for e in table(read_events(job.folder), "Evaluation")]
    assert losses[-1] < losses[0]


def test_an_owner_sees_and_uses_only_their_own(root):
    base = tiny_base(root, "anna")
    assert [m.name for m in run_models(root, "anna")] == [f"run-{base.id}"]
    assert run_models(root, "bob") == []
    with pytest.raises(JobError, match="may have been deleted"):
        find_model(root, base.id, "bob")
    job = here(root, tiny_recipe(base), owner="bob")
    assert job.state.status == "failed"
    assert "there is no run" in job.state.sentence
    with pytest.raises(JobError, match="kept no model yet"):
        find_model(root, job.id, "bob")


def test_stop_while_answering_and_go_on(root, monkeypatch):
    base = tiny_base(root, "anna")
    monkeypatch.setattr("engine.finetune.instruct.ANSWERED_AT_ONCE", 1)
    monkeypatch.setattr(worker, "stop_asked", lambda folder, limit: lambda: True)
    job = here(root, tiny_recipe(base))
    assert job.state.status == "stopped"
    assert table(read_events(job.folder), "Step") == []
    monkeypatch.undo()
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    with locked(root):
        set_state(job, status="running", slot=0)
    worker.main(job.folder)
    assert find(root, job.id).state.status == "finished"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"trained": "some"}, "choose one of all, lora"),
        ({"style": "chatml"}, "choose one of alpaca, phi3"),
        ({"optimizer": "sgd"}, "choose one of muon, adamw"),
        ({"trained": "lora"}, "learn with adamw"),
        ({"epochs": 0}, "from 1 to 100"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"batch_size": 1000}, "from 1 to 256"),
        ({"lora_rank": 0}, "lora_rank is 0"),
    ],
)
def test_recipes_that_cannot_be(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        InstructionRecipe(**changes)


def test_the_usual_optimizer_for_each_width():
    chosen = {}
    for trained, width in (("all", 256), ("all", 1024), ("lora", 256), ("lora", 1024)):
        optimizer, rate = usual(trained, width)
        chosen[trained, width] = InstructionRecipe(trained=trained, optimizer=optimizer, learning_rate=rate).optimizer
        assert f"{rate:g}" in setup.RATES["lora" if trained == "lora" else optimizer], "the page offers it"
    assert chosen["all", 256] == "muon"
    assert set(chosen.values()) - {chosen["all", 256]} == {"adamw"}


def test_inputs_that_cannot_be(tmp_path):
    assert run_of("run-20261125-063739-1ae2b0b7") == "20261125-063739-1ae2b0b7"
    assert run_of("run-../../etc") is None
    with pytest.raises(InputError, match="no entry for test"):
        as_inputs({"train": ENTRIES, "validation": ENTRIES, "test": []})
    with pytest.raises(InputError, match="100,000 are the most"):
        as_inputs({"train": ENTRIES * 6000, "validation": ENTRIES, "test": ENTRIES})
    with pytest.raises(InputError, match="that would be"):
        InstructionRecipe(epochs=100, batch_size=1).steps(1000)
    for name, text in as_inputs(PARTS).items():
        (tmp_path / name).write_text(text)
    assert read_inputs(tmp_path) == PARTS
    (tmp_path / "test.json").write_text("{")
    with pytest.raises(JobError, match="cannot be read"):
        read_inputs(tmp_path)
