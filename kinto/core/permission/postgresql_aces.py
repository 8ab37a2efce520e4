"""Access control entries in PostgreSQL: statements, and what a writer remembers of them.

Inside a transaction the entries of an object that were read once are known, so a batch asks for
them once and writes only what changes. Taking the lock of a list forgets them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from kinto.core.permission.base import ObjectPermissions
from kinto.core.permission.patterns import ObjectPattern
from kinto.core.protocol.identifiers import prefix_bounds, shard_of_prefix, shard_of_uri
from kinto.core.storage.postgresql.prepared import Hot, together
from kinto.core.storage.postgresql.session import Session

REMEMBERED = "aces"
MOST_REMEMBERED = 2000
_AT_ONCE = 5000

_ADD = Hot("""
INSERT INTO access_control_entries (bucket, object_id, permission, principal)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])
    ON CONFLICT (bucket, object_id, permission, principal) DO NOTHING
""")
# Apart from the entries: it is another shard.
_ANNOUNCE = Hot("""
INSERT INTO principal_targets (bucket, target)
SELECT * FROM unnest(%s::text[], %s::text[])
    ON CONFLICT (bucket, target) DO NOTHING
""")
_REMOVE = """
DELETE FROM access_control_entries
 WHERE bucket = %s AND object_id = %s AND permission = %s AND principal = ANY(%s)
"""
_CLEAR = """
DELETE FROM access_control_entries
 WHERE bucket = %s AND object_id = %s AND permission = ANY(%s)
"""
_DELETE = "DELETE FROM access_control_entries WHERE bucket = %s AND object_id = ANY(%s)"
# OFFSET 0: each object is looked up by its key, even in a database that knows nothing of its tables
# yet and would rather read the bucket.
_ENTRIES = """
SELECT wanted.object_id, held.permission, held.principal
  FROM {wanted}
 CROSS JOIN LATERAL (
    SELECT permission, principal FROM access_control_entries
     WHERE bucket = {bucket} AND object_id = wanted.object_id OFFSET 0) AS held
"""
_MANY_ENTRIES = Hot(
    _ENTRIES.format(
        wanted="unnest(%s::text[], %s::text[]) AS wanted (bucket, object_id)",
        bucket="wanted.bucket",
    )
)
_FEW = 8
_PRINCIPALS = Hot(
    "SELECT CAST(NULL AS TEXT), CAST(NULL AS TEXT), principal FROM user_principals"
    " WHERE bucket IN (%s, %s)"
)
_AUTHORIZED = """
SELECT DISTINCT entry.principal
  FROM unnest(%s::text[], %s::text[], %s::text[]) AS bound (bucket, object_id, permission)
  JOIN access_control_entries AS entry ON entry.bucket = bound.bucket
   AND entry.object_id = bound.object_id AND entry.permission = bound.permission
"""
_TARGETS = "SELECT DISTINCT target FROM principal_targets WHERE bucket = ANY(%s)"
_GRANTED = (
    "SELECT object_id, permission FROM access_control_entries"
    " WHERE bucket = ANY(%(buckets)s) AND principal = ANY(%(holders)s)"
)
_LOCK = """
INSERT INTO object_locks (bucket, object_id, taken) VALUES (%s, %s, TRUE)
    ON CONFLICT (bucket, object_id) DO UPDATE SET taken = TRUE
