"""One list's rows: those stored in Redis under those a unit has changed.

Rows are found by id, or in the order of time in chunks, so that a page of a long list does not
read all of it. What another unit commits between two chunks is noticed, and the reading starts
again: a page is of one moment.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from functools import partial
from operator import attrgetter

from kinto.core.runtime import json
from kinto.core.storage.memory.rows import Row
from kinto.core.storage.redis import names, scripts
from kinto.core.storage.redis.names import ListKey
from kinto.core.storage.redis.session import Command, Session, chunked

CHUNK = 1000
"""Rows read at once."""

_modified = attrgetter("modified")
_LOWEST, _HIGHEST = "-", "+"


class Moved(Exception):
    """The list was changed while it was read."""


class ListRows:
    """The live rows and the tombstones of one list. `emptied`: nothing stored counts any more."""

    def __init__(self, session: Session, key: ListKey, *, emptied: bool = False) -> None:
        self.key = key
        self.touched = False
        self.entry: str | None = None
        """The clock entry of the moment of the last `in_order`; "": the list has none."""
        self._session = session
        self._emptied = emptied
        self._stored: tuple[dict[str, Row | None], dict[str, Row | None]] = ({}, {})
        self._changed: tuple[dict[str, Row | None], dict[str, Row | None]] = ({}, {})

    # -- reading ----------------------------------------------------------------------------

    def find(self, object_id: str, *, dead: bool = False) -> Row | None:
        return self.find_many([object_id], dead=dead)[0]

    def find_many(self, ids: list[str], *, dead: bool = False) -> list[Row | None]:
        changed = self._changed[dead]
        missing = [object_id for object_id in ids if object_id not in changed]
        stored = self._read(missing, dead=dead)
        return [
            changed[object_id] if object_id in changed else stored[object_id] for object_id in ids
        ]

    def in_order(
        self,
        places: Iterable[bool],
        *,
        low: int | None,
        high: int | None,
        newest_first: bool,
        chunk: int = CHUNK,
    ) -> Iterator[Row]:
        """Yield the rows with `low <= timestamp <= high`, in the order of time.

        `places`: False for the live ones, True for the tombstones. `chunk`: how many are read
        from each at first; -1: all.

        Raises:
            Moved: somebody else changed the list meanwhile.
        """
        places = list(places)
        stored = self._in_stored_order(places, low, high, newest_first, chunk)
        fresh = [
            row
            for dead in places
            for row in self._changed[dead].values()
            if row is not None and _within(row, low, high)
        ]
        if not fresh:
            return stored
        fresh.sort(key=_modified, reverse=newest_first)
        return heapq.merge(stored, fresh, key=_modified, reverse=newest_first)

    def count(self, *, dead: bool) -> int:
        """Return how many rows there are."""
        stored = 0
        if not self._emptied:
            stored = int(self._session.server.run("HLEN", names.rows(self.key, dead=dead)))
        for object_id, row in self._changed[dead].items():
            stored += (row is not None) - (self._stored[dead].get(object_id) is not None)
        return stored

    def at(self, modified: int) -> list[Row]:
        """Return the rows, tombstones too, with this timestamp."""
        return list(
            self.in_order((False, True), low=modified, high=modified, newest_first=False, chunk=2)
        )

    # -- changing ---------------------------------------------------------------------------

    def put(self, row: Row, *, dead: bool = False) -> None:
        self._change(row.object_id, row, dead=dead)

    def take(self, row: Row, *, dead: bool = False) -> None:
        self._change(row.object_id, None, dead=dead)

    def commands(self) -> list[Command]:
        """Return what makes the stored rows those of the unit."""
        return self._commands(dead=False) + self._commands(dead=True)

    def _commands(self, *, dead: bool) -> list[Command]:
        gone: list[Command] = []
        gone_times: list[Command] = []
        there: list[Command] = []
        there_times: list[Command] = []
        for object_id, row in self._changed[dead].items():
            self._session.keep_alive()
            former = None if self._emptied else self._stored[dead].get(object_id)
            if former is not None and (row is None or row.modified != former.modified):
                gone_times.append([names.time_member(former.modified, object_id)])
            if row is not None:
                there.append([object_id, _text(row)])
                there_times.append(["0", names.time_member(row.modified, object_id)])
            elif former is not None:
                gone.append([object_id])
        rows, times = names.rows(self.key, dead=dead), names.times(self.key, dead=dead)
        return [
            *chunked(["HDEL", rows], gone),
            *chunked(["ZREM", times], gone_times),
            *chunked(["HSET", rows], there),
            *chunked(["ZADD", times], there_times),
        ]

    def _change(self, object_id: str, row: Row | None, *, dead: bool) -> None:
        self._session.keep_alive()
        changed = self._changed[dead]
        self.find(object_id, dead=dead)  # what is stored decides what has to be removed
        if object_id in changed:
            self._session.undo(partial(changed.__setitem__, object_id, changed[object_id]))
        else:
            self._session.undo(partial(changed.pop, object_id, None))
        changed[object_id] = row
        self._session.undo(partial(setattr, self, "touched", self.touched))
        self.touched = True

    # -- what is stored ---------------------------------------------------------------------

    def _read(self, ids: list[str], *, dead: bool) -> dict[str, Row | None]:
        known = self._stored[dead] if self._session.exclusive else {}
        missing = [object_id for object_id in dict.fromkeys(ids) if object_id not in known]
        if self._emptied:
            known.update(dict.fromkeys(missing))
        elif missing:
            name = names.rows(self.key, dead=dead)
            for start in range(0, len(missing), CHUNK):
                part = missing[start : start + CHUNK]
                texts = self._session.server.run("HMGET", name, *part)
                for object_id, text in zip(part, texts, strict=True):
                    known[object_id] = None if text is None else self._row(object_id, text)
        return known

    def learn(self, object_id: str, text: str | None) -> None:
        """Remember a live row that was read with those of other lists."""
        if self._session.exclusive and not self._emptied:
            self._stored[False][object_id] = None if text is None else self._row(object_id, text)

    def knows(self, object_id: str) -> bool:
        """Tell whether the live row of this id needs no reading."""
        return self._emptied or any(
            object_id in each[False] for each in (self._changed, self._stored)
        )

    def _row(self, object_id: str, text: str) -> Row:
        modified, created, data = text.split(" ", 2)
        return Row(
            json.loads_trusted(data),
            self.key,
            object_id=object_id,
            modified=int(modified),
            created=int(created),
        )

    def row_of(self, object_id: str, text: str) -> Row:
        """Return the row of a stored text."""
        return self._row(object_id, text)

    def _in_stored_order(
        self, places: list[bool], low: int | None, high: int | None, newest_first: bool, chunk: int
    ) -> Iterator[Row]:
        if self._emptied:
            return
        entry: str | None = None
        while True:
            self._session.keep_alive()
            found, parts = self._chunk(places, low, high, newest_first, chunk)
            if entry is not None and found != entry and not self._session.exclusive:
                raise Moved
            entry = self.entry = found
            rows = [
                (row, dead)
                for dead, part in zip(places, parts, strict=True)
                for row in self._rows(part)
            ]
            rows.sort(key=lambda item: item[0].modified, reverse=newest_first)
            full = [part for part in parts if len(part) == 2 * chunk]
            if full:
                # Beyond the last row of a cut part the other one may have more than was read.
                ends = [int(part[-1].split(" ", 1)[0]) for part in full]
                end = max(ends) if newest_first else min(ends)
                rows = [
                    (row, dead)
                    for row, dead in rows
                    if (row.modified >= end if newest_first else row.modified <= end)
                ]
            for row, dead in rows:
                if row.object_id not in self._changed[dead]:
                    if self._session.exclusive:
                        self._stored[dead].setdefault(row.object_id, row)
                    yield row
            if not full:
                return
            low, high = (low, end - 1) if newest_first else (end + 1, high)
            chunk = max(chunk, CHUNK)

    def _chunk(
        self, places: list[bool], low: int | None, high: int | None, newest_first: bool, chunk: int
    ) -> tuple[str, list[list[str]]]:
        keys = [names.CLOCKS]
        for dead in places:
            keys += [names.times(self.key, dead=dead), names.rows(self.key, dead=dead)]
        least = _LOWEST if low is None else f"[{names.time_prefix(_bounded(low))}"
        most = _HIGHEST if high is None else f"({names.time_prefix(_bounded(high) + 1)}"
        entry, *parts = self._session.server.script(
            scripts.READ,
            keys,
            names.list_name(self.key),
            least,
            most,
            "1" if newest_first else "0",
            chunk,
        )
        return entry, parts

    def _rows(self, part: list[str]) -> Iterator[Row]:
        for place in range(0, len(part), 2):
            yield self._row(part[place], part[place + 1])


def _text(row: Row) -> str:
    return f"{row.modified} {row.created} {json.dumps(row.data)}"


def _within(row: Row, low: int | None, high: int | None) -> bool:
    return (low is None or row.modified >= low) and (high is None or row.modified <= high)


def _bounded(value: int) -> int:
    """Bring a bound into the range of timestamps, and a little beyond."""
    return max(-(2**63), min(value, 2**63 - 1))
