"""Removing many objects at once, and forgetting what was removed: always by full keys.

Lists are locked before their rows are chosen, and a cascade looks again until it finds nothing,
so a record written meanwhile by somebody else goes as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from kinto.core.protocol.identifiers import (
    ParentPattern,
    parent_object,
    shard_of_prefix,
    shard_of_uri,
)
from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.runtime import clock
from kinto.core.storage.base import ObjectKey
from kinto.core.storage.postgresql import clocks
from kinto.core.storage.postgresql.known import ListKey
from kinto.core.storage.postgresql.reading import forget_all, row_key, run
from kinto.core.storage.postgresql.session import Session
from kinto.core.storage.postgresql.writing import is_bucket, tombstone_data
from kinto.core.storage.sql.statements import Query

CHUNK = 1000

_GONE = (
    "unnest(%s::text[], %s::text[], %s::text[]{times}) AS gone (parent_id, resource_name, id{at})"
)
_SAME = """stored.bucket = %s AND stored.parent_id = gone.parent_id
   AND stored.resource_name = gone.resource_name AND stored.id = gone.id"""
_BURY = (
    "UPDATE {table} AS stored SET last_modified = gone.at, deleted = TRUE, data = %s, body = %s\n"
    "  FROM " + _GONE.format(times=", %s::bigint[]", at=", at") + f"\n WHERE {_SAME}"
)
_REMOVE = (
    "DELETE FROM {table} AS stored USING " + _GONE.format(times="", at="") + f"\n WHERE {_SAME}"
)
_HIGHEST = f"SELECT (SELECT max(last_modified) FROM timestamps), ({clocks.CREATED_AT})"
_LOCK_LISTS = """
SELECT resource_name, parent_id, last_modified FROM timestamps
 WHERE {lists} ORDER BY bucket, parent_id, resource_name FOR UPDATE
"""
_EMPTY_LISTS = """
DELETE FROM timestamps
 WHERE {lists}
   AND NOT EXISTS (SELECT 1 FROM objects WHERE objects.bucket = timestamps.bucket
                      AND objects.parent_id = timestamps.parent_id
                      AND objects.resource_name = timestamps.resource_name)
   AND NOT EXISTS (SELECT 1 FROM directory WHERE directory.bucket = timestamps.bucket
                      AND directory.parent_id = timestamps.parent_id
                      AND directory.resource_name = timestamps.resource_name)
