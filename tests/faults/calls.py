"""A caller for tests with many threads: one keep-alive connection, JSON in and out.

Each thread has its own `Caller`. Nothing is retried: a test about lost writes must know which
request was answered and which was not.
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and decoded body of one response."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def etag(self) -> int:
        """The `ETag` as a number."""
        return int(self.headers["etag"].strip('"'))


class Unanswered(Exception):
    """The connection failed before an answer was complete: the outcome is unknown."""


class Caller:
    """Requests to one server as one user."""

    def __init__(self, url: str, *, user: str = "alice", password: str = "secret") -> None:
        parts = urlsplit(url)
        self._prefix = parts.path
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {token}",
            "Content-Type": "application/json",
        }

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request; `If_Match='"1"'` is the header `If-Match`.

        Raises:
            Unanswered: no complete answer came.
        """
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else json.dumps(body).encode()
        try:
            self._connection.request(
                method, self._prefix + path, content, {**self._headers, **named}
            )
            response = self._connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unanswered(f"{method} {path}: {error!r}") from error
        decoded = json.loads(raw) if raw else None
        lowered = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, lowered, decoded)

    def must(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """As a call, but any status of 400 or more fails the test."""
        answer = self(method, path, body, **headers)
        assert answer.status < 400, f"{method} {path}: {answer.status} {answer.body}"
        return answer

    def close(self) -> None:
        self._connection.close()


@contextmanager
def calling(url: str, *, user: str = "alice", password: str = "secret") -> Iterator[Caller]:
    """A caller, closed at the end of the block."""
    caller = Caller(url, user=user, password=password)
    try:
        yield caller
    finally:
        caller.close()


def together(urls: tuple[str, ...], work: Callable[[Caller, int], Any], *, threads: int) -> list:
    """Run `work(caller, number)` in `threads` threads spread over `urls`; their results.

    The first exception of a thread is raised here, once all have ended.
    """

    def run(number: int) -> Any:
        with calling(urls[number % len(urls)]) as caller:
            return work(caller, number)

    with ThreadPoolExecutor(max_workers=threads) as pool:
        return [future.result() for future in [pool.submit(run, n) for n in range(threads)]]
