"""Removing many objects at once from memory, and forgetting what was removed."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from kinto.core.protocol.identifiers import parent_object
from kinto.core.protocol.terms import (
    DEFAULT_DELETED_FIELD,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    KintoObject,
    Sort,
)
from kinto.core.runtime import clock, journal
from kinto.core.runtime.deprecation import deprecate_kwargs
from kinto.core.storage.base import Filters, Pagination, Sorting
from kinto.core.storage.memory.listing import Query, select_rows
from kinto.core.storage.memory.lists import MemoryLists
from kinto.core.storage.memory.rows import ListKey, Row

PICK_ONE = "`before` and `max_retained` are exclusive arguments. Pick one."


class MemoryRemoving(MemoryLists):
    """The bulk operations of the memory backend."""

    @deprecate_kwargs({"collection_id": "resource_name"})
    def delete_all(
        self,
        resource_name: str | None,
        parent_id: str,
        filters: Filters = None,
        sorting: Sorting = None,
        pagination_rules: Pagination = None,
        limit: int | None = None,
        id_field: str = DEFAULT_ID_FIELD,
        with_deleted: bool = True,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        deleted_field: str = DEFAULT_DELETED_FIELD,
        *,
        only_ids: Collection[str] | None = None,
    ) -> list[KintoObject]:
        query = Query(
            filters=filters,
            sorting=sorting,
            pagination_rules=pagination_rules,
            limit=limit,
            only_ids=only_ids,
            id_field=id_field,
            modified_field=modified_field,
        )
        tombstones: list[KintoObject] = []
        with journal.writing() as undo:
            for row in self._select(resource_name, parent_id, query):
                name, parent = row.place
                modified = self.bump_and_store_timestamp(name, parent)
                tombstone = {
                    id_field: row.object_id,
                    modified_field: modified,
                    deleted_field: True,
                }
                self._bury(undo, row, tombstone if with_deleted else None, modified)
                tombstones.append(tombstone)
        return tombstones

    @deprecate_kwargs({"collection_id": "resource_name"})
    def purge_deleted(
        self,
        resource_name: str | None,
        parent_id: str,
        before: int | None = None,
        max_retained: int | None = None,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        force_commit: bool = False,
    ) -> int:
        if before is not None and max_retained is not None:
            raise ValueError(PICK_ONE)
        purged = 0
        with journal.writing() as undo:
            lists = self._lists_of(resource_name, parent_id)
            for key in lists:
                rows = self._dead(*key)
                bound = None if before is None else before - 1
                newest_first = list(rows.between(None, bound, newest_first=True))
                for row in newest_first[max_retained or 0 :]:
                    self._take(undo, rows, row)
                    purged += 1
            if resource_name is None and before is None:
                self._forget_timestamps(undo, parent_id, lists)
        return purged

    def trim_objects(
        self,
        resource_name: str,
        parent_id: str,
        filters: Filters,
        max_objects: int,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
    ) -> int:
        query = Query(
            filters=filters,
            sorting=[Sort(modified_field, -1)],
            id_field=id_field,
            modified_field=modified_field,
        )
        live = self._live(resource_name, parent_id)
        with journal.writing() as undo:
            excess = select_rows([live], query, one_parent=True)[max_objects:]
            for row in excess:
                self._take(undo, live, row)
        return len(excess)

    def _bury(self, undo: Any, row: Row, tombstone: KintoObject | None, modified: int) -> None:
        """Take a live row away, and leave its tombstone if there is one."""
        self._take(undo, self._live(*row.place), row)
        if tombstone is not None:
            dead = self._rows_to_write(self._cemetery, *row.place)
            buried = Row(
                {**tombstone},
                row.place,
                object_id=row.object_id,
                modified=modified,
                created=modified,
            )
            self._put(undo, dead, buried)

    def _forget_timestamps(self, undo: Any, pattern: str, lists: list[ListKey]) -> None:
        """Forget the timestamps of lists that are no more, but never the greatest of them.

        If it were lost, a list of the same name could come back with timestamps that a client
        has already seen. A list that still has rows keeps a timestamp, a new one.
        """
        greatest: int | None = None
        for resource_name, parent_id in lists:
            clocks = self._timestamps.get(resource_name, {})
            value = clocks.get(parent_id)
            if value is None:
                continue
            if self._live(resource_name, parent_id) or self._dead(resource_name, parent_id):
                fresh = max(clock.now_ms(), value + 1)
                self._set_clock(undo, resource_name, parent_id, fresh)
                continue
            for place in (self._timestamps, self._store, self._cemetery):
                _forget(undo, place.get(resource_name, {}), parent_id)
            greatest = value if greatest is None else max(greatest, value)
        if greatest is not None:
            self._remember_above(undo, pattern, greatest)

    def _remember_above(self, undo: Any, pattern: str, greatest: int) -> None:
        """Raise the timestamp of the list in which the parent was, or that of the storage."""
        above = parent_object(pattern.removesuffix("/*"))
        if above is not None:
            resource_name, parent_id, _ = above
            stored = self._timestamps.get(resource_name, {}).get(parent_id)
            if stored is not None:
                if stored <= greatest:
                    # One more: what is made there again may be given the timestamp of the list.
                    self._set_clock(undo, resource_name, parent_id, greatest + 1)
                return
        if self._created_at <= greatest:
            undo(partial(setattr, self, "_created_at", self._created_at))
            self._created_at = greatest + 1


def _forget(undo: Any, parents: dict[str, Any], parent_id: str) -> None:
    if parent_id in parents:
        undo(partial(parents.__setitem__, parent_id, parents.pop(parent_id)))
