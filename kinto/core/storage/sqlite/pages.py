"""Pages of a list whose objects are answered as they are stored.

Small ones are kept with the connection, which knows whether the file is as it was.
"""

from __future__ import annotations

from functools import lru_cache

from kinto.core.protocol.terms import Sort
from kinto.core.storage.pages import ROWS_AT_ONCE, JSONPage, is_small, key_of, page_of
from kinto.core.storage.sql.statements import Query, Selection
from kinto.core.storage.sqlite import clocks
from kinto.core.storage.sqlite.dialect import compiler
from kinto.core.storage.sqlite.session import Session

MOST_KEPT = 8
"""Pages of all lists together, for each connection."""

_COLUMNS = ("id", "last_modified", "data")


def json_page(session: Session, query: Query, *, limit: int | None) -> JSONPage:
    """Return a page of this many objects; `query` asks for one more, and for one snapshot."""
    assert query.resource_name is not None
    timestamp = clocks.timestamp_of(session, query.resource_name, query.parent_id)
    asked = None if session.is_writing else key_of(query)
    if asked is None:
        return _read(session, query, timestamp=timestamp, limit=limit)
    key = (query.resource_name, query.parent_id, query.deleted, asked)
    version, kept = session.kept_pages()
    if key in kept:
        version_of_page, page = kept[key]
        if version_of_page == version:
            known: JSONPage = page
            return known
    page = _read(session, query, timestamp=timestamp, limit=limit)
    if is_small(page):
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[key] = (version, page)
    return page


def _read(session: Session, query: Query, *, timestamp: int, limit: int | None) -> JSONPage:
    sql, parameters = _selection(query)
    parts = session.read_in_parts(sql, parameters, size=ROWS_AT_ONCE)
    return page_of(parts, timestamp=timestamp, limit=limit)


def _selection(query: Query) -> Selection:
    is_narrowed = query.filters or query.pagination_rules or query.only_ids is not None
    if not is_narrowed and query.limit is not None and "*" not in query.parent_id:
        sql = _in_order(tuple(query.sorting or ()), query.deleted)
        if sql is not None:
            values = {"p0": query.parent_id, "p1": query.resource_name, "p2": query.limit}
            return Selection(sql, values)
    return compiler.select(query, *_COLUMNS)


@lru_cache(maxsize=64)
def _in_order(sorting: tuple[Sort, ...], deleted: bool | None) -> str | None:
    """The query for the first objects of a list; None when it has more than these three values."""
    query = Query("", "", sorting=sorting, deleted=deleted, limit=1)
    sql, parameters = compiler.select(query, *_COLUMNS)
    return sql if len(parameters) == 3 else None
