"""Removing many objects at once, and forgetting what was removed.

Rows are chosen by one query and changed in chunks within the same transaction, however many
there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from kinto.core.protocol.identifiers import ParentPattern, parent_object
from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.runtime import clock, json
from kinto.core.storage.sql.statements import Query
from kinto.core.storage.sqlite import clocks
from kinto.core.storage.sqlite.reading import forget_all, run
from kinto.core.storage.sqlite.session import ListKey, Session
from kinto.core.storage.sqlite.writing import tombstone_data

CHUNK = 1000

_BURY = """
UPDATE objects SET last_modified = json_extract(gone.value, '$[1]'), deleted = 1, data = ?
  FROM json_each(?) AS gone WHERE objects.rowid = json_extract(gone.value, '$[0]')
"""
_REMOVE = "DELETE FROM objects WHERE rowid IN (SELECT value FROM json_each(?))"
_HIGHEST = f"SELECT (SELECT max(last_modified) FROM timestamps), ({clocks.CREATED_AT})"
_EMPTY_LISTS = """
DELETE FROM timestamps
 WHERE {parents}
   AND NOT EXISTS (SELECT 1 FROM objects WHERE objects.parent_id = timestamps.parent_id
                      AND objects.resource_name = timestamps.resource_name)
RETURNING last_modified
"""
_OTHER_LISTS = "UPDATE timestamps SET last_modified = max(?, last_modified + 1) WHERE {parents}"


class Deletion(NamedTuple):
    """One object that was deleted, and when."""

    object_id: str
    last_modified: int


def delete_all(
    session: Session, query: Query, *, with_deleted: bool, deleted_field: str
) -> list[Deletion]:
    """Delete the objects that the query wants; each gets a timestamp of its own, in its order."""
    rows = run(session, query, "rowid", "resource_name", "parent_id", "id")
    clocks.load_clocks(session, {(name, parent) for _, name, parent, _ in rows})
    deletions = []
    times: list[tuple[int, int]] = []
    for rowid, name, parent, object_id in rows:
        modified = _tick(session, (name, parent))
        times.append((rowid, modified))
        deletions.append(Deletion(object_id, modified))
    data = tombstone_data(deleted_field)
    for part in _chunks(times):
        if with_deleted:
            session.write(_BURY, (data, json.dumps(part)))
        else:
            session.write(_REMOVE, (json.dumps([rowid for rowid, _ in part]),))
    if rows:
        forget_all(session)
    return deletions


def trim(session: Session, query: Query, *, keep: int) -> int:
    """Remove the objects that the query wants except the `keep` newest; return how many."""
    newest_first = [Sort(query.modified_field, -1)]
    excess = run(session, replace(query, sorting=newest_first, offset=max(keep, 0)), "rowid")
    _remove(session, [rowid for (rowid,) in excess])
    return len(excess)


def purge(session: Session, query: Query, *, before: int | None, max_retained: int | None) -> int:
    """Remove the tombstones of the lists that the query names; return how many.

    Those older than `before`, or all but the `max_retained` newest of each list, or all.
    """
    if before is not None:
        older = Filter(query.modified_field, before, COMPARISON.LT)
        query = replace(query, filters=[older])
    rows = run(session, query, "rowid", "resource_name", "parent_id", "last_modified")
    if max_retained is not None:
        rows = list(_beyond(rows, max_retained))
    _remove(session, [row[0] for row in rows])
    if query.resource_name is None and before is None:
        _forget_clocks(session, query.parent_id)
    return len(rows)


def flush(session: Session) -> None:
    """Remove every row; all timestamps to come are newer than those that were."""
    session.forget_clocks()
    forget_all(session)
    greatest = max(value for value in session.read(_HIGHEST)[0] if value is not None)
    session.write("DELETE FROM objects")
    session.write("DELETE FROM timestamps")
    session.write(clocks.SET_CREATED_AT, (max(clock.now_ms(), greatest + 1),))


def _tick(session: Session, key: ListKey) -> int:
    modified, of_list = clocks.next_timestamps(session, key)
    session.set_clock(key, of_list)
    return modified


def _remove(session: Session, rowids: list[int]) -> None:
    for part in _chunks(rowids):
        session.write(_REMOVE, (json.dumps(part),))
    if rowids:
        forget_all(session)


def _beyond(rows: list[Any], max_retained: int) -> Iterator[Any]:
    """Yield the rows after the `max_retained` newest of each list."""
    seen: dict[ListKey, int] = {}
    for row in sorted(rows, key=lambda row: -row[3]):
        key = (row[1], row[2])
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > max_retained:
            yield row


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def _forget_clocks(session: Session, pattern: str) -> None:
    """Forget the timestamps of lists that are no more, but never the greatest of them.

    If it were lost, a list of the same name could come back with timestamps that a client has
    already seen. A list that still has rows keeps a timestamp, a new one.
    """
    session.forget_clocks()
    condition, values = _parents(pattern)
    removed = session.write_returning(_EMPTY_LISTS.format(parents=condition), values)
    session.write(_OTHER_LISTS.format(parents=condition), (clock.now_ms(), *values))
    if removed:
        _remember_above(session, pattern, max(value for (value,) in removed))


def _remember_above(session: Session, pattern: str, greatest: int) -> None:
    """Raise the timestamp of the list in which the parent was, or that of the database."""
    above = parent_object(pattern.removesuffix("/*"))
    if above is not None:
        name, parent, _ = above
        stored = clocks.stored_timestamp(session, (name, parent))
        if stored is not None:
            if stored <= greatest:
                # One more: what is made there again may be given the timestamp of the list.
                session.set_clock((name, parent), greatest + 1)
            return
    (created_at,) = session.read(clocks.CREATED_AT)[0]
    if created_at <= greatest:
        session.write(clocks.SET_CREATED_AT, (greatest + 1,))


def _parents(pattern: str) -> tuple[str, list[str]]:
    """Return the condition that a parent id is an instance of the pattern, and its parameters."""
    compiled = ParentPattern.compile(pattern)
    if compiled.is_exact:
        return "parent_id = ?", [pattern]
    low, high = compiled.bounds()
    condition, values = "parent_id >= ?", [low]
    if high is not None:
        condition += " AND parent_id < ?"
        values.append(high)
    if not compiled.is_prefix:
        condition += " AND kinto_parent(parent_id, ?)"
        values.append(pattern)
    return condition, values
