"""The load generator, in a process of its own: prepared requests over keep-alive sockets.

`python -m benchmarks.load` reads jobs from its standard input and writes their results, a line of
JSON each. One thread and one selector drive all connections, and requests are sent as they were
prepared, so that the client costs little of what it measures.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle
from typing import Any

CHUNK = 262144
_LAST_CHUNK = b"\r\n0\r\n\r\n"
STALLED_SECONDS = 30.0


class UnexpectedAnswer(Exception):
    """A response that does not have the status which the job asked for."""


class Connection:
    """One socket with at most one request on its way; opened anew when the server closes it."""

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self._port = port
        self._selector = selector
        self._open()

    def send(self, request: bytes) -> None:
        """Send one request, over a new socket if the last answer closed the old one."""
        if self._closing:
            self.close()
            self._open()
        self._received.clear()
        self._length = -1
        self._chunked = False
        self._socket.sendall(request)

    def complete(self, statuses: frozenset[bytes]) -> bool:
        """Read what has come; whether the response is complete.

        Raises:
            UnexpectedAnswer: its status is not one of `statuses`, or the connection was closed.
        """
        chunk = self._socket.recv(CHUNK)
        self._received += chunk
        if self._length < 0:
            end = self._received.find(b"\r\n\r\n")
            if end >= 0:
                self._read_headers(end, statuses)
        if not chunk:
            raise UnexpectedAnswer(f"closed after {bytes(self._received[:500])!r}")
        if self._chunked:
            return self._received.endswith(_LAST_CHUNK)
        return 0 <= self._length <= len(self._received)

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._selector.unregister(self._socket)
            self._socket.close()

    def _open(self) -> None:
        self._received = bytearray()
        self._length = -1  # of the whole response, once its headers are known
        self._closing = False
        self._chunked = False
        self._socket = socket.create_connection(("127.0.0.1", self._port), STALLED_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(self._socket, selectors.EVENT_READ, self)

    def _read_headers(self, end: int, statuses: frozenset[bytes]) -> None:
        head = bytes(self._received[:end]).lower()
        if head[9:12] not in statuses:
            raise UnexpectedAnswer(bytes(self._received[:1000]).decode("latin-1"))
        at = head.find(b"\r\ncontent-length:")
        body = int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        self._closing = b"\r\nconnection: close" in head
        self._chunked = b"\r\ntransfer-encoding: chunked" in head
        self._length = end + 4 + body


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Send the job's requests in turn for its time.

    Arguments:
        job: `port`, `requests` (texts of whole HTTP requests), `statuses` (expected ones),
            `connections` and `seconds`.

    Returns:
        `requests` answered and `seconds` taken.

    Raises:
        UnexpectedAnswer: an answer had another status, or none came.
    """
    requests = cycle([text.encode("latin-1") for text in job["requests"]])
    statuses = frozenset(str(status).encode() for status in job["statuses"])
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        connections = [Connection(job["port"], selector) for _ in range(job["connections"])]
        for connection in connections:
            stack.callback(connection.close)
        return measure(connections, selector, requests, statuses, seconds=job["seconds"])


def measure(
    connections: list[Connection],
    selector: selectors.BaseSelector,
    requests: Iterator[bytes],
    statuses: frozenset[bytes],
    *,
    seconds: float,
) -> dict[str, Any]:
    """Keep every connection busy until `seconds` have passed; returns and raises as `run`.

    What is on its way then is waited for, so that it burdens no other measure.
    """
    done, waiting = 0, len(connections)
    start = time.perf_counter()
    for connection in connections:
        connection.send(next(requests))
    while waiting:
        ready = selector.select(STALLED_SECONDS)
        if not ready:
            raise UnexpectedAnswer(f"silence for {STALLED_SECONDS} s")
        for key, _ in ready:
            if key.data.complete(statuses):
                done += 1
                if time.perf_counter() - start < seconds:
                    key.data.send(next(requests))
                else:
                    key.data.close()
                    waiting -= 1
    return {"requests": done, "seconds": time.perf_counter() - start}


def main() -> None:
    """Answer each line of standard input with a line of standard output."""
    for line in sys.stdin:
        try:
            result = run(json.loads(line))
        except (UnexpectedAnswer, OSError) as error:
            result = {"error": str(error)}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
