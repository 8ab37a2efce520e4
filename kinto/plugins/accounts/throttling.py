"""Wrong passwords are counted by account and by address; too many are answered 429.

Known and unknown names are counted alike. Counts live in the cache for a fixed time from the
first failure, so that guessing cannot keep an account shut for ever. While the cache is away each
process counts for itself: a cache that fails opens nothing, and stops nobody who has the password.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from operator import itemgetter
from typing import Any

from pyramid.httpexceptions import HTTPTooManyRequests

from kinto.core.errors import ERRORS, http_error
from kinto.core.storage.exceptions import BackendError
from kinto.core.utils import hmac_digest, msec_time
from kinto.plugins.accounts.settings import AccountsSettings

TOO_MANY = "Too many failed attempts, please retry later."

# The cache has no increment: within a process, at least, no failure goes uncounted.
_counting = threading.Lock()

MOST_COUNTED_HERE = 10_000
_counted_here: dict[str, dict[str, int]] = {}
"""What was counted while the cache was away; the oldest go beyond this number."""


class Throttle:
    """The counts that an attempt to log in is about.

    Args:
        username: None to count by address only.
        purpose: what is counted; each has counts of its own.
    """

    def __init__(
        self,
        request: Any,
        settings: AccountsSettings,
        *,
        username: str | None,
        purpose: str = "",
    ) -> None:
        registry = request.registry
        self._cache = registry.cache
        self._window = settings.failures_window_seconds
        secret = str(registry.settings.get("userid_hmac_secret") or "")
        # Hashed, so that nobody chooses keys of the cache, nor their length.
        limits = {f"{purpose}address:{request.remote_addr}": settings.failures_per_address}
        if username is not None:
            limits[f"{purpose}account:{username}"] = settings.failures_per_account
        self._limits = {
            f"accounts:failures:{hmac_digest(secret, name)}": limit
            for name, limit in limits.items()
            if limit > 0
        }

    def check(self) -> None:
        """Let the attempt go on.

        Raises:
            HTTPTooManyRequests: there were too many; says when to come back.
        """
        for key, limit in self._limits.items():
            entry = self._entry(key)
            if entry is not None and entry["count"] >= limit:
                raise _too_many(max(1, -(-(entry["until"] - msec_time()) // 1000)))

    def count_failure(self) -> None:
        """Note that the attempt failed."""
        now = msec_time()
        with _counting:
            for key in self._limits:
                entry = self._entry(key)
                if entry is None:
                    entry = {"count": 0, "until": now + self._window * 1000}
                entry["count"] += 1
                try:
                    self._cache.set(key, entry, ttl=(entry["until"] - now) / 1000)
                except BackendError:
                    _counted_here[key] = entry
                    if len(_counted_here) > MOST_COUNTED_HERE:
                        del _counted_here[next(iter(_counted_here))]

    def _entry(self, key: str) -> Any:
        """What was counted in time, here or by all; the greater of the two."""
        entries = [_counted_here.get(key)]
        with suppress(BackendError):
            entries.append(self._cache.get(key))
        current = [entry for entry in entries if entry and entry["until"] > msec_time()]
        return max(current, key=itemgetter("count"), default=None)


def _too_many(seconds: int) -> Any:
    response = http_error(HTTPTooManyRequests(), errno=ERRORS.UNDEFINED, message=TOO_MANY)
    response.headers["Retry-After"] = str(seconds)
    return response
