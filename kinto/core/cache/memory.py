"""A cache in the memory of this process, bounded in size: lost at exit, shared with nobody.

Values are kept as JSON text, so that no caller can change what another one stored.
"""

from __future__ import annotations

import heapq
import threading
from dataclasses import dataclass
from typing import Any

from kinto.core.cache.base import CacheBase
from kinto.core.runtime import clock, json
from kinto.core.settings.backends import CacheSettings

ENTRY_OVERHEAD = 48
"""Bytes counted for each entry besides its key and text (settings, "Memory")."""

SHRINK_TO = 0.8
"""The part of the limit under which a full cache is brought back."""


def load_from_config(config: Any) -> Cache:
    """Return a new, empty cache bounded by `cache_max_size_bytes`.

    :raises InvalidSetting: when that is not a whole number.
    """
    settings = CacheSettings.from_mapping(config.get_settings())
    return Cache(cache_prefix=settings.prefix_, cache_max_size_bytes=settings.max_size_bytes)


def size_of(key: str, text: str) -> int:
    """The bytes that an entry is taken to occupy: its key is kept three times."""
    return 3 * len(key) + len(text) + ENTRY_OVERHEAD


class Cache(CacheBase):
    """See `CacheBase`. Expired entries go at the next call; a full cache loses its oldest ones."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._store = _Store()

    def with_prefix(self, prefix: str) -> Cache:
        """Return another cache on the same entries."""
        cache = Cache(cache_prefix=prefix, cache_max_size_bytes=self.max_size_bytes)
        cache._store = self._store
        return cache

    def initialize_schema(self, dry_run: bool = False) -> None:
        pass

    def flush(self) -> None:
        with self._store.lock:
            self._store.clear()

    def ttl(self, key: str) -> float:
        now = clock.monotonic()
        with self._store.lock:
            entry = self._store.find(self.prefix + key, now)
            return -1.0 if entry is None else entry.expires_at - now

    def expire(self, key: str, ttl: float) -> None:
        now = clock.monotonic()
        with self._store.lock:
            entry = self._store.find(self.prefix + key, now)
            if entry is not None and ttl > 0:
                self._store.renew(self.prefix + key, _Entry(entry.text, now + ttl))
            elif entry is not None:
                self._store.remove(self.prefix + key)

    def set(self, key: str, value: Any, ttl: float) -> None:
        text = json.dumps(value)
        now = clock.monotonic()
        limit = None if self.max_size_bytes is None else float(self.max_size_bytes)
        with self._store.lock:
            self._store.drop_expired(now)
            self._store.remove(self.prefix + key)
            if ttl > 0:
                self._store.add(self.prefix + key, _Entry(text, now + ttl))
            if limit is not None and self._store.size >= limit:
                self._store.shrink(limit * SHRINK_TO)

    def get(self, key: str) -> Any:
        with self._store.lock:
            entry = self._store.find(self.prefix + key, clock.monotonic())
        if entry is None:
            self.metrics_backend.count_miss()
            return None
        self.metrics_backend.count_hit()
        return json.loads_trusted(entry.text)

    def delete(self, key: str) -> Any:
        with self._store.lock:
            entry = self._store.find(self.prefix + key, clock.monotonic())
            self._store.remove(self.prefix + key)
        return None if entry is None else json.loads_trusted(entry.text)


@dataclass(frozen=True)
class _Entry:
    text: str
    expires_at: float


class _Store:
    """Entries, oldest first, with their expirations. Its users hold `lock`."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.size = 0
        self._entries: dict[str, _Entry] = {}
        self._expirations: list[tuple[float, str]] = []  # a heap; may name entries long gone

    def find(self, key: str, now: float) -> _Entry | None:
        self.drop_expired(now)
        return self._entries.get(key)

    def add(self, key: str, entry: _Entry) -> None:
        """Add an entry as the newest; the key is not there."""
        self._entries[key] = entry
        self.size += size_of(key, entry.text)
        self._expect(key, entry)

    def renew(self, key: str, entry: _Entry) -> None:
        """Replace an entry by one of the same text; it becomes no newer."""
        self._entries[key] = entry
        self._expect(key, entry)

    def remove(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= size_of(key, entry.text)

    def drop_expired(self, now: float) -> None:
        while self._expirations and self._expirations[0][0] <= now:
            _, key = heapq.heappop(self._expirations)
            if key in self._entries and self._entries[key].expires_at <= now:
                self.remove(key)

    def shrink(self, size: float) -> None:
        """Remove the oldest entries until less than `size` is left."""
        while self._entries and self.size >= size:
            self.remove(next(iter(self._entries)))

    def _expect(self, key: str, entry: _Entry) -> None:
        heapq.heappush(self._expirations, (entry.expires_at, key))
        if len(self._expirations) > 2 * len(self._entries) + 64:
            # One key set again and again would make the heap outgrow the bounded entries.
            self._expirations = [(item.expires_at, name) for name, item in self._entries.items()]
            heapq.heapify(self._expirations)
