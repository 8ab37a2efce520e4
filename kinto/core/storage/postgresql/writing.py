"""Writing one object: created, replaced or deleted, with the timestamp it gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kinto.core.protocol.identifiers import parent_object
from kinto.core.protocol.terms import DEFAULT_ID_FIELD, DEFAULT_MODIFIED_FIELD, KintoObject
from kinto.core.runtime import clock, json
from kinto.core.storage.base import ObjectKey
from kinto.core.storage.exceptions import IntegrityError, ObjectNotFoundError, UnicityError
from kinto.core.storage.pages import StoredText
from kinto.core.storage.postgresql import clocks
from kinto.core.storage.postgresql.known import ListKey
from kinto.core.storage.postgresql.prepared import Hot
from kinto.core.storage.postgresql.reading import (
    REMEMBERED,
    StoredObject,
    find,
    remember,
    remember_all,
    row_key,
)
from kinto.core.storage.postgresql.session import Session

_INSERT = """
INSERT INTO {table} AS stored
       (bucket, parent_id, resource_name, id, last_modified, created, deleted, data, body)
"""
# `created` is kept as long as the object lives.
_OR_REPLACE = """
    ON CONFLICT (bucket, parent_id, resource_name, id) DO UPDATE
   SET last_modified = excluded.last_modified,
       created = CASE WHEN stored.deleted THEN excluded.created ELSE stored.created END,
       deleted = FALSE,
       data = excluded.data,
       body = excluded.body
"""
_REPLACE = _INSERT + "VALUES (%s, %s, %s, %s, %s, %s, FALSE, %s, %s)" + _OR_REPLACE
_REPLACE_ALL = Hot(
    _INSERT.format(table="objects")
    + """
SELECT bucket, parent_id, resource_name, id, last_modified, created, FALSE, body::jsonb, body
  FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
              %s::text[])
    AS row (bucket, parent_id, resource_name, id, last_modified, created, body)
"""
    + _OR_REPLACE
)
_REPLACE_ONE = Hot(_REPLACE.format(table="objects"))
_AT_ONCE = 500
_CREATE = _REPLACE + " WHERE stored.deleted"
_BURY = """
UPDATE {table} SET last_modified = %s, deleted = TRUE, data = %s, body = %s
 WHERE bucket = %s AND parent_id = %s AND resource_name = %s AND id = %s AND NOT deleted
"""
_REMOVE = """
DELETE FROM {table}
 WHERE bucket = %s AND parent_id = %s AND resource_name = %s AND id = %s AND NOT deleted
"""
# The lock of the list and its timestamps come with the rows.
_APPEND = Hot(f"""
WITH {clocks.MOVED_AS}
INSERT INTO objects
       (bucket, parent_id, resource_name, id, last_modified, created, deleted, data, body)
SELECT %(bucket)s, %(parent)s, %(name)s, row.id, moved.last_modified - %(count)s + row.place,
       moved.last_modified, FALSE, row.data::jsonb, row.body
  FROM moved, unnest(%(ids)s::text[], %(data)s::text[], %(bodies)s::text[])
       WITH ORDINALITY AS row (id, data, body, place)
""")
_TAKEN = """
SELECT 1 FROM {table} WHERE bucket = %s AND parent_id = %s AND resource_name = %s
   AND last_modified = %s AND id <> %s
"""


def tombstone_data(deleted_field: str) -> str:
    """Return what is stored in place of the attributes of a deleted object."""
    return json.dumps({deleted_field: True})


def is_bucket(key: ObjectKey) -> bool:
    """Whether an object also has a row in the directory."""
    return key[0] == "bucket" and key[1] == ""


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
        IntegrityError: another object of the list has the timestamp that is asked for.
    """
    if is_unheard_of:
        clocks.lock(session, key[:2])  # It would forget.
        remember(session, key, None)
    created = _put(session, _CREATE, key, obj, id_field=id_field, modified_field=modified_field)
    if created is None:
        existing = find(session, [key])[0]
        assert existing is not None
        raise UnicityError(id_field, existing.load(key[2], id_field, modified_field))
    return created


def create_many(
    session: Session, key: ListKey, objects: Mapping[str, KintoObject]
) -> list[StoredText]:
    """Store objects whose ids no live object has, as the newest of a list, and return them."""
    name, parent = key
    stored: list[StoredText] = []
    first, _ = clocks.next_timestamps(session, key)
    now = clock.now_ms()
    rows: dict[ObjectKey, tuple[Any, ...]] = {}
    for modified, (object_id, obj) in enumerate(objects.items(), first):
        body = json.dumps_bytes(obj).decode("utf-8")
        place = (name, parent, object_id)
        rows[place] = (*row_key(place), modified, max(now, modified), body, body)
        stored.append((object_id, modified, body))
    if is_bucket((name, parent, "")):
        for place, row in rows.items():
            for table, at in _places(place):
                session.write(_REPLACE.format(table=table), (*at, *row[4:]))
    elif rows:
        session.defer_all("objects", rows, write=_write_all)
    if stored:
        session.set_clock(key, stored[-1][1])
        clocks.forget_derived(session)
        remember_all(session, {place: StoredObject(row[4], row[7]) for place, row in rows.items()})
    return stored


