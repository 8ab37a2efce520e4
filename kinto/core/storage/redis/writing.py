"""How one object is written or removed in the session of a unit: which timestamp, which refusal."""

from __future__ import annotations

from typing import Any

from kinto.core.protocol.identifiers import is_place
from kinto.core.protocol.terms import KintoObject
from kinto.core.protocol.timestamps import is_timestamp, next_timestamp
from kinto.core.runtime import clock
from kinto.core.storage.exceptions import IntegrityError
from kinto.core.storage.memory.rows import Row
from kinto.core.storage.redis.lists import Lists
from kinto.core.storage.redis.names import ListKey


def write(
    lists: Lists, key: ListKey, object_id: str, data: KintoObject, *, modified_field: str
) -> Row:
    """Put an object in the place of the one, or of the tombstone, that has its id.

    `data` belongs to the row from now on.

    Raises:
        IntegrityError: another object of the list has the timestamp in `data`.
    """
    rows = lists.rows(key)
    former, tombstone = rows.find(object_id), rows.find(object_id, dead=True)
    wanted = data.get(modified_field)
    refuse_twin(lists, key, wanted, former or tombstone)
    data[modified_field] = tick(lists, key, wanted)
    if former is not None:
        created = former.created
    else:
        # Not the object's timestamp, which a client may have put in the past: what is derived
        # from it must be newer than a former object of this URI.
        created = max(clock.now_ms(), lists.clock(key) or 0)
    if tombstone is not None:
        rows.take(tombstone, dead=True)
    row = Row(data, key, object_id=object_id, modified=data[modified_field], created=created)
    rows.put(row)
    return row


def bury(lists: Lists, row: Row, tombstone: KintoObject, *, modified: int, kept: bool) -> None:
    """Take a live row away, and leave its tombstone if it is `kept`."""
    rows = lists.rows(row.place)
    rows.take(row)
    if kept:
        buried = Row(
            {**tombstone}, row.place, object_id=row.object_id, modified=modified, created=modified
        )
        rows.put(buried, dead=True)


def tick(lists: Lists, key: ListKey, wanted: Any = None) -> int:
    """Move the timestamp of a list for a write, and return that of the written object."""
    proposed: int | None = wanted if is_timestamp(wanted) else None
    before = lists.clock(key)
    if before is None:
        before = lists.creation_of(key[1])
    if before is None and (proposed is None or is_place(key[1])):
        before = lists.created_at()
    if before is None:
        # Nothing tells how old the list is (see `StorageBase.resource_timestamp`).
        before = proposed or 0
        of_object, of_list = before, before
    else:
        of_object, of_list = next_timestamp(before, clock.now_ms(), proposed)
    lists.set_clock(key, of_list)
    return of_object


def refuse_twin(lists: Lists, key: ListKey, wanted: Any, replaced: Row | None) -> None:
    """Refuse a timestamp of the past that another object or tombstone of the list has.

    Raises:
        IntegrityError: one has it.
    """
    if not is_timestamp(wanted):
        return
    before = lists.clock(key)
    if before is None or wanted >= before:
        return  # A fresh one will be given, or nothing is that new.
    for twin in lists.rows(key).at(wanted):
        if replaced is None or twin.object_id != replaced.object_id:
            raise IntegrityError(message=f"Another object was last modified at {wanted}")
