"""A connection of the pool while one session uses it: what is sent, and what failures are.

What is sent together costs one round trip. A connection that was lost before its session began a
transaction is replaced by another one, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import psycopg2
from psycopg2 import extensions

from kinto.core.storage.exceptions import BackendError, TransientError
from kinto.core.storage.postgresql.failures import is_lost, is_refused_after, told
from kinto.core.storage.postgresql.prepared import PREPARED, Parameters, Statement, as_one, is_gone

_OVER = "The transaction is over."
_UNSENDABLE = (UnicodeEncodeError, OverflowError, ValueError)


class Pool(Protocol):
    """Where connections come from."""

    def borrow(self) -> Any: ...

    def give_back(self, connection: Any) -> None: ...

    def discard(self, connection: Any, error: BaseException | None) -> None: ...


class Connection:
    """One that is borrowed when the first statement is sent.

    Attributes:
        pooled: the connection of the pool, None without one.
        prefix: control statements that go in front of the next statement.
        started: whether a transaction has begun in the database.
        undone: why the database undid the transaction.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._is_over = False
        self.pooled: Any = None
        self.prefix = ""
        self.started = False
        self.undone: TransientError | None = None

    def perform(
        self, sql: str, parameters: Parameters = (), *, after: Sequence[Statement] = ()
    ) -> Any:
        """Run a statement in one round trip with those it comes after; return its cursor.

        Raises:
            IntegrityError: a constraint forbids one of them.
            TransientError: the transaction was undone to let another one through.
            BackendError: anything else went wrong.
        """
        if self._is_over:
            self.refuse_when_over()
        is_fresh = not self.started
        while True:
            if self.pooled is None:
                self.pooled = self._pool.borrow()
            prepared = self.pooled.info.get(PREPARED)
            text, values = as_one((*after, (sql, parameters)), prepared)
            try:
                cursor = execute(self.pooled.dbapi_connection, self.prefix + text, values)
            except psycopg2.Error as error:
                if prepared is not None:
                    prepared.settle(failed=True)
                    if is_gone(error):
                        self.pooled.info[PREPARED] = None
                if not is_lost(self.pooled, error):
                    # The control statements before the one that failed took place.
                    self.prefix, self.started = "", self.started or bool(self.prefix)
                    raise self._told(error) from error
                connection, self.pooled = self.pooled, None
                self._pool.discard(connection, error)
                # Nothing was written on the lost connection: another one is as good, once.
                if not is_fresh:
                    self._is_over = True
                    raise told(error) from error
                is_fresh = False
            except _UNSENDABLE as error:
                if prepared is not None:
                    prepared.settle(failed=True)
                raise BackendError(original=error) from error
            else:
                if prepared is not None:
                    prepared.settle(failed=False)
                self.started = self.started or bool(self.prefix)
                self.prefix = ""
                return cursor

    def commit(self, *, after: Sequence[Statement]) -> None:
        """Commit a transaction that has begun, after these statements, in one round trip.

        Raises:
            BackendError: nothing was committed, or (connection lost) it is unknown.
        """
        cursor = self.perform("COMMIT", after=after)
        if cursor.statusmessage != "COMMIT":
            self._is_over = True
            text = "The transaction had failed and was rolled back."
            raise self.undone or BackendError(message=text)

    def refuse_when_over(self) -> None:
        """Raise `BackendError` when there is nothing to be done any more."""
        if self._is_over:
            raise BackendError(message=_OVER)

    def finish(self) -> None:
        """Undo what is not committed and give the connection back. Never raises."""
        connection, self.pooled = self.pooled, None
        self._is_over = True
        if connection is None:
            return
        try:
            raw = connection.dbapi_connection
            if raw.get_transaction_status() != extensions.TRANSACTION_STATUS_IDLE:
                raw.cursor().execute("ROLLBACK")
        except psycopg2.Error as error:
            self._pool.discard(connection, error)
        else:
            self._pool.give_back(connection)

    def _told(self, error: psycopg2.Error) -> BackendError:
        """What a failure is to callers. All that follows one that may be tried again is one."""
        failure = told(error)
        if isinstance(failure, TransientError):
            self.undone = failure
        elif self.undone is not None and is_refused_after(error):
            return TransientError(original=error)
        return failure


def execute(connection: Any, sql: str, parameters: Parameters = ()) -> Any:
    """The one call to the client library; tests replace it to make it fail."""
    cursor = connection.cursor()
    cursor.execute(sql, parameters or None)
    return cursor
