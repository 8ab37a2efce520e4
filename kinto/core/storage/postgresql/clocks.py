"""Timestamps of lists: the lock of a list and its next tick, taken in one statement.

The rules are those of `StorageBase.resource_timestamp`: no read writes, and the timestamp of a
list never written is derived from its parent object, or else from the age of the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from kinto.core.protocol.identifiers import is_place, parent_object, shard_of
from kinto.core.protocol.timestamps import is_timestamp, next_timestamp
from kinto.core.runtime import clock, randomness
from kinto.core.storage.postgresql.known import LOCKED, Ahead, Clock, ListKey
from kinto.core.storage.postgresql.prepared import Hot
from kinto.core.storage.postgresql.session import Session

CREATED_AT = "SELECT CAST(value AS BIGINT) FROM metadata WHERE name = 'created_at'"
SET_CREATED_AT = "UPDATE metadata SET value = %s WHERE name = 'created_at'"

REMEMBERED = "timestamps"
"""What sessions remember of lists: `ListKey` -> `Version`."""

_STORED = (
    "SELECT last_modified FROM timestamps"
    " WHERE bucket = %(bucket)s AND parent_id = %(parent)s AND resource_name = %(name)s"
)
_VERSION = (
    "SELECT concat(last_modified, ' ', previous) FROM timestamps"
    " WHERE bucket = %(bucket)s AND parent_id = %(parent)s AND resource_name = %(name)s"
)
_TEXT_ROW = Hot(
    "SELECT '-1', NULL, concat(last_modified, ' ', previous) FROM timestamps"
    " WHERE bucket = %s AND parent_id = %s AND resource_name = %s"
)
_CREATION = (
    "SELECT created FROM objects WHERE bucket = %(above_bucket)s AND parent_id = %(above_parent)s"
    " AND resource_name = %(above_name)s AND id = %(above_id)s AND NOT deleted"
)
_READ = Hot(f"SELECT ({_STORED}), CAST(NULL AS BIGINT), ({CREATED_AT})")
_READ_WITH_PARENT = Hot(f"SELECT ({_STORED}), ({_CREATION}), ({CREATED_AT})")

# The row is taken, and the next tick with it: a single write then needs no other statement for
# its timestamp. What is not used is put back, or rolled back, at the end.
_LOCK = """
INSERT INTO timestamps (bucket, parent_id, resource_name, last_modified, previous)
SELECT %(bucket)s, %(parent)s, %(name)s, greatest(%(now)s, derived.at + 1), NULL
  FROM (SELECT {derived} AS at) AS derived
    ON CONFLICT (bucket, parent_id, resource_name) DO UPDATE
   SET previous = timestamps.last_modified,
       last_modified = greatest(%(now)s, timestamps.last_modified + 1)
"""
_RETURNING = "RETURNING last_modified, previous, {creation}, ({created_at})\n"
_LOCK_ALONE = Hot(
    _LOCK.format(derived=f"({CREATED_AT})")
    + _RETURNING.format(creation="CAST(NULL AS BIGINT)", created_at=CREATED_AT)
)
_LOCK_BELOW = Hot(
    _LOCK.format(derived=f"coalesce(({_CREATION}), ({CREATED_AT}))")
    + _RETURNING.format(creation=f"({_CREATION})", created_at=CREATED_AT)
)
# In front of a query, which tells what the lock found.
_LOCK_ALONE_AHEAD = Hot(_LOCK.format(derived=f"({CREATED_AT})"))
_LOCK_BELOW_AHEAD = Hot(_LOCK.format(derived=f"coalesce(({_CREATION}), ({CREATED_AT}))"))
_FOUND = Hot(
    f"SELECT '{LOCKED}', NULL, concat(last_modified, ' ', previous, ' ', ({CREATED_AT}))"
    " FROM timestamps WHERE bucket = %s AND parent_id = %s AND resource_name = %s"
)
# The first write of a list also holds its parent, which a cascade may be about to remove.
_HOLD_PARENT = Hot(f"{_CREATION} FOR SHARE")

MOVED_AS = f"""
parent AS (
    {_CREATION} AND NOT EXISTS ({_STORED}) FOR SHARE
), moved AS (
    INSERT INTO timestamps (bucket, parent_id, resource_name, last_modified, previous)
    SELECT %(bucket)s, %(parent)s, %(name)s,
           greatest(%(now)s, coalesce((SELECT created FROM parent), ({CREATED_AT})) + 1)
           + %(count)s - 1, NULL
        ON CONFLICT (bucket, parent_id, resource_name) DO UPDATE
       SET previous = timestamps.last_modified,
           last_modified = greatest(%(now)s, timestamps.last_modified + 1) + %(count)s - 1
    RETURNING last_modified
)
"""
"""Named queries for a list below an object (`parent_object`) whose lock is not held: it is
locked, and `moved` is its timestamp after so many objects (`count`) more. The values are those of
`parameters`, and `now`."""

_STORE = Hot("""
INSERT INTO timestamps (bucket, parent_id, resource_name, last_modified, previous)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
    ON CONFLICT (bucket, parent_id, resource_name) DO UPDATE
   SET last_modified = excluded.last_modified, previous = excluded.previous
