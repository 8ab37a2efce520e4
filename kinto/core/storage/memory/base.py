"""What backends that select and stamp in Python share; also a base for those of third parties."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kinto.core.protocol.terms import (
    DEFAULT_DELETED_FIELD,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    Filter,
    KintoObject,
    Sort,
)
from kinto.core.protocol.timestamps import is_timestamp, next_timestamp
from kinto.core.runtime import clock, json
from kinto.core.storage.base import StorageBase
from kinto.core.storage.memory.toolbox import extract_object_set


class MemoryBasedStorage(StorageBase):
    """Base of backends which list, filter and sort objects in Python.

    A subclass keeps the timestamps of lists in `bump_and_store_timestamp`.
    """

    json: Any = json

    def initialize_schema(self, dry_run: bool = False) -> None:
        """There is nothing to initialize."""

    def bump_and_store_timestamp(
        self,
        resource_name: str,
        parent_id: str,
        obj: KintoObject | None = None,
        modified_field: str | None = None,
        last_modified: int | None = None,
    ) -> int:
        """Move the timestamp of a list for a write, and return that of the written object.

        The write proposes `last_modified`, or else what `obj` has in `modified_field`.
        """
        raise NotImplementedError

    def set_object_timestamp(
        self,
        resource_name: str,
        parent_id: str,
        obj: KintoObject,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        last_modified: int | None = None,
    ) -> KintoObject:
        """Give `obj` the timestamp of its write, and return it."""
        obj[modified_field] = self.bump_and_store_timestamp(
            resource_name, parent_id, obj, modified_field, last_modified=last_modified
        )
        return obj

    def bump_timestamp(
        self,
        resource_timestamp: int | None,
        obj: KintoObject | None,
        modified_field: str | None,
        last_modified: int | None,
    ) -> tuple[int, int]:
        """Return the timestamps (of the object, of its list) after a write.

        `resource_timestamp` is that of the list before it, None for a list without any.
        """
        wanted = self.proposed_timestamp(obj, modified_field, last_modified)
        if resource_timestamp is None:
            first = clock.now_ms() if wanted is None else wanted
            return first, first
        return next_timestamp(resource_timestamp, clock.now_ms(), wanted)

    @staticmethod
    def proposed_timestamp(
        obj: KintoObject | None, modified_field: str | None, last_modified: int | None
    ) -> int | None:
        """Return the timestamp that a write proposes; what is no integer proposes nothing."""
        wanted: Any = last_modified
        if wanted is None and obj is not None and modified_field is not None:
            wanted = obj.get(modified_field)
        return wanted if is_timestamp(wanted) else None

    def strip_deleted_object(
        self,
        resource_name: str,
        parent_id: str,
        obj: KintoObject,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        deleted_field: str = DEFAULT_DELETED_FIELD,
    ) -> KintoObject:
        """Return the tombstone of an object: its id, its timestamp, and that it is deleted."""
        return {
            id_field: obj[id_field],
            modified_field: obj[modified_field],
            deleted_field: True,
        }

    def extract_object_set(
        self,
        objects: Iterable[KintoObject],
        filters: Sequence[Filter] | None,
        sorting: Sequence[Sort] | None,
        id_field: str = DEFAULT_ID_FIELD,
        deleted_field: str = DEFAULT_DELETED_FIELD,
        pagination_rules: Sequence[Sequence[Filter]] | None = None,
        limit: int | None = None,
        include_deleted: bool = False,
    ) -> tuple[list[KintoObject], int]:
        """As the function of the same name; only the order of the parameters differs."""
        return extract_object_set(
            objects,
            filters=filters,
            sorting=sorting,
            pagination_rules=pagination_rules,
            limit=limit,
            include_deleted=include_deleted,
            id_field=id_field,
            deleted_field=deleted_field,
        )
