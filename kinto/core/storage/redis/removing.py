"""Removing many objects at once from Redis, and forgetting what was removed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kinto.core.protocol.identifiers import parent_object
from kinto.core.protocol.terms import (
    DEFAULT_DELETED_FIELD,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    KintoObject,
    Sort,
)
from kinto.core.runtime import clock
from kinto.core.runtime.deprecation import deprecate_kwargs
from kinto.core.storage.base import Filters, Pagination, Sorting, StorageBase
from kinto.core.storage.memory.listing import Query
from kinto.core.storage.redis import selecting, writing
from kinto.core.storage.redis.client import Database
from kinto.core.storage.redis.lists import Lists
from kinto.core.storage.redis.names import ListKey

PICK_ONE = "`before` and `max_retained` are exclusive arguments. Pick one."


class RedisRemoving(StorageBase):
    """The bulk operations of the Redis backend."""

    def __init__(self, database: Database, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.database = database

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
        with self.database.writing() as session:
            lists = session.part(Lists)
            keys = lists.matching(resource_name, parent_id)
            for row in selecting.select(lists, keys, query):
                modified = writing.tick(lists, row.place)
                tombstone = {
                    id_field: row.object_id,
                    modified_field: modified,
                    deleted_field: True,
                }
                writing.bury(lists, row, tombstone, modified=modified, kept=with_deleted)
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
        with self.database.writing() as session:
            lists = session.part(Lists)
            keys = lists.matching(resource_name, parent_id)
            for key in keys:
                rows = lists.rows(key)
                newest_first = list(
                    rows.in_order(
                        [True],
                        low=None,
                        high=None if before is None else before - 1,
                        newest_first=True,
                    )
                )
                for row in newest_first[max_retained or 0 :]:
                    rows.take(row, dead=True)
                    purged += 1
            if resource_name is None and before is None:
                _forget_timestamps(lists, parent_id, keys)
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
        key = (resource_name, parent_id)
        with self.database.writing() as session:
            lists = session.part(Lists)
            excess = selecting.select(lists, [key], query)[max_objects:]
            for row in excess:
                lists.rows(key).take(row)
        return len(excess)


def _forget_timestamps(lists: Lists, pattern: str, keys: list[ListKey]) -> None:
    """Forget the timestamps of lists that are no more, but never the greatest of them.

    If it were lost, a list of the same name could come back with timestamps that a client has
    already seen. A list that still has rows keeps a timestamp, a new one.
    """
    greatest: int | None = None
    for key in keys:
        value = lists.clock(key)
        if value is None:
            continue
        rows = lists.rows(key)
        if rows.count(dead=False) or rows.count(dead=True):
            lists.set_clock(key, max(clock.now_ms(), value + 1))
            continue
        lists.set_clock(key, None)
        greatest = value if greatest is None else max(greatest, value)
    if greatest is not None:
        _remember_above(lists, pattern, greatest)


def _remember_above(lists: Lists, pattern: str, greatest: int) -> None:
    """Raise the timestamp of the list in which the parent was, or that of the storage."""
    above = parent_object(pattern.removesuffix("/*"))
    if above is not None:
        stored = lists.clock(above[:2])
        if stored is not None:
            if stored < greatest:
                lists.set_clock(above[:2], greatest)
            return
    if lists.created_at() <= greatest:
        lists.set_created_at(greatest + 1)
