"""Reading objects: by key, in lists, and what is remembered of them inside a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from kinto.core.protocol.identifiers import ParentPattern, shard_of, shard_of_prefix
from kinto.core.protocol.terms import KintoObject
from kinto.core.runtime import json
from kinto.core.storage.base import ObjectKey
from kinto.core.storage.postgresql import clocks
from kinto.core.storage.postgresql.dialect import compiler, escape_like
from kinto.core.storage.postgresql.known import ListKey
from kinto.core.storage.postgresql.prepared import LONGEST, Hot, together
from kinto.core.storage.postgresql.session import Session
from kinto.core.storage.sql.companions import Companion
from kinto.core.storage.sql.statements import Query, Selection

REMEMBERED = "objects"
MOST_REMEMBERED = 2000
_FEW = 8
_EXACT = 2**63

# The live rows of keys. A database that knows nothing of its tables yet takes the index of
# timestamps for as good as that of the keys, and reads the whole list for one row: the order,
# which means nothing for one row, only the index of the keys has. (It would mean nothing to the
# planner, either, if the id were equal to something.)
_OF_KEYS = """
SELECT {columns} FROM {wanted}
 CROSS JOIN LATERAL (
    SELECT last_modified, body FROM objects
     WHERE bucket = {bucket}
       AND parent_id = wanted.parent_id AND resource_name = wanted.resource_name
       AND id >= wanted.id AND id <= wanted.id
       AND NOT deleted
     ORDER BY id LIMIT 1) AS found
