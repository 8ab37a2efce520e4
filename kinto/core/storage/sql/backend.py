"""The storage in an SQL database: what is the same whichever database it is.

A backend gives its modules `clocks`, `reading`, `writing` and `removing` (see `rooms`).
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
from kinto.core.runtime.deprecation import deprecate_kwargs
from kinto.core.storage.base import Filters, ListKey, ObjectKey, Pagination, Sorting, StorageBase
from kinto.core.storage.exceptions import ObjectNotFoundError
from kinto.core.storage.generators import never_repeats
from kinto.core.storage.pages import JSONObject, object_of, objects_of
from kinto.core.storage.sql import rooms
from kinto.core.storage.sql.statements import Query

PICK_ONE = "`before` and `max_retained` are exclusive arguments. Pick one."


class SQLStorage(StorageBase):
    """See `StorageBase`. `database` gives sessions: `reading()` and `writing()` are blocks, and
    `session_of_unit()` is the one of the unit of work, if there is one.
    """

    supports_only_ids = True

    database: Any
    _clocks: rooms.Clocks
    _reading: rooms.Reading
    _writing: rooms.Writing
    _removing: rooms.Removing

    def flush(self) -> None:
        with self.database.writing() as session:
            self._removing.flush(session)

    def resource_timestamp(self, resource_name: str, parent_id: str) -> int:
        with self.database.reading() as session:
            return self._clocks.timestamp_of(session, resource_name, parent_id)

    def all_resources_timestamps(self, resource_name: str) -> dict[str, int]:
        with self.database.reading() as session:
            return self._clocks.timestamps_of(session, resource_name)

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
        make_id = id_generator or self.id_generator
        is_given = id_field in data
        key = (resource_name, parent_id, data[id_field] if is_given else make_id())
        with self.database.writing() as session:
            return self._writing.create(
                session,
                key,
                data,
                id_field=id_field,
                modified_field=modified_field,
                is_unheard_of=not is_given and never_repeats(make_id),
            )

    def append(
        self,
        resource_name: str,
        parent_id: str,
        objects: Sequence[KintoObject],
        id_generator: Callable[[], str] | None = None,
    ) -> None:
        make_id = id_generator or self.id_generator
        session = self.database.session_of_unit()
        if session is None or not never_repeats(make_id):
            super().append(resource_name, parent_id, objects, id_generator)
            return
        rows = [(make_id(), obj) for obj in objects]
        with self.database.writing() as session:
            self._writing.append(session, (resource_name, parent_id), rows)

    def create_many(
        self, resource_name: str, parent_id: str, objects: Mapping[str, KintoObject]
    ) -> list[JSONObject]:
        with self.database.writing() as session:
            rows = self._writing.create_many(session, (resource_name, parent_id), objects)
        return objects_of(rows)

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
            (row,) = self._reading.find(session, [(resource_name, parent_id, object_id)])
        if row is None:
            raise ObjectNotFoundError(object_id)
        return self._reading.load(row, object_id, id_field, modified_field)

    def get_many(self, keys: Sequence[ObjectKey]) -> list[KintoObject | None]:
        with self.database.reading() as session:
            rows = self._reading.find(session, keys)
        return self._loaded(keys, rows)

    def get_json(self, keys: Sequence[ObjectKey]) -> JSONObject | None:
        with self.database.reading() as session:
            rows = self._reading.find(session, keys)
        if None in rows:
            return None
        modified, text = rows[-1]
        return object_of((keys[-1][2], modified, text))

    def expect(self, keys: Sequence[ObjectKey], *, timestamp_of: ListKey | None = None) -> None:
        if (session := self.database.session_of_unit()) is not None:
            self._reading.expect(session, keys, timestamp_of)

    def prefetch(self, keys: Sequence[ObjectKey]) -> None:
        if (session := self.database.session_of_unit()) is not None:
            session.keep(self._reading.REMEMBERED)
            with self.database.reading():
                self._reading.find(session, list(keys)[: self._reading.MOST_REMEMBERED])

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
            return self._writing.update(
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
            modified = self._writing.delete(
                session,
                (resource_name, parent_id, object_id),
                with_deleted=with_deleted,
                wanted=last_modified,
                deleted_field=deleted_field,
            )
        return {id_field: object_id, modified_field: modified, deleted_field: True}

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
            return self._reading.list_objects(session, self._capped(query))

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
            return self._reading.count_objects(session, query)

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
            gone = self._removing.delete_all(
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
            return self._removing.purge(session, query, before=before, max_retained=max_retained)

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
            return self._removing.trim(session, query, keep=max_objects)

    def _loaded(self, keys: Sequence[ObjectKey], rows: Sequence[Any]) -> list[KintoObject | None]:
        """The objects of rows that were found by their keys, None where there is no row."""
        id_field, modified_field = self.id_field, self.modified_field
        return [
            None if row is None else self._reading.load(row, key[2], id_field, modified_field)
            for key, row in zip(keys, rows, strict=True)
        ]

    def _capped(self, query: Query) -> Query:
        """The query with the limit of the backend itself, if it has one."""
        return query


def query_of(
    resource_name: str,
    parent_id: str,
    *,
    include_deleted: bool = False,
    deleted_field: str = DEFAULT_DELETED_FIELD,
    **asked: Any,
) -> Query:
    """The query for a page, from the arguments of `list_page`."""
    deleted = None if include_deleted else False
    return Query(resource_name=resource_name, parent_id=parent_id, deleted=deleted, **asked)
