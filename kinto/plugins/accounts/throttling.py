"""Wrong passwords are counted by account and by address; too many are answered 429.

Known and unknown names are counted alike. Counts live in the cache for a fixed time from the
first failure, so that guessing cannot keep an account shut for ever.
"""

from __future__ import annotations

import threading
from typing import Any

from pyramid.httpexceptions import HTTPTooManyRequests

from kinto.core.errors import ERRORS, http_error
from kinto.core.utils import hmac_digest, msec_time
from kinto.plugins.accounts.settings import AccountsSettings

TOO_MANY = "Too many failed attempts, please retry later."

# The cache has no increment: within a process, at least, no failure goes uncounted.
_counting = threading.Lock()


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
            entry = self._cache.get(key)
            if entry is not None and entry["count"] >= limit:
                raise _too_many(max(1, -(-(entry["until"] - msec_time()) // 1000)))

    def count_failure(self) -> None:
        """Note that the attempt failed."""
        now = msec_time()
        with _counting:
            for key in self._limits:
                entry = self._cache.get(key)
                if entry is None or entry["until"] <= now:
                    entry = {"count": 0, "until": now + self._window * 1000}
                entry["count"] += 1
                self._cache.set(key, entry, ttl=(entry["until"] - now) / 1000)


def _too_many(seconds: int) -> Any:
    response = http_error(HTTPTooManyRequests(), errno=ERRORS.UNDEFINED, message=TOO_MANY)
    response.headers["Retry-After"] = str(seconds)
    return response
