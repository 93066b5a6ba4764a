"""A hub on this machine with one model, for tests of downloads."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from engine.weights.catalog import find_release

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

MEDIUM = find_release("355M")  # its checksum is the hub's to say
FILES = {"config.json": json.dumps({"model_type": "gpt2"}).encode(), "model.safetensors": bytes(range(256)) * 4096}


class Hub(ThreadingHTTPServer):
    """Answers as Hugging Face does for one repository, or as badly as its attributes say.

    hold    while set, half of the weights come and then nothing
    cut     files that end after half
    wrong   files whose bytes are others
    status  what is answered to everything, when it is not 200
    starts  from which byte on the weights were asked for, each time
    """

    daemon_threads = True

    def __init__(self, repo: str = MEDIUM.repo) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repo = repo
        self.hold = threading.Event()
        self.cut: set[str] = set()
        self.wrong: set[str] = set()
        self.status = 200
        self.starts: list[int] = []


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self.answer(send=False)

    def do_GET(self) -> None:
        self.answer(send=True)

    def answer(self, send: bool) -> None:
        hub = self.server
        repo, _, file = self.path.lstrip("/").partition("/resolve/main/")
        if hub.status != 200 or repo != hub.repo or file not in FILES:
            self.send_error(hub.status if hub.status != 200 else 404)
            return
        content = FILES[file]
        start = int(self.headers.get("Range", "bytes=0-").split("=")[1].split("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if not send:
            return
        sent = bytes(len(content)) if file in hub.wrong else content
        half = len(sent) // 2
        if file == "model.safetensors":
            hub.starts.append(start)
            if hub.hold.is_set():
                self.wfile.write(sent[start:half])
                start = max(start, half)
            while hub.hold.is_set():  # a little now and then, so that the other side can look up
                time.sleep(0.02)
        self.wfile.write(sent[start : half if file in hub.cut else len(sent)])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def point_to(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """Let huggingface_hub take this port of this machine for the hub."""
    from huggingface_hub import constants

    there = f"http://127.0.0.1:{port}"
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, there)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "ENDPOINT", there)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


@contextlib.contextmanager
def running_hub(repo: str = MEDIUM.repo) -> Iterator[Hub]:
    """A hub that answers while the block runs."""
    with Hub(repo) as one:
        thread = threading.Thread(target=one.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield one
        finally:
            one.hold.clear()
            one.shutdown()
            thread.join()
