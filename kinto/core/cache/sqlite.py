"""A cache in an SQLite file of its own, shared by all processes of a server.

It takes no part in units of work: each operation commits at once. So it must not be the file
that a unit may be writing; when the settings give it the file of the storage, it uses one beside
it. A crash of the machine (not of the process) may lose the last values.
"""

from __future__ import annotations

from itertools import count
from typing import Any

from kinto.core.cache.base import CacheBase
from kinto.core.runtime import clock, json
from kinto.core.settings.backends import CacheSettings
from kinto.core.storage.sqlite.client import Database, database_at, path_of
from kinto.core.storage.sqlite.installation import Schema
from kinto.core.storage.sqlite.session import Session

WRITES_PER_SWEEP = 200
"""Every so many writes of a process, values that have expired are removed."""

SWEPT_AT_ONCE = 2000

SCHEMA = Schema(
    name="cache",
    version=1,
    script="""
CREATE TABLE cache (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    expires_at REAL NOT NULL
) WITHOUT ROWID;

CREATE INDEX cache_by_expiry ON cache (expires_at)
""",
)

_SET = "INSERT OR REPLACE INTO cache (key, value, expires_at) VALUES (?, ?, ?)"
_GET = "SELECT value, expires_at FROM cache WHERE key = ? AND expires_at > ?"
_DELETE = "DELETE FROM cache WHERE key = ? RETURNING value, expires_at"
_EXPIRE = "UPDATE cache SET expires_at = ? WHERE key = ? AND expires_at > ?"
_SWEEP = """
DELETE FROM cache WHERE key IN (SELECT key FROM cache WHERE expires_at <= ? LIMIT ?)
"""


def load_from_config(config: Any) -> Cache:
    """Return the cache in the file of the setting `cache_url`; it is opened at first use.

    Raises:
        ValueError: the setting names no SQLite file.
    """
    settings = config.get_settings()
    section = CacheSettings.from_mapping(settings)
    return Cache(
        database_at(_path(section.url, settings), synchronous="NORMAL"),
        cache_prefix=section.prefix_,
        cache_max_size_bytes=section.max_size_bytes,
    )


class Cache(CacheBase):
    """See `CacheBase`. Values that have expired are swept now and then, as others are written."""

    def __init__(self, database: Database, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.database = database
        self._writes = count(1)
        database.require(SCHEMA)

    def initialize_schema(self, dry_run: bool = False) -> None:
        self.database.initialize(SCHEMA, dry_run=dry_run)

    def flush(self) -> None:
        with self.database.writing_alone() as session:
            session.write("DELETE FROM cache")

    def ttl(self, key: str) -> float:
        now = _now()
        row = self._read(key, now)
        return -1.0 if row is None else row[1] - now

    def expire(self, key: str, ttl: float) -> None:
        now = _now()
        with self.database.writing_alone() as session:
            session.write(_EXPIRE, (now + ttl, self.prefix + key, now))

    def set(self, key: str, value: Any, ttl: float) -> None:
        text = json.dumps(value)
        now = _now()
        with self.database.writing_alone() as session:
            session.write(_SET, (self.prefix + key, text, now + ttl))
            self._sweep(session, now)

    def get(self, key: str) -> Any:
        row = self._read(key, _now())
        if row is None:
            self.metrics_backend.count_miss()
            return None
        self.metrics_backend.count_hit()
        return json.loads_trusted(row[0])

    def delete(self, key: str) -> Any:
        with self.database.writing_alone() as session:
            rows = session.write_returning(_DELETE, (self.prefix + key,))
        alive = rows and rows[0][1] > _now()
        return json.loads_trusted(rows[0][0]) if alive else None

    def _read(self, key: str, now: float) -> Any:
        with self.database.reading_alone() as session:
            rows = session.read(_GET, (self.prefix + key, now))
        return rows[0] if rows else None

    def _sweep(self, session: Session, now: float) -> None:
        if next(self._writes) % WRITES_PER_SWEEP == 0:
            session.write(_SWEEP, (now, SWEPT_AT_ONCE))


def _path(url: str, settings: Any) -> str:
    """Return the file of the cache, which is none that a unit of work writes."""
    path = path_of(url)
    for kind in ("storage", "permission"):
        if _is_sqlite(settings, kind) and path_of(settings[f"{kind}_url"]) == path:
            return f"{path}-cache"
    return path


def _is_sqlite(settings: Any, kind: str) -> bool:
    return bool(settings.get(f"{kind}_url")) and str(settings.get(f"{kind}_backend", "")).endswith(
        ".sqlite"
    )


def _now() -> float:
    """Seconds since 1970: values outlive processes, so it cannot be a monotonic clock."""
    return clock.now_ms() / 1000
