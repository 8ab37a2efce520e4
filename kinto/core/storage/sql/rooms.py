"""What the storage asks of an SQL backend: four modules of functions over its sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from kinto.core.protocol.terms import KintoObject
from kinto.core.storage.base import ListKey, ObjectKey
from kinto.core.storage.pages import StoredText
from kinto.core.storage.sql.statements import Query


class Clocks(Protocol):
    """The timestamps of lists."""

    def timestamp_of(self, session: Any, resource_name: str, parent_id: str) -> int: ...

    def timestamps_of(self, session: Any, resource_name: str) -> dict[str, int]: ...


class Reading(Protocol):
    """Objects by key, and lists. A found row is the pair of its timestamp and of the JSON text of
    its other attributes.
    """

    REMEMBERED: str
    MOST_REMEMBERED: int

    def load(self, row: Any, object_id: str, id_field: str, modified_field: str) -> KintoObject: ...

    def find(self, session: Any, keys: Sequence[ObjectKey]) -> Sequence[Any]: ...

    def expect(
        self, session: Any, keys: Sequence[ObjectKey], timestamp_of: ListKey | None = None
    ) -> None: ...

    def list_objects(self, session: Any, query: Query) -> list[KintoObject]: ...

    def count_objects(self, session: Any, query: Query) -> int: ...


class Writing(Protocol):
    """One object; what is returned is as it is stored, of a deletion its timestamp."""

    def create(
        self,
        session: Any,
        key: ObjectKey,
        obj: KintoObject,
        *,
        id_field: str,
        modified_field: str,
        is_unheard_of: bool = False,
    ) -> KintoObject: ...

    def create_many(
        self, session: Any, key: ListKey, objects: Mapping[str, KintoObject]
    ) -> list[StoredText]: ...

    def append(
        self, session: Any, key: ListKey, rows: Sequence[tuple[str, KintoObject]]
    ) -> None: ...

    def update(
        self, session: Any, key: ObjectKey, obj: KintoObject, *, id_field: str, modified_field: str
    ) -> KintoObject: ...

    def delete(
        self,
        session: Any,
        key: ObjectKey,
        *,
        with_deleted: bool,
        wanted: Any,
        deleted_field: str,
    ) -> int: ...


class Removing(Protocol):
    """Many objects; what is returned tells how many, or (id, timestamp) of each."""

    def flush(self, session: Any) -> None: ...

    def delete_all(
        self, session: Any, query: Query, *, with_deleted: bool, deleted_field: str
    ) -> Sequence[tuple[str, int]]: ...

    def purge(
        self, session: Any, query: Query, *, before: int | None, max_retained: int | None
    ) -> int: ...

    def trim(self, session: Any, query: Query, *, keep: int) -> int: ...
