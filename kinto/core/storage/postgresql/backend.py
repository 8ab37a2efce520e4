"""The storage in PostgreSQL: the contract of `StorageBase` over the rooms beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kinto.core.protocol.terms import KintoObject
from kinto.core.settings.fields import asbool
from kinto.core.storage.base import ObjectKey
from kinto.core.storage.pages import JSONPage
from kinto.core.storage.postgresql import clocks, pages, reading, removing, writing
from kinto.core.storage.postgresql.client import PostgreSQLClient, database_from
from kinto.core.storage.postgresql.migrator import MigratorMixin, warn_of_time_zone
from kinto.core.storage.sql.backend import SQLStorage, query_of
from kinto.core.storage.sql.statements import Query

SCHEMA_VERSION = 26
MAX_FETCH_SIZE = 10_000


def load_from_config(config: Any) -> Storage:
    """Return the storage at the address in the setting `storage_url`.

    Raises:
        sqlalchemy.exc.ArgumentError: the setting is no address.
        RuntimeError: the server is not durable (see `Database.check_durability`).
    """
    settings = config.get_settings()
    client = database_from(settings, "storage_").client
    return Storage(
        client,
        int(settings.get("storage_max_fetch_size") or MAX_FETCH_SIZE),
        readonly=asbool(settings.get("readonly", False)),
    )


class Storage(SQLStorage, MigratorMixin):
    """See `StorageBase`. In a unit of work all is one transaction with the permissions in the
    same database, and rows read inside it are remembered.

    Args:
        client: of `create_from_config`.
        max_fetch_size: most objects that `list_all` gives at once.
    """

    name = "storage"
    schema_version = SCHEMA_VERSION
    schema_file = Path(__file__).with_name("schema.sql")
    migrations_directory = Path(__file__).with_name("migrations")
    _clocks = clocks
    _reading = reading
    _writing = writing
    _removing = removing

    def __init__(
        self,
        client: PostgreSQLClient,
        max_fetch_size: int = MAX_FETCH_SIZE,
        *args: Any,
        readonly: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        assert client.database is not None
        self.client = client
        self.database = client.database
        self.readonly = readonly
        self._max_fetch_size = max_fetch_size
        self.database.require(self.name, self.schema_version)

    def initialize_schema(self, dry_run: bool = False) -> None:
        warn_of_time_zone(self.client)
        self.create_or_migrate_schema(dry_run)
        self.database.recheck()

    def get_many_with_timestamp(
        self, keys: Sequence[ObjectKey], *, resource_name: str, parent_id: str
    ) -> tuple[list[KintoObject | None], int]:
        with self.database.reading() as session:
            rows, timestamp = reading.find_with_timestamp(session, keys, resource_name, parent_id)
        return self._loaded(keys, rows), timestamp

    def timestamp_with(
        self, keys: Sequence[ObjectKey], *, resource_name: str, parent_id: str
    ) -> int | None:
        with self.database.reading() as session:
            rows, timestamp = reading.find_with_timestamp(session, keys, resource_name, parent_id)
        return None if None in rows else timestamp

    def lock_parent(self, resource_name: str, parent_id: str) -> None:
        session = self.database.session_of_unit()
        if session is not None:
            clocks.lock_ahead(session, (resource_name, parent_id))

    def list_page(
        self, resource_name: str, parent_id: str, **asked: Any
    ) -> tuple[int, list[KintoObject]]:
        query = self._capped(query_of(resource_name, parent_id, **asked))
        with self.database.reading() as session:
            if "*" in parent_id:  # there is no such list, but its parts
                timestamp = clocks.timestamp_of(session, resource_name, parent_id)
                return timestamp, reading.list_objects(session, query)
            return reading.list_with_timestamp(session, query)

    def list_page_json(
        self, resource_name: str, parent_id: str, *, limit: int | None = None, **asked: Any
    ) -> JSONPage:
        asked["limit"] = None if limit is None else limit + 1
        query = self._capped(query_of(resource_name, parent_id, **asked))
        with self.database.reading() as session:
            return pages.json_page(session, query, limit=limit)

    def _capped(self, query: Query) -> Query:
        """Give at most `max_fetch_size` objects, and one more to tell that there are more."""
        most = self._max_fetch_size
        limit = most if query.limit is None else min(query.limit, most + 1)
        return replace(query, limit=limit)
