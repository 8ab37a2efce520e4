"""A connection pool with a bounded queue: beyond it, one is refused at once instead of waiting."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import exc
from sqlalchemy.pool import QueuePool


class QueuePoolWithMaxBacklog(QueuePool):
    """`QueuePool` in which at most `max_backlog` threads wait for a connection.

    Args:
        max_backlog: how many may wait; -1: no limit.
    """

    def __init__(self, creator: Any, *args: Any, max_backlog: int = -1, **kwargs: Any) -> None:
        super().__init__(creator, *args, **kwargs)
        self.max_backlog = max_backlog
        self._waiting = 0
        self._counting = threading.Lock()

    def recreate(self) -> QueuePoolWithMaxBacklog:
        """Return an empty pool with the same options."""
        fresh: Any = super().recreate()
        fresh.max_backlog = self.max_backlog
        return fresh  # type: ignore[no-any-return]

    def _do_get(self) -> Any:
        if self.max_backlog < 0:
            return super()._do_get()
        with self._counting:
            # Connections that nobody uses, and those that may still be made, go without waiting.
            free = self._pool.maxsize + self._max_overflow - self.checkedout()
            if self._max_overflow >= 0 and self._waiting >= max(free, 0) + self.max_backlog:
                raise exc.TimeoutError("Too many requests wait for a database connection.")
            self._waiting += 1
        try:
            return super()._do_get()
        finally:
            with self._counting:
                self._waiting -= 1
