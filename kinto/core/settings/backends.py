"""The settings of the storage, permission and cache backends, and of their connection pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kinto.core.settings.fields import InvalidSetting, Section, field

_POOL_HELP = {
    "pool_size": "Connections kept open (PostgreSQL, Redis).",
    "max_overflow": "More connections under load (PostgreSQL).",
    "pool_recycle": "Seconds after which a connection is replaced; -1: never (PostgreSQL).",
    "pool_timeout": "Seconds to wait for a connection (PostgreSQL, Redis).",
    "max_backlog": "How many may wait for a connection; -1: no limit (PostgreSQL).",
    "poolclass": "Class of the connection pool (PostgreSQL).",
    "socket_timeout": "Seconds that connecting, or an answer, may take (Redis).",
    "statement_timeout": "Seconds a statement may take; 0: no limit (PostgreSQL).",
}


class StorageSettings(Section, prefix="storage", title="Storage"):
    """Where the objects are."""

    backend: str = field("", help="Module of the storage backend.")
    url: str = field("", help="Address of the storage; for SQLite, `sqlite:////path/to/file`.")
    allow_unsafe_durability: bool = field(
        False, help="Start on a PostgreSQL that has `fsync` or `synchronous_commit` off."
    )


class PermissionSettings(Section, prefix="permission", title="Permission"):
    """Where the permissions are; usually the same database as the storage."""

    backend: str = field("", help="Module of the permission backend.")
    url: str = field("", help="Address of the permission backend.")


class CacheSettings(Section, prefix="cache", title="Cache"):
    """Where short-lived values are."""

    backend: str = field("", help="Module of the cache backend.")
    url: str = field("", help="Address of the cache.")
    hosts: tuple[str, ...] = field((), raw="", help="Servers of the memcached cache.")
    prefix_: str = field("", name="cache_prefix", help="Put before each cache key.")
    max_size_bytes: int = field(
        524288, ge=0, help="Size at which the memory cache drops its oldest entries."
    )


class PoolSettings(Section, title="Connection pools"):
    """Options of a pool, the same for the three kinds; they have no default in the mapping.

    Redis has defaults of its own for the size (50) and the timeout (20) of its pool.

    `PoolSettings.of(settings, "storage")` reads `storage_pool_size` and its sisters.
    """

    pool_size: int = field(25, ge=1, help=_POOL_HELP["pool_size"])
    max_overflow: int = field(10, ge=-1, help=_POOL_HELP["max_overflow"])
    pool_recycle: int = field(-1, ge=-1, help=_POOL_HELP["pool_recycle"])
    pool_timeout: float = field(30, ge=0, help=_POOL_HELP["pool_timeout"])
    max_backlog: int = field(-1, ge=-1, help=_POOL_HELP["max_backlog"])
    poolclass: str = field(
        "kinto.core.storage.postgresql.pool.QueuePoolWithMaxBacklog", help=_POOL_HELP["poolclass"]
    )
    socket_timeout: float = field(5, ge=0.01, help=_POOL_HELP["socket_timeout"])
    statement_timeout: float = field(30, ge=0, help=_POOL_HELP["statement_timeout"])

    @classmethod
    def of(cls, settings: Mapping[str, Any], kind: str) -> PoolSettings:
        """Read the pool of `kind` (`storage`, `permission` or `cache`)."""
        written = {
            item.name: settings[f"{kind}_{item.name}"]
            for item in cls.declarations()
            if f"{kind}_{item.name}" in settings
        }
        try:
            return cls.from_mapping(written)
        except InvalidSetting as wrong:
            name = f"{kind}_{wrong.name}"
            raise InvalidSetting(name, wrong.value, wrong.expected) from None


BACKEND_SECTIONS: tuple[type[Section], ...] = (StorageSettings, PermissionSettings, CacheSettings)
