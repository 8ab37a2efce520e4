"""Connections that stay out of the pool between two requests: taken and given back in a few calls.

The pool of SQLAlchemy does much for each connection that it lends. A few that were just used are
kept beside it, as long as nobody waits for one, the pool would lend them again unseen (no
`pool_pre_ping`, no listener, not older than `pool_recycle`), and it is still the same pool.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import psycopg2
import sqlalchemy as sa

from kinto.core.runtime import clock
from kinto.core.storage.postgresql.pool import QueuePoolWithMaxBacklog

MOST = 4
"""Connections that are kept; a quarter of the pool if that is less. The others are for plugins."""

_POOL, _SINCE = "pool", "since"
_LISTENED = ("checkout", "checkin", "reset")


class Spares:
    """The connections beside the pool of an engine. Threads share it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._kept: list[Any] = []
        self._waiting = 0
        self._counting = threading.Lock()
        self._known: Any = None
        self._most = 0
        self._recycle = -1

    def take(self) -> Any:
        """Return a connection that was kept, in autocommit mode; None without any."""
        kept = self._kept
        while kept:
            try:
                connection = kept.pop()
            except IndexError:  # another thread was faster
                return None
            if self._engine.pool is self._known and self._is_young(connection):
                return connection
            self._return(connection)
        return None

    def connect(self) -> Any:
        """Return a connection that nobody else has, in autocommit mode; wait for one if need be.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: all connections are taken.
            psycopg2.Error: the server is away.
        """
        with self._counting:
            self._waiting += 1
        try:
            # One may have been kept by somebody who did not see that it is waited for.
            return self.take() or self._borrow()
        finally:
            with self._counting:
                self._waiting -= 1

    def give_back(self, connection: Any) -> None:
        """Keep a connection without transaction, or let the pool have it."""
        pool = self._engine.pool
        if pool is not self._known:
            self._look_at(pool)
        # Of another pool are those that the server let go of.
        is_good = connection.info.get(_POOL) is pool and self._is_young(connection)
        if self._waiting or not is_good or len(self._kept) >= self._most:
            self._return(connection)
            return
        self._kept.append(connection)
        if self._waiting:
            self.clear()

    def clear(self) -> None:
        """Let the pool have those that are kept."""
        while self._kept:
            try:
                connection = self._kept.pop()
            except IndexError:  # another thread was faster
                return
            self._return(connection)

    def after_fork(self) -> None:
        """Forget, in a child process, what is the parent's; nothing is sent to the server."""
        self._counting = threading.Lock()
        self._waiting = 0
        _of_parents.append(self._kept)
        self._kept = []

    def _borrow(self) -> Any:
        connection: Any = self._engine.raw_connection()
        info = connection.info
        info[_POOL] = self._engine.pool
        info.setdefault(_SINCE, clock.monotonic())
        connection.dbapi_connection.autocommit = True
        return connection

    def _return(self, connection: Any) -> None:
        with suppress(psycopg2.Error):
            connection.dbapi_connection.autocommit = False
        connection.close()

    def _is_young(self, connection: Any) -> bool:
        if self._recycle < 0:
            return True
        return bool(clock.monotonic() - connection.info[_SINCE] <= self._recycle)

    def _look_at(self, pool: Any) -> None:
        self.clear()
        is_ours = type(pool) is QueuePoolWithMaxBacklog and not pool._pre_ping
        is_heard = any(getattr(pool.dispatch, name) for name in _LISTENED)
        self._most = min(MOST, pool.size() // 4) if is_ours and not is_heard else 0
        self._recycle = pool._recycle
        self._known = pool


def leave_to_pool(connection: Any) -> None:
    """Have the pool put a connection in order when it is given back: somebody else used it."""
    connection.info.pop(_POOL, None)


_of_parents: list[Any] = []
"""Connections of a parent process: an end of theirs would be told to the server."""
