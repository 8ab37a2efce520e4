"""Pages of a list whose objects are answered as they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from kinto.core.storage.pages import ROWS_AT_ONCE, JSONPage, page_of
from kinto.core.storage.postgresql import clocks, reading
from kinto.core.storage.postgresql.session import Session
from kinto.core.storage.sql.statements import Query


def json_page(session: Session, query: Query, *, limit: int | None) -> JSONPage:
    """Return a page of this many objects; `query` asks for one more. One statement."""
    assert query.resource_name is not None
    name, parent = query.resource_name, query.parent_id
    columns = ("id", "last_modified", "body")
    if "*" in parent or clocks.is_known(session, (name, parent)):
        timestamp = clocks.timestamp_of(session, name, parent)
        selection = reading.selection(session, query, *columns)
        parts = session.read_in_parts(selection.sql, selection.parameters, size=ROWS_AT_ONCE)
        return page_of(parts, timestamp=timestamp, limit=limit)
    sql, values = reading.with_timestamp(session, query, *columns)
    parts = session.read_in_parts(sql, values, size=ROWS_AT_ONCE)
    first = next(parts)
    stored, derived = first[0][:2]
    timestamp = derived if stored is None else stored
    return page_of(_rows(first, parts), timestamp=timestamp, limit=limit)


def _rows(first: Sequence[Any], others: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """The rows without the timestamp; there is one row of it alone when the list is empty."""
    if first[0][2] is not None:
        for part in chain((first,), others):
            yield [row[2:] for row in part]
