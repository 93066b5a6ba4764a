"""A stand-in for Ollama that speaks its real interface (docs/api.md), for tests: well, slowly, badly or not at all."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODELS = ("llama3:latest", "phi3:mini")


@dataclass
class Stub:
    """How it behaves, and what it was asked.

    reply     the answer to a prompt
    failures  so many requests fail first
    how       status (500), half (500, and breaks off while it says why), cut (breaks off), error (an error inside the
              stream), html, redirect
    pause     seconds before each part of an answer
    """

    reply: Callable[[dict[str, Any]], str] = lambda asked: "85"
    failures: int = 0
    how: str = "status"
    pause: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@contextlib.contextmanager
def ollama(stub: Stub | None = None, port: int = 0) -> Iterator[Stub]:
    """A running stub on this port, 0: a free one; its address is in `url`."""
    stub = stub or Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Say nothing."""

        def send(self, status: int, value: object, kind: str = "application/json; charset=utf-8") -> None:
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def chunk(self, value: object) -> None:
            line = json.dumps(value).encode() + b"\n"
            self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            self.wfile.flush()

        def do_GET(self) -> None:
            if self.path == "/api/version":
                self.send(200, {"version": "0.9.6"})
            elif self.path == "/api/tags":
                self.send(200, {"models": [{"name": m, "model": m, "size": 4_661_224_676} for m in MODELS]})
            else:
                self.send(404, b"404 page not found", "text/plain")

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stub.asked.append(asked)
            if stub.failures:
                stub.failures -= 1
                return self.fail()
            if not any(m in (asked["model"], f"{asked['model']}:latest") for m in MODELS):
                return self.send(404, {"error": f"model '{asked['model']}' not found"})
            whole = stub.reply(asked)
            if asked.get("stream") is False:
                time.sleep(stub.pause)
                return self.send(200, self.part(asked, whole, done=True))
            self.begin()
            with contextlib.suppress(OSError):  # the one who asked may have gone
                for letter in whole:
                    time.sleep(stub.pause)
                    self.chunk(self.part(asked, letter))
                self.chunk(self.part(asked, "", done=True))
                self.wfile.write(b"0\r\n\r\n")

        def begin(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/x-ndjson")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()

        def part(self, asked: dict[str, Any], text: str, done: bool = False) -> dict[str, Any]:
            found = {
                "model": asked["model"],
                "created_at": "2026-11-25T08:00:00.000000Z",
                "message": {"role": "assistant", "content": text},
                "done": done,
            }
            return found | ({"done_reason": "stop", "total_duration": 4883583458, "eval_count": 2} if done else {})

        def fail(self) -> None:
            if stub.how == "status":
                self.send(500, {"error": "llama runner process has terminated"})
            elif stub.how == "half":
                self.send_response(500)
                self.send_header("Content-Length", "99")
                self.end_headers()
                self.close_connection = True
            elif stub.how == "html":
                self.send(200, b"<html>It works!</html>", "text/html")
            elif stub.how == "redirect":
                self.send_response(302)
                self.send_header("Location", "http://example.com/api/chat")
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self.begin()
                self.chunk(self.part({"model": "llama3"}, "8"))
                if stub.how == "error":
                    self.chunk({"error": "an error was encountered while running the model"})
                    self.wfile.write(b"0\r\n\r\n")
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
