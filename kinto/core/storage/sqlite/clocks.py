"""Timestamps of lists: stored ones, and those of lists that were never written.

The rules are those of `StorageBase.resource_timestamp`: no read writes, and the timestamp of a
list never written is derived from its parent object, or else from the age of the database.
"""

from __future__ import annotations

from functools import lru_cache

from kinto.core.protocol.identifiers import is_place, parent_object
from kinto.core.protocol.timestamps import is_timestamp, next_timestamp
from kinto.core.runtime import clock
from kinto.core.storage.sqlite.session import ListKey, Session

CREATED_AT = "SELECT CAST(value AS INTEGER) FROM metadata WHERE name = 'created_at'"
SET_CREATED_AT = "UPDATE metadata SET value = ? WHERE name = 'created_at'"

REMEMBERED = "timestamps"

_STORED = "SELECT last_modified FROM timestamps WHERE parent_id = ? AND resource_name = ?"
_CREATION = (
    "SELECT created FROM objects"
    " WHERE parent_id = ? AND resource_name = ? AND id = ? AND deleted = 0"
)
_READ = f"SELECT ({_STORED}), NULL, ({CREATED_AT})"
_READ_WITH_PARENT = f"SELECT ({_STORED}), ({_CREATION}), ({CREATED_AT})"
_ROW = f"SELECT -1, ({_STORED}), ({CREATED_AT})"
_ROW_WITH_PARENT = f"SELECT -1, ({_STORED}), coalesce(({_CREATION}), ({CREATED_AT}))"


@lru_cache(maxsize=1024)
def as_row(resource_name: str, parent_id: str) -> tuple[str, tuple[str, ...]]:
    """A query of three columns and its values: -1, the stored timestamp, the derived one.

    For `reading.find_with`: both are then known at the price of one statement.
    """
    above = parent_object(parent_id)
    if above is None:
        return _ROW, (parent_id, resource_name)
    name, parent, object_id = above
    return _ROW_WITH_PARENT, (parent_id, resource_name, parent, name, object_id)


def remember(session: Session, key: ListKey, stored: int | None, derived: int) -> None:
    """Take note of what a query of `as_row` brought."""
    if not session.is_writing:
        timestamp = derived if stored is None else stored
        session.memory.setdefault(REMEMBERED, {})[key] = timestamp
    elif stored is not None:
        # Asked for earlier than it came: the list may have moved, its row is written at the end.
        session.clocks.setdefault(key, stored)


def known_timestamp(session: Session, key: ListKey) -> int | None:
    """The timestamp of a list, when it is known without asking for it."""
    if session.is_writing:
        return session.clocks.get(key)
    return (session.remembered(REMEMBERED) or {}).get(key)


def timestamp_of(session: Session, resource_name: str, parent_id: str) -> int:
    """Return the timestamp of a list, in milliseconds."""
    known = known_timestamp(session, (resource_name, parent_id))
    if known is not None:
        return known
    stored, creation, database = _read(session, resource_name, parent_id)
    if stored is None:
        return database if creation is None else creation
    if session.is_writing:
        session.clocks[resource_name, parent_id] = stored
    return stored


def stored_timestamp(session: Session, key: ListKey) -> int | None:
    """Return the timestamp of a list that was written, None for another one."""
    known = session.clocks.get(key)
    return _read(session, *key)[0] if known is None else known


def timestamps_of(session: Session, resource_name: str) -> dict[str, int]:
    """Return the timestamps of the written lists of a resource, by parent id."""
    rows = session.read(
        "SELECT parent_id, last_modified FROM timestamps WHERE resource_name = ?", (resource_name,)
    )
    known = {key[1]: value for key, value in session.clocks.items() if key[0] == resource_name}
    return {**dict(rows), **known}


def next_timestamps(session: Session, key: ListKey, wanted: object = None) -> tuple[int, int]:
    """Return the timestamps (of the object, of its list) of a write that is about to be made.

    Args:
        wanted: what the write proposes; anything but a timestamp counts as nothing.
    """
    proposed: int | None = wanted if is_timestamp(wanted) else None  # type: ignore[assignment]
    now = clock.now_ms()
    previous = session.clocks.get(key)
    if previous is None:
        previous, creation, database = _read(session, *key)
        if previous is not None:
            session.clocks[key] = previous
        elif creation is not None:
            previous = creation
        elif proposed is not None and not is_place(key[1]):
            return proposed, proposed
        else:
            previous = database
    return next_timestamp(previous, now, proposed)


def load_stored(session: Session, key: ListKey) -> None:
    """Read the timestamp of a list that was written, and leave waiting what waits: objects."""
    if key not in session.clocks:
        rows = session.read_aside(_STORED, (key[1], key[0]))
        session.clocks.update((key, stored) for (stored,) in rows)


def load_clocks(session: Session, keys: set[ListKey]) -> None:
    """Read the timestamps of many lists at once."""
    unknown = keys.difference(session.clocks)
    if len(unknown) < 2:
        return
    parents = {parent_id for _, parent_id in unknown}
    low, high = min(parents), max(parents)
    rows = session.read(
        "SELECT resource_name, parent_id, last_modified FROM timestamps"
        " WHERE parent_id BETWEEN ? AND ?",
        (low, high),
    )
    session.clocks.update(
        ((name, parent_id), value)
        for name, parent_id, value in rows
        if (name, parent_id) in unknown
    )


def _read(
    session: Session, resource_name: str, parent_id: str
) -> tuple[int | None, int | None, int]:
    above = parent_object(parent_id)
    if above is None:
        return session.read(_READ, (parent_id, resource_name))[0]  # type: ignore[no-any-return]
    name, parent, object_id = above
    values = (parent_id, resource_name, parent, name, object_id)
    return session.read(_READ_WITH_PARENT, values)[0]  # type: ignore[no-any-return]
