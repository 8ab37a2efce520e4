"""Writers that keep a ledger of what the server acknowledged, synced to disk line by line.

Every record belongs to one writer, so what it must hold is known: the last acknowledged state or,
where the last request got no answer, that state or the one which was asked for.
"""

from __future__ import annotations

import json
import os
import random
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.faults.calls import Answer, Caller, Unanswered, calling

RECORDS_EACH = 12
Fields = Mapping[str, Any]


@dataclass
class Entry:
    """What is known of one record. `None` stands for "no such record"."""

    acknowledged: Fields | None = None
    timestamp: int = 0
    wanted: Fields | None = None
    unanswered: str | None = None  # the request in flight; a batch shares one name


@dataclass
class Ledger:
    """Entries by record id, and the file that each acknowledgement is synced to."""

    path: Path
    entries: dict[str, Entry] = field(default_factory=dict)
    acknowledged: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def intend(self, id_: str, wanted: Fields | None, *, request: str) -> None:
        entry = self.entries.setdefault(id_, Entry())
        entry.unanswered, entry.wanted = request, wanted

    def acknowledge(self, id_: str, data: Fields) -> None:
        """The server answered 2xx with `data`, a record or a tombstone."""
        entry = self.entries[id_]
        entry.acknowledged = None if data.get("deleted") else visible(data)
        entry.timestamp = data["last_modified"]
        entry.unanswered = None
        line = json.dumps(data).encode() + b"\n"
        with self._lock:
            self.acknowledged += 1
            with self.path.open("ab", buffering=0) as file:
                file.write(line)
                os.fsync(file.fileno())

    def settle(self, id_: str, found: Fields | None, timestamp: int) -> None:
        """The outcome of an unanswered request, read after the restart."""
        entry = self.entries[id_]
        entry.acknowledged, entry.timestamp, entry.unanswered = found, timestamp, None


def visible(data: Fields) -> Fields:
    """A record without its timestamp and id: what the writer chose."""
    return {name: value for name, value in data.items() if name not in {"id", "last_modified"}}


class Writer:
    """Changes its own records, one request after the other, until the server is gone."""

    def __init__(self, url: str, records: str, ledger: Ledger, *, name: str, seed: int) -> None:
        self._url, self._records, self._ledger, self._name = url, records, ledger, name
        self._chance = random.Random(f"{name} {seed}")

    def run(self) -> None:
        """Write until a request gets no answer.

        Raises:
            AssertionError: the server refused a write.
        """
        with calling(self._url) as call, suppress(Unanswered):
            for step in count():
                if self._chance.random() < 0.25:
                    self._batch(call, request=f"{self._name} {step}")
                else:
                    id_ = f"{self._name}-{self._chance.randrange(RECORDS_EACH)}"
                    self._single(call, id_, request=f"{self._name} {step}")

    def _single(self, call: Caller, id_: str, *, request: str) -> None:
        path = f"{self._records}/{id_}"
        now = self._ledger.entries.get(id_, Entry()).acknowledged
        action = self._chance.choice(["PUT", "PATCH", "DELETE"]) if now is not None else "PUT"
        if action == "DELETE":
            self._ledger.intend(id_, None, request=request)
            self._done(id_, call(action, path))
            return
        given = self._fields()
        wanted = given if action == "PUT" else {**(now or {}), **given}
        self._ledger.intend(id_, wanted, request=request)
        self._done(id_, call(action, path, {"data": given}))

    def _batch(self, call: Caller, *, request: str) -> None:
        numbers = self._chance.sample(range(RECORDS_EACH), 5)
        requests = []
        for id_ in [f"{self._name}-{number}" for number in numbers]:
            given = self._fields()
            self._ledger.intend(id_, given, request=request)
            body = {"data": given}
            requests.append({"method": "PUT", "path": f"{self._records}/{id_}", "body": body})
        answer = call.must("POST", "/batch", {"requests": requests})
        for sent, each in zip(requests, answer.body["responses"], strict=True):
            id_ = sent["path"].rpartition("/")[2]
            self._done(id_, Answer(each["status"], {}, each["body"]))

    def _done(self, id_: str, answer: Answer) -> None:
        assert answer.status in {200, 201}, f"{id_}: {answer}"
        self._ledger.acknowledge(id_, answer.data)

    def _fields(self) -> Fields:
        number = self._chance.randrange(2**40)
        return {
            f"field{number % 3}": number,
            "text": "é" * (number % 7),
            "last": [number, None],
        }
