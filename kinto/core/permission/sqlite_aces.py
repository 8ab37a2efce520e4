"""Access control entries in SQLite: statements, and what a writer remembers of them.

While a session holds the write lock, the entries of an object that were read once are known, so
a batch asks for them once and writes only what changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from kinto.core.permission.base import ObjectPermissions
from kinto.core.permission.patterns import ObjectPattern
from kinto.core.protocol.identifiers import prefix_bounds
from kinto.core.runtime import json
from kinto.core.storage.sqlite.session import Session

REMEMBERED = "aces"
MOST_REMEMBERED = 2000
_FEW = 16
_AT_ONCE = 500

_GRANTED = """
SELECT object_id, permission FROM json_each(?) AS holder CROSS JOIN access_control_entries
 WHERE principal = holder.value
"""
_GRANTED_ON = """
SELECT object_id, permission
  FROM json_each(?) AS holder CROSS JOIN json_each(?) AS bound CROSS JOIN access_control_entries
 WHERE principal = holder.value
   AND permission = json_extract(bound.value, '$[0]')
   AND object_id = json_extract(bound.value, '$[1]')
"""
_GRANTED_UNDER = """
SELECT object_id, permission FROM json_each(?) AS holder CROSS JOIN access_control_entries
 WHERE principal = holder.value AND permission = ? AND object_id >= ? AND object_id < ?
