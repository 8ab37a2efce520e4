"""The contract of a storage backend.

A backend keeps objects in lists. A list is a `resource_name` (`"record"`) in a `parent_id`
(`"/buckets/b/collections/c"`). It has a timestamp, live objects and tombstones, and nothing is
shared between two lists. The first part of `StorageBase` is what every backend must have; the
last part has working defaults, which a backend replaces when it can do better.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from kinto.core.protocol.terms import (
    COMPARISON,
    DEFAULT_DELETED_FIELD,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    Filter,
    KintoObject,
    Sort,
)
from kinto.core.runtime import json
from kinto.core.runtime.deprecation import deprecate_kwargs, warn_deprecated
from kinto.core.storage import generators
from kinto.core.storage.exceptions import RecordNotFoundError
from kinto.core.storage.pages import JSONObject

Filters = Sequence[Filter] | None
Sorting = Sequence[Sort] | None
Pagination = Sequence[Sequence[Filter]] | None
ObjectKey = tuple[str, str, str]
"""(resource_name, parent_id, object_id)"""
ListKey = tuple[str, str]
"""(resource_name, parent_id)"""


class StorageBase:
    """Base of the storage backends.

    Any failure of the service behind a backend is raised as `BackendError`, and a conflict of
    two writes as `IntegrityError`. Instances are used by several threads at once. Inside a unit
    of work (`kinto.core.runtime.units`) changes are undone or kept together; outside, each
    operation stands alone.

    Timestamps are whole milliseconds, unique and rising in a list: see
    `kinto.core.protocol.timestamps` for the rule. No read writes.

    `parent_id` may hold `*`, any sequence of characters, where a docstring calls it a pattern.
    Every other character stands for itself, and the pattern covers the whole parent id.
    """

    id_generator: Callable[[], str] = generators.UUID4()
    id_field: str = DEFAULT_ID_FIELD
    modified_field: str = DEFAULT_MODIFIED_FIELD

    supports_only_ids: bool = False
    """Whether `list_all`, `count_all` and `delete_all` honour `only_ids`."""

    # -- required ---------------------------------------------------------------------------

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create or upgrade what the backend needs. Doing it twice is harmless.

        With `dry_run`, only log what would be done.
        """
        raise NotImplementedError

    def flush(self) -> None:
        """Remove every object, tombstone and timestamp."""
        raise NotImplementedError

    def resource_timestamp(self, resource_name: str, parent_id: str) -> int:
        """Return the timestamp of a list.

        A list never written has one too, derived and not stored: the same at each call and in
        each process, and lower than any timestamp that the server will assign in this list. It
        is the creation of the stored object whose URI is `parent_id`. Where there is no such
        object it is the creation of the storage; if moreover `parent_id` is no URI, a first
        write that comes with a timestamp of its own, even an older one, gives it to the list.
        """
        raise NotImplementedError

    def all_resources_timestamps(self, resource_name: str) -> dict[str, int]:
        """Return the timestamps of the written lists of this resource, by parent id.

        Lists left with only tombstones, or with nothing, are among them.
        """
        raise NotImplementedError

    def create(
        self,
        resource_name: str,
        parent_id: str,
        obj: KintoObject,
        id_generator: Callable[[], str] | None = None,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
    ) -> KintoObject:
        """Store a copy of `obj` and return it with its id and timestamp.

        The id is that of `obj`, or a new one from `id_generator` (by default that of the
        backend). A tombstone with this id is replaced.

        Raises:
            UnicityError: a live object has this id.
            IntegrityError: another object of the list has the timestamp given in `obj`.
            TypeError: `obj` holds something that JSON cannot tell.
        """
        raise NotImplementedError

    def get(
        self,
        resource_name: str,
        parent_id: str,
        object_id: str,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
    ) -> KintoObject:
        """Return a live object, as a dict that belongs to the caller.

        Raises:
            ObjectNotFoundError: no live object has this id.
        """
        raise NotImplementedError

    def update(
        self,
        resource_name: str,
        parent_id: str,
        object_id: str,
        obj: KintoObject,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
    ) -> KintoObject:
        """Store the whole of `obj` under `object_id`, whatever was there, and return it.

        An object, or a tombstone, with this id is replaced. An id inside `obj` is ignored.

        Raises:
            IntegrityError: another object of the list has the timestamp given in `obj`.
            TypeError: `obj` holds something that JSON cannot tell.
        """
        raise NotImplementedError

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
        """Delete an object and return its tombstone: id, timestamp, `deleted: True`.

        `with_deleted=False` keeps no tombstone. `last_modified` asks for a timestamp, under the
        same rule as a write.

        Raises:
            ObjectNotFoundError: no live object has this id.
            IntegrityError: another object of the list has this `last_modified`.
        """
        raise NotImplementedError

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
        """Delete the live objects that `list_all` would give, and return their tombstones.

        `parent_id` is a pattern; `resource_name=None` is every resource. Each tombstone gets a
        new timestamp of its own. Existing tombstones are left alone.
        """
        raise NotImplementedError

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
        """Forget tombstones, never live objects; return how many.

        `parent_id` is a pattern; `resource_name=None` is every resource. `before` spares the
        tombstones of that timestamp or later; `max_retained` spares that many of the newest in
        each list. With every resource and no `before`, the timestamps of the lists go as well.
        `force_commit` is for scripts, which run outside any unit of work.

        Raises:
            ValueError: both `before` and `max_retained` are given.
        """
        raise NotImplementedError

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
        """Return the live objects that satisfy all the filters, as dicts of the caller.

        `parent_id` is a pattern. `pagination_rules` keeps those that satisfy all the filters of
        at least one inner list. `sorting` is cumulative and stable, and `limit` applies last.
        `include_deleted` adds the tombstones that satisfy the same conditions. `only_ids`, when
        not None, keeps only objects with these ids; no filter can widen it.
        """
        raise NotImplementedError

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
        """Return how many objects `list_all` would give without limit."""
        raise NotImplementedError

    def trim_objects(
        self,
        resource_name: str,
        parent_id: str,
        filters: Filters,
        max_objects: int,
        id_field: str = DEFAULT_ID_FIELD,
        modified_field: str = DEFAULT_MODIFIED_FIELD,
    ) -> int:
        """Keep the `max_objects` newest of the live objects that satisfy `filters`.

        The other ones that satisfy them disappear without tombstone; return how many.
        """
        raise NotImplementedError

    # -- optional: the defaults are written with the required methods -----------------------

    def lock_parent(self, resource_name: str, parent_id: str) -> None:
        """Be the only writer of this list until the current unit of work ends.

        The default does nothing: with such a backend, a precondition is checked before the
        write and not with it.
        """

    def append(
        self,
        resource_name: str,
        parent_id: str,
        objects: Sequence[KintoObject],
        id_generator: Callable[[], str] | None = None,
    ) -> None:
        """Store new objects, newer than all others of their list; their order is kept.

        For whoever need not know their timestamps: a backend may leave it to the commit to lock
        the list and to find these.

        Args:
            objects: without id and timestamp.
            id_generator: makes their ids; by default that of the storage.
        """
        self.lock_parent(resource_name, parent_id)
        for obj in objects:
            self.create(resource_name, parent_id, obj, id_generator=id_generator)

    def create_many(
        self, resource_name: str, parent_id: str, objects: Mapping[str, KintoObject]
    ) -> list[JSONObject]:
        """Store new objects of one list in their order, and return them as JSON texts.

        For whoever has locked the list, and knows that no live object has any of these ids.
        Tombstones with these ids are replaced.

        Args:
            objects: by their ids, without id and timestamp. They are given away: nobody changes
                them afterwards, nor what is in them.
        """
        created = [
            self.create(resource_name, parent_id, {**obj, self.id_field: object_id})
            for object_id, obj in objects.items()
        ]
        return [JSONObject(obj[self.modified_field], json.dumps_bytes(obj)) for obj in created]

    def get_many(self, keys: Sequence[ObjectKey]) -> list[KintoObject | None]:
        """Return the live objects of `keys` in their order, None for those that are missing."""
        found: list[KintoObject | None] = []
        for resource_name, parent_id, object_id in keys:
            try:
                found.append(self.get(resource_name, parent_id, object_id))
            except RecordNotFoundError:
                found.append(None)
        return found

    def get_json(self, keys: Sequence[ObjectKey]) -> JSONObject | None:
        """Return the object of the last key as JSON text; None unless all keys have an object.

        A backend that keeps the text of its objects need not decode them.
        """
        found = self.get_many(keys)
        obj = found[-1]
        if obj is None or None in found:
            return None
        return JSONObject(obj[self.modified_field], json.dumps_bytes(obj))

    def timestamp_with(
        self, keys: Sequence[ObjectKey], *, resource_name: str, parent_id: str
    ) -> int | None:
        """Return the `resource_timestamp` of a list; None unless all keys have a live object."""
        found, timestamp = self.get_many_with_timestamp(
            keys, resource_name=resource_name, parent_id=parent_id
        )
        return None if None in found else timestamp

    def get_many_with_timestamp(
        self, keys: Sequence[ObjectKey], *, resource_name: str, parent_id: str
    ) -> tuple[list[KintoObject | None], int]:
        """Return what `get_many` and `resource_timestamp` do, if possible in one round trip."""
        found = self.get_many(keys)
        return found, self.resource_timestamp(resource_name, parent_id)

    def expect(self, keys: Sequence[ObjectKey], *, timestamp_of: ListKey | None = None) -> None:
        """Learn that this unit of work will ask for these objects, and the timestamp of a list.

        A hint: a backend may read them together with whatever it is asked for next. The default
        ignores it.
        """

    def prefetch(self, keys: Sequence[ObjectKey]) -> None:
        """Learn that these objects will be asked for soon. The default ignores it."""

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
        """Return the timestamp and the objects of a list, as `resource_timestamp` and `list_all`.

        Both belong to one snapshot. The default reads the timestamp first, so that a change in
        between is at worst given twice to a client that polls, and never missed.
        """
        timestamp = self.resource_timestamp(resource_name, parent_id)
        narrowing: dict[str, Any] = {}
        if only_ids is not None:
            if self.supports_only_ids:
                narrowing["only_ids"] = only_ids
            else:
                own = Filter(id_field, list(only_ids), COMPARISON.IN)
                filters = [*(filters or ()), own]
        objects = self.list_all(
            resource_name,
            parent_id,
            filters=filters,
            sorting=sorting,
            pagination_rules=pagination_rules,
            limit=limit,
            include_deleted=include_deleted,
            id_field=id_field,
            modified_field=modified_field,
            deleted_field=deleted_field,
            **narrowing,
        )
        return timestamp, objects

    # -- deprecated -------------------------------------------------------------------------

    @deprecate_kwargs({"collection_id": "resource_name"})
    def get_all(self, *args: Any, **kwargs: Any) -> tuple[list[KintoObject], int]:
        """Return `list_all` and `count_all` of the same arguments, as a pair."""
        warn_deprecated("Use either self.list_all() or self.count_all()")
        # What follows the filters in `list_all` does not change how many objects there are.
        counted = {
            name: value
            for name, value in kwargs.items()
            if name not in ("sorting", "pagination_rules", "limit", "include_deleted")
        }
        return self.list_all(*args, **kwargs), self.count_all(*args[:3], **counted)

    def collection_timestamp(self, collection_id: str, parent_id: str) -> int:
        """Return `resource_timestamp`, under its first name."""
        warn_deprecated(
            "`collection_timestamp()` is deprecated, use `resource_timestamp()` instead."
        )
        return self.resource_timestamp(collection_id, parent_id)
