"""A flushed backend, and short ways to put objects in it: what every suite here starts from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from unittest import mock

from pyramid import testing

from kinto.core.protocol.terms import (
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    MISSING,
    Filter,
    KintoObject,
)
from kinto.core.storage.base import StorageBase

OBJECT_ID = "472be9ec-26fe-461b-8282-9c4e4b207ab3"


class StorageFixture:
    """A backend in `self.storage`, made from `backend` and `settings`, empty for each test."""

    backend: Any = None
    settings: dict[str, Any] = {}
    client_error_patcher: Any = None
    storage: StorageBase

    id_field = DEFAULT_ID_FIELD
    modified_field = DEFAULT_MODIFIED_FIELD

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self.storage = self.backend.load_from_config(self._get_config())
        self.storage.initialize_schema()
        self.obj: KintoObject = {"foo": "bar"}
        self.storage_kw = {"resource_name": "test", "parent_id": "1234"}
        self.other_parent_id = "5678"

    def tearDown(self) -> None:
        mock.patch.stopall()
        super().tearDown()  # type: ignore[misc]
        self.storage.flush()
        testing.tearDown()

    def _get_config(self, settings: dict[str, Any] | None = None) -> Any:
        """Return a configurator that holds `settings` (by default those of the class)."""
        config = testing.setUp()
        config.add_settings(self.settings if settings is None else settings)
        return config

    def create_object(
        self, obj: KintoObject | None = None, id_generator: Any = None, **kwargs: Any
    ) -> KintoObject:
        """Create `obj` (by default `self.obj`) in the usual list, or as `kwargs` say."""
        where = {**self.storage_kw, **kwargs}
        obj = self.obj if obj is None else obj
        return self.storage.create(obj=obj, id_generator=id_generator, **where)

    def create_objects(self, objects: Iterable[KintoObject], **kwargs: Any) -> list[KintoObject]:
        return [self.create_object(obj, **kwargs) for obj in objects]

    def timestamp(self, **kwargs: Any) -> int:
        """Return the timestamp of the usual list, or of the one that `kwargs` say."""
        return self.storage.resource_timestamp(**{**self.storage_kw, **kwargs})

    def listed(self, field: str, **kwargs: Any) -> list[Any]:
        """Return what `list_all` gives, only the values of `field`, in order."""
        objects = self.storage.list_all(**{**self.storage_kw, **kwargs})
        return [obj.get(field, MISSING) for obj in objects]

    def count(self, **kwargs: Any) -> int:
        return self.storage.count_all(**{**self.storage_kw, **kwargs})

    def matching(self, values: Iterable[Any], *conditions: tuple[Any, Any]) -> list[Any]:
        """Store an object with `value` for each of `values` (`MISSING`: without), and return
        those that the conditions `(filter value, operator)` keep, in the order of `values`.

        The count is checked against the list.
        """
        numbered = list(values)
        for number, value in enumerate(numbered):
            self.create_object({"n": number} if value is MISSING else {"n": number, "value": value})
        filters = [Filter("value", value, operator) for value, operator in conditions]
        found = sorted(self.listed("n", filters=filters))
        self.assertEqual(len(found), self.count(filters=filters))  # type: ignore[attr-defined]
        self.storage.delete_all(with_deleted=False, **self.storage_kw)
        return [numbered[number] for number in found]