"""
_HIGHEST = b""  # any blob is greater than any text
_ADD = "INSERT OR IGNORE INTO access_control_entries (object_id, permission, principal) VALUES "
_DELETE_UNDER = "DELETE FROM access_control_entries WHERE object_id >= ? AND object_id < ?"
_UNDER = (
    "SELECT DISTINCT object_id FROM access_control_entries WHERE object_id >= ? AND object_id < ?"
)


def add(session: Session, object_id: str, permission: str, principals: Collection[str]) -> None:
    """Add the entries that are not there yet."""
    _insert(session, object_id, [(permission, principal) for principal in principals])
    known = _known(session, object_id)
    if known is not None:
        known.setdefault(permission, set()).update(principals)


def remove(session: Session, object_id: str, permission: str, principals: Collection[str]) -> None:
    """Remove the entries that are there."""
    _delete_principals(session, object_id, permission, principals)
    known = _known(session, object_id)
    if known is not None and permission in known:
        known[permission] -= set(principals)
        if not known[permission]:
            del known[permission]


def replace(session: Session, object_id: str, wanted: Mapping[str, set[str]]) -> None:
    """Make these permissions of an object exactly `wanted`; writes only what differs when known."""
    known = _known(session, object_id)
    if known is None:
        names = list(wanted)
        session.write(_clear(len(names)), (object_id, *names))
        _insert(session, object_id, _pairs(wanted))
        return
    for name, principals in wanted.items():
        gone = known.get(name, set()) - principals
        if gone:
            _delete_principals(session, object_id, name, gone)
    new = [
        (name, principal)
        for name, principals in wanted.items()
        for principal in principals - known.get(name, set())
    ]
    _insert(session, object_id, new)
    kept = {name: held for name, held in known.items() if name not in wanted}
    kept.update((name, set(principals)) for name, principals in wanted.items() if principals)
    session.memory[REMEMBERED][object_id] = kept


def add_new(session: Session, object_ids: Sequence[str], wanted: Mapping[str, set[str]]) -> None:
    """Give the same entries to each of these objects, which never had any."""
    pairs = _pairs(wanted)
    entries = {(object_id, *pair): (object_id, *pair) for object_id in object_ids for pair in pairs}
    session.defer_all("entries", entries, write=_insert_all)
    known = session.remembered(REMEMBERED)
    if known is not None:
        if len(known) + len(object_ids) > MOST_REMEMBERED:
            known.clear()
        known.update((object_id, _copy(wanted)) for object_id in object_ids)


def delete(session: Session, patterns: Sequence[ObjectPattern]) -> None:
    """Remove every entry of the objects that the patterns cover."""
    exact = [pattern.prefix for pattern in patterns if pattern.is_exact]
    for part in _parts(exact):
        session.write(_delete(len(part)), part)
    for pattern in patterns:
        if not pattern.is_exact:
            _delete_matching(session, pattern)
    known = session.remembered(REMEMBERED)
    if known is not None:
        known.update((object_id, {}) for object_id in exact)
        if len(exact) < len(patterns) or len(known) > MOST_REMEMBERED:
            known.clear()


def of_objects(session: Session, object_ids: Sequence[str]) -> list[ObjectPermissions]:
    """Return the entries of each object, as sets that belong to the caller."""
    known = session.remembered(REMEMBERED)
    if known is None:
        return _grouped(_read(session, object_ids), object_ids)
    unknown = [object_id for object_id in dict.fromkeys(object_ids) if object_id not in known]
    if len(known) + len(unknown) > MOST_REMEMBERED:
        known.clear()
        unknown = list(dict.fromkeys(object_ids))
    if unknown:
        found = _grouped(_read(session, unknown), unknown)
        known.update(zip(unknown, found, strict=True))
    return [_copy(known[object_id]) for object_id in object_ids]


def with_principals(
    session: Session, user_ids: Sequence[str], object_ids: Sequence[str]
) -> tuple[set[str], list[ObjectPermissions]]:
    """Return the principals of users and the entries of objects, in one statement if few.

    Entries are remembered as those of `of_objects` are.
    """
    if len(object_ids) > _FEW:
        rows = session.read(_principals(len(user_ids)), user_ids)
        rows += _read(session, object_ids)
    else:
        sql = _principals_and_entries(len(user_ids), len(object_ids))
        rows = session.read_with_companion(sql, (*user_ids, *object_ids))
    found = _by_permission(rows)
    principals: set[str] = found.pop(None, {}).get(None, set())
    entries = _in_order(found, object_ids)
    known = session.remembered(REMEMBERED)
    if known is not None and len(known) + len(entries) <= MOST_REMEMBERED:
        known.update(zip(object_ids, map(_copy, entries), strict=True))
    return principals, entries


def are_known(session: Session, object_ids: Sequence[str]) -> bool:
    """Whether the entries of all these objects are remembered."""
    known = session.remembered(REMEMBERED)
    return known is not None and known.keys() >= set(object_ids)


def authorized(session: Session, bound: Sequence[tuple[str, str]]) -> set[str]:
    """Return who holds at least one of these (object id, permission) pairs."""
    if not bound:
        return set()
    if session.is_writing:
        object_ids = list(dict.fromkeys(object_id for object_id, _ in bound))
        entries = dict(zip(object_ids, of_objects(session, object_ids), strict=True))
        return set().union(*(entries[object_id].get(name, ()) for object_id, name in bound))
    principals: set[str] = set()
    for part in _parts(bound):
        rows = session.read(_authorized(len(part)), [text for pair in part for text in pair])
        principals.update(principal for (principal,) in rows)
    return principals


def accessible(
    session: Session,
    principals: Iterable[str],
    patterns: Sequence[tuple[ObjectPattern, str]] | None,
    *,
    with_children: bool,
) -> dict[str, set[str]]:
    """Return the objects on which one of the principals holds an entry, and which permissions."""
    holders = _listed(set(principals))
    if patterns is None:
        return _by_object(session.read(_GRANTED, (holders,)))
    rows: list[Any] = []
    exact = {(name, pattern.prefix) for pattern, name in patterns if pattern.is_exact}
    if exact:
        bound = json.dumps([pair for pair in sorted(exact) if "\0" not in "".join(pair)])
        rows += session.read(_GRANTED_ON, (holders, bound))
    for pattern, name in dict.fromkeys(patterns):
        if not pattern.is_exact:
            low, high = prefix_bounds(pattern.prefix)
            values = (holders, name, low, _HIGHEST if high is None else high)
            rows += (
                row
                for row in session.read(_GRANTED_UNDER, values)
                if pattern.matches(row[0], with_children=with_children)
            )
    return _by_object(rows)


def remember_none(session: Session, object_id: str) -> None:
    """Take note that an object has no entries."""
    known = session.remembered(REMEMBERED)
    if known is not None and len(known) < MOST_REMEMBERED:
        known[object_id] = {}


def _known(session: Session, object_id: str) -> ObjectPermissions | None:
    """The remembered entries of an object, if they are."""
    known = session.remembered(REMEMBERED)
    return None if known is None else known.get(object_id)


def _pairs(wanted: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    return [(name, principal) for name in wanted for principal in wanted[name]]


def _insert(session: Session, object_id: str, pairs: Sequence[tuple[str, str]]) -> None:
    for pair in pairs:
        entry = (object_id, *pair)
        session.defer("entries", entry, entry, write=_insert_all)


def _insert_all(session: Session, entries: Sequence[tuple[str, str, str]]) -> None:
    for part in _parts(entries):
        session.write(_add(len(part)), [text for entry in part for text in entry])


def _delete_principals(
    session: Session, object_id: str, permission: str, principals: Collection[str]
) -> None:
    for part in _parts(list(principals)):
        session.write(_remove(len(part)), (object_id, permission, *part))


def _delete_matching(session: Session, pattern: ObjectPattern) -> None:
    low, high = prefix_bounds(pattern.prefix)
    bounds = (low, _HIGHEST if high is None else high)
    if pattern.is_prefix:
        session.write(_DELETE_UNDER, bounds)
        return
    rows = session.read(_UNDER, bounds)
    for part in _parts([object_id for (object_id,) in rows if pattern.matches(object_id)]):
        session.write(_delete(len(part)), part)


def _read(session: Session, object_ids: Sequence[str]) -> list[Any]:
    rows: list[Any] = []
    for part in _parts(object_ids):
        rows += session.read_with_companion(_entries(len(part)), part)
    return rows


def _grouped(rows: Iterable[Any], object_ids: Sequence[str]) -> list[ObjectPermissions]:
    return _in_order(_by_permission(rows), object_ids)


def _by_permission(rows: Iterable[Any]) -> dict[Any, dict[Any, set[str]]]:
    found: dict[Any, dict[Any, set[str]]] = {}
    for object_id, permission, principal in rows:
        found.setdefault(object_id, {}).setdefault(permission, set()).add(principal)
    return found


def _in_order(
    found: Mapping[str, ObjectPermissions], object_ids: Sequence[str]
) -> list[ObjectPermissions]:
    """The entries of each object, as sets that are nobody else's."""
    if len(set(object_ids)) == len(object_ids):
        return [found.get(object_id, {}) for object_id in object_ids]
    return [_copy(found.get(object_id, {})) for object_id in object_ids]


