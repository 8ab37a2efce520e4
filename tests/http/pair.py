"""Two applications, on memory and on SQLite, asked the same and held to the same answer.

Time stands still during a request and moves one millisecond before the next one, so that both
give the same timestamps; identifiers that the server makes are compared by their place only.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kinto.core import utils
from tests import factories
from tests.http.wire import Answer, call

BACKENDS = ("memory", "sqlite")
START = 1_700_000_000_000
_MADE_IDS = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b"
    r'|(?<="id":")[A-Za-z0-9][A-Za-z0-9_-]{7}(?=")'
)
# Eight characters are the form of made ids of buckets, groups and collections; tests use shorter.
_TOKENS = re.compile(r"_token=[^&\"]+")
COMPARED = ("etag", "last-modified", "allow", "cache-control", "total-objects", "retry-after")


class Pair:
    """Both applications; `send` asks them in turn and compares."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.now = START
        self._resources = ExitStack()
        shared = Path("/dev/shm")
        if shared.is_dir():
            # What is proved here needs no disk, and a search makes thousands of commits.
            passing = tempfile.TemporaryDirectory(dir=shared)
            folder = Path(self._resources.enter_context(passing))
        utils_clock = utils.msec_time
        try:
            utils.msec_time = self._time
            self.apis = {
                backend: factories.build_api(backend, folder, **settings) for backend in BACKENDS
            }
        finally:
            utils.msec_time = utils_clock

    def close(self) -> None:
        """Remove what both kept; nothing can be asked any more."""
        self.apis["sqlite"].storage.database.close()
        self._resources.close()

    def _time(self) -> int:
        return self.now

    @contextmanager
    def frozen(self) -> Iterator[Pair]:
        """Within the block both servers live in the pair's own time; they start empty."""
        before = utils.msec_time
        utils.msec_time = self._time
        try:
            self._empty()
            # No clock of what was there before is ahead of the time that both start from.
            self.now = max(self.now, *(_newest(api) for api in self.apis.values())) + 1
            self._empty()
            yield self
        finally:
            utils.msec_time = before

    def _empty(self) -> None:
        for api in self.apis.values():
            api.empty()

    def send(self, method: str, url: str, **request: Any) -> Answer:
        """Ask both; gives the answer of the memory backend.

        Raises:
            AssertionError: an answer is none that clients may get, or they differ.
        """
        self.now += 1
        first, second = (call(self.apis[backend], method, url, **request) for backend in BACKENDS)
        assert first.status == second.status, (first, second)
        assert comparable(first) == comparable(second), (first, second)
        return first


def _newest(api: Any) -> int:
    """Timestamp of an empty server: later than any that it gave before it was emptied."""
    return int(api.storage.resource_timestamp("bucket", ""))


def comparable(answer: Answer) -> Any:
    """What must be equal in both answers to a request."""
    headers = {name: answer.headers.get(name) for name in COMPARED}
    headers["next-page"] = "next-page" in answer.headers
    if answer.headers.get("content-type") != "application/json" or not answer.body:
        return answer.status, headers, answer.body
    value = json.loads(_TOKENS.sub("", _MADE_IDS.sub("made", answer.body.decode())))
    return answer.status, headers, _in_order(value)


def _in_order(value: Any, *, of_permissions: bool = False) -> Any:
    """The value with what has no particular order sorted: principals, lines of a header."""
    if isinstance(value, dict):
        return {
            name: _in_order(item, of_permissions=of_permissions or name == "permissions")
            for name, item in value.items()
            if name not in ("Access-Control-Expose-Headers", "Content-Length")
        }
    if isinstance(value, list):
        items = [_in_order(item) for item in value]
        return sorted(items, key=str) if of_permissions else items
    return value
