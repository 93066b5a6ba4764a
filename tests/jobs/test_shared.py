"""Links to a classifier: only the owner makes and takes them back, nobody guesses them."""

from __future__ import annotations

import json

import pytest

from engine.errors import JobError
from engine.jobs.shared import FILE, open_shared, revoke, share, token_of
from engine.jobs.spec import JobSpec
from engine.jobs.store import create, remove


@pytest.fixture
def job(tmp_path):
    job = create(tmp_path, JobSpec("classify", "anna", "spam"), {})
    (job.folder / "checkpoint").mkdir()
    (job.folder / "checkpoint" / "classifier.json").write_text("{}")
    return job


def test_made_found_again_and_taken_back(tmp_path, job):
    assert token_of(job) == ""
    token = share(tmp_path, job.id, "anna")
    assert share(tmp_path, job.id, "anna") == token_of(job) == token
    assert open_shared(tmp_path, token).id == job.id
    revoke(tmp_path, job.id, "anna")
    with pytest.raises(JobError, match="leads to no classifier"):
        open_shared(tmp_path, token)
    assert share(tmp_path, job.id, "anna") != token
    revoke(tmp_path, job.id, "anna")
    revoke(tmp_path, job.id, "anna")


def test_only_the_owner(tmp_path, job):
    with pytest.raises(JobError, match="there is no run"):
        share(tmp_path, job.id, "ben")
    token = share(tmp_path, job.id, "anna")
    with pytest.raises(JobError, match="there is no run"):
        revoke(tmp_path, job.id, "ben")
    assert open_shared(tmp_path, token).id == job.id


def test_nothing_else_leads_there(tmp_path, job):
    token = share(tmp_path, job.id, "anna")
    wrong = [
        "",
        job.id,
        f"{job.id}-",
        f"{job.id}-{'a' * 32}",
        token[:-1],
        token + "a",
        f"../{token}",
        token.upper(),
        "é",
    ]
    for one in wrong:
        with pytest.raises(JobError, match="leads to no classifier"):
            open_shared(tmp_path, one)
    for content in ("", "[]", "{}", json.dumps({"secret": ""}), json.dumps({"secret": 1})):
        (job.folder / FILE).write_text(content)
        assert token_of(job) == ""
        for one in (f"{job.id}-", token):
            with pytest.raises(JobError, match="leads to no classifier"):
                open_shared(tmp_path, one)


def test_a_job_without_a_classifier_has_no_link_and_a_deleted_one_keeps_none(tmp_path, job):
    bare = create(tmp_path, JobSpec("classify", "anna", "new"), {})
    with pytest.raises(JobError, match="not made a classifier yet"):
        share(tmp_path, bare.id, "anna")
    token = share(tmp_path, job.id, "anna")
    remove(job)
    with pytest.raises(JobError, match="leads to no classifier"):
        open_shared(tmp_path, token)
