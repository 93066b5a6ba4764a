"""Links at which others can try a classifier: made and taken back by its owner, kept in the job's folder.

    runs/20261125-142501-4f0a12bc/share.json   the link's secret, and when it was made

A link's token is the job's id and 192 random bits. Who has it may classify texts; nothing of what the classifier
learned from is shown. Deleting the job, or share.json, ends the link.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from typing import TYPE_CHECKING

from engine.errors import JobError
from engine.jobs.store import find, locked
from engine.whole_files import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from engine.jobs.store import Job

FILE = "share.json"
CHECKPOINT, CLASSIFIER = "checkpoint", "classifier.json"
GONE = "this link leads to no classifier; its owner may have taken it back. Ask for a new one."


def has_classifier(job: Job) -> bool:
    """Whether the job has made a classifier that can be used."""
    return (job.folder / CHECKPOINT / CLASSIFIER).is_file()


def token_of(job: Job) -> str:
    """The token of the job's link; empty when it has none, or its file is damaged."""
    try:
        secret = str(json.loads((job.folder / FILE).read_text(encoding="utf-8"))["secret"])
    except (OSError, ValueError, TypeError, KeyError):
        return ""
    return f"{job.id}-{secret}" if re.fullmatch(r"[\w-]{32}", secret) else ""


def share(root: Path, job_id: str, owner: str) -> str:
    """Make a link to one's own classifier, or find the one that is there; returns its token.

    Raises JobError when there is no such job of this owner, it has no classifier, or the disk cannot be written to.
    """
    with locked(root):
        job = find(root, job_id, owner)
        if not has_classifier(job):
            raise JobError("this training has not made a classifier yet; wait for its end.")
        if not token_of(job):
            try:
                write_json(job.folder / FILE, {"secret": secrets.token_urlsafe(24), "made": time.time()})
            except OSError as e:
                raise JobError(f"the link could not be kept ({e.strerror or e}); make room on the disk.") from e
        return token_of(job)


def revoke(root: Path, job_id: str, owner: str) -> None:
    """Take the link back; whoever opens it afterwards reads that it leads nowhere.

    Raises JobError when there is no such job of this owner.
    """
    with locked(root):
        (find(root, job_id, owner).folder / FILE).unlink(missing_ok=True)


def open_shared(root: Path, token: str) -> Job:
    """The job that a token leads to.

    Raises JobError, always in the same words, when it leads nowhere.
    """
    found = re.fullmatch(r"(\d{8}-\d{6}-[0-9a-f]{8})-[\w-]{32}", token, re.ASCII)
    try:
        job = find(root, found[1]) if found else None
    except JobError:
        job = None
    if job is None or not has_classifier(job) or not secrets.compare_digest(token_of(job), token):
        raise JobError(GONE)
    return job
