"""Pages of a list whose objects are answered as they are stored.

Small ones are kept: many clients ask for the same page of a list that seldom changes. What tells
that it did not is the version of the list, which comes with the permissions of the request.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from kinto.core.runtime import clock
from kinto.core.storage.pages import ROWS_AT_ONCE, JSONPage, is_small, key_of, page_of
from kinto.core.storage.postgresql import clocks, reading
from kinto.core.storage.postgresql.session import Session
from kinto.core.storage.sql.statements import Query

MOST_KEPT = 64
"""Pages of all lists together, in one process."""

KEPT_MS = 60_000
"""So long at most: an administrator may change rows and leave the timestamp of their list alone."""

_COLUMNS = ("id", "last_modified", "body")


class Kept(NamedTuple):
    """A page of a list as it was at one version, and when it was read."""

    version: clocks.Version
    read_at: int
    page: JSONPage


def json_page(session: Session, query: Query, *, limit: int | None) -> JSONPage:
    """Return a page of this many objects; `query` asks for one more. One statement at most."""
    assert query.resource_name is not None
    place = (query.resource_name, query.parent_id)
    key = _key(session, query)
    # A timestamp that came with an earlier question is of another moment than the rows to come.
    if key is not None:
        known: Kept | None = session.pages.get(key)
        if known is not None and known.version == clocks.known_version(session, place):
            if 0 <= clock.now_ms() - known.read_at < KEPT_MS:
                return known.page
    elif "*" in query.parent_id or place in session.clocks:
        timestamp = clocks.timestamp_of(session, *place)
        selection = reading.selection(session, query, *_COLUMNS)
        parts = session.read_in_parts(selection.sql, selection.parameters, size=ROWS_AT_ONCE)
        return page_of(parts, timestamp=timestamp, limit=limit)
    read_at = clock.now_ms()
    sql, values = _with_version(session, query)
    parts = session.read_in_parts(sql, values, size=ROWS_AT_ONCE)
    first = next(parts)
    version = clocks.Version.of(first[0][2])
    page = page_of(_rows(first, parts), timestamp=version.timestamp, limit=limit)
    if key is not None and version.mark and is_small(page):
        if len(session.pages) >= MOST_KEPT:
            session.pages.clear()
        session.pages[key] = Kept(version, read_at, page)
    return page


def _key(session: Session, query: Query) -> Hashable | None:
    """Under what the page of a query is kept; None where it is not, nor asked for."""
    if session.is_writing or query.deleted is not False or "*" in query.parent_id:
        return None  # Tombstones may disappear, and leave the timestamp as it is.
    asked = key_of(query)
    return None if asked is None else (query.resource_name, query.parent_id, asked)


def _with_version(session: Session, query: Query) -> tuple[str, dict[str, Any]]:
    """The statement of a page, after a row with the version of the list: both of one moment."""
    assert query.resource_name is not None
    rows = reading.selection(session, query, *_COLUMNS)
    values = clocks.parameters(query.resource_name, query.parent_id)
    sql = _after_version(clocks.version("above_id" in values), rows.sql)
    return sql, {**values, **rows.parameters}


@lru_cache(maxsize=1024, typed=True)
def _after_version(version: str, rows: str) -> str:
    # In this order: a query with a limit is run by nobody else at the same time.
    return type(rows)(
        f"SELECT CAST(NULL AS TEXT), CAST(NULL AS BIGINT), {version} UNION ALL ({rows})"
    )


def _rows(first: Sequence[Any], others: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    return chain((first[1:],), others)