def _by_object(rows: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for object_id, permission in rows:
        found.setdefault(object_id, set()).add(permission)
    return found


def _copy(entries: Mapping[str, set[str]]) -> ObjectPermissions:
    return {name: set(principals) for name, principals in entries.items()}


def _listed(texts: Iterable[str]) -> str:
    """A bound list. SQLite's JSON would cut a text at NUL and make it another one."""
    return json.dumps([text for text in texts if "\0" not in text])


def _parts(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


# Statements for a number of values; the texts are made once.


def _marks(count: int) -> str:
    return "(" + ", ".join("?" * count) + ")"


# Joined to constants: for `IN (?, ?)` SQLite makes a temporary table each time, which costs more
# than the rest of the query.


@lru_cache(maxsize=128)
def _entries(count: int) -> str:
    return (
        f"SELECT object_id, permission, principal FROM {_rows(count)}"
        " CROSS JOIN access_control_entries WHERE object_id = column1"
    )


@lru_cache(maxsize=8)
def _principals(count: int) -> str:
    return (
        f"SELECT NULL AS object_id, NULL AS permission, principal FROM {_rows(count)}"
        " CROSS JOIN user_principals WHERE user_id = column1"
    )


@lru_cache(maxsize=128)
def _principals_and_entries(users: int, objects: int) -> str:
    principals = _principals(users)
    return f"{principals} UNION ALL {_entries(objects)}" if objects else principals


def _rows(count: int) -> str:
    return "(VALUES " + ", ".join(["(?)"] * count) + ")"


@lru_cache(maxsize=128)
def _authorized(count: int) -> str:
    # Not `(object_id, permission) IN (VALUES ...)`, which reads the whole table.
    pairs = ", ".join(["(?, ?)"] * count)
    return (
        f"SELECT DISTINCT principal FROM (VALUES {pairs}) AS bound"
        " CROSS JOIN access_control_entries"
        " WHERE object_id = bound.column1 AND permission = bound.column2"
    )


@lru_cache(maxsize=128)
def _add(count: int) -> str:
    return _ADD + ", ".join(["(?, ?, ?)"] * count)


@lru_cache(maxsize=128)
def _remove(count: int) -> str:
    return (
        "DELETE FROM access_control_entries"
        f" WHERE object_id = ? AND permission = ? AND principal IN {_marks(count)}"
    )


@lru_cache(maxsize=32)
def _clear(count: int) -> str:
    return (
        f"DELETE FROM access_control_entries WHERE object_id = ? AND permission IN {_marks(count)}"
    )


@lru_cache(maxsize=128)
def _delete(count: int) -> str:
    return f"DELETE FROM access_control_entries WHERE object_id IN {_marks(count)}"
