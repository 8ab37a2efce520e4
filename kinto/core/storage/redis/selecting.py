"""Which rows in Redis a query wants, and how many: ids and times are looked up, the rest read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from kinto.core.storage.memory.listing import Query, count_rows, known_ids, select_rows
from kinto.core.storage.memory.rows import Row
from kinto.core.storage.redis.lists import Lists
from kinto.core.storage.redis.names import ListKey
from kinto.core.storage.redis.rows import CHUNK, ListRows, Moved

ATTEMPTS = 3
"""How often a long list that others write is read in chunks, before it is read in one go."""

EVERYTHING = -1

T = TypeVar("T")


def select(
    lists: Lists, keys: Sequence[ListKey], query: Query, *, include_deleted: bool = False
) -> list[Row]:
    """Return the rows of these lists that satisfy the query, in its order, up to its limit."""
    first = query.sorting[0].field if query.sorting else None
    # By time, what follows a page need not be read.
    paged = query.limit is not None and first == query.modified_field
    return _of_one_moment(
        lists,
        keys,
        query,
        include_deleted=include_deleted,
        chunk=min(max(query.limit or 1, 1), CHUNK) if paged else CHUNK,
        work=lambda sources: select_rows(sources, query, one_parent=len(keys) == 1),
    )


def count(lists: Lists, keys: Sequence[ListKey], query: Query, *, include_deleted: bool) -> int:
    """Return how many rows of these lists satisfy the filters."""
    if query.filters or query.only_ids is not None:
        return _of_one_moment(
            lists,
            keys,
            query,
            include_deleted=include_deleted,
            chunk=CHUNK,
            work=lambda sources: count_rows(sources, query),
        )
    places = (False, True) if include_deleted else (False,)
    return sum(lists.rows(key).count(dead=dead) for key in keys for dead in places)


def _of_one_moment(
    lists: Lists,
    keys: Sequence[ListKey],
    query: Query,
    *,
    include_deleted: bool,
    chunk: int,
    work: Callable[[list[Any]], T],
) -> T:
    """Return what `work` makes of the rows, read in chunks between which nobody wrote."""
    for attempt in range(ATTEMPTS + 1):
        sources: list[Any] = [
            _Source(
                lists.rows(key),
                known_ids(query),
                places=(False, True) if include_deleted else (False,),
                chunk=EVERYTHING if attempt == ATTEMPTS else chunk,
            )
            for key in keys
        ]
        try:
            return work(sources)
        except Moved:
            chunk = CHUNK
    raise AssertionError("what is read in one go cannot move")


def page(
    lists: Lists, key: ListKey, query: Query, *, include_deleted: bool
) -> tuple[int, list[Row]]:
    """Return the timestamp of a list and the rows of a query, of one moment."""
    if lists.session.exclusive or known_ids(query) is not None:
        # Should rows be newer than the timestamp, a client that polls gets them twice.
        timestamp = lists.timestamp(key)
        return timestamp, select(lists, [key], query, include_deleted=include_deleted)
    found = select(lists, [key], query, include_deleted=include_deleted)
    entry = lists.rows(key).entry
    if entry:
        return int(entry.partition(" ")[0]), found
    if entry is None:  # a page without room: nothing was read
        return lists.timestamp(key), found
    # It has never been written, so its timestamp is derived from what is above it.
    created = lists.creation_of(key[1])
    return lists.created_at() if created is None else created, found


class _Source:
    """A list as `select_rows` reads it: rows by id, and in the order of time."""

    def __init__(
        self, rows: ListRows, ids: set[str] | None, *, places: Sequence[bool], chunk: int
    ) -> None:
        self._rows = rows
        self._ids = ids
        self._places = places
        self._chunk = chunk
        self._by_id: dict[str, Row] | None = None

    @property
    def by_id(self) -> dict[str, Row]:
        if self._by_id is None:
            self._by_id = {row.object_id: row for row in self._known()}
        return self._by_id

    def in_any_order(self) -> Iterator[Row]:
        return self.between(None, None, newest_first=False)

    def between(self, low: int | None, high: int | None, *, newest_first: bool) -> Iterator[Row]:
        return self._rows.in_order(
            self._places, low=low, high=high, newest_first=newest_first, chunk=self._chunk
        )

    def _known(self) -> Iterator[Row]:
        for dead in self._places:
            found = self._rows.find_many(list(self._ids or ()), dead=dead)
            yield from (row for row in found if row is not None)
