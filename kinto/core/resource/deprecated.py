"""Old names that still work for one major version, with a warning."""

from __future__ import annotations

import warnings
from typing import Any

from kinto.core import schema as nodes


class TimeStamp(nodes.TimeStamp):
    """Use `kinto.core.schema.TimeStamp`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        message = (
            "`kinto.core.resource.schema.TimeStamp` is deprecated, "
            "use `kinto.core.schema.TimeStamp` instead."
        )
        warnings.warn(message, DeprecationWarning)  # noqa: B028 (tests compare the bare call)
        super().__init__(*args, **kwargs)


class URL(nodes.URL):
    """Use `kinto.core.schema.URL`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        message = (
            "`kinto.core.resource.schema.URL` is deprecated, use `kinto.core.schema.URL` instead."
        )
        warnings.warn(message, DeprecationWarning)  # noqa: B028
        super().__init__(*args, **kwargs)


def warn_renamed(old: str, new: str) -> None:
    """Tell the caller of `old` that its name is now `new`."""
    message = f"`{old}` is deprecated, use `{new}` instead."
    warnings.warn(message, DeprecationWarning)  # noqa: B028


class DeprecatedModelNames:
    """Methods of `Model` from the time when every object was called a record."""

    parent_id: str
    resource_name: str

    @property
    def collection_id(self) -> str:
        warn_renamed("collection_id", "resource_name")
        return self.resource_name

    def get_records(self, *args: Any, **kwargs: Any) -> Any:
        warn_renamed("get_records()", "get_objects()")
        return self.get_objects(*args, **kwargs)  # type: ignore[attr-defined]

    def delete_records(self, *args: Any, **kwargs: Any) -> Any:
        warn_renamed("delete_records()", "delete_objects()")
        return self.delete_objects(*args, **kwargs)  # type: ignore[attr-defined]

    def get_record(self, record_id: str, parent_id: str | None = None) -> Any:
        warn_renamed("get_record()", "get_object()")
        return self.get_object(record_id, parent_id=parent_id)  # type: ignore[attr-defined]

    def create_record(self, record: Any, parent_id: str | None = None) -> Any:
        warn_renamed("create_record()", "create_object()")
        return self.create_object(record, parent_id=parent_id)  # type: ignore[attr-defined]

    def update_record(self, record: Any, parent_id: str | None = None) -> Any:
        warn_renamed("update_record()", "update_object()")
        return self.update_object(record, parent_id=parent_id)  # type: ignore[attr-defined]

    def delete_record(
        self, record: Any, parent_id: str | None = None, last_modified: int | None = None
    ) -> Any:
        warn_renamed("delete_record()", "delete_object()")
        return self.delete_object(  # type: ignore[attr-defined]
            record, parent_id=parent_id, last_modified=last_modified
        )


class DeprecatedResourceNames:
    """Methods of `Resource` from the same time."""

    @property
    def record_id(self) -> Any:
        warn_renamed("record_id", "object_id")
        return self.object_id  # type: ignore[attr-defined]

    @record_id.setter
    def record_id(self, value: Any) -> None:
        warn_renamed("record_id", "object_id")
        self.object_id = value

    def process_record(self, *args: Any, **kwargs: Any) -> Any:
        warn_renamed("process_record()", "process_object()")
        return self.process_object(*args, **kwargs)  # type: ignore[attr-defined]

    def collection_get(self, *args: Any, **kwargs: Any) -> Any:
        warn_renamed("collection_get()", "plural_get()")
        return self.plural_get(*args, **kwargs)  # type: ignore[attr-defined]

    def collection_post(self, *args: Any, **kwargs: Any) -> Any:
        warn_renamed("collection_post()", "plural_post()")
        return self.plural_post(*args, **kwargs)  # type: ignore[attr-defined]

    def collection_delete(self, *args: Any, **kwargs: Any) -> Any:
        warn_renamed("collection_delete()", "plural_delete()")
        return self.plural_delete(*args, **kwargs)  # type: ignore[attr-defined]
