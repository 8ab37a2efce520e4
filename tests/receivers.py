"""A real HTTP server of another party, on the loopback address, that the product calls.

What it received is kept in order; how it answers is a function that a test may replace while the
server runs.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Received:
    """One request that arrived whole. Names of headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Conversation(BaseHTTPRequestHandler):
    """One request. `reply` and `send_raw` are what answers are made of."""

    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, self.path, headers, body)
        self.close_connection = True
        with self.receiver.lock:
            self.receiver.received.append(received)
        try:
            self.receiver.answer(self, received)
        except OSError:
            return  # the caller has hung up

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def reply(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        """Send a whole answer; underscores in names of headers are dashes."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests say what they saw themselves."""


Answering = Callable[[Conversation, Received], None]


def accept(conversation: Conversation, received: Received) -> None:
    """Answer 200 with a small body."""
    conversation.reply(200, b"fine")


@dataclass
class Receiver:
    """A running server: what it received, and how it answers."""

    port: int = 0
    scheme: str = "http"
    answer: Answering = accept
    received: list[Received] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{HOST}:{self.port}"


@contextmanager
def running_receiver(
    answer: Answering = accept, *, port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """A server on `port` (0: any free one) of the loopback address, for the length of a block."""
    receiver = Receiver(answer=answer, scheme="https" if tls else "http")
    handler = type("Handler", (Conversation,), {"receiver": receiver})
    server = _QuietServer((HOST, port), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Callers that break off, or dislike a certificate, are part of the tests."""
