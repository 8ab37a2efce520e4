"""The lists that the memory backend holds, their timestamps, and how a change is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from kinto.core.protocol.identifiers import ParentPattern, is_place, parent_object
from kinto.core.protocol.terms import KintoObject
from kinto.core.runtime import clock, journal
from kinto.core.storage.memory.base import MemoryBasedStorage
from kinto.core.storage.memory.listing import Query, count_rows, select_rows
from kinto.core.storage.memory.rows import ListKey, Row, Rows

_NO_LISTS: dict[str, Rows] = {}
_NO_TIMES: dict[str, int] = {}
_NO_ROWS = Rows()


class MemoryLists(MemoryBasedStorage):
    """State of the memory backend. Everything is kept by resource name, then by parent id."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._store: dict[str, dict[str, Rows]] = {}
        self._cemetery: dict[str, dict[str, Rows]] = {}
        self._timestamps: dict[str, dict[str, int]] = {}
        self._created_at = clock.now_ms()

    def flush(self) -> None:
        with journal.writing() as undo:
            undo(partial(self.__dict__.update, self._state()))
            clocks = [value for clocks in self._timestamps.values() for value in clocks.values()]
            # Newer than all that was, so that no client mistakes the new lists for the old ones.
            greatest = max([self._created_at, *clocks])
            self._created_at = max(clock.now_ms(), greatest + 1)
            self._store, self._cemetery, self._timestamps = {}, {}, {}

    def _state(self) -> dict[str, Any]:
        names = ("_store", "_cemetery", "_timestamps", "_created_at")
        return {name: self.__dict__[name] for name in names}

    # -- timestamps -------------------------------------------------------------------------

    def resource_timestamp(self, resource_name: str, parent_id: str) -> int:
        with journal.reading():
            return self._timestamp(resource_name, parent_id)

    def all_resources_timestamps(self, resource_name: str) -> dict[str, int]:
        with journal.reading():
            return dict(self._timestamps.get(resource_name, _NO_TIMES))

    def bump_and_store_timestamp(
        self,
        resource_name: str,
        parent_id: str,
        obj: KintoObject | None = None,
        modified_field: str | None = None,
        last_modified: int | None = None,
    ) -> int:
        with journal.writing() as undo:
            of_object, _ = self._move_clock(
                undo, resource_name, parent_id, obj, modified_field, last_modified
            )
            return of_object

    def _move_clock(
        self,
        undo: Any,
        resource_name: str,
        parent_id: str,
        obj: KintoObject | None,
        modified_field: str | None,
        last_modified: int | None = None,
    ) -> tuple[int, int]:
        """Move the timestamp of a list for a write; that of the object, and that of the list."""
        before = self._timestamps.get(resource_name, _NO_TIMES).get(parent_id)
        if before is None:
            before = self._first_timestamp(parent_id, obj, modified_field, last_modified)
        of_object, of_list = self.bump_timestamp(before, obj, modified_field, last_modified)
        self._set_clock(undo, resource_name, parent_id, of_list)
        return of_object, of_list

    def _first_timestamp(
        self,
        parent_id: str,
        obj: KintoObject | None,
        modified_field: str | None,
        last_modified: int | None,
    ) -> int | None:
        """Return the timestamp before the first write: none where no parent tells how old the
        list is and the write brings a timestamp (see `StorageBase.resource_timestamp`).
        """
        created = self._creation_of(parent_id)
        if created is not None or is_place(parent_id):
            return self._created_at if created is None else created
        wanted = self.proposed_timestamp(obj, modified_field, last_modified)
        return self._created_at if wanted is None else None

    def _timestamp(self, resource_name: str, parent_id: str) -> int:
        stored = self._timestamps.get(resource_name, _NO_TIMES).get(parent_id)
        if stored is not None:
            return stored
        created = self._creation_of(parent_id)
        return self._created_at if created is None else created

    def _creation_of(self, uri: str) -> int | None:
        """Return when the live object of this URI was created, None if there is none."""
        if (key := parent_object(uri)) is None:
            return None
        resource_name, parent_id, object_id = key
        row = self._live(resource_name, parent_id).by_id.get(object_id)
        return None if row is None else row.created

    def _set_clock(self, undo: Any, resource_name: str, parent_id: str, value: int) -> None:
        clocks = self._timestamps.get(resource_name)
        if clocks is None:
            clocks = self._timestamps[resource_name] = {}
        undo(partial(_put_back, clocks, parent_id, clocks.get(parent_id)))
        clocks[parent_id] = value

    # -- rows -------------------------------------------------------------------------------

    def _live(self, resource_name: str, parent_id: str) -> Rows:
        """Return the live rows of a list, to be read only."""
        return self._store.get(resource_name, _NO_LISTS).get(parent_id, _NO_ROWS)

    def _dead(self, resource_name: str, parent_id: str) -> Rows:
        """Return the tombstones of a list, to be read only."""
        return self._cemetery.get(resource_name, _NO_LISTS).get(parent_id, _NO_ROWS)

    def _rows_to_write(
        self, place: dict[str, dict[str, Rows]], resource_name: str, parent_id: str
    ) -> Rows:
        """Return the rows of a list in `_store` or `_cemetery`, made if it has none."""
        lists = place.get(resource_name)
        if lists is None:
            lists = place[resource_name] = {}
        rows = lists.get(parent_id)
        if rows is None:
            rows = lists[parent_id] = Rows()
        return rows

    @staticmethod
    def _put(undo: Any, rows: Rows, row: Row) -> None:
        rows.put(row)
        undo(partial(rows.take, row))

    @staticmethod
    def _put_all(undo: Any, rows: Rows, new: list[Row]) -> None:
        """Put rows where they are the newest, the oldest of them first."""
        rows.put_newest(new)
        undo(partial(rows.take_all, new))

    @staticmethod
    def _take(undo: Any, rows: Rows, row: Row) -> None:
        rows.take(row)
        undo(partial(rows.put, row))

    def _select(
        self,
        resource_name: str | None,
        parent_id: str,
        query: Query,
        *,
        include_deleted: bool = False,
    ) -> list[Row]:
        """Return the rows that the query wants from the lists in these parents."""
        keys = self._lists_of(resource_name, parent_id)
        lists = self._rows_of(keys, include_deleted=include_deleted)
        return select_rows(lists, query, one_parent=len(keys) == 1)

    def _count(
        self, resource_name: str, parent_id: str, query: Query, *, include_deleted: bool
    ) -> int:
        keys = self._lists_of(resource_name, parent_id)
        lists = self._rows_of(keys, include_deleted=include_deleted)
        if query.filters or query.only_ids is not None:
            return count_rows(lists, query)
        return sum(map(len, lists))

    def _rows_of(self, keys: list[ListKey], *, include_deleted: bool) -> list[Rows]:
        lists = [self._live(*key) for key in keys]
        if include_deleted:
            lists += [self._dead(*key) for key in keys]
        return lists

    def _lists_of(self, resource_name: str | None, parent_pattern: str) -> list[ListKey]:
        """Return the lists in these parents, those without any row left included."""
        if resource_name is not None and "*" not in parent_pattern:
            return [(resource_name, parent_pattern)]
        pattern = ParentPattern.compile(parent_pattern)
        return list(dict.fromkeys(self._matching(resource_name, pattern)))

    def _matching(self, resource_name: str | None, pattern: ParentPattern) -> Iterator[ListKey]:
        places: list[dict[str, Any]] = [self._timestamps, self._store, self._cemetery]
        for place in places:
            for name in list(place) if resource_name is None else [resource_name]:
                parents = place.get(name, ())
                if pattern.is_exact:
                    found = [pattern.text] if pattern.text in parents else []
                elif pattern.is_prefix:
                    found = [key for key in parents if key.startswith(pattern.prefix)]
                else:
                    found = [key for key in parents if pattern.matches(key)]
                yield from ((name, parent_id) for parent_id in found)


def _put_back(clocks: dict[str, int], parent_id: str, value: int | None) -> None:
    if value is None:
        clocks.pop(parent_id, None)
    else:
        clocks[parent_id] = value
