"""Database files: one `Database` for each path in a process, shared by all its backends.

Keeps connections, gives them to threads, tells units of work apart from single operations, and
survives a fork. What happens on a connection is in `transaction` and `session`.
"""

from __future__ import annotations

import atexit
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from kinto.core.runtime import units
from kinto.core.runtime.turns import TurnLock
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.sqlite import functions, installation
from kinto.core.storage.sqlite.commits import OpenTransaction
from kinto.core.storage.sqlite.execution import Connection, perform, statement_listeners
from kinto.core.storage.sqlite.installation import Schema
from kinto.core.storage.sqlite.session import Session

IDLE_CONNECTIONS = 16
"""Connections kept open while nobody uses them."""

OLDEST_SQLITE = (3, 38)
"""The first one with the JSON operators that filters are made of."""

_PRAGMAS = """
PRAGMA synchronous = {synchronous};
PRAGMA trusted_schema = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -16000;
PRAGMA journal_size_limit = 67108864
"""

_databases: dict[str, Database] = {}
_registering = threading.Lock()
_abandoned: list[Connection] = []


def database_at(url: str, *, synchronous: str = "FULL") -> Database:
    """Return the database of an address; two addresses of one file give one `Database`.

    Args:
        url: `sqlite:///relative.db`, `sqlite:////absolute/path.db`, or a plain path.
        synchronous: `FULL`: a commit is on the disk. `NORMAL`: it may be lost when the machine
            (not the process) stops. Decided by the first who asks.
    Raises:
        ValueError: the address names no file.
        RuntimeError: the SQLite of this Python is too old.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise RuntimeError(f"SQLite {sqlite3.sqlite_version} is too old: 3.38 is needed")
    path = path_of(url)
    with _registering:
        if path not in _databases:
            _databases[path] = Database(path, synchronous=synchronous)
        return _databases[path]


def path_of(url: str) -> str:
    """Return the absolute path of the file that an address names.

    Raises:
        ValueError: it names none, or another kind of database.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        path = url
    elif scheme == "sqlite" and rest.startswith("/"):
        path = rest[1:]
    else:
        raise ValueError(f"{url!r} is not the address of an SQLite file: sqlite:///<path>")
    if not path or path == ":memory:":
        raise ValueError("SQLite needs a file; kinto.core.storage.memory works without one")
    return os.path.realpath(path)


@contextmanager
def recorded_statements() -> Iterator[list[str]]:
    """Collect the text of every statement that any thread runs during a block."""
    statements: list[str] = []
    listener: Callable[[str], None] = statements.append
    statement_listeners.append(listener)
    try:
        yield statements
    finally:
        statement_listeners.remove(listener)


