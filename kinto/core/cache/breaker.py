"""While a cache is away, callers are told at once; one of them looks whether it is back.

A cache that hangs would otherwise cost every request the time an answer may take, several times.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from kinto.core.runtime import clock
from kinto.core.storage.exceptions import BackendError

PAUSE_SECONDS = 1.0
"""How long nobody asks after a failure."""

T = TypeVar("T")


class Breaker:
    """Lets calls through, until one fails.

    Args:
        is_away: whether a failure means that the cache is away; others are answers.
    """

    def __init__(self, is_away: Callable[[BackendError], bool]) -> None:
        self._is_away = is_away
        self._lock = threading.Lock()
        self._next_try: float | None = None
        self._is_tried = False

    def call(self, work: Callable[[], T]) -> T:
        """Return what `work` returns.

        Raises:
            BackendError: it failed, or the cache was away a moment ago.
        """
        if self._next_try is not None:
            with self._lock:
                if self._next_try is not None:
                    if self._is_tried or clock.monotonic() < self._next_try:
                        raise BackendError(message="The cache did not answer a moment ago.")
                    self._is_tried = True
        next_try = None
        try:
            return work()
        except BackendError as failure:
            if self._is_away(failure):
                next_try = clock.monotonic() + PAUSE_SECONDS
            raise
        finally:
            if next_try is not None or self._next_try is not None:
                with self._lock:
                    self._next_try, self._is_tried = next_try, False
