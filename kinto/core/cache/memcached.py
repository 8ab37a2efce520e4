"""A cache in memcached servers, shared by all processes and machines of a service.

It takes no part in units of work. A value is the JSON text `{"value": ..., "ttl": ...}`: memcached
counts whole seconds only, so the exact expiry (seconds since 1970) is kept beside the value.
A key lives on one server; when that one is down its operations fail, and no other server is
asked, so that a value used once cannot come back.
"""

from __future__ import annotations

import atexit
import hashlib
import math
import re
from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any

from kinto.core.cache.base import CacheBase
from kinto.core.runtime import clock, json
from kinto.core.runtime.optional import optional_import
from kinto.core.settings.backends import CacheSettings
from kinto.core.settings.fields import aslist
from kinto.core.storage.exceptions import BackendError

memcache: Any = optional_import("pymemcache")
"""The client library, None when it is not installed."""

TIMEOUT = 3.0
"""Seconds that connecting, or one answer, may take."""

DEFAULT_PORT = 11211
DELETED = -1
"""An expiry that makes memcached forget at once."""

MONTH = 30 * 24 * 3600
"""Expiries beyond that many seconds are instants for memcached, not durations."""

_PLAIN_KEY = re.compile(r"[!-~]{1,200}")
_HASHED = "sha256:"


def load_from_config(config: Any) -> Cache:
    """Return the cache in the servers of the setting `cache_hosts` (`host:port`, by spaces).

    Raises:
        ValueError: the port of a server is no number.
        ImportError: the package `pymemcache` is not installed.
    """
    section = CacheSettings.from_mapping(config.get_settings())
    return Cache(
        section.hosts, cache_prefix=section.prefix_, cache_max_size_bytes=section.max_size_bytes
    )


def create_from_config(config: Any, prefix: str = "cache_") -> list[Any]:
    """Return a client for each server of the setting `<prefix>hosts`, for plugins that keep
    things of their own.

    Raises:
        ValueError: the port of a server is no number.
        ImportError: the package `pymemcache` is not installed.
    """
    _require()
    return [_client(host) for host in aslist(config.get_settings().get(f"{prefix}hosts"))]


def wrap_memcached_error(func: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a function whose failures of memcached shall leave as `BackendError`."""

    @wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return func(*args, **kwargs)
        except (OSError, memcache.MemcacheError) as error:
            raise BackendError(original=error) from error

    return wrapped


def execute(call: Callable[..., Any], *arguments: Any) -> Any:
    """Run one call of the client library: the one place where tests make servers fail."""
    return call(*arguments)


class Cache(CacheBase):
    """See `CacheBase`. `flush` empties the servers, whatever the prefix."""

    def __init__(self, hosts: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _require()
        self._clients = {host: _client(host) for host in hosts}

    def initialize_schema(self, dry_run: bool = False) -> None:
        """There is nothing to initialize."""

    def flush(self) -> None:
        for client in self._clients.values() or [self._server_of("")]:
            _perform(client.flush_all, 0, False)

    def ttl(self, key: str) -> float:
        found = self._find(key)
        return -1.0 if found is None else found[1] - _now()

    def expire(self, key: str, ttl: float) -> None:
        self._exchange(key, lambda value: _entry(value, ttl))

    def set(self, key: str, value: Any, ttl: float) -> None:
        text, expiry = _entry(value, ttl)
        name = self._name(key)
        if ttl > 0:
            _perform(self._server_of(name).set, name, text, expiry, False)
        else:
            _perform(self._server_of(name).delete, name, False)

    def get(self, key: str) -> Any:
        found = self._find(key)
        if found is None:
            self.metrics_backend.count_miss()
            return None
        self.metrics_backend.count_hit()
        return found[0]

    def delete(self, key: str) -> Any:
        return self._exchange(key, lambda _: (b"", DELETED))

    def _find(self, key: str) -> tuple[Any, float] | None:
        """Return the value and when it expires."""
        name = self._name(key)
        return _alive(_perform(self._server_of(name).get, name))

    def _exchange(self, key: str, change: Callable[[Any], tuple[bytes, int]]) -> Any:
        """Replace what is stored if nobody else does it first; return the former value."""
        name = self._name(key)
        server = self._server_of(name)
        while True:
            stored, version = _perform(server.gets, name)
            found = _alive(stored)
            if found is None:
                return None
            text, expiry = change(found[0])
            done = _perform(server.cas, name, text, version, expiry, False)
            if done:
                return found[0]
            if done is None:  # it went meanwhile
                return None

    def _name(self, key: str) -> str:
        """Return a key that memcached accepts: what is long or odd is hashed."""
        full = self.prefix + key
        if _PLAIN_KEY.fullmatch(full) and not full.startswith(_HASHED):
            return full
        return _HASHED + hashlib.sha256(full.encode("utf-8", "surrogatepass")).hexdigest()

    def _server_of(self, name: str) -> Any:
        """Return the server of a key: the one that wins a draw which all processes repeat."""
        if not self._clients:
            raise BackendError(message="No memcached server: the setting cache_hosts is empty")
        host = max(
            self._clients, key=lambda host: hashlib.sha256(f"{host} {name}".encode()).digest()
        )
        return self._clients[host]


def _require() -> None:
    if memcache is None:
        raise ImportError("The cache needs the package pymemcache: install kinto[memcached]")


@cache
def _client(host: str) -> Any:
    """Return the pool of connections to a server, one for all caches of this process."""
    name, separator, port = host.rpartition(":")
    address = (name, int(port)) if separator else (host, DEFAULT_PORT)
    client = memcache.PooledClient(
        address, connect_timeout=TIMEOUT, timeout=TIMEOUT, no_delay=True, default_noreply=False
    )
    atexit.register(client.close)
    return client


def _entry(value: Any, ttl: float) -> tuple[bytes, int]:
    """Return the text of a value, and the expiry that memcached is told: never too early."""
    text = json.dumps_bytes({"value": value, "ttl": _now() + ttl})
    if ttl <= 0:
        return text, DELETED
    seconds = math.ceil(ttl) + 1
    return text, math.ceil(_now()) + seconds if seconds > MONTH else seconds


def _alive(text: bytes | None) -> tuple[Any, float] | None:
    if not text:
        return None
    stored = json.loads_trusted(text)
    return (stored["value"], stored["ttl"]) if stored["ttl"] > _now() else None


def _perform(call: Callable[..., Any], *arguments: Any) -> Any:
    """Run a call of the client library, its failures turned into `BackendError`."""
    try:
        try:
            return execute(call, *arguments)
        except (memcache.MemcacheUnexpectedCloseError, ConnectionError):
            # A server that came back leaves dead connections in the pool. Nothing here does harm
            # when it is done twice: what a first attempt took is not found by the second.
            call.__self__.close()  # type: ignore[attr-defined]
            return execute(call, *arguments)
    except (OSError, memcache.MemcacheError) as error:
        raise BackendError(original=error) from error


def _now() -> float:
    """Seconds since 1970: values outlive processes, so it cannot be a monotonic clock."""
    return clock.now_ms() / 1000
