"""Running one statement on a connection: waits for other processes, and translates failures."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from kinto.core.runtime import clock
from kinto.core.storage.exceptions import BackendError, IntegrityError

WAIT_SECONDS = 20.0
"""How long a statement or a writer waits for another process or thread."""

Parameters = Sequence[Any] | dict[str, Any]

statement_listeners: list[Callable[[str], None]] = []
"""Called with the text of every statement, transaction control excepted (tests count them)."""

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_SHORTEST_WAIT, _LONGEST_WAIT = 0.0002, 0.002


class Connection(sqlite3.Connection):
    """A connection to a file.

    Attributes:
        pages: of lists, as this connection has read them (see `pages`). They belong to a version
            of the file; when this connection itself changes something, there are none.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pages: dict[Any, Any] = {}


def perform(
    connection: sqlite3.Connection, sql: str, parameters: Parameters = ()
) -> sqlite3.Cursor:
    """Run one statement, waiting for other processes; failures are told as `BackendError`.

    In WAL mode only the statement that starts a transaction can find the database busy, so
    trying again repeats nothing.
    """
    deadline, pause = 0.0, _SHORTEST_WAIT
    while True:
        try:
            return execute(connection, sql, parameters)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(original=error) from error
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            now = clock.monotonic()
            deadline = deadline or now + WAIT_SECONDS
            if not _is_busy(error) or now >= deadline:
                raise BackendError(original=error) from error
        # SQLite's own waits grow to 100 ms, and a busy neighbour is never free that long.
        clock.sleep(pause)
        pause = min(pause * 2, _LONGEST_WAIT)


def execute(
    connection: sqlite3.Connection, sql: str, parameters: Parameters = ()
) -> sqlite3.Cursor:
    """The one call to the client library; tests replace it to make it fail."""
    return connection.execute(sql, parameters)


def _is_busy(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY
