"""The rows of one list in memory, found by id and by time, and kept apart from all callers.

A row never changes once made: a write replaces it. So it can be read without a lock, and taking
a change back means putting the old row where it was.
"""

from __future__ import annotations

import marshal
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

from kinto.core.protocol.terms import KintoObject
from kinto.core.runtime import json
from kinto.core.storage.pages import JSONPage

ListKey = tuple[str, str]
"""(resource_name, parent_id)"""
Pages = dict[object, JSONPage]
"""Pages by what was asked for; see `paged`."""

_SCALARS = frozenset({str, int, bool, type(None)})
_NESTED = frozenset({dict, list})
_TEXTS = frozenset({str})
_STALE_TIMES_ALLOWED = 32


def isolate(value: Any) -> Any:
    """Return a copy of a JSON value that shares nothing mutable with it.

    Raises:
        TypeError: the value holds something that JSON cannot tell, such as bytes.
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    # Most values are scalars, for which a call would take longer than a look.
    if kind is dict:
        if _TEXTS.issuperset(map(type, value)):
            return {
                name: item if type(item) in _SCALARS else isolate(item)
                for name, item in value.items()
            }
    elif kind is list or kind is tuple:
        return [item if type(item) in _SCALARS else isolate(item) for item in value]
    elif kind is float and math.isfinite(value):
        return value
    # Subclasses and unusual keys, which JSON has its way with, and what it refuses.
    return json.loads_trusted(json.dumps(value))


class Row:
    """One object or tombstone at one version."""

    __slots__ = ("_frozen", "_text", "created", "data", "modified", "object_id", "place")

    def __init__(
        self, data: KintoObject, place: ListKey, *, object_id: str, modified: int, created: int
    ) -> None:
        """`data` belongs to the row from now on, and `place` is the list it is in. Times are in
        milliseconds; `created` is that of the list when the object appeared in it.
        """
        self.data = data
        self.place = place
        self.object_id = object_id
        self.modified = modified
        self.created = created
        self._text: bytes | None = None
        # Marshal copies nested values several times faster than a walk over them.
        nested = not _NESTED.isdisjoint(map(type, data.values()))
        self._frozen = marshal.dumps(data) if nested else None

    @property
    def text(self) -> bytes:
        """The JSON text of the object, kept once somebody has asked for it."""
        if self._text is None:
            self._text = json.dumps_bytes(self.data)
        return self._text

    def copy(self) -> KintoObject:
        """Return the object as a dict that belongs to the caller."""
        if self._frozen is None:
            return self.data.copy()
        # Bytes that this process made.
        return marshal.loads(self._frozen)  # type: ignore[no-any-return]  # noqa: S302


def texts_of(rows: Iterable[Row]) -> list[bytes]:
    """The JSON texts of rows."""
    return [row._text or row.text for row in rows]


class Rows:
    """Rows by id, and in the order of their timestamps (unique among them)."""

    __slots__ = ("_times", "by_id", "by_time", "pages")

    def __init__(self) -> None:
        self.by_id: dict[str, Row] = {}
        self.by_time: dict[int, Row] = {}
        # Sorted; a timestamp that `by_time` no longer knows is skipped, and swept now and then,
        # because taking it out at once would move all those that follow.
        self._times: list[int] = []
        # Pages made of these rows. A change puts another dict here: who is about to keep a page
        # of the rows as they were puts it where nobody looks.
        self.pages: Pages = {}

    def __len__(self) -> int:
        return len(self.by_id)

    def put(self, row: Row) -> None:
        """Add a row whose id and timestamp are free."""
        if self.pages:
            self.pages = {}
        self.by_id[row.object_id] = row
        self.by_time[row.modified] = row
        times = self._times
        if not times or row.modified > times[-1]:
            times.append(row.modified)
            return
        place = bisect_left(times, row.modified)
        if times[place] != row.modified:
            times.insert(place, row.modified)

    def put_newest(self, new: list[Row]) -> None:
        """Add rows in the order of their timestamps, which are later than all those here."""
        self.pages = {}
        self.by_id.update([(row.object_id, row) for row in new])
        times = [row.modified for row in new]
        self.by_time.update(zip(times, new, strict=True))
        self._times += times

    def take_all(self, rows: list[Row]) -> None:
        """Remove rows that are here, those that were added last first."""
        for row in reversed(rows):
            self.take(row)

    def take(self, row: Row) -> None:
        """Remove a row that is here."""
        if self.pages:
            self.pages = {}
        del self.by_id[row.object_id]
        del self.by_time[row.modified]
        if self._times[-1] == row.modified:
            self._times.pop()
        elif len(self._times) > 2 * len(self.by_time) + _STALE_TIMES_ALLOWED:
            self._times = sorted(self.by_time)

    def in_any_order(self) -> Iterable[Row]:
        """Return every row."""
        return self.by_id.values()

    def between(self, low: int | None, high: int | None, *, newest_first: bool) -> Iterator[Row]:
        """Give the rows with `low <= timestamp <= high` one by one, in the order of time."""
        times = self._times
        start = 0 if low is None else bisect_left(times, low)
        end = len(times) if high is None else bisect_right(times, high)
        places = range(end - 1, start - 1, -1) if newest_first else range(start, end)
        return filter(None, map(self.by_time.get, map(times.__getitem__, places)))
