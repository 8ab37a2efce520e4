"""The storage in an SQLite file: the contract of `StorageBase` over the rooms beside it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from kinto.core.protocol.terms import (
    DEFAULT_DELETED_FIELD,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    KintoObject,
)
from kinto.core.runtime.deprecation import deprecate_kwargs
from kinto.core.settings.backends import StorageSettings
from kinto.core.settings.fields import asbool
from kinto.core.storage.base import Filters, ListKey, ObjectKey, Pagination, Sorting, StorageBase
from kinto.core.storage.exceptions import ObjectNotFoundError
from kinto.core.storage.pages import JSONPage
from kinto.core.storage.sql.statements import Query
from kinto.core.storage.sqlite import clocks, pages, reading, removing, writing
from kinto.core.storage.sqlite.client import Database, database_at
from kinto.core.storage.sqlite.installation import Schema

SCHEMA = Schema(
    name="storage",
    version=1,
    script=Path(__file__).with_name("schema.sql").read_text(encoding="utf-8"),
)
PICK_ONE = "`before` and `max_retained` are exclusive arguments. Pick one."


def load_from_config(config: Any) -> Storage:
    """Return the storage in the file of the setting `storage_url`; it is opened at first use.

    Raises:
        ValueError: the setting names no SQLite file.
    """
    settings = config.get_settings()
    url = StorageSettings.from_mapping(settings).url
    return Storage(database_at(url), readonly=asbool(settings.get("readonly", False)))


class Storage(StorageBase):
    """See `StorageBase`. In a unit of work all is one transaction with the permissions in the
    same file, and rows read under the write lock are remembered.
    """

    supports_only_ids = True

    def __init__(
        self, database: Database, *args: Any, readonly: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.database = database
        self.readonly = readonly
        database.require(SCHEMA)

    def initialize_schema(self, dry_run: bool = False) -> None:
        self.database.initialize(SCHEMA, dry_run=dry_run)

    def flush(self) -> None:
        with self.database.writing() as session:
            removing.flush(session)

    def resource_timestamp(self, resource_name: str, parent_id: str) -> int:
        with self.database.reading() as session:
            return clocks.timestamp_of(session, resource_name, parent_id)

    def all_resources_timestamps(self, resource_name: str) -> dict[str, int]:
        with self.database.reading() as session:
            return clocks.timestamps_of(session, resource_name)

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
        data = {**obj}
        object_id = data[id_field] if id_field in data else (id_generator or self.id_generator)()
        key = (resource_name, parent_id, object_id)
        with self.database.writing() as session:
            return writing.create(
                session, key, data, id_field=id_field, modified_field=modified_field
            )

    @deprecate_kwargs({"collection_id": "resource_name"})
    def get(
        self,
        resource_name: str,
        parent_id: str,
        object_id: str,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
    ) -> KintoObject:
        with self.database.reading() as session:
            (row,) = reading.find(session, [(resource_name, parent_id, object_id)])
        if row is None:
            raise ObjectNotFoundError(object_id)
        return row.load(object_id, id_field, modified_field)

    def get_many(self, keys: Sequence[ObjectKey]) -> list[KintoObject | None]:
        with self.database.reading() as session:
            rows = reading.find(session, keys)
        id_field, modified_field = self.id_field, self.modified_field
        return [
            None if row is None else row.load(key[2], id_field, modified_field)
            for key, row in zip(keys, rows, strict=True)
        ]

    def get_many_with_timestamp(
        self, keys: Sequence[ObjectKey], *, resource_name: str, parent_id: str
    ) -> tuple[list[KintoObject | None], int]:
        list_key = (resource_name, parent_id)
        with self.database.reading() as session:
            if (known := clocks.known_timestamp(session, list_key)) is not None:
                return self.get_many(keys), known
            part, values = clocks.as_row(resource_name, parent_id)
            found, (_, stored, derived) = reading.find_with(session, keys, part, values)
            if stored is not None and session.is_writing:
                session.clocks[list_key] = stored
        id_field, modified_field = self.id_field, self.modified_field
        objects = [
            None if obj is None else obj.load(key[2], id_field, modified_field)
            for key, obj in zip(keys, found, strict=True)
        ]
        return objects, derived if stored is None else stored

    def expect(self, keys: Sequence[ObjectKey], *, timestamp_of: ListKey | None = None) -> None:
        if (session := self.database.session_of_unit()) is not None:
            reading.expect(session, keys, timestamp_of)

    def prefetch(self, keys: Sequence[ObjectKey]) -> None:
        with self.database.reading() as session:
            if session.is_writing:
                reading.find(session, list(keys)[: reading.MOST_REMEMBERED])

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
        key = (resource_name, parent_id, object_id)
        with self.database.writing() as session:
            return writing.update(
                session, key, {**obj}, id_field=id_field, modified_field=modified_field
            )

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
        with self.database.writing() as session:
            modified = writing.delete(
                session,
                (resource_name, parent_id, object_id),
                with_deleted=with_deleted,
                wanted=last_modified,
                deleted_field=deleted_field,
            )
        return {id_field: object_id, modified_field: modified, deleted_field: True}

    def lock_parent(self, resource_name: str, parent_id: str) -> None:
        self.database.lock()

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
            resource_name=resource_name,
            parent_id=parent_id,
            filters=filters,
            sorting=sorting,
            pagination_rules=pagination_rules,
            limit=limit,
            deleted=None if include_deleted else False,
            only_ids=only_ids,
            id_field=id_field,
            modified_field=modified_field,
        )
        with self.database.reading() as session:
            return reading.list_objects(session, query)

    def list_page(
        self, resource_name: str, parent_id: str, **asked: Any
    ) -> tuple[int, list[KintoObject]]:
        with self.database.reading(snapshot=True) as session:
            timestamp = clocks.timestamp_of(session, resource_name, parent_id)
            query = _query(resource_name, parent_id, **asked)
            return timestamp, reading.list_objects(session, query)

    def list_page_json(
        self, resource_name: str, parent_id: str, *, limit: int | None = None, **asked: Any
    ) -> JSONPage:
        asked["limit"] = None if limit is None else limit + 1
        query = _query(resource_name, parent_id, **asked)
        with self.database.reading(snapshot=True) as session:
            return pages.json_page(session, query, limit=limit)

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
            resource_name=resource_name,
            parent_id=parent_id,
            filters=filters,
            deleted=None if include_deleted else False,
            only_ids=only_ids,
            id_field=id_field,
            modified_field=modified_field,
        )
        with self.database.reading() as session:
            return reading.count_objects(session, query)

    # -- many objects at once ---------------------------------------------------------------

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
            resource_name=resource_name,
            parent_id=parent_id,
            filters=filters,
            sorting=sorting,
            pagination_rules=pagination_rules,
            limit=limit,
            only_ids=only_ids,
            id_field=id_field,
            modified_field=modified_field,
        )
        with self.database.writing() as session:
            gone = removing.delete_all(
                session, query, with_deleted=with_deleted, deleted_field=deleted_field
            )
        return [
            {id_field: object_id, modified_field: modified, deleted_field: True}
            for object_id, modified in gone
        ]

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
        query = Query(resource_name=resource_name, parent_id=parent_id, deleted=True)
        with self.database.writing() as session:
            return removing.purge(session, query, before=before, max_retained=max_retained)

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
            resource_name=resource_name,
            parent_id=parent_id,
            filters=filters,
            id_field=id_field,
            modified_field=modified_field,
            exact_parent=True,
        )
        with self.database.writing() as session:
            return removing.trim(session, query, keep=max_objects)


def _query(
    resource_name: str,
    parent_id: str,
    *,
    include_deleted: bool = False,
    deleted_field: str = DEFAULT_DELETED_FIELD,
    **asked: Any,
) -> Query:
    deleted = None if include_deleted else False
    return Query(resource_name=resource_name, parent_id=parent_id, deleted=deleted, **asked)
