"""A cache in Redis (or Valkey), shared by all processes and machines of a service.

It takes no part in units of work. Each operation is one command, so it is atomic. Values are
JSON text; Redis lets them expire by itself, to the millisecond.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from kinto.core.cache.base import CacheBase
from kinto.core.cache.breaker import Breaker
from kinto.core.runtime import json
from kinto.core.settings.backends import CacheSettings
from kinto.core.storage.redis import names
from kinto.core.storage.redis.connection import Server, is_away, perform, server_of

DELETED_AT_ONCE = 500

_FLUSH = """
if redis.call('EXISTS', KEYS[1], KEYS[2]) > 0 then
    return 0
end
redis.call('FLUSHDB')
return 1
"""
"""KEYS: what tells that a storage or permissions are here. 0, with nothing done, when they are."""


def load_from_config(config: Any) -> Cache:
    """Return the cache of the setting `cache_url`; nothing is sent before the first use.

    Raises:
        ValueError: the address is none.
        ImportError: the package `redis` is not installed.
    """
    settings = config.get_settings()
    section = CacheSettings.from_mapping(settings)
    return Cache(
        server_of(settings, "cache"),
        cache_prefix=section.prefix_,
        cache_max_size_bytes=section.max_size_bytes,
    )


def create_from_config(config: Any, prefix: str = "cache_") -> Server:
    """Return the server of the setting `<prefix>url`, for plugins that keep things of their own.

    Raises:
        ValueError: the address is none.
        ImportError: the package `redis` is not installed.
    """
    return server_of(config.get_settings(), prefix.removesuffix("_") or "cache")


def wrap_redis_error(func: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a function whose failures of Redis shall leave as `BackendError`."""

    @wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return perform(partial(func, *args, **kwargs))

    return wrapped


class Cache(CacheBase):
    """See `CacheBase`. How much it may hold is Redis's own setting (`maxmemory`)."""

    def __init__(self, server: Server, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.server = server
        self._breaker = Breaker(is_away)

    def initialize_schema(self, dry_run: bool = False) -> None:
        """There is nothing to initialize."""

    def flush(self) -> None:
        """Remove every value: those under the prefix, or without one all of the database.

        Objects and permissions that are in the same database stay.
        """
        if not self.prefix and self.server.script(_FLUSH, [names.META, names.HOLDER]):
            return
        keys = [key for key in self.server.scan(self.prefix) if not key.startswith(names.TAG)]
        for start in range(0, len(keys), DELETED_AT_ONCE):
            self.server.run("UNLINK", *keys[start : start + DELETED_AT_ONCE])

    def ttl(self, key: str) -> float:
        left = int(self._run("PTTL", self.prefix + key))
        return left / 1000 if left >= 0 else -1.0

    def expire(self, key: str, ttl: float) -> None:
        self._run("PEXPIRE", self.prefix + key, _milliseconds(ttl))

    def set(self, key: str, value: Any, ttl: float) -> None:
        text = json.dumps(value)
        if ttl > 0:
            self._run("SET", self.prefix + key, text, "PX", _milliseconds(ttl))
        else:
            self._run("DEL", self.prefix + key)

    def get(self, key: str) -> Any:
        text = self._run("GET", self.prefix + key)
        if text is None:
            self.metrics_backend.count_miss()
            return None
        self.metrics_backend.count_hit()
        return json.loads_trusted(text)

    def delete(self, key: str) -> Any:
        text = self._run("GETDEL", self.prefix + key)
        return None if text is None else json.loads_trusted(text)

    def _run(self, *command: Any) -> Any:
        return self._breaker.call(lambda: self.server.run(*command))


def _milliseconds(seconds: float) -> int:
    return math.ceil(seconds * 1000)
