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
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

CHUNK = 262144
STALLED_SECONDS = 30.0


class UnexpectedAnswer(Exception):
    """A response that does not have the status which the job asked for."""


@dataclass
class Connection:
    """One socket with at most one request on its way."""

    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)
    length: int = -1  # of the whole response, once its headers are known

    def send(self, request: bytes) -> None:
        self.received.clear()
        self.length = -1
        self.socket.sendall(request)

    def complete(self, statuses: frozenset[bytes]) -> bool:
        """Read what has come; whether the response is complete.

        Raises:
            UnexpectedAnswer: its status is not one of `statuses`, or the connection was closed.
        """
        chunk = self.socket.recv(CHUNK)
        self.received += chunk
        if self.length < 0:
            end = self.received.find(b"\r\n\r\n")
            if end >= 0:
                self._read_headers(end, statuses)
        if not chunk:
            raise UnexpectedAnswer(f"closed after {bytes(self.received[:500])!r}")
        return 0 <= self.length <= len(self.received)

    def _read_headers(self, end: int, statuses: frozenset[bytes]) -> None:
        head = bytes(self.received[:end])
        if head[9:12] not in statuses:
            raise UnexpectedAnswer(bytes(self.received[:1000]).decode("latin-1"))
        at = head.lower().find(b"\r\ncontent-length:")
        body = int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        self.length = end + 4 + body


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Send the job's requests in turn for its time.

    Arguments:
        job: `port`, `requests` (texts of whole HTTP requests), `statuses` (expected ones),
            `connections` and `seconds`.

    Returns:
        `requests` answered and `seconds` taken.
    """
    requests = cycle([text.encode("latin-1") for text in job["requests"]])
    statuses = frozenset(str(status).encode() for status in job["statuses"])
    address = ("127.0.0.1", job["port"])
    connections = [
        Connection(socket.create_connection(address, STALLED_SECONDS))
        for _ in range(job["connections"])
    ]
    try:
        return measure(connections, requests, statuses, seconds=job["seconds"])
    finally:
        for connection in connections:
            connection.socket.close()


def measure(
    connections: list[Connection],
    requests: Any,
    statuses: frozenset[bytes],
    *,
    seconds: float,
) -> dict[str, Any]:
    """Keep every connection busy until `seconds` have passed; see `run` for what returns."""
    done = 0
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        start = time.perf_counter()
        for connection in connections:
            connection.send(next(requests))
        while time.perf_counter() - start < seconds:
            ready = selector.select(STALLED_SECONDS)
            if not ready:
                raise UnexpectedAnswer(f"silence for {STALLED_SECONDS} s")
            for key, _ in ready:
                if key.data.complete(statuses):
                    done += 1
                    key.data.send(next(requests))
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