"""


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
    """Make these permissions of an object exactly `wanted`; writes only what differs when known.

    Known are those read under the lock of a list. Otherwise the object is locked by itself, so
    that of two replacements one wins whole.
    """
    known = _known(session, object_id) if session.clocks else None
    bucket = shard_of_uri(object_id)
    if known is None:
        session.write(_LOCK, (bucket, object_id))
        session.write(_CLEAR, (bucket, object_id, list(wanted)))
        _insert(session, object_id, _pairs(wanted))
        remembered = session.remembered(REMEMBERED)
        if remembered is not None:
            remembered.pop(object_id, None)
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
    buckets = [shard_of_uri(object_id) for object_id in object_ids]
    rows = zip(buckets, object_ids, strict=True)
    entries = [(*row, *pair) for row in rows for pair in pairs]
    session.defer_all("entries", dict(zip(entries, entries, strict=True)), write=_insert_all)
    for bucket in set(buckets):
        _announce(session, bucket, pairs)
    known = session.remembered(REMEMBERED)
    if known is not None:
        if len(known) + len(object_ids) > MOST_REMEMBERED:
            known.clear()
        known.update((object_id, _copy(wanted)) for object_id in object_ids)


def delete(session: Session, patterns: Sequence[ObjectPattern]) -> None:
    """Remove every entry of the objects that the patterns cover."""
    exact = [pattern.prefix for pattern in patterns if pattern.is_exact]
    _delete_objects(session, exact)
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
    """Return the principals of two users and the entries of objects, in one statement.

    Entries are remembered as those of `of_objects` are.
    """
    sql, values = _entries(object_ids)
    rows = session.read_with_companion(together(_PRINCIPALS, sql), [*user_ids, *values])
    principals = {principal for _, permission, principal in rows if permission is None}
    found = _grouped([row for row in rows if row[1] is not None], object_ids)
    known = session.remembered(REMEMBERED)
    if known is not None and len(known) + len(found) <= MOST_REMEMBERED:
        known.update(zip(object_ids, map(_copy, found), strict=True))
    return principals, found


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
    columns = (
        [shard_of_uri(object_id) for object_id, _ in bound],
        [object_id for object_id, _ in bound],
        [name for _, name in bound],
    )
    return {principal for (principal,) in session.read(_AUTHORIZED, columns)}


def accessible(
    session: Session,
    principals: Iterable[str],
    patterns: Sequence[tuple[ObjectPattern, str]] | None,
    *,
    with_children: bool,
) -> dict[str, set[str]]:
    """Return the objects on which one of the principals holds an entry, and which permissions."""
    holders = sorted(set(principals))
    if patterns is None:
        return _by_object(_granted(session, holders, None))
    rows: list[Any] = []
    exact = {(name, pattern.prefix) for pattern, name in patterns if pattern.is_exact}
    if exact:
        names = sorted({name for name, _ in exact})
        object_ids = sorted({object_id for _, object_id in exact})
        rows += (
            row
            for row in _granted(session, holders, _buckets(object_ids), names, object_ids)
            if (row[1], row[0]) in exact
        )
    for pattern, name in dict.fromkeys(patterns):
        if not pattern.is_exact:
            bucket = shard_of_prefix(pattern.prefix)
            buckets = None if bucket is None else [bucket]
            rows += (
                row
                for row in _granted(session, holders, buckets, [name], under=pattern.prefix)
                if pattern.matches(row[0], with_children=with_children)
            )
    return _by_object(rows)


def _granted(
    session: Session,
    holders: list[str],
    buckets: list[str] | None,
    names: list[str] | None = None,
    object_ids: list[str] | None = None,
    *,
    under: str | None = None,
) -> list[Any]:
    """The entries of these principals in these buckets; None: wherever the directory knows any."""
    if buckets is None:
        rows = session.read(_TARGETS, (holders,))
        buckets = sorted(target for (target,) in rows)
    if not buckets:
        return []
    sql, values = _GRANTED, {"buckets": buckets, "holders": holders}
    if names is not None:
        sql += " AND permission = ANY(%(names)s)"
        values["names"] = names
    if object_ids is not None:
        sql += " AND object_id = ANY(%(ids)s)"
        values["ids"] = object_ids
    if under is not None:
        condition, bounds = _under(session, under)
        sql += f" AND {condition}"
        values |= bounds
    return session.read(sql, values)


def _under(session: Session, prefix: str) -> tuple[str, dict[str, Any]]:
    order = "" if session.byte_order else ' COLLATE "C"'
    low, high = prefix_bounds(prefix)
    if high is None:
        return f"object_id >= %(low)s{order}", {"low": low}
    condition = f"object_id >= %(low)s{order} AND object_id < %(high)s{order}"
    return condition, {"low": low, "high": high}


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
    if not pairs:
        return
    bucket = shard_of_uri(object_id)
    for pair in pairs:
        entry = (bucket, object_id, *pair)
        session.defer("entries", entry, entry, write=_insert_all)
    _announce(session, bucket, pairs)


def _announce(session: Session, bucket: str, pairs: Sequence[tuple[str, str]]) -> None:
    for name in sorted({principal for _, principal in pairs}):
        if not session.is_fact((name, bucket)):
            session.defer("targets", (name, bucket), (name, bucket), write=_announce_all)
            session.add_fact((name, bucket))


def _insert_all(session: Session, entries: list[tuple[str, ...]]) -> None:
    # In order: two transactions that add the same entries wait, and do not lock each other out.
    for part in _parts(sorted(entries)):
        session.write(_ADD, [list(column) for column in zip(*part, strict=True)])


def _announce_all(session: Session, targets: list[tuple[str, str]]) -> None:
    for part in _parts(sorted(targets)):
        session.write(_ANNOUNCE, [list(column) for column in zip(*part, strict=True)])


def _delete_principals(
    session: Session, object_id: str, permission: str, principals: Collection[str]
) -> None:
    values = (shard_of_uri(object_id), object_id, permission, sorted(principals))
    session.write(_REMOVE, values)


def _delete_objects(session: Session, object_ids: Iterable[str]) -> None:
    by_bucket: dict[str, list[str]] = {}
    for object_id in object_ids:
        by_bucket.setdefault(shard_of_uri(object_id), []).append(object_id)
    if len(by_bucket) > 1 and all(ids == [bucket] for bucket, ids in by_bucket.items()):
        # Ids that are no URIs are buckets of their own.
        sql = "DELETE FROM access_control_entries WHERE bucket = ANY(%s) AND object_id = ANY(%s)"
        for part in _parts(sorted(by_bucket)):
            session.write(sql, (part, part))
        return
    for bucket in sorted(by_bucket):
        for part in _parts(sorted(by_bucket[bucket])):
            session.write(_DELETE, (bucket, part))


def _delete_matching(session: Session, pattern: ObjectPattern) -> None:
    condition, values = _under(session, pattern.prefix)
    bucket = shard_of_prefix(pattern.prefix)
    if bucket is not None:
        condition = f"bucket = %(bucket)s AND {condition}"
        values["bucket"] = bucket
    session.begin_writing()
    if pattern.is_prefix:
        session.write(f"DELETE FROM access_control_entries WHERE {condition}", values)
        return
    rows = session.read(
        f"SELECT DISTINCT object_id FROM access_control_entries WHERE {condition}", values
    )
    _delete_objects(session, [object_id for (object_id,) in rows if pattern.matches(object_id)])


def _read(session: Session, object_ids: Sequence[str]) -> list[Any]:
    if not object_ids:
        return []
    return session.read_with_companion(*_entries(object_ids))


def _entries(object_ids: Sequence[str]) -> tuple[str, list[Any]]:
    """The query for the entries of objects, none twice, and its parameters."""
    wanted = list(dict.fromkeys(object_ids))
    buckets = [shard_of_uri(object_id) for object_id in wanted]
    if len(wanted) > _FEW or len(set(buckets)) != 1:
        return _MANY_ENTRIES, [buckets, wanted]
    return _few_entries(len(wanted)), [*wanted, buckets[0]]


@lru_cache(maxsize=_FEW)
def _few_entries(count: int) -> Hot:
    """For objects of one bucket, which is sent once."""
    rows = ", ".join(["(%s)"] * count)
    return Hot(_ENTRIES.format(wanted=f"(VALUES {rows}) AS wanted (object_id)", bucket="%s"))


def _buckets(object_ids: Iterable[str]) -> list[str]:
    return sorted({shard_of_uri(object_id) for object_id in object_ids})


def _grouped(rows: Iterable[Any], object_ids: Sequence[str]) -> list[ObjectPermissions]:
    found: dict[str, ObjectPermissions] = {}
    for object_id, permission, principal in rows:
        found.setdefault(object_id, {}).setdefault(permission, set()).add(principal)
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


def _parts(items: Sequence[Any]) -> Iterable[list[Any]]:
    return (list(items[start : start + _AT_ONCE]) for start in range(0, len(items), _AT_ONCE))
