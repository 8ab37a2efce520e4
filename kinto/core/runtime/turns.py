"""A lock that is given in the order in which it was asked for, with a bounded wait.

`threading.Lock` lets a busy thread take it again and again while others starve; writers of one
database would then answer 503 for no reason.
"""

from __future__ import annotations

import threading
from collections import deque


class TurnLock:
    """First come, first served. Not re-entrant; any thread may release it."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, timeout: float) -> bool:
        """Take the lock, waiting `timeout` seconds at most; tell whether it was taken."""
        with self._mutex:
            if not self._held:
                self._held = True
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=timeout):
            return True
        with self._mutex:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
        return True  # it was handed over in the very moment of giving up

    def release(self) -> None:
        """Hand the lock to whoever has waited longest."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False

    def hand_over(self) -> bool:
        """Hand the lock to whoever has waited longest; keep it, and say so, when nobody waits."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
                return True
            return False
