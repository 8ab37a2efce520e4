"""The contract of cache backends: JSON values under a key, each with a time to live.

A cache takes no part in units of work: what is set, or used once, stays so when the request
that did it is undone. Nothing may be kept here that cannot be computed or asked for again.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import Any, Protocol

logger = logging.getLogger("kinto.core.cache")

HEARTBEAT_KEY = "__heartbeat__"
HEARTBEAT_VALUE = {"alive": True}
HEARTBEAT_TTL = 10.0
HEARTBEAT_DELETE_RATE = 0.5
HEARTBEAT_ATTEMPTS = 3


class Counter(Protocol):
    """The part of a metrics service that a cache uses."""

    def count(self, key: str, count: int = 1, unique: Any = None) -> None:
        """Add `count` to the counter called `key`."""


class CacheMetricsBackend:
    """Counts hits and misses on a metrics service, or nowhere while there is none."""

    def __init__(self, metrics_backend: Counter | None = None) -> None:
        self._counter = metrics_backend

    def count_hit(self) -> None:
        """A value was found."""
        if self._counter is not None:
            self._counter.count(key="cache_hits")

    def count_miss(self) -> None:
        """No value was found, or it had expired."""
        if self._counter is not None:
            self._counter.count(key="cache_misses")


class CacheBase:
    """What a cache backend does; every method may raise `BackendError`.

    Every key is stored as `prefix + key`: two caches of one store with different prefixes see
    each other only through full keys. Methods may be called from several threads and take
    effect at once, whatever becomes of the current unit of work.
    """

    prefix: str
    max_size_bytes: int | None
    metrics_backend: CacheMetricsBackend

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """:raises KeyError: without `cache_prefix` (text put before each key).

        Keyword `cache_max_size_bytes` (whole number, or None for no limit) is kept for the
        backends that bound themselves.
        """
        self.prefix = kwargs["cache_prefix"]
        self.max_size_bytes = kwargs.get("cache_max_size_bytes")
        self.metrics_backend = CacheMetricsBackend()

    def set_metrics_backend(self, metrics_backend: Counter | None) -> None:
        """Count hits and misses on this metrics service from now on."""
        self.metrics_backend = CacheMetricsBackend(metrics_backend)

    def initialize_schema(self, dry_run: bool = False) -> None:
        """Create what the backend needs; nothing happens the second time.

        :param dry_run: only log what would be done.
        """
        raise NotImplementedError

    def flush(self) -> None:
        """Remove every value."""
        raise NotImplementedError

    def ttl(self, key: str) -> float:
        """The seconds that remain to a value; negative when there is none."""
        raise NotImplementedError

    def expire(self, key: str, ttl: float) -> None:
        """Replace the time to live; zero or less removes the value, an unknown key is fine.

        :param ttl: seconds, fractions allowed.
        """
        raise NotImplementedError

    def set(self, key: str, value: Any, ttl: float) -> None:
        """Store a JSON value, in place of any former one.

        :param ttl: seconds, fractions allowed; zero or less stores nothing and removes the
            former value.
        :raises TypeError: when `value` cannot be written as JSON (bytes, for instance).
        """
        raise NotImplementedError

    def get(self, key: str) -> Any:
        """The value, as it was given and never the same object; None if unknown or expired."""
        raise NotImplementedError

    def delete(self, key: str) -> Any:
        """Remove a value and return it; None if unknown or expired.

        Of several callers that delete one value, exactly one receives it: this is how tokens
        are used once.
        """
        raise NotImplementedError


def heartbeat(backend: CacheBase) -> Callable[[Any], bool]:
    """Return `ping(request) -> bool`: does the backend keep what it is given? It never raises.

    A value is written and read back; every other time (at random) it is also deleted. Pings of
    other processes use the same key, so an unexpected value is looked at again before it counts.
    """

    def ping(request: Any) -> bool:
        try:
            with_delete = random.SystemRandom().random() < HEARTBEAT_DELETE_RATE
            return any(_round_trip(backend, with_delete) for _ in range(HEARTBEAT_ATTEMPTS))
        except Exception:
            logger.exception("Heartbeat Failure")
            return False

    return ping


def _round_trip(backend: CacheBase, with_delete: bool) -> bool:
    backend.set(HEARTBEAT_KEY, HEARTBEAT_VALUE, ttl=HEARTBEAT_TTL)
    if with_delete:
        return bool(backend.delete(HEARTBEAT_KEY) == HEARTBEAT_VALUE)
    return bool(backend.get(HEARTBEAT_KEY) == HEARTBEAT_VALUE)
