"""The storage in Redis (or Valkey), shared by all processes and machines of a service.

A unit of work is applied by one script, all or nothing, together with the permissions when they
are in the same database; while one unit writes, the others wait (see `client`). What survives a
crash of Redis itself is Redis's choice: with `appendonly yes` and `appendfsync always` all that
was acknowledged does, and `durability` tells what is configured.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any

from kinto.core.protocol.terms import (
    DEFAULT_DELETED_FIELD,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    KintoObject,
)
from kinto.core.runtime import clock
from kinto.core.runtime.deprecation import deprecate_kwargs
from kinto.core.settings.fields import TRUE_WORDS
from kinto.core.storage.base import Filters, ObjectKey, Pagination, Sorting
from kinto.core.storage.exceptions import BackendError, ObjectNotFoundError, UnicityError
from kinto.core.storage.memory.listing import Query
from kinto.core.storage.memory.rows import Row, isolate
from kinto.core.storage.redis import names, selecting, writing
from kinto.core.storage.redis.client import Database, database_of
from kinto.core.storage.redis.lists import Lists
from kinto.core.storage.redis.removing import RedisRemoving


def load_from_config(config: Any) -> Storage:
    """Return the storage of the setting `storage_url`; warns when Redis may lose writes.

    Raises:
        ValueError: the address is none.
        ImportError: the package `redis` is not installed.
    """
    settings = config.get_settings()
    readonly = str(settings.get("readonly", False)).strip().lower()
    storage = Storage(database_of(settings, "storage"), readonly=readonly in TRUE_WORDS)
    # A server that is down now may be up at the first request.
    with suppress(BackendError):
        storage.initialize_schema(dry_run=storage.readonly)
        storage.database.warn_when_volatile()
    return storage


class Storage(RedisRemoving):
    """See `StorageBase`."""

    supports_only_ids = True

    def __init__(
        self, database: Database, *args: Any, readonly: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(database, *args, **kwargs)
        self.readonly = readonly

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Note when the storage was created, once: what empty lists derive their timestamp from."""
        if not dry_run:
            self.database.server.run("HSETNX", names.META, "created_at", clock.now_ms())

    def durability(self) -> str:
        """Tell what a crash of Redis may lose: `appendonly yes, appendfsync always` is nothing.

        Raises:
            BackendError: it does not answer.
        """
        return self.database.durability()

    def flush(self) -> None:
        with self.database.writing() as session:
            session.part(Lists).empty()

    # -- timestamps -------------------------------------------------------------------------

    def resource_timestamp(self, resource_name: str, parent_id: str) -> int:
        with self.database.reading() as session:
            return session.part(Lists).timestamp((resource_name, parent_id))

    def all_resources_timestamps(self, resource_name: str) -> dict[str, int]:
        with self.database.reading() as session:
            return session.part(Lists).clocks_of(resource_name)

    def lock_parent(self, resource_name: str, parent_id: str) -> None:
        self.database.lock()

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
        data = isolate({**obj})
        if id_field not in data:
            data[id_field] = (id_generator or self.id_generator)()
        key, object_id = (resource_name, parent_id), data[id_field]
        with self.database.writing() as session:
            lists = session.part(Lists)
            existing = lists.rows(key).find(object_id)
            if existing is not None:
                raise UnicityError(id_field, existing.copy())
            return writing.write(lists, key, object_id, data, modified_field=modified_field).copy()

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
            row = session.part(Lists).rows((resource_name, parent_id)).find(object_id)
        if row is None:
            raise ObjectNotFoundError(object_id)
        return row.copy()

    def get_many(self, keys: Sequence[ObjectKey]) -> list[KintoObject | None]:
        with self.database.reading() as session:
            rows = session.part(Lists).get_many(keys)
        return [None if row is None else row.copy() for row in rows]

    def get_many_with_timestamp(
        self, keys: Sequence[ObjectKey], *, resource_name: str, parent_id: str
    ) -> tuple[list[KintoObject | None], int]:
        with self.database.reading() as session:
            rows, timestamp = session.part(Lists).get_many_with_timestamp(
                keys, (resource_name, parent_id)
            )
        return [None if row is None else row.copy() for row in rows], timestamp

    def prefetch(self, keys: Sequence[ObjectKey]) -> None:
        with self.database.reading() as session:
            if session.exclusive:
                session.part(Lists).get_many(keys)

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
        with self.database.writing() as session:
            row = writing.write(
                session.part(Lists),
                (resource_name, parent_id),
                object_id,
                data,
                modified_field=modified_field,
            )
            return row.copy()

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
        key = (resource_name, parent_id)
        with self.database.writing() as session:
            lists = session.part(Lists)
            row = lists.rows(key).find(object_id)
            if row is None:
                raise ObjectNotFoundError(object_id)
            writing.refuse_twin(lists, key, last_modified, row)
            modified = writing.tick(lists, key, last_modified)
            tombstone = {id_field: object_id, modified_field: modified, deleted_field: True}
            writing.bury(lists, row, tombstone, modified=modified, kept=with_deleted)
            return tombstone

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
        with self.database.reading() as session:
            lists = session.part(Lists)
            keys = lists.matching(resource_name, parent_id)
            return _copies(selecting.select(lists, keys, query, include_deleted=include_deleted))

    def list_page(
        self,
        resource_name: str,
        parent_id: str,
        *,
        filters: Filters = None,
        sorting: Sorting = None,
        pagination_rules: Pagination = None,
        limit: int | None = None,
        include_deleted: bool = False,
        only_ids: Collection[str] | None = None,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
        deleted_field: str = DEFAULT_DELETED_FIELD,
    ) -> tuple[int, list[KintoObject]]:
        query = Query(
            filters=filters,
            sorting=sorting,
            pagination_rules=pagination_rules,
            limit=limit,
            only_ids=only_ids,
            id_field=id_field,
            modified_field=modified_field,
        )
        with self.database.reading() as session:
            timestamp, rows = selecting.page(
                session.part(Lists),
                (resource_name, parent_id),
                query,
                include_deleted=include_deleted,
            )
        return timestamp, _copies(rows)

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
        with self.database.reading() as session:
            lists = session.part(Lists)
            keys = lists.matching(resource_name, parent_id)
            return selecting.count(lists, keys, query, include_deleted=include_deleted)


def _copies(rows: list[Row]) -> list[KintoObject]:
    return [row.copy() for row in rows]
