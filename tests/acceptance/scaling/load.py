"""Clients that write and read all the time, and know afterwards what they were promised."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from tests.faults.calls import Answer, Caller, calling

PAUSE_SECONDS = 0.01
"""After a refusal; a client that honours `Retry-After` would wait longer."""


class Client:
    """One thread that repeats `step` until it is told to end.

    Attributes:
        statuses: how many answers there were of each status.
        unexplained: the answers that no client should get.
        slowest: seconds of the answer that took longest.
        acknowledged: changes that were answered with 2xx (for readers: those seen).
    """

    expected: frozenset[int] = frozenset({200, 201})

    def __init__(self, url: str, records: str) -> None:
        self.records = records
        self.statuses: Counter[int] = Counter()
        self.unexplained: list[Answer] = []
        self.slowest = 0.0
        self.acknowledged = 0
        self._url = url

    def run(self, ended: threading.Event) -> None:
        """Work until the event is set.

        Raises:
            Unanswered: the proxy itself went away.
        """
        with calling(self._url) as call:
            while not ended.is_set():
                self.step(call)

    def step(self, call: Caller) -> None:
        raise NotImplementedError

    def send(self, call: Caller, *request: Any, **headers: str) -> Answer | None:
        """Return the answer, or None when it was a refusal that leaves the outcome unknown."""
        started = time.monotonic()
        answer = call(*request, **headers)
        self.slowest = max(self.slowest, time.monotonic() - started)
        self.statuses[answer.status] += 1
        if answer.status in self.expected:
            return answer
        if answer.status != 503 or "retry-after" not in answer.headers:
            self.unexplained.append(answer)
        time.sleep(PAUSE_SECONDS)
        return None


class LedgerWriter(Client):
    """Makes one record after the other, and keeps a ledger of those that were acknowledged."""

    def __init__(self, url: str, records: str, name: str) -> None:
        super().__init__(url, records)
        self._name = name
        self.tried = 0
        self.ledger: dict[str, Mapping[str, Any]] = {}

    def step(self, call: Caller) -> None:
        self.tried += 1
        id_ = f"{self._name}-{self.tried}"
        answer = self.send(call, "PUT", f"{self.records}/{id_}", {"data": {"n": self.tried}})
        if answer is not None:
            self.ledger[id_] = answer.data
            self.acknowledged += 1


class CountingWriter(Client):
    """Adds one to a record that others add to as well, with `If-Match`.

    Attributes:
        reached: the numbers whose write was acknowledged.
        unknown: the numbers whose write was refused with 503, and may have happened.
    """

    expected = frozenset({200, 201, 412})

    def __init__(self, url: str, records: str, name: str) -> None:
        super().__init__(url, records)
        self._path = f"{records}/{name}"
        self.reached: list[int] = []
        self.unknown: set[int] = set()

    def step(self, call: Caller) -> None:
        seen = self.send(call, "GET", self._path)
        if seen is None:
            return
        number = seen.data["n"] + 1
        body = {"data": {"n": number}}
        answer = self.send(call, "PUT", self._path, body, If_Match=f'"{seen.etag}"')
        if answer is None:
            self.unknown.add(number)
        elif answer.status == 200:
            self.reached.append(number)
            self.acknowledged += 1


class Poller(Client):
    """Follows the list with `_since`, and holds what it was told."""

    def __init__(self, url: str, records: str) -> None:
        super().__init__(url, records)
        self.held: dict[str, Mapping[str, Any]] = {}
        self._since = 0
        self._next = ""

    def step(self, call: Caller) -> None:
        # The timestamp of the first page is the one to go on from, whatever the last page says.
        answer = self.send(call, "GET", f"{self.records}?_since={self._since}&_limit=100")
        reached = answer.etag if answer is not None else 0
        while answer is not None:
            for each in answer.data:
                self.held[each["id"]] = each
                self.acknowledged += 1
            if "next-page" not in answer.headers:
                self._since = reached
                return
            page = answer.headers["next-page"].partition("/v1")[2]
            answer = self.send(call, "GET", page)
        # A page was refused: the next step begins again where the last whole one ended.

    def catch_up(self) -> None:
        """Take one more look."""
        with calling(self._url) as call:
            self.step(call)


def all_go_on(clients: list[Client]) -> Callable[[], bool]:
    """A condition: since now, every client has had something acknowledged."""
    before = [client.acknowledged for client in clients]
    return lambda: all(c.acknowledged > n for c, n in zip(clients, before, strict=True))
