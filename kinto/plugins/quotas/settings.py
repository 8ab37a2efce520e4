"""The limits, for all buckets and collections or for one: the most specific one counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kinto.core.settings import InvalidSetting, Section, field, read_env

PREFIX = "quotas."

_NAME = re.compile(r"(bucket|collection)_(.+_)?(max_bytes_per_item|max_bytes|max_items)")


class QuotasSettings(Section, prefix="quotas.", title="Quotas"):
    """What holds for every bucket and collection that has no limit of its own."""

    bucket_max_bytes: int | None = field(
        None, ge=0, help="Bytes of a bucket with its groups, collections and records."
    )
    bucket_max_items: int | None = field(None, ge=0, help="Records in a bucket.")
    bucket_max_bytes_per_item: int | None = field(
        None, ge=0, help="Bytes of any object in a bucket."
    )
    collection_max_bytes: int | None = field(
        None, ge=0, help="Bytes of a collection with its records."
    )
    collection_max_items: int | None = field(None, ge=0, help="Records in a collection.")
    collection_max_bytes_per_item: int | None = field(
        None,
        ge=0,
        help="Bytes of a collection, or of a record in it; beats the limit of the bucket.",
    )


class Limits:
    """The limits of a server, by setting name without prefix.

    Args:
        settings: merged, plain names.
    Raises:
        InvalidSetting: a value is no whole number from 0 on, or a name is no limit.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        prefix = settings.get("settings_prefix") or ""
        common = {item.name for item in QuotasSettings.declarations()}
        self._known: dict[str, int] = {}
        for name in {name for name in settings if name.startswith(PREFIX)} | common:
            full = f"{prefix}.{name}" if prefix else name
            value = read_env(full, settings.get(name))
            if value is None or value == "":
                continue
            short = name.removeprefix(PREFIX)
            if _NAME.fullmatch(short) is None:
                raise InvalidSetting(name, value, "a limit, as `quotas.bucket_max_bytes`")
            self._known[short.lower()] = _whole(name, value)

    def of_bucket(self, limit: str, bucket_id: str) -> int | None:
        """A limit (`max_bytes`, `max_items`, `max_bytes_per_item`) of a bucket; None: no limit."""
        return self._first(f"bucket_{bucket_id}_{limit}", f"bucket_{limit}")

    def of_collection(self, limit: str, bucket_id: str, collection_id: str) -> int | None:
        """The same limits, of a collection."""
        return self._first(
            f"collection_{bucket_id}_{collection_id}_{limit}",
            f"collection_{bucket_id}_{limit}",
            f"collection_{limit}",
        )

    def per_item(self, bucket_id: str, collection_id: str | None) -> int | None:
        """The bytes of one object: the collection's limit beats that of the bucket."""
        if collection_id is not None:
            own = self.of_collection("max_bytes_per_item", bucket_id, collection_id)
            if own is not None:
                return own
        return self.of_bucket("max_bytes_per_item", bucket_id)

    def _first(self, *names: str) -> int | None:
        # Files of settings may lose the case of names; ids keep theirs.
        for name in names:
            if (value := self._known.get(name.lower())) is not None:
                return value
        return None


def _whole(name: str, value: Any) -> int:
    expected = "a whole number not below 0"
    if isinstance(value, (bool, float)):
        raise InvalidSetting(name, value, expected)
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise InvalidSetting(name, value, expected) from None
    if number < 0:
        raise InvalidSetting(name, value, expected)
    return number