"""
_WANTED = " AS wanted (bucket, parent_id, resource_name, id, number)"
_MANY = Hot(
    _OF_KEYS.format(
        columns="wanted.number - 1, last_modified, body",
        wanted="unnest(%s::text[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY" + _WANTED,
        bucket="wanted.bucket",
    )
)


class StoredObject(NamedTuple):
    """A live row: its timestamp, and the JSON of its other attributes."""

    last_modified: int
    body: str

    def load(self, object_id: str, id_field: str, modified_field: str) -> KintoObject:
        """Return the object, as a dict that belongs to the caller."""
        obj: KintoObject = json.loads_trusted(self.body)
        obj[id_field] = object_id
        obj[modified_field] = self.last_modified
        return obj


load = StoredObject.load


@lru_cache(maxsize=1024)
def row_key(key: ObjectKey) -> tuple[str, str, str, str]:
    """The key of the row of an object: bucket, parent id, resource name, id."""
    name, parent, object_id = key
    return shard_of(name, parent, object_id), parent, name, object_id


def find(session: Session, keys: Sequence[ObjectKey]) -> list[StoredObject | None]:
    """Return the live rows of `keys` in their order; one statement at most."""
    known = session.remembered(REMEMBERED)
    if known is None:
        found = _query(session, keys)
        return [found.get(number) for number in range(len(keys))]
    unknown = [key for key in dict.fromkeys(keys) if key not in known]
    if unknown:
        if len(known) + len(unknown) > MOST_REMEMBERED:
            known.clear()
            unknown = list(dict.fromkeys(keys))
        found = _query(session, unknown)
        known.update((key, found.get(number)) for number, key in enumerate(unknown))
    return [known[key] for key in keys]


def find_with_timestamp(
    session: Session, keys: Sequence[ObjectKey], resource_name: str, parent_id: str
) -> tuple[list[StoredObject | None], int]:
    """Return the live rows of a few keys and the timestamp of a list, in one statement."""
    if clocks.is_known(session, (resource_name, parent_id)):
        return find(session, keys), clocks.timestamp_of(session, resource_name, parent_id)
    values = clocks.parameters(resource_name, parent_id)
    parts = []
    for number, key in enumerate(keys):
        names = ("bucket", "parent", "name", "id")
        marks = {name: f"{name}{number}" for name in names}
        values |= {marks[name]: text for name, text in zip(names, row_key(key), strict=True)}
        parts.append(_named(number))
    sql = " UNION ALL ".join([*parts, _clock_row("above_id" in values)])
    found = {row[0]: row for row in session.read(sql, values)}
    _, timestamp, _ = found.pop(-1)
    objects = {number: StoredObject(row[1], row[2]) for number, row in found.items()}
    ordered = [objects.get(number) for number in range(len(keys))]
    for key, row in zip(keys, ordered, strict=True):
        remember(session, key, row)
    return ordered, timestamp


def expect(
    session: Session, keys: Sequence[ObjectKey], timestamp_of: ListKey | None = None
) -> None:
    """Have a few rows, and the timestamp of a list, come with the next query that takes company.

    Rows of several buckets do not: one bucket is sent once.
    """
    rows = [row_key(key) for key in keys]
    buckets = {row[0] for row in rows}
    names = tuple([row[2] for row in rows])
    parts: list[str] = []
    values: list[str] = []
    if len(buckets) == 1 and "".join(names).isidentifier():
        parts.append(_few_as_texts(names))
        for _, parent, _, object_id in rows:
            values += (parent, object_id)
        values += buckets
    else:
        keys = ()
    if timestamp_of is not None and not session.has_locked(timestamp_of):
        part, more = clocks.as_text_row(*timestamp_of)
        parts.append(part)
        values += more

    def receive(rows: list[Any]) -> None:
        known = session.memory.setdefault(REMEMBERED, {})
        found = {int(number): text.partition(" ") for number, _, text in rows}
        extra = found.pop(-1, None)
        if timestamp_of is not None and extra is not None:
            clocks.remember(session, timestamp_of, clocks.Version(int(extra[0]), extra[2]))
        for number, key in enumerate(keys):
            row = found.get(number)
            known[key] = None if row is None else StoredObject(int(row[0]), row[2])

    sql = together(*parts)
    session.companion = Companion(sql, values, receive) if sql else None


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
    return _loaded(run(session, query, "id", "last_modified", "body"), query)


def list_with_timestamp(session: Session, query: Query) -> tuple[int, list[KintoObject]]:
    """Return the timestamp of the list and the objects, both of one moment."""
    assert query.resource_name is not None
    name, parent = query.resource_name, query.parent_id
    if (name, parent) in session.clocks:  # nobody else can write this list
        return clocks.timestamp_of(session, name, parent), list_objects(session, query)
    sql, values = with_timestamp(session, query, "id", "last_modified", "body")
    rows = session.read(sql, values)
    stored, derived = rows[0][:2]
    found = [row[2:] for row in rows if row[2] is not None]
    return derived if stored is None else stored, _loaded(found, query)


def with_timestamp(session: Session, query: Query, *columns: str) -> tuple[str, dict[str, Any]]:
    """The statement of a list: its timestamp, stored and derived, before the columns of each row.

    There is one row of NULLs when the query finds nothing.
    """
    assert query.resource_name is not None
    rows = selection(session, query, *columns)
    values = clocks.parameters(query.resource_name, query.parent_id)
    return _page(clocks.as_columns(values), rows.sql), {**values, **rows.parameters}


def count_objects(session: Session, query: Query) -> int:
    """Return how many objects the query wants."""
    return int(run(session, query, "count")[0][0])


def run(session: Session, query: Query, *columns: str) -> list[Any]:
    """Return these columns of the rows that the query wants."""
    found = selection(session, query, *columns)
    return session.read(found.sql, found.parameters)


def selection(session: Session, query: Query, *columns: str) -> Selection:
    """The statement that gives these columns of the rows that the query wants."""
    compiled = compiler(session.byte_order).select(_in_bucket(query), *columns)
    parameters = compiled.parameters
    if "*" in query.parent_id and not query.exact_parent:
        # What the compiler bound as a pattern is one of LIKE here.
        parameters = {
            name: escape_like(value) if value is query.parent_id else value
            for name, value in parameters.items()
        }
    sql = compiled.sql
    if query.resource_name == "bucket" and query.parent_id == "":
        sql = _in_directory(sql)
    if len(sql) <= LONGEST and all(_is_plain(value) for value in parameters.values()):
        sql = _hot(sql)
    return Selection(sql, parameters)


def _is_plain(value: Any) -> bool:
    """Is a value the same, be it part of a text or the parameter of a prepared statement?

    Not so an array, whose type would be guessed, and a number that a column does not hold.
    """
    return type(value) is str or (type(value) is int and -_EXACT < value < _EXACT)


def _in_bucket(query: Query) -> Query:
    """Name the bucket in which all rows of the query are, if there is one."""
    if query.exact_parent or "*" not in query.parent_id:
        if query.resource_name is None and query.parent_id == "":
            return query  # buckets among them
        return replace(query, bucket=shard_of(query.resource_name, query.parent_id))
    return replace(query, bucket=shard_of_prefix(ParentPattern.compile(query.parent_id).prefix))


def _loaded(rows: Sequence[Any], query: Query) -> list[KintoObject]:
    # Parsed as one array: half the time of one text after the other.
    objects: list[KintoObject] = json.loads_trusted("[" + ",".join([row[2] for row in rows]) + "]")
    id_field, modified_field = query.id_field, query.modified_field
    for obj, row in zip(objects, rows, strict=True):
        obj[id_field] = row[0]
        obj[modified_field] = row[1]
    return objects


def _query(session: Session, keys: Sequence[ObjectKey]) -> dict[int, StoredObject]:
    if not keys:
        return {}
    if len(keys) <= _FEW:
        rows = session.read(_few(len(keys)), [text for key in keys for text in row_key(key)])
        return {number: StoredObject(modified, body) for number, modified, body in rows}
    columns = [list(column) for column in zip(*map(row_key, keys), strict=True)]
    rows = session.read(_MANY, columns)
    return {number: StoredObject(modified, body) for number, modified, body in rows}


@lru_cache(maxsize=64)
def _few(count: int) -> Hot:
    columns = "wanted.number, last_modified, body"
    rows = ", ".join([f"(%s, %s, %s, %s, {row})" for row in range(count)])
    wanted = f"(VALUES {rows}){_WANTED}"
    return Hot(_OF_KEYS.format(columns=columns, wanted=wanted, bucket="wanted.bucket"))


@lru_cache(maxsize=64)
def _few_as_texts(names: tuple[str, ...]) -> Hot:
    """For keys of one bucket and of these resources, whose names are identifiers."""
    columns = "wanted.number, NULL, last_modified || ' ' || body"
    rows = ", ".join([f"(%s, '{name}', %s, '{row}')" for row, name in enumerate(names)])
    wanted = f"(VALUES {rows}) AS wanted (parent_id, resource_name, id, number)"
    return Hot(_OF_KEYS.format(columns=columns, wanted=wanted, bucket="%s"))


@lru_cache(maxsize=64)
def _named(number: int) -> str:
    return (
        f"SELECT {number}, last_modified, body FROM objects"
        f" WHERE bucket = %(bucket{number})s AND parent_id = %(parent{number})s"
        f" AND resource_name = %(name{number})s AND id = %(id{number})s AND NOT deleted"
    )


@lru_cache(maxsize=2)
def _clock_row(has_parent: bool) -> str:
    columns = clocks.as_columns({"above_id": ""} if has_parent else {})
    return f"SELECT -1, coalesce(stored, derived), NULL FROM (SELECT {columns}) AS clock"


_hot = lru_cache(maxsize=1024)(Hot)


@lru_cache(maxsize=1024, typed=True)
def _page(clock: str, rows: str) -> str:
    return type(rows)(
        f"SELECT clock.stored, clock.derived, page.* FROM (SELECT {clock}) AS clock"
        f" LEFT JOIN ({rows}) AS page ON TRUE"
    )


@lru_cache(maxsize=1024)
def _in_directory(sql: str) -> str:
    return sql.replace("\nFROM objects", "\nFROM directory AS objects", 1)
