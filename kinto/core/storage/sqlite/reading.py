"""Reading objects: by key, in lists, and what is remembered of them under the write lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from kinto.core.protocol.terms import KintoObject
from kinto.core.runtime import json
from kinto.core.storage.base import ObjectKey
from kinto.core.storage.sql.companions import Companion
from kinto.core.storage.sql.statements import Query
from kinto.core.storage.sqlite import clocks
from kinto.core.storage.sqlite.dialect import compiler
from kinto.core.storage.sqlite.session import ListKey, Session

REMEMBERED = "objects"
MOST_REMEMBERED = 2000
_FEW = 8

_ONE = (
    "SELECT {number}, last_modified, data FROM objects"
    " WHERE parent_id = ? AND resource_name = ? AND id = ? AND deleted = 0"
)
_MANY = """
SELECT wanted.key, objects.last_modified, objects.data
  FROM json_each(?) AS wanted CROSS JOIN objects
 WHERE objects.parent_id = json_extract(wanted.value, '$[1]')
   AND objects.resource_name = json_extract(wanted.value, '$[0]')
   AND objects.id = json_extract(wanted.value, '$[2]')
   AND objects.deleted = 0
"""


StoredObject = tuple[int, str]
"""A live row: its timestamp, and the JSON of its other attributes."""


def load(row: StoredObject, object_id: str, id_field: str, modified_field: str) -> KintoObject:
    """Return the object of a row, as a dict that belongs to the caller."""
    modified, data = row
    obj: KintoObject = json.loads_trusted(data)
    obj[id_field] = object_id
    obj[modified_field] = modified
    return obj


def find(session: Session, keys: Sequence[ObjectKey]) -> list[StoredObject | None]:
    """Return the live rows of `keys` in their order; one statement at most."""
    known = session.remembered(REMEMBERED)
    if known is None:
        found = _query(session, keys)
        return [found.get(number) for number in range(len(keys))]
    try:
        return [known[key] for key in keys]
    except KeyError:
        unknown = [key for key in dict.fromkeys(keys) if key not in known]
    if len(known) + len(unknown) > MOST_REMEMBERED:
        known.clear()
        unknown = list(dict.fromkeys(keys))
    found = _query(session, unknown)
    known.update((key, found.get(number)) for number, key in enumerate(unknown))
    return [known[key] for key in keys]


def find_with(
    session: Session, keys: Sequence[ObjectKey], part: str, values: Sequence[str]
) -> tuple[list[StoredObject | None], Any]:
    """Return the live rows of a few keys, and the row of another query, in one statement.

    Args:
        part: a query of three columns giving one row, numbered -1 in the first.
        values: its parameters.
    """
    texts = [text for name, parent, key in keys for text in (parent, name, key)]
    rows = session.read(_few_and(len(keys), part), [*texts, *values])
    return _received(session, keys, rows)


def expect(
    session: Session, keys: Sequence[ObjectKey], timestamp_of: ListKey | None = None
) -> None:
    """Have a few rows, and the timestamp of a list, come with the next query that takes company."""
    part, values = ("", ()) if timestamp_of is None else clocks.as_row(*timestamp_of)
    if session.is_writing and timestamp_of in session.clocks:
        part, values = "", ()
    texts = [text for name, parent, key in keys for text in (parent, name, key)]

    def receive(rows: list[Any]) -> None:
        known = session.memory.setdefault(REMEMBERED, {})
        if len(known) + len(keys) > MOST_REMEMBERED:
            known.clear()
        known.update(dict.fromkeys(keys))
        for number, modified, more in rows:
            if number >= 0:
                known[keys[number]] = (modified, more)
            elif timestamp_of is not None:
                clocks.remember(session, timestamp_of, modified, more)

    sql = _few_and(len(keys), part)
    session.companion = Companion(sql, [*texts, *values], receive) if sql else None


def _received(
    session: Session, keys: Sequence[ObjectKey], rows: list[Any]
) -> tuple[list[StoredObject | None], Any]:
    """Remember rows by their numbers; returns them, and the row numbered -1."""
    found = {row[0]: row for row in rows}
    extra = found.pop(-1, None)
    objects = {number: row[1:] for number, row in found.items()}
    ordered = [objects.get(number) for number in range(len(keys))]
    for key, row in zip(keys, ordered, strict=True):
        remember(session, key, row)
    return ordered, extra


def remember(session: Session, key: ObjectKey, row: StoredObject | None) -> None:
    """Take note of a write, so that the next read of the unit needs no statement."""
    known = session.remembered(REMEMBERED)
    if known is not None and (key in known or len(known) < MOST_REMEMBERED):
        known[key] = row


def remember_all(session: Session, rows: Mapping[ObjectKey, StoredObject]) -> None:
    """The same of many writes."""
    known = session.remembered(REMEMBERED)
    if known is not None:
        if len(known) + len(rows) > MOST_REMEMBERED:
            known.clear()
        known.update(rows)


def forget_all(session: Session) -> None:
    """Forget rows after a change of many."""
    session.memory.pop(REMEMBERED, None)


def list_objects(session: Session, query: Query) -> list[KintoObject]:
    """Return the objects, tombstones among them if the query asks for them."""
    rows = run(session, query, "id", "last_modified", "data")
    # Parsed as one array: half the time of one text after the other.
    objects: list[KintoObject] = json.loads_trusted("[" + ",".join([row[2] for row in rows]) + "]")
    id_field, modified_field = query.id_field, query.modified_field
    for obj, row in zip(objects, rows, strict=True):
        obj[id_field] = row[0]
        obj[modified_field] = row[1]
    return objects


def count_objects(session: Session, query: Query) -> int:
    """Return how many objects the query wants."""
    return int(run(session, query, "count")[0][0])


def run(session: Session, query: Query, *columns: str) -> list[Any]:
    """Return these columns of the rows that the query wants."""
    selection = compiler.select(query, *columns)
    return session.read(selection.sql, selection.parameters)


def _query(session: Session, keys: Sequence[ObjectKey]) -> dict[int, StoredObject]:
    if not keys:
        return {}
    if len(keys) <= _FEW or _has_nul(keys):
        values = [text for name, parent, key in keys for text in (parent, name, key)]
        rows: Iterable[Any] = session.read(_few(len(keys)), values)
    else:
        rows = session.read(_MANY, (json.dumps(keys),))
    return {number: (modified, data) for number, modified, data in rows}


@lru_cache(maxsize=64)
def _few(count: int) -> str:
    return " UNION ALL ".join(_ONE.format(number=number) for number in range(count))


@lru_cache(maxsize=64)
def _few_and(count: int, part: str) -> str:
    return " UNION ALL ".join(filter(None, (_few(count), part)))


def _has_nul(keys: Sequence[ObjectKey]) -> bool:
    """SQLite's JSON functions would cut such a text."""
    return any("\0" in text for key in keys for text in key)
