"""Writers of one process that share a commit: what the last one waits for the disk is for all.

A writer that is done while another one waits for its turn leaves the open transaction to that one,
and waits for it. Whoever is done while nobody waits commits for all, so that a lone writer is as
quick as ever, and nobody is told of a success that is not on the disk. A writer that fails undoes
its own part, to a savepoint, and commits what was left to it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.sqlite.execution import Connection, perform

MOST_WAITING = 16
"""Writers that wait for one commit: the first of them waits for the work of all others."""


class Waiter:
    """A writer that is done, but for the commit."""

    def __init__(self) -> None:
        self._told = threading.Lock()
        self._told.acquire()
        self._failure: BackendError | None = None

    def tell(self, failure: BackendError | None) -> None:
        """End the wait: all is committed, or undone because of `failure`."""
        self._failure = failure
        self._told.release()

    def wait(self, seconds: float) -> None:
        """Return once everything is committed.

        Raises:
            BackendError: it was undone; or, after so many seconds, nobody knows.
        """
        if not self._told.acquire(timeout=seconds):
            raise BackendError(message="Another writer of the same transaction does not end.")
        if self._failure is not None:
            failure = self._failure
            raise BackendError(original=failure.original, message=str(failure)) from failure


@dataclass
class OpenTransaction:
    """What a writer leaves to the next one: the connection, and who waits for its commit."""

    connection: Connection
    waiters: list[Waiter] = field(default_factory=list)

    def tell(self, failure: BackendError | None = None) -> None:
        """Tell everybody how it ended; nobody is told twice."""
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            waiter.tell(failure)

    def settle(self, failure: BackendError | None, *, undo: str | None = None) -> None:
        """Commit what others left, without what `undo` undoes, and tell them how it ended.

        Args:
            failure: what has undone the transaction, where that is known.
        """
        failure = failure or BackendError(message="The transaction was undone.")
        try:
            if self.waiters and self.connection.in_transaction:
                if undo is not None:
                    perform(self.connection, undo)
                perform(self.connection, "COMMIT")
                self.tell()
        except BackendError as error:
            failure = error
        finally:
            self.tell(failure)
