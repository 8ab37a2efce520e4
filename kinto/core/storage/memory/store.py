"""The storage that lives in this process: lost at exit, shared with no other process.

Changes go through the undo journal that the permissions in memory share, so that a unit of work
over both is all or nothing. What comes in is copied, and so is what goes out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from kinto.core.protocol.terms import (
    DEFAULT_DELETED_FIELD,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    KintoObject,
)
from kinto.core.runtime import clock, journal, json
from kinto.core.runtime.deprecation import deprecate_kwargs
from kinto.core.storage.base import Filters, ObjectKey, Pagination, Sorting
from kinto.core.storage.exceptions import IntegrityError, ObjectNotFoundError, UnicityError
from kinto.core.storage.memory.listing import Query
from kinto.core.storage.memory.paged import keep
from kinto.core.storage.memory.removing import MemoryRemoving
from kinto.core.storage.memory.rows import Row, isolate, texts_of
from kinto.core.storage.pages import JSONObject, JSONPage, key_of, page_of_texts


def load_from_config(config: Any) -> Storage:
    """Return a new, empty storage; of the settings it only reads `readonly`."""
    settings = config.get_settings()
    readonly = str(settings.get("readonly", False)).strip().lower()
    return Storage(readonly=readonly in ("t", "true", "y", "yes", "on", "1"))


def _query(
    *, include_deleted: bool = False, deleted_field: str = DEFAULT_DELETED_FIELD, **asked: Any
) -> tuple[Query, bool]:
    """What `list_page` is asked for, and whether tombstones are."""
    return Query(**asked), include_deleted


class Storage(MemoryRemoving):
    """See `StorageBase`."""

    supports_only_ids = True

    def __init__(self, *args: Any, readonly: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.readonly = readonly

    # -- one object -------------------------------------------------------------------------

    @deprecate_kwargs({"collection_id": "resource_name", "record": "obj"})
    def create(
        self,
        resource_name: str,
        parent_id: str,
        obj: KintoObject,
        id_generator: Callable[[], str] | None = None,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
    ) -> KintoObject:
        data = isolate(obj if type(obj) is dict else {**obj})
        with journal.writing() as undo:
            if id_field not in data:
                data[id_field] = (id_generator or self.id_generator)()
            object_id = data[id_field]
            existing = self._live(resource_name, parent_id).by_id.get(object_id)
            if existing is not None:
                raise UnicityError(id_field, existing.copy())
            return self._write(undo, resource_name, parent_id, object_id, data, modified_field)

    def create_many(
        self, resource_name: str, parent_id: str, objects: Mapping[str, KintoObject]
    ) -> list[JSONObject]:
        if not objects:
            return []
        with journal.writing() as undo:
            live = self._rows_to_write(self._store, resource_name, parent_id)
            dead = self._dead(resource_name, parent_id)
            first, _ = self._move_clock(undo, resource_name, parent_id, None, None)
            rows = []
            for modified, (object_id, data) in enumerate(objects.items(), first):
                if (tombstone := dead.by_id.get(object_id)) is not None:
                    self._take(undo, dead, tombstone)
                data[self.id_field] = object_id
                data[self.modified_field] = modified
                rows.append(
                    Row(
                        data,
                        (resource_name, parent_id),
                        object_id=object_id,
                        modified=modified,
                        created=modified,
                    )
                )
            self._set_clock(undo, resource_name, parent_id, rows[-1].modified)
            self._put_all(undo, live, rows)
        return [JSONObject(row.modified, json.dumps_bytes(row.data)) for row in rows]

    @deprecate_kwargs({"collection_id": "resource_name"})
    def get(
        self,
        resource_name: str,
        parent_id: str,
        object_id: str,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
    ) -> KintoObject:
        with journal.reading():
            row = self._live(resource_name, parent_id).by_id.get(object_id)
        if row is None:
            raise ObjectNotFoundError(object_id)
        return row.copy()

    def get_many(self, keys: Sequence[ObjectKey]) -> list[KintoObject | None]:
        with journal.reading():
            rows = [self._live(name, parent).by_id.get(key) for name, parent, key in keys]
        return [None if row is None else row.copy() for row in rows]

    def get_many_with_timestamp(
        self, keys: Sequence[ObjectKey], *, resource_name: str, parent_id: str
    ) -> tuple[list[KintoObject | None], int]:
        with journal.reading():
            return self.get_many(keys), self._timestamp(resource_name, parent_id)

    def get_json(self, keys: Sequence[ObjectKey]) -> JSONObject | None:
        row = None
        with journal.reading():
            for name, parent_id, object_id in keys:
                row = self._live(name, parent_id).by_id.get(object_id)
                if row is None:
                    return None
        return None if row is None else JSONObject(row.modified, row.text)

    def timestamp_with(
        self, keys: Sequence[ObjectKey], *, resource_name: str, parent_id: str
    ) -> int | None:
        with journal.reading():
            for name, parent, object_id in keys:
                if object_id not in self._live(name, parent).by_id:
                    return None
            return self._timestamp(resource_name, parent_id)

    @deprecate_kwargs({"collection_id": "resource_name", "record": "obj"})
    def update(
        self,
        resource_name: str,
        parent_id: str,
        object_id: str,
        obj: KintoObject,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
    ) -> KintoObject:
        data = isolate({**obj, id_field: object_id})
        with journal.writing() as undo:
            return self._write(undo, resource_name, parent_id, object_id, data, modified_field)

    @deprecate_kwargs({"collection_id": "resource_name"})
    def delete(
        self,
        resource_name: str,
        parent_id: str,
        object_id: str,
        id_field: str = DEFAULT_ID_FIELD,
        with_deleted: bool = True,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        deleted_field: str = DEFAULT_DELETED_FIELD,
        last_modified: int | None = None,
    ) -> KintoObject:
        with journal.writing() as undo:
            row = self._live(resource_name, parent_id).by_id.get(object_id)
            if row is None:
                raise ObjectNotFoundError(object_id)
            self._refuse_twin(resource_name, parent_id, last_modified, row)
            modified = self.bump_and_store_timestamp(
                resource_name, parent_id, last_modified=last_modified
            )
            tombstone = {id_field: object_id, modified_field: modified, deleted_field: True}
            self._bury(undo, row, tombstone if with_deleted else None, modified)
            return tombstone

    def lock_parent(self, resource_name: str, parent_id: str) -> None:
        journal.lock()

    # -- lists ------------------------------------------------------------------------------

    def list_all(
        self,
        resource_name: str,
        parent_id: str,
        filters: Filters = None,
        sorting: Sorting = None,
        pagination_rules: Pagination = None,
        limit: int | None = None,
        include_deleted: bool = False,
        id_field: str = DEFAULT_ID_FIELD,
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
        with journal.reading():
            rows = self._select(resource_name, parent_id, query, include_deleted=include_deleted)
        return [row.copy() for row in rows]

    def list_page(
        self, resource_name: str, parent_id: str, **asked: Any
    ) -> tuple[int, list[KintoObject]]:
        timestamp, rows = self._page(resource_name, parent_id, **asked)
        return timestamp, [row.copy() for row in rows]

    def list_page_json(
        self, resource_name: str, parent_id: str, *, limit: int | None = None, **asked: Any
    ) -> JSONPage:
        asked["limit"] = None if limit is None else limit + 1
        query, include_deleted = _query(**asked)
        key = None if include_deleted or "*" in parent_id else key_of(query)
        with journal.reading():
            timestamp = self._timestamp(resource_name, parent_id)
            pages = self._live(resource_name, parent_id).pages
            if key is not None and (known := pages.get(key)) is not None:
                return known._replace(timestamp=timestamp)
            rows = self._select(resource_name, parent_id, query, include_deleted=include_deleted)
        page = page_of_texts(texts_of(rows), timestamp=timestamp, limit=limit)
        keep(pages, key, page)
        return page

    def _page(self, resource_name: str, parent_id: str, **asked: Any) -> tuple[int, list[Row]]:
        """Return the timestamp of a list and the rows of a page, both of one moment."""
        query, include_deleted = _query(**asked)
        with journal.reading():
            timestamp = self._timestamp(resource_name, parent_id)
            return timestamp, self._select(
                resource_name, parent_id, query, include_deleted=include_deleted
            )

    def count_all(
        self,
        resource_name: str,
        parent_id: str,
        filters: Filters = None,
        include_deleted: bool = False,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        deleted_field: str = DEFAULT_DELETED_FIELD,
        *,
        only_ids: Collection[str] | None = None,
    ) -> int:
        query = Query(
            filters=filters, only_ids=only_ids, id_field=id_field, modified_field=modified_field
        )
        with journal.reading():
            return self._count(resource_name, parent_id, query, include_deleted=include_deleted)

    # -- writing ----------------------------------------------------------------------------

    def _write(
        self,
        undo: Any,
        resource_name: str,
        parent_id: str,
        object_id: str,
        data: KintoObject,
        modified_field: str,
    ) -> KintoObject:
        """Put the object in the place of the one, or of the tombstone, that has its id."""
        live = self._rows_to_write(self._store, resource_name, parent_id)
        dead = self._dead(resource_name, parent_id)
        former, tombstone = live.by_id.get(object_id), dead.by_id.get(object_id)
        wanted = data.get(modified_field)
        if wanted is not None:
            self._refuse_twin(resource_name, parent_id, wanted, former or tombstone)
        modified, of_list = self._move_clock(undo, resource_name, parent_id, data, modified_field)
        data[modified_field] = modified
        if former is not None:
            self._take(undo, live, former)
            created = former.created
        else:
            # Not the object's timestamp, which a client may have put in the past: what is
            # derived from it must be newer than a former object of this URI.
            created = of_list if wanted is None else max(clock.now_ms(), of_list)
        if tombstone is not None:
            self._take(undo, dead, tombstone)
        row = Row(
            data,
            (resource_name, parent_id),
            object_id=object_id,
            modified=modified,
            created=created,
        )
        self._put(undo, live, row)
        return row.copy()

    def _refuse_twin(
        self, resource_name: str, parent_id: str, wanted: Any, replaced: Row | None
    ) -> None:
        """Refuse a timestamp of the past that another object or tombstone of the list has."""
        if type(wanted) is not int:
            return
        if wanted == self._timestamps.get(resource_name, {}).get(parent_id):
            return  # A fresh one will be given.
        for rows in (self._live(resource_name, parent_id), self._dead(resource_name, parent_id)):
            twin = rows.by_time.get(wanted)
            if twin is not None and twin is not replaced:
                raise IntegrityError(message=f"Another object was last modified at {wanted}")
