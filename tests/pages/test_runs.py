"""The page of runs: the numbers on disk, only one's own, and what its buttons do."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO

import pytest
from streamlit.runtime.download_data_util import convert_data_to_bytes_and_infer_mime

from engine.jobs.metrics import read_events, table
from engine.weights.pocket import load_folder
from tests.pages.finished_run import ME, OTHER, open_as, put, runs_root, trained
from tests.ui.helpers import charts, words
from ui.lessons.runs import parts
from ui.numbers import fmt

__all__ = ["runs_root", "trained"]  # fixtures, used by their names


def test_nothing_yet(runs_root):
    app = open_as("runs")
    assert not app.exception
    assert "no runs on this server yet" in words(app)


def test_the_numbers_are_those_on_disk(runs_root, trained):
    job_id = put(trained, runs_root)
    app = open_as("runs")
    assert not app.exception
    events = read_events(runs_root / job_id)
    last = table(events, "Evaluation")[-1]
    assert fmt(last["val_loss"]) in words(app)
    assert fmt(last["train_loss"]) in words(app)
    assert f"{table(events, 'Step')[-1]['tokens_seen']:,}" in words(app)
    assert app.dataframe[0].value["validation loss"].tolist() == [last["val_loss"]]
    assert len(charts(app)) == 1
    texts = [e["text"] for e in table(events, "Sample")]
    assert app.dataframe[1].value["it writes"].tolist() == texts


def test_only_ones_own(runs_root, trained):
    mine, theirs = put(trained, runs_root, ME, "mine"), put(trained, runs_root, OTHER, "theirs", 2)
    app = open_as("runs", {"run": theirs, "with": theirs})
    assert not app.exception
    assert app.dataframe[0].value["run"].tolist() == ["mine"]
    assert "theirs" not in words(app)
    assert app.selectbox(key="runs.run").value == mine
    with pytest.raises(Exception, match="there is no run"):
        parts.pack(open_owner(ME), theirs)


def open_owner(key):
    from engine.jobs.spec import owner_of

    return owner_of(f"browser {key}")


def test_several_over_each_other(runs_root, trained):
    one, two = put(trained, runs_root, title="one"), put(trained, runs_root, title="two", n=2)
    app = open_as("runs", {"run": one, "with": two, "perplexity": "1", "view": "log"})
    assert not app.exception
    assert "perplexity" in json.dumps(charts(app)[0])
    assert app.multiselect[0].value == [two]
    assert "steps made" in app.code[0].value


def test_a_failed_run_offers_what_to_do(runs_root, trained):
    job_id = put(
        trained,
        runs_root,
        status="failed",
        sentence="the loss is no longer a number at step 3; lower it.",
        offer={"learning_rate": 0.0003},
    )
    app = open_as("runs")
    assert "no longer a number at step 3" in words(app).replace("\\", "")
    assert {f"resume-{job_id}", f"lower-{job_id}"} <= {b.key for b in app.button}


def test_delete_and_a_run_that_is_gone(runs_root, trained):
    job_id = put(trained, runs_root)
    app = open_as("runs")
    app.button(key=f"delete-{job_id}").click().run()
    assert not app.exception
    assert not (runs_root / job_id).exists()
    assert "no runs on this server yet" in words(app)


def test_a_corrupt_state_is_a_sentence(runs_root, trained):
    job_id = put(trained, runs_root)
    (runs_root / job_id / "state.json").write_text("{")
    app = open_as("runs", {"view": "settings"})
    assert not app.exception
    assert "cannot be read" in words(app)
    assert f"resume-{job_id}" in {b.key for b in app.button}


def test_the_zip_has_the_model_and_no_owner(runs_root, trained, tmp_path):
    job_id = put(trained, runs_root)
    packed, _ = convert_data_to_bytes_and_infer_mime(parts.pack(open_owner(ME), job_id), TypeError("no download"))
    with zipfile.ZipFile(BytesIO(packed)) as bundle:
        bundle.extractall(tmp_path / "out")
    assert "owner" not in (tmp_path / "out" / "spec.json").read_text()
    assert (tmp_path / "out" / "input" / "text.txt").read_text().startswith("The cat")
    assert load_folder(tmp_path / "out" / "model").cfg.emb_dim == 8
    assert not (tmp_path / "out" / "checkpoint").exists()
