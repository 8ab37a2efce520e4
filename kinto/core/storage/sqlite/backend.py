"""The storage in an SQLite file: the contract of `StorageBase` over the rooms beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kinto.core.protocol.terms import KintoObject
from kinto.core.settings.backends import StorageSettings
from kinto.core.settings.fields import asbool
from kinto.core.storage.base import ObjectKey
from kinto.core.storage.pages import JSONPage
from kinto.core.storage.sql.backend import SQLStorage, query_of
from kinto.core.storage.sqlite import clocks, pages, reading, removing, writing
from kinto.core.storage.sqlite.client import Database, database_at
from kinto.core.storage.sqlite.installation import Schema

SCHEMA = Schema(
    name="storage",
    version=1,
    script=Path(__file__).with_name("schema.sql").read_text(encoding="utf-8"),
)


def load_from_config(config: Any) -> Storage:
    """Return the storage in the file of the setting `storage_url`; it is opened at first use.

    Raises:
        ValueError: the setting names no SQLite file.
    """
    settings = config.get_settings()
    url = StorageSettings.from_mapping(settings).url
    return Storage(database_at(url), readonly=asbool(settings.get("readonly", False)))


class Storage(SQLStorage):
    """See `StorageBase`. In a unit of work all is one transaction with the permissions in the
    same file, and rows read under the write lock are remembered.
    """

    _clocks = clocks
    _reading = reading
    _writing = writing
    _removing = removing

    def __init__(
        self, database: Database, *args: Any, readonly: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.database = database
        self.readonly = readonly
        database.require(SCHEMA)

    def initialize_schema(self, dry_run: bool = False) -> None:
        self.database.initialize(SCHEMA, dry_run=dry_run)

    def timestamp_with(
        self, keys: Sequence[ObjectKey], *, resource_name: str, parent_id: str
    ) -> int | None:
        with self.database.reading() as session:
            known = clocks.known_timestamp(session, (resource_name, parent_id))
            if known is not None:
                return None if None in reading.find(session, keys) else known
        return super().timestamp_with(keys, resource_name=resource_name, parent_id=parent_id)

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
        return self._loaded(keys, found), derived if stored is None else stored

    def lock_parent(self, resource_name: str, parent_id: str) -> None:
        self.database.lock()

    def list_page(
        self, resource_name: str, parent_id: str, **asked: Any
    ) -> tuple[int, list[KintoObject]]:
        with self.database.reading(snapshot=True) as session:
            timestamp = clocks.timestamp_of(session, resource_name, parent_id)
            query = query_of(resource_name, parent_id, **asked)
            return timestamp, reading.list_objects(session, query)

    def list_page_json(
        self, resource_name: str, parent_id: str, *, limit: int | None = None, **asked: Any
    ) -> JSONPage:
        asked["limit"] = None if limit is None else limit + 1
        query = query_of(resource_name, parent_id, **asked)
        with self.database.reading(snapshot=True) as session:
            return pages.json_page(session, query, limit=limit)
