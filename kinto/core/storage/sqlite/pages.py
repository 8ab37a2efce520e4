"""Pages of a list whose objects are answered as they are stored."""

from __future__ import annotations

from kinto.core.storage.pages import ROWS_AT_ONCE, JSONPage, page_of
from kinto.core.storage.sql.statements import Query
from kinto.core.storage.sqlite import clocks
from kinto.core.storage.sqlite.dialect import compiler
from kinto.core.storage.sqlite.session import Session


def json_page(session: Session, query: Query, *, limit: int | None) -> JSONPage:
    """Return a page of this many objects; `query` asks for one more, and for one snapshot."""
    assert query.resource_name is not None
    timestamp = clocks.timestamp_of(session, query.resource_name, query.parent_id)
    selection = compiler.select(query, "id", "last_modified", "data")
    parts = session.read_in_parts(selection.sql, selection.parameters, size=ROWS_AT_ONCE)
    return page_of(parts, timestamp=timestamp, limit=limit)
