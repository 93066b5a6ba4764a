"""A hub on this machine with one model, for tests of downloads from a page."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from engine.weights.catalog import find_size

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIUM = find_size("355M")  # its checksum is the hub's to say
FILES = {"config.json": json.dumps({"model_type": "gpt2"}).encode(), "model.safetensors": bytes(range(256)) * 4096}


class Hub(ThreadingHTTPServer):
    """Answers as Hugging Face does for one repository; with `hold` set, half of the weights come and then nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.hold = threading.Event()
        self.wrong = False
        self.starts: list[int] = []


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self.answer(send=False)

    def do_GET(self) -> None:
        self.answer(send=True)

    def answer(self, send: bool) -> None:
        repo, _, file = self.path.lstrip("/").partition("/resolve/main/")
        if repo != MEDIUM.repo or file not in FILES:
            self.send_error(404)
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
        if file == "config.json":
            self.wfile.write(content[start:])
            return
        self.server.starts.append(start)
        sent = bytes(len(content)) if self.server.wrong else content
        half = len(sent) // 2 if self.server.hold.is_set() else len(sent)
        self.wfile.write(sent[start:half])
        while self.server.hold.is_set():  # a little now and then, so that the other side can look up
            time.sleep(0.02)
        self.wfile.write(sent[half:])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def running_hub() -> Iterator[Hub]:
    """A hub that answers while the block runs."""
    with Hub() as one:
        thread = threading.Thread(target=one.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield one
        finally:
            one.hold.clear()
            one.shutdown()
            thread.join()
