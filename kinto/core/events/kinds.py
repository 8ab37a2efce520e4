"""The events of the resources: what happened, before and after commit."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from kinto.core.runtime.deprecation import warn_deprecated


class ACTIONS(Enum):
    """What was done to objects."""

    CREATE = "create"
    DELETE = "delete"
    READ = "read"
    UPDATE = "update"

    # Members are keys in every request: those of `Enum` would be hashed by their names.
    __hash__ = object.__hash__

    @staticmethod
    def from_string_list(elements: Iterable[ACTIONS | str]) -> tuple[ACTIONS, ...]:
        """Members for names or members.

        Raises:
            ValueError: for a name that is no action.
        """
        return tuple(ACTIONS(element) for element in elements)


class _ResourceEvent:
    """What all events have: a payload (see the documentation of events) and the request."""

    def __init__(self, payload: dict[str, Any], request: Any) -> None:
        self.payload = payload
        self.request = request

    def __repr__(self) -> str:
        payload = self.payload
        return f"<{type(self).__name__} action={payload.get('action')} uri={payload.get('uri')}>"


class _ReadEvent(_ResourceEvent):
    def __init__(self, payload: dict[str, Any], read_objects: Any, request: Any) -> None:
        super().__init__(payload, request)
        self.read_objects = read_objects

    @property
    def read_records(self) -> Any:
        warn_deprecated("`read_records` is deprecated, use `read_objects` instead.")
        return self.read_objects


class _ChangeEvent(_ResourceEvent):
    def __init__(self, payload: dict[str, Any], impacted_objects: Any, request: Any) -> None:
        super().__init__(payload, request)
        self.impacted_objects = impacted_objects

    @property
    def impacted_records(self) -> Any:
        warn_deprecated("`impacted_records` is deprecated, use `impacted_objects` instead.")
        return self.impacted_objects


class ResourceRead(_ReadEvent):
    """Objects were read; sent before the transaction ends."""


class ResourceChanged(_ChangeEvent):
    """Objects were created, changed or deleted; sent inside the transaction.

    Subscribers may write too; an exception undoes the whole request.
    """


class AfterResourceRead(_ReadEvent):
    """Objects were read, and the transaction was committed."""


class AfterResourceChanged(_ChangeEvent):
    """Objects were changed, and this is durable. Nothing may be written from here."""