RETURNING last_modified
"""
_OTHER_LISTS = (
    "UPDATE timestamps SET last_modified = greatest(%(now)s, last_modified + 1) WHERE {lists}"
)


class Deletion(NamedTuple):
    """One object that was deleted, and when."""

    object_id: str
    last_modified: int


def delete_all(
    session: Session, query: Query, *, with_deleted: bool, deleted_field: str
) -> list[Deletion]:
    """Delete the objects that the query wants; each gets a timestamp of its own, in its order."""
    deletions: list[Deletion] = []
    is_cascade = query.resource_name is None or "*" in query.parent_id
    while True:
        if is_cascade:
            lock_lists(session, query.resource_name, query.parent_id)
        elif query.resource_name is not None:
            clocks.lock(session, (query.resource_name, query.parent_id))
        rows = run(session, query, "resource_name", "parent_id", "id")
        times: list[tuple[ObjectKey, int]] = []
        for name, parent, object_id in rows:
            modified, of_list = clocks.next_timestamps(session, (name, parent))
            session.set_clock((name, parent), of_list)
            times.append(((name, parent, object_id), modified))
            deletions.append(Deletion(object_id, modified))
        if with_deleted:
            _bury(session, times, tombstone_data(deleted_field))
        else:
            _remove(session, [key for key, _ in times])
        if not rows or not is_cascade or query.limit is not None:
            return deletions


def trim(session: Session, query: Query, *, keep: int) -> int:
    """Remove the objects that the query wants except the `keep` newest; return how many."""
    assert query.resource_name is not None
    clocks.lock(session, (query.resource_name, query.parent_id))
    newest_first = [Sort(query.modified_field, -1)]
    query = replace(query, sorting=newest_first, offset=max(keep, 0))
    excess = run(session, query, "resource_name", "parent_id", "id")
    _remove(session, [tuple(row) for row in excess])
    return len(excess)


def purge(session: Session, query: Query, *, before: int | None, max_retained: int | None) -> int:
    """Remove the tombstones of the lists that the query names; return how many.

    Those older than `before`, or all but the `max_retained` newest of each list, or all.
    """
    if before is not None:
        older = Filter(query.modified_field, before, COMPARISON.LT)
        query = replace(query, filters=[older])
    session.begin_writing()
    forgets = query.resource_name is None and before is None
    if forgets:
        lock_lists(session, None, query.parent_id)
    rows = run(session, query, "resource_name", "parent_id", "id", "last_modified")
    if max_retained is not None:
        rows = list(_beyond(rows, max_retained))
    _remove(session, [row[:3] for row in rows], deleted=True)
    if forgets:
        _forget_clocks(session, query.parent_id)
    return len(rows)


def flush(session: Session) -> None:
    """Remove every row; all timestamps to come are newer than those that were."""
    clocks.store(session)
    session.clocks.clear()
    session.memory.clear()
    session.begin_writing()
    greatest = max(value for value in session.read(_HIGHEST)[0] if value is not None)
    for table in ("objects", "directory", "timestamps"):
        session.write(f"DELETE FROM {table}")
    session.write(clocks.SET_CREATED_AT, (str(max(clock.now_ms(), greatest + 1)),))


def lock_lists(session: Session, resource_name: str | None, pattern: str) -> None:
    """Be the only writer of the lists that a pattern names, as far as they were ever written."""
    condition, values = _lists(session, resource_name, pattern)
    clocks.adopt(session, session.lock(_LOCK_LISTS.format(lists=condition), values))
    forget_all(session)


def _bury(session: Session, times: Sequence[tuple[ObjectKey, int]], data: str) -> None:
    for bucket, part in _by_bucket(times):
        columns = _columns([key for key, _ in part], [at for _, at in part])
        session.write(_BURY.format(table="objects"), (data, data, *columns, bucket))
    buckets = [item for item in times if is_bucket(item[0])]
    for part in _chunks(buckets):
        columns = _columns([key for key, _ in part], [at for _, at in part])
        session.write(_BURY.format(table="directory"), (data, data, *columns, ""))
    if times:
        _changed(session)


def _remove(session: Session, keys: Sequence[Any], *, deleted: bool = False) -> None:
    """Remove live rows, or with `deleted` tombstones: never what was chosen as the other kind."""
    kind = " AND stored.deleted" if deleted else " AND NOT stored.deleted"
    for bucket, part in _by_bucket([(key, 0) for key in keys]):
        columns = _columns([key for key, _ in part])
        session.write(_REMOVE.format(table="objects") + kind, (*columns, bucket))
    for part in _chunks([key for key in keys if is_bucket(key)]):
        session.write(_REMOVE.format(table="directory") + kind, (*_columns(part), ""))
    if keys:
        _changed(session)


def _changed(session: Session) -> None:
    forget_all(session)
    clocks.forget_derived(session)


def _columns(keys: Sequence[Any], *more: list[int]) -> list[list[Any]]:
    """The keys as one array for each column: parent id, resource name, id."""
    return [[key[1] for key in keys], [key[0] for key in keys], [key[2] for key in keys], *more]


def _by_bucket(
    items: Sequence[tuple[Any, int]],
) -> Iterator[tuple[str, Sequence[tuple[Any, int]]]]:
    buckets: dict[str, list[tuple[Any, int]]] = {}
    for item in items:
        buckets.setdefault(row_key(item[0])[0], []).append(item)
    for bucket in sorted(buckets):
        for part in _chunks(buckets[bucket]):
            yield bucket, part


def _beyond(rows: list[Any], max_retained: int) -> Iterator[Any]:
    """Yield the rows after the `max_retained` newest of each list."""
    seen: dict[ListKey, int] = {}
    for row in sorted(rows, key=lambda row: -row[3]):
        key = (row[0], row[1])
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
    clocks.store(session)
    session.clocks.clear()
    condition, values = _lists(session, None, pattern)
    removed = session.write_returning(_EMPTY_LISTS.format(lists=condition), values)
    session.write(_OTHER_LISTS.format(lists=condition), {**values, "now": clock.now_ms()})
    if removed:
        _remember_above(session, pattern, max(value for (value,) in removed))


def _remember_above(session: Session, pattern: str, greatest: int) -> None:
    """Raise the timestamp of the list in which the parent was, or that of the database."""
    above = parent_object(pattern.removesuffix("/*"))
    if above is not None:
        name, parent, _ = above
        stored = clocks.stored_timestamp(session, (name, parent))
        if stored is not None:
            if stored < greatest:
                clocks.lock(session, (name, parent))
                session.set_clock((name, parent), greatest)
            return
    (created_at,) = session.read(clocks.CREATED_AT)[0]
    if created_at <= greatest:
        session.write(clocks.SET_CREATED_AT, (str(greatest + 1),))


def _lists(session: Session, resource_name: str | None, pattern: str) -> tuple[str, dict[str, Any]]:
    """Return the condition that a list is in the pattern, and its parameters."""
    compiled = ParentPattern.compile(pattern)
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if compiled.is_exact:
        conditions.append("bucket = %(bucket)s AND parent_id = %(parent)s")
        values = {"bucket": shard_of_uri(pattern), "parent": pattern}
    else:
        order = "" if session.byte_order else ' COLLATE "C"'
        values["low"], values["high"] = compiled.bounds()
        values["bucket"] = shard_of_prefix(compiled.prefix)
        conditions.append(f"parent_id >= %(low)s{order}")
        if values["bucket"] is not None:
            conditions.insert(0, "bucket = %(bucket)s")
        if values["high"] is not None:
            conditions.append(f"parent_id < %(high)s{order}")
        if not compiled.is_prefix:
            # By full keys: what is removed never hangs on a pattern.
            sql = f"SELECT DISTINCT parent_id FROM timestamps WHERE {' AND '.join(conditions)}"
            parents = [parent for (parent,) in session.read(sql, values)]
            conditions.append("parent_id = ANY(%(parents)s)")
            values["parents"] = [parent for parent in parents if compiled.matches(parent)]
    if resource_name is not None:
        conditions.append("resource_name = %(name)s")
        values["name"] = resource_name
    return " AND ".join(conditions), values