class Database:
    """One file. Threads may share it; each gets connections of its own."""

    def __init__(self, path: str, *, synchronous: str = "FULL") -> None:
        self.path = path
        self.turns = TurnLock()
        self.left: OpenTransaction | None = None
        self._key = ("sqlite", path)
        self._synchronous = synchronous
        self._idle: deque[Connection] = deque()
        # All of them, in use or not: a child process must not let go of one by accident.
        self._open: set[Connection] = set()
        self._schemas: list[Schema] = []
        self._missing: list[Schema] = []
        self._installing = threading.Lock()
        self.generation = 0  # how many forks lie between the first process and this one

    # -- for backends -----------------------------------------------------------------------

    def require(self, schema: Schema) -> None:
        """Have these tables installed before the file is used for the next time."""
        with self._installing:
            if schema not in self._schemas:
                self._schemas.append(schema)
                self._missing.append(schema)

    def initialize(self, schema: Schema, *, dry_run: bool = False) -> None:
        """Install the tables now, or with `dry_run` only log what would be done."""
        if dry_run and not os.path.exists(self.path):
            installation.logger.info("Database file %s would be created.", self.path)
            return
        with self._installing:
            connection = self._connect()
            try:
                installation.install(connection, schema, dry_run=dry_run)
            finally:
                self.discard(connection)

    def reading(self, *, snapshot: bool = False) -> AbstractContextManager[Session]:
        """A block with the session of the current unit, or with one for this block alone.

        In a unit all reads see one moment. Outside, `snapshot` asks for the same within the
        block; without it each statement sees its own.
        """
        unit = units.current()
        if unit is not None:
            return unit.join(self._key, self._new_session)
        return self._reading_once(snapshot=snapshot)

    def writing(self) -> AbstractContextManager[Session]:
        """A block with the session of the current unit, or with one for it, as the only writer.

        In a unit the write lock is kept until its end. Outside, the block commits, or is undone
        when it raises.
        """
        unit = units.current()
        if unit is not None:
            session = unit.join(self._key, self._new_session)
            session.begin_writing()
            return session
        return self.writing_alone()

    def session_of_unit(self) -> Session | None:
        """The session of the current unit; None outside a unit."""
        unit = units.current()
        return None if unit is None else unit.join(self._key, self._new_session)

    def lock(self) -> None:
        """Become the only writer until the current unit ends (nothing outside a unit)."""
        if (unit := units.current()) is not None:
            unit.join(self._key, self._new_session).begin_writing()

    def reading_alone(self) -> AbstractContextManager[Session]:
        """A session apart from the current unit; each statement sees its own moment."""
        return self._reading_once(snapshot=False)

    @contextmanager
    def writing_alone(self) -> Iterator[Session]:
        """A transaction of its own, apart from the current unit.

        Waits for ever on a unit of this thread that writes the same file: only for files that
        take no part in units.
        """
        session = self._new_session()
        try:
            session.begin_writing()
            yield session
            session.commit()
        finally:
            session.abort()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            with suppress(IndexError):
                self.discard(self._idle.pop())

    # -- for sessions -----------------------------------------------------------------------

    def borrow(self) -> Connection:
        """Return a connection that nobody else has."""
        if self._missing:
            self._install_missing()
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def give_back(self, connection: Connection) -> None:
        if len(self._idle) < IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            self.discard(connection)

    def discard(self, connection: Connection) -> None:
        """Close a connection, whatever its state."""
        self._open.discard(connection)
        with suppress(sqlite3.Error):
            connection.close()

    def after_fork(self) -> None:
        """Start afresh in a child process.

        Connections of the parent are neither used nor closed: both would confuse the locks that
        the parent holds on the file.
        """
        _abandoned.extend(self._open)
        self._open, self._idle = set(), deque()
        self.turns = TurnLock()
        self.left = None
        self._installing = threading.Lock()
        self.generation += 1

    def _new_session(self) -> Session:
        return Session(self)

    @contextmanager
    def _reading_once(self, *, snapshot: bool) -> Iterator[Session]:
        session = Session(self, snapshot=snapshot)
        try:
            yield session
        finally:
            session.abort()

    def _install_missing(self) -> None:
        with self._installing:
            connection = self._connect()
            try:
                for schema in self._missing:
                    installation.install(connection, schema)
                self._missing = []
            finally:
                self.discard(connection)

    def _connect(self) -> Connection:
        is_new = installation.create_file(self.path)
        if is_new:
            self.close()  # connections to a file that was taken away
        connection = _new_connection(self.path)
        self._open.add(connection)
        try:
            for pragma in _PRAGMAS.format(synchronous=self._synchronous).split(";"):
                perform(connection, pragma)
            functions.register(connection)
            for schema in self._schemas if is_new else ():
                installation.install(connection, schema)
        except BaseException:
            self.discard(connection)
            raise
        return connection


def _new_connection(path: str) -> Connection:
    # Waiting is done by `execution.perform`, transactions are begun by `Session`.
    try:
        return sqlite3.connect(
            path,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            factory=Connection,
        )
    except sqlite3.Error as error:
        raise BackendError(original=error) from error


def _close_all() -> None:
    for database in list(_databases.values()):
        database.close()


def _after_fork_in_child() -> None:
    global _registering
    _registering = threading.Lock()  # a thread of the parent may have held the old one
    for database in _databases.values():
        database.after_fork()


# SQLite keeps notes about the file in the process; a child must not inherit them.
os.register_at_fork(before=_close_all, after_in_child=_after_fork_in_child)
# The last one to leave moves the journal into the file, which is then all there is to copy.
atexit.register(_close_all)
