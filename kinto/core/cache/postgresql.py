"""A cache in PostgreSQL, shared by all servers.

It takes no part in units of work: each operation commits at once, on connections of its own.
"""

from __future__ import annotations

import logging
from itertools import count
from pathlib import Path
from typing import Any

from kinto.core.cache.base import CacheBase
from kinto.core.runtime import clock, json
from kinto.core.settings.backends import CacheSettings
from kinto.core.storage.postgresql.client import PostgreSQLClient, database_from
from kinto.core.storage.postgresql.migrator import MigratorMixin

logger = logging.getLogger("kinto.core.cache.postgresql")

WRITES_PER_SWEEP = 500
"""Every so many writes of a process, values that have expired are removed."""

SWEPT_AT_ONCE = 2000

_SET = """
INSERT INTO cache (bucket, value, expires_at) VALUES (%s, %s, %s)
    ON CONFLICT (bucket) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
"""
_GET = "SELECT value, expires_at FROM cache WHERE bucket = %s AND expires_at > %s"
_DELETE = "DELETE FROM cache WHERE bucket = %s RETURNING value, expires_at"
_EXPIRE = "UPDATE cache SET expires_at = %s WHERE bucket = %s AND expires_at > %s"
# Rows that somebody else is writing are left to the next sweep: two sweeps never wait in turn.
_SWEEP = """
DELETE FROM cache WHERE bucket IN
       (SELECT bucket FROM cache WHERE expires_at <= %s LIMIT %s FOR UPDATE SKIP LOCKED)
"""


def load_from_config(config: Any) -> Cache:
    """Return the cache at the address in the setting `cache_url`.

    Raises:
        sqlalchemy.exc.ArgumentError: the setting is no address.
        RuntimeError: the server is not durable.
    """
    settings = config.get_settings()
    section = CacheSettings.from_mapping(settings)
    return Cache(
        database_from(settings, "cache_", with_transaction=False).client,
        cache_prefix=section.prefix_,
        cache_max_size_bytes=section.max_size_bytes,
    )


class Cache(CacheBase, MigratorMixin):
    """See `CacheBase`. Values that have expired are swept now and then, as others are written."""

    name = "cache"
    schema_version = 1
    schema_file = Path(__file__).with_name("schema_postgresql.sql")

    def __init__(self, client: PostgreSQLClient, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert client.database is not None
        self.client = client
        self.database = client.database
        self._writes = count(1)
        self.database.require(self.name, self.schema_version)

    def initialize_schema(self, dry_run: bool = False) -> None:
        self.refuse_foreign_tables()
        if self.get_installed_version():
            logger.info("PostgreSQL cache schema is up-to-date.")
        elif dry_run:
            logger.info(f"Create cache schema from '{self.schema_file}'")
        else:
            self.create_schema(dry_run=False)
            logger.info("Created PostgreSQL cache tables")
        self.database.recheck()

    def flush(self) -> None:
        with self.database.writing() as session:
            session.write("DELETE FROM cache")

    def ttl(self, key: str) -> float:
        now = _now()
        row = self._read(key, now)
        return -1.0 if row is None else row[1] - now

    def expire(self, key: str, ttl: float) -> None:
        now = _now()
        self._write(_EXPIRE, (now + ttl, self.prefix + key, now))

    def set(self, key: str, value: Any, ttl: float) -> None:
        text = json.dumps(value)
        now = _now()
        self._write(_SET, (self.prefix + key, text, now + ttl))
        if next(self._writes) % WRITES_PER_SWEEP == 0:
            self._write(_SWEEP, (now, SWEPT_AT_ONCE))

    def get(self, key: str) -> Any:
        row = self._read(key, _now())
        if row is None:
            self.metrics_backend.count_miss()
            return None
        self.metrics_backend.count_hit()
        return json.loads_trusted(row[0])

    def delete(self, key: str) -> Any:
        rows = self._write(_DELETE, (self.prefix + key,))
        alive = rows and rows[0][1] > _now()
        return json.loads_trusted(rows[0][0]) if alive else None

    def _read(self, key: str, now: float) -> Any:
        with self.database.reading() as session:
            rows = session.read(_GET, (self.prefix + key, now))
        return rows[0] if rows else None

    def _write(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        """Run one statement, which is a transaction by itself."""
        with self.database.reading() as session:
            return session.read_or_write(sql, values)


def _now() -> float:
    """Seconds since 1970: values outlive processes, so it cannot be a monotonic clock."""
    return clock.now_ms() / 1000
