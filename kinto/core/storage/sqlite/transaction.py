"""One connection and the transaction on it: begun late, given back whatever happens.

A read that is followed by no other begins nothing, the first write takes the write lock of the
database, and a commit may be left to the next writer (`commits`). Knows nothing of rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

from kinto.core.runtime import units
from kinto.core.runtime.turns import TurnLock
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.sqlite import execution
from kinto.core.storage.sqlite.commits import MOST_WAITING, OpenTransaction, Waiter
from kinto.core.storage.sqlite.execution import Connection, Parameters, perform

# ABOUT_TO_READ: a snapshot is wanted, and begins with the first query.
IDLE, ABOUT_TO_READ, READING = range(3)

# Rows that follow those of a query. The first is recognised; the second is never fetched.
_END = (0.5, None, None)
_TWO_ENDS = " UNION ALL SELECT 0.5, NULL, NULL UNION ALL SELECT 0.5, NULL, NULL"


@lru_cache(maxsize=1024)
def _ended(sql: str) -> str:
    return sql + _TWO_ENDS


class Pool(Protocol):
    """What a transaction needs of its database."""

    turns: TurnLock
    generation: int
    left: OpenTransaction | None
    """What the last writer left to whoever has the turn now."""

    def borrow(self) -> Connection: ...

    def give_back(self, connection: Connection) -> None: ...

    def discard(self, connection: Connection) -> None: ...


class Transaction:
    """What is begun and ended on one connection of a pool.

    Args:
        snapshot: whether all reads see one moment, that of the first; until something is written.
    Attributes:
        is_writing: whether the write lock is held: nobody else can change anything.
    """

    def __init__(self, pool: Pool, *, snapshot: bool = True) -> None:
        self._pool = pool
        self._connection: Connection | None = pool.borrow()
        self._generation = pool.generation
        self.is_writing = False
        self._mode = ABOUT_TO_READ if snapshot else IDLE
        # Outside of BEGIN, SQLite shows one moment for as long as a query is not at its end.
        self._snapshot: sqlite3.Cursor | None = None
        # Begun by other writers, who wait for our commit; our part is the savepoint `writer`.
        self._shared: OpenTransaction | None = None
        self._broken: BackendError | None = None

    # -- statements -------------------------------------------------------------------------

    def _run(self, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        """Run a statement that is no transaction control."""
        for listener in execution.statement_listeners:
            listener(sql)
        self._begin_reading()
        return self._perform(sql, parameters)

    def _begin_reading(self) -> None:
        if self._mode == ABOUT_TO_READ:
            self._perform("BEGIN")
            self._mode = READING

    def _read_first(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        """Return the rows, of three columns, of a query that becomes the snapshot of the others.

        Most reads are over after one query, and for them BEGIN and COMMIT are spared.
        """
        for listener in execution.statement_listeners:
            listener(sql)
        cursor = self._perform(_ended(sql), parameters)
        rows = list(iter(cursor.fetchone, _END))
        self._snapshot, self._mode = cursor, READING
        return rows

    def _perform(self, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        if self._broken is not None:
            raise self._broken
        connection = self._connection
        if connection is None:
            raise BackendError(message="The transaction is over.")
        try:
            return perform(connection, sql, parameters)
        except BackendError as error:
            # Some failures (full disk, I/O) make SQLite undo the whole transaction. What came
            # next would commit by itself, and half of the unit would be kept.
            is_open = connection.in_transaction or self._snapshot is not None
            if (self.is_writing or self._mode == READING) and not is_open:
                self._broken = error
            raise

    # -- the beginning ----------------------------------------------------------------------

    def begin_writing(self) -> None:
        """Become the only writer. What was read before belongs to an older moment.

        Raises:
            BackendError: others kept the lock for `WAIT_SECONDS`.
        """
        if self.is_writing:
            return
        self._let_go_of_snapshot()
        if self._connection is not None and self._connection.in_transaction:
            self._perform("ROLLBACK")
        if self._mode == READING:
            self._mode = ABOUT_TO_READ
        if not self._pool.turns.acquire(execution.WAIT_SECONDS):
            raise BackendError(message="OperationalError: database is locked")
        try:
            if (left := self._pool.left) is None:
                self._perform("BEGIN IMMEDIATE")
                assert self._connection is not None
                self._connection.pages.clear()
            else:
                self._take_over(left)
        except BaseException:
            self._pool.turns.release()
            raise
        self.is_writing, self._mode = True, IDLE

    def _take_over(self, left: OpenTransaction) -> None:
        """Go on with the transaction of the writer before."""
        assert self._connection is not None
        own, self._connection = self._connection, left.connection
        try:
            self._perform("SAVEPOINT writer")
        except BaseException:
            self._connection = own
            left.settle(self._broken)
            self._return(left.connection)
            raise
        finally:
            self._pool.left = None
        self._pool.give_back(own)
        self._shared = left

    # -- the end ----------------------------------------------------------------------------

    def commit(self) -> None:
        """Make what was written durable and visible; give everything back."""
        if self._broken is not None:
            raise self._broken
        if self.is_writing:
            if self._may_share() and self._leave_to_next():
                return
            self._perform("COMMIT")
            if self._shared is not None:
                self._shared.tell()
        self.abort()

    def abort(self) -> None:
        """Undo what is not committed and give everything back. Never raises."""
        connection, self._connection = self._connection, None
        if connection is None or self._generation != self._pool.generation:
            return  # over already, or inherited by a fork and not ours to touch
        try:
            if self._shared is not None:
                self._shared.settle(self._broken, undo="ROLLBACK TO writer")
            self._return(connection)
        finally:
            if self.is_writing:
                self._pool.turns.release()
            self.is_writing, self._mode = False, IDLE

    def _may_share(self) -> bool:
        unit = units.current()
        return unit is not None and unit.may_wait and len(unit.participants) == 1

    def _leave_to_next(self) -> bool:
        """Wait for the commit of the next writer, if there is one; False when there is none."""
        assert self._connection is not None
        shared = self._shared or OpenTransaction(self._connection)
        if len(shared.waiters) >= MOST_WAITING:
            return False
        waiter = Waiter()
        shared.waiters.append(waiter)
        self._pool.left = shared
        if not self._pool.turns.hand_over():
            self._pool.left = None
            shared.waiters.remove(waiter)
            return False
        self._connection, self._shared, self.is_writing = None, None, False
        waiter.wait(2 * execution.WAIT_SECONDS)
        return True

    def _let_go_of_snapshot(self) -> None:
        snapshot, self._snapshot = self._snapshot, None
        if snapshot is not None:
            snapshot.close()

    def _return(self, connection: Connection) -> None:
        try:
            if self._snapshot is not None:
                self._let_go_of_snapshot()
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._pool.discard(connection)
        else:
            self._pool.give_back(connection)