def append(session: Session, key: ListKey, rows: Sequence[tuple[str, KintoObject]]) -> None:
    """Store new objects with ids that no object ever had, as the newest of a list.

    Unless its lock is held already, the statement that writes them takes it; what the timestamp
    of the list may be derived from is written before that.
    """
    above = parent_object(key[1])
    if session.has_locked(key) or above is None or session.deferred("objects", above):
        for object_id, obj in rows:
            create(
                session,
                (*key, object_id),
                {**obj},
                id_field=DEFAULT_ID_FIELD,
                modified_field=DEFAULT_MODIFIED_FIELD,
                is_unheard_of=True,
            )
        return
    clocks.forget_derived(session)
    for object_id, obj in rows:
        row = (key, object_id, json.dumps_ascii(obj), json.dumps_bytes(obj).decode("utf-8"))
        session.defer("appended", (*key, object_id), row, write=_append_all)


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
        IntegrityError: another object of the list has the timestamp that is asked for.
    """
    name, parent, object_id = key
    modified, of_list = clocks.next_timestamps(session, (name, parent), wanted)
    if with_deleted:
        if modified < of_list and find(session, [key])[0] is not None:
            _refuse_taken(session, key, modified)
        data = tombstone_data(deleted_field)
        changed = _write(session, _BURY, key, modified, data, data)
    else:
        changed = _write(session, _REMOVE, key)
    if not changed:
        raise ObjectNotFoundError(object_id)
    _note(session, key, of_list, None)
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
    body = json.dumps_bytes(obj).decode("utf-8")
    modified, of_list = clocks.next_timestamps(session, (name, parent), wanted)
    # What lists below derive from `created` must be newer than a former object of this URI,
    # so it is not the timestamp of the object, which a client may have put in the past.
    created = max(clock.now_ms(), of_list)
    if modified < of_list:
        if sql is _CREATE and find(session, [key])[0] is not None:
            return None
        _refuse_taken(session, key, modified)
    is_newest = modified == of_list and not is_bucket(key)
    if is_newest and (sql is _REPLACE or _is_known_missing(session, key)):
        # Nothing can be in its way, so it may wait for others.
        waiting = session.deferred("objects", key)
        values = (*row_key(key), modified, created if waiting is None else waiting[5], data, body)
        session.defer("objects", key, values, write=_write_all)
    else:
        for table, row in _places(key):
            values = (*row, modified, created, data, body)
            if not session.write(sql.format(table=table), values):
                return None
    stored = StoredObject(modified, body)
    _note(session, key, of_list, stored)
    return stored.load(object_id, id_field, modified_field)


def _refuse_taken(session: Session, key: ObjectKey, modified: int) -> None:
    """Refuse a timestamp of the past that another entry of the list has.

    Asked beforehand, as a constraint that fails would take the whole transaction with it.
    """
    table, row = list(_places(key))[-1]
    *of_list, object_id = row
    if session.read(_TAKEN.format(table=table), (*of_list, modified, object_id)):
        raise IntegrityError(message=f"Timestamp {modified} is taken.")


def _write(session: Session, sql: str, key: ObjectKey, *values: Any) -> int:
    changed = 0
    for table, row in _places(key):
        changed = session.write(sql.format(table=table), (*values, *row))
        if not changed:
            break
    return changed


def _places(key: ObjectKey) -> Iterator[tuple[str, tuple[str, str, str, str]]]:
    """The tables and keys of the rows of an object."""
    row = row_key(key)
    yield "objects", row
    if is_bucket(key):
        yield "directory", ("", *row[1:])


def _note(session: Session, key: ObjectKey, of_list: int, row: StoredObject | None) -> None:
    session.set_clock((key[0], key[1]), of_list)
    clocks.forget_derived(session)
    remember(session, key, row)


def _is_known_missing(session: Session, key: ObjectKey) -> bool:
    known = session.remembered(REMEMBERED) or {}
    return key in known and known[key] is None


def _append_all(session: Session, rows: list[tuple[Any, ...]]) -> None:
    lists: dict[ListKey, list[tuple[str, ...]]] = {}
    for key, *row in rows:
        lists.setdefault(key, []).append(tuple(row))
    for key in sorted(lists):  # Everybody in the same order: nobody waits for one who waits.
        ids, data, bodies = (list(column) for column in zip(*lists[key], strict=True))
        values = {**clocks.parameters(*key), "now": clock.now_ms(), "count": len(ids)}
        session.write(_APPEND, {**values, "ids": ids, "data": data, "bodies": bodies})


def _write_all(session: Session, rows: list[tuple[Any, ...]]) -> None:
    if len(rows) == 1:
        session.write(_REPLACE_ONE, rows[0])
        return
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        *keys_and_times, _, bodies = zip(*part, strict=True)  # One text is enough for both.
        columns = [list(column) for column in (*keys_and_times, bodies)]
        session.write(_REPLACE_ALL, columns)