""")
_REMOVE = """
DELETE FROM timestamps WHERE (bucket, parent_id, resource_name) IN
       (SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]))
"""


def parameters(resource_name: str, parent_id: str) -> dict[str, Any]:
    """The named parameters of a list, and of the object above it if there may be one."""
    bucket = shard_of(resource_name, parent_id)
    values: dict[str, Any] = {"bucket": bucket, "parent": parent_id, "name": resource_name}
    above = parent_object(parent_id)
    if above is not None:
        name, parent, object_id = above
        values["above_bucket"] = shard_of(name, parent, object_id)
        values |= {"above_name": name, "above_parent": parent, "above_id": object_id}
    return values


def as_columns(values: dict[str, Any]) -> str:
    """Two expressions: the stored timestamp of the list of `parameters`, and the derived one."""
    if "above_id" in values:
        return f"({_STORED}) AS stored, coalesce(({_CREATION}), ({CREATED_AT})) AS derived"
    return f"({_STORED}) AS stored, ({CREATED_AT}) AS derived"


def as_text_row(resource_name: str, parent_id: str) -> tuple[Hot, tuple[str, str, str]]:
    """A query of three texts and its values: -1, NULL, the version of a list; as companion.

    There is no row for a list that was never written.
    """
    return _TEXT_ROW, (shard_of(resource_name, parent_id), parent_id, resource_name)


def version(has_parent: bool) -> str:
    """An expression: the text of the version of the list of `parameters`."""
    derived = f"coalesce(({_CREATION}), ({CREATED_AT}))" if has_parent else f"({CREATED_AT})"
    return f"coalesce(({_VERSION}), CAST({derived} AS TEXT))"


class Version(NamedTuple):
    """A list at one moment.

    Attributes:
        timestamp: of the list.
        mark: with the timestamp, what the list had at no other moment; empty when it is not
            known. Writes that leave the timestamp as it was change the mark.
    """

    timestamp: int
    mark: str

    @classmethod
    def of(cls, text: str) -> Version:
        timestamp, _, mark = text.partition(" ")
        return cls(int(timestamp), mark)


def lock(session: Session, key: ListKey) -> Clock:
    """Be the only writer of a list until the transaction ends; what was read is forgotten."""
    known = session.clocks.get(key)
    if known is not None:
        return known
    _take(session, key)
    session.memory.clear()
    return session.clocks[key]


def lock_ahead(session: Session, key: ListKey) -> None:
    """As `lock`, in front of whatever the session runs next: in one trip with a first query."""
    if session.has_locked(key):
        return
    values = {**parameters(*key), "now": clock.now_ms()}
    is_below = "above_id" in values

    def receive(found: str) -> bool:
        stored, previous, database = (int(part) if part else None for part in found.split(" "))
        assert database is not None
        return _note(session, key, values, stored, previous, None, database)

    session.lock_ahead(
        Ahead(
            key,
            statement=(_LOCK_BELOW_AHEAD if is_below else _LOCK_ALONE_AHEAD, values),
            question=(_FOUND, (values["bucket"], values["parent"], values["name"])),
            receive=receive,
            take=lambda: _take(session, key),
        )
    )


def _take(session: Session, key: ListKey) -> None:
    values = {**parameters(*key), "now": clock.now_ms()}
    (found,) = session.lock(_LOCK_BELOW if "above_id" in values else _LOCK_ALONE, values)
    _note(session, key, values, *found)


def _note(
    session: Session,
    key: ListKey,
    values: dict[str, Any],
    stored: int | None,
    previous: int | None,
    creation: int | None,
    database: int,
) -> bool:
    """Note what a lock found. False when more was locked: what was read before that may be old."""
    is_first = previous is None and "above_id" in values
    if is_first:
        held = session.lock(_HOLD_PARENT, values)
        creation = held[0][0] if held else None
    session.epoch = database
    session.clocks[key] = Clock(previous, stored, (creation, database))
    return not is_first


def remember(session: Session, key: ListKey, found: Version) -> None:
    """Take note of a version that came before it was asked for, unless it may change."""
    if not session.is_writing:
        session.memory.setdefault(REMEMBERED, {})[key] = found


def known_version(session: Session, key: ListKey) -> Version | None:
    """The version of a list that came before it was asked for; None inside a transaction."""
    return _remembered(session).get(key)


def is_known(session: Session, key: ListKey) -> bool:
    """Whether `timestamp_of` needs no statement."""
    return key in session.clocks or key in _remembered(session)


def _remembered(session: Session) -> dict[ListKey, Version]:
    return {} if session.is_writing else session.remembered(REMEMBERED) or {}


def timestamp_of(session: Session, resource_name: str, parent_id: str) -> int:
    """Return the timestamp of a list, in milliseconds."""
    known = session.clocks.get((resource_name, parent_id))
    if known is not None and known.value is not None:
        return known.value
    if known is None and (came := known_version(session, (resource_name, parent_id))):
        return came.timestamp
    stored, creation, database = _read(session, resource_name, parent_id)
    if stored is not None and known is None:
        return stored
    return database if creation is None else creation


def stored_timestamp(session: Session, key: ListKey) -> int | None:
    """Return the timestamp of a list that was written, None for another one."""
    known = session.clocks.get(key)
    return _read(session, *key)[0] if known is None else known.value


def timestamps_of(session: Session, resource_name: str) -> dict[str, int]:
    """Return the timestamps of the written lists of a resource, by parent id."""
    rows = session.read(
        "SELECT parent_id, last_modified FROM timestamps WHERE resource_name = %s",
        (resource_name,),
    )
    known = {key[1]: c.value for key, c in session.clocks.items() if key[0] == resource_name}
    found: dict[str, int | None] = {**dict(rows), **known}
    return {parent_id: value for parent_id, value in found.items() if value is not None}


def next_timestamps(session: Session, key: ListKey, wanted: object = None) -> tuple[int, int]:
    """Return the timestamps (of the object, of its list) of a write that is about to be made.

    Args:
        wanted: what the write proposes; anything but a timestamp counts as nothing.
    """
    held = lock(session, key)
    proposed: int | None = wanted if is_timestamp(wanted) else None  # type: ignore[assignment]
    previous = held.value
    if previous is None:
        if held.derived is None:
            _, creation, database = _read(session, *key)
            held.derived = (creation, database)
        creation, database = held.derived
        if creation is None and proposed is not None and not is_place(key[1]):
            return proposed, proposed
        previous = database if creation is None else creation
    if (proposed is None or proposed == previous) and held.stored is not None:
        if held.stored > previous:
            return held.stored, held.stored  # the tick that came with the lock
    return next_timestamp(previous, clock.now_ms(), proposed)


def forget_derived(session: Session) -> None:
    """Have derived timestamps read anew: an object that lists may derive from has changed."""
    for held in session.clocks.values():
        held.derived = None


def store(session: Session) -> None:
    """Make the rows of the lists hold the timestamps that the session knows."""
    moved: list[tuple[str, str, str, int, int]] = []
    unwritten: list[tuple[str, str, str]] = []
    for key in sorted(session.clocks):
        held = session.clocks[key]
        if held.value == held.stored:
            continue
        row = (shard_of(*key), key[1], key[0])
        if held.value is None:
            unwritten.append(row)
        else:
            # Together with the same timestamp, nothing that was there before.
            moved.append((*row, held.value, int(randomness.random_hex(7), 16)))
        held.stored = held.value
    if moved:
        session.write(_STORE, [list(column) for column in zip(*moved, strict=True)])
    if unwritten:
        session.write(_REMOVE, [list(column) for column in zip(*unwritten, strict=True)])


def adopt(session: Session, rows: Iterable[tuple[str, str, int]]) -> None:
    """Take note of (resource name, parent id, timestamp) of lists that were just locked."""
    for name, parent_id, stored in rows:
        if (name, parent_id) not in session.clocks:
            session.clocks[name, parent_id] = Clock(stored, stored)


def _read(
    session: Session, resource_name: str, parent_id: str
) -> tuple[int | None, int | None, int]:
    values = parameters(resource_name, parent_id)
    sql = _READ_WITH_PARENT if "above_id" in values else _READ
    return session.read(sql, values)[0]  # type: ignore[no-any-return]
