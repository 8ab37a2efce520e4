"""Writing one object: created, replaced or deleted, with the timestamp it gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from kinto.core.protocol.terms import KintoObject
from kinto.core.runtime import clock, json
from kinto.core.storage.base import ObjectKey
from kinto.core.storage.exceptions import ObjectNotFoundError, UnicityError
from kinto.core.storage.pages import StoredText
from kinto.core.storage.sqlite import clocks
from kinto.core.storage.sqlite.reading import REMEMBERED, find, load, remember, remember_all
from kinto.core.storage.sqlite.session import ListKey, Session

_INSERT = """
INSERT INTO objects (parent_id, resource_name, id, last_modified, created, deleted, data)
VALUES {rows}
"""
_ROW = "(?, ?, ?, ?, ?, 0, ?)"
# `created` is kept as long as the object lives.
_OR_REPLACE = """
    ON CONFLICT (parent_id, resource_name, id) DO UPDATE
   SET last_modified = excluded.last_modified,
       created = CASE WHEN objects.deleted THEN excluded.created ELSE objects.created END,
       deleted = 0,
       data = excluded.data
"""
_REPLACE = _INSERT.format(rows=_ROW) + _OR_REPLACE
_CREATE = _REPLACE + " WHERE objects.deleted = 1"
_AT_ONCE = 100
_BURY = """
UPDATE objects SET last_modified = ?, deleted = 1, data = ?
 WHERE parent_id = ? AND resource_name = ? AND id = ? AND deleted = 0
"""
_REMOVE = "DELETE FROM objects WHERE parent_id = ? AND resource_name = ? AND id = ? AND deleted = 0"


def tombstone_data(deleted_field: str) -> str:
    """Return what is stored in place of the attributes of a deleted object."""
    return json.dumps({deleted_field: True})


def create(
    session: Session,
    key: ObjectKey,
    obj: KintoObject,
    *,
    id_field: str,
    modified_field: str,
    is_unheard_of: bool = False,
) -> KintoObject:
    """Store a new object; `obj` belongs to this function from now on.

    Args:
        is_unheard_of: whether the id is so random that no object ever had it.
    Raises:
        UnicityError: a live object has this id.
    """
    if is_unheard_of:
        remember(session, key, None)
    created = _put(session, _CREATE, key, obj, id_field=id_field, modified_field=modified_field)
    if created is None:
        existing = find(session, [key])[0]
        assert existing is not None
        raise UnicityError(id_field, load(existing, key[2], id_field, modified_field))
    return created


def create_many(
    session: Session, key: ListKey, objects: Mapping[str, KintoObject]
) -> list[StoredText]:
    """Store objects whose ids no live object has, as the newest of a list, and return them."""
    name, parent = key
    first, _ = clocks.next_timestamps(session, key)
    now = clock.now_ms()
    stored: list[StoredText] = []
    rows: dict[ObjectKey, tuple[Any, ...]] = {}
    for modified, (object_id, obj) in enumerate(objects.items(), first):
        data = json.dumps_ascii(obj)
        rows[name, parent, object_id] = (
            parent,
            name,
            object_id,
            modified,
            max(now, modified),
            data,
        )
        stored.append((object_id, modified, data))
    if stored:
        session.defer_all("objects", rows, write=_write_all)
        session.set_clock(key, stored[-1][1])
        remember_all(session, {place: (row[3], row[5]) for place, row in rows.items()})
    return stored


def append(session: Session, key: ListKey, rows: Sequence[tuple[str, KintoObject]]) -> None:
    """Store new objects with ids that no object ever had, as the newest of a list."""
    name, parent = key
    clocks.load_stored(session, key)
    for object_id, obj in rows:
        modified, of_list = clocks.next_timestamps(session, key)
        values = (
            parent,
            name,
            object_id,
            modified,
            max(clock.now_ms(), of_list),
            json.dumps_ascii(obj),
        )
        session.defer("objects", (name, parent, object_id), values, write=_write_all)
        session.set_clock(key, of_list)


def update(
    session: Session, key: ObjectKey, obj: KintoObject, *, id_field: str, modified_field: str
) -> KintoObject:
    """Store an object whatever was there; `obj` belongs to this function from now on."""
    stored = _put(session, _REPLACE, key, obj, id_field=id_field, modified_field=modified_field)
    assert stored is not None
    return stored


def delete(
    session: Session,
    key: ObjectKey,
    *,
    with_deleted: bool,
    wanted: Any,
    deleted_field: str,
) -> int:
    """Delete a live object and return the timestamp of the deletion.

    Raises:
        ObjectNotFoundError: no live object has this id.
    """
    name, parent, object_id = key
    modified, of_list = clocks.next_timestamps(session, (name, parent), wanted)
    row = (parent, name, object_id)
    if with_deleted:
        changed = session.write(_BURY, (modified, tombstone_data(deleted_field), *row))
    else:
        changed = session.write(_REMOVE, row)
    if not changed:
        raise ObjectNotFoundError(object_id)
    session.set_clock((name, parent), of_list)
    remember(session, key, None)
    return modified


def _put(
    session: Session,
    sql: str,
    key: ObjectKey,
    obj: KintoObject,
    *,
    id_field: str,
    modified_field: str,
) -> KintoObject | None:
    """Write `obj`, and return it as stored; None when the statement changed nothing."""
    name, parent, object_id = key
    wanted = obj.pop(modified_field, None)
    obj.pop(id_field, None)
    data = json.dumps_ascii(obj)
    modified, of_list = clocks.next_timestamps(session, (name, parent), wanted)
    # What lists below derive from `created` must be newer than a former object of this URI,
    # so it is not the timestamp of the object, which a client may have put in the past.
    created = max(clock.now_ms(), of_list)
    values = (parent, name, object_id, modified, created, data)
    if modified == of_list and (sql is _REPLACE or _is_known_missing(session, key)):
        # The newest of its list: nothing can be in its way, so it may wait for others.
        if (waiting := session.deferred("objects", key)) is not None:
            values = (*values[:4], waiting[4], data)
        session.defer("objects", key, values, write=_write_all)
    elif not session.write(sql, values):
        return None
    session.set_clock((name, parent), of_list)
    row = (modified, data)
    remember(session, key, row)
    return load(row, object_id, id_field, modified_field)


def _is_known_missing(session: Session, key: ObjectKey) -> bool:
    known = session.remembered(REMEMBERED) or {}
    return key in known and known[key] is None


def _write_all(session: Session, rows: list[tuple[Any, ...]]) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        session.write(_replace_all(len(part)), [value for row in part for value in row])


@lru_cache(maxsize=_AT_ONCE)
def _replace_all(count: int) -> str:
    return _INSERT.format(rows=", ".join([_ROW] * count)) + _OR_REPLACE
