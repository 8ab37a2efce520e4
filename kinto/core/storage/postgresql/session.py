"""One connection while it serves a unit of work (or a single operation outside of one).

Reads run by themselves until the first write or lock begins a transaction. What was read after
that may be remembered until the unit ends: whoever would change it waits for a lock that the unit
holds, or comes after it. Transaction control travels with the statement that follows it, so it
costs no round trip.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Protocol

import psycopg2
from psycopg2 import extensions

from kinto.core.storage.exceptions import BackendError, TransientError
from kinto.core.storage.postgresql.failures import is_lost, is_refused_after, told, without_nul
from kinto.core.storage.postgresql.known import Clock, Known, ListKey, State
from kinto.core.storage.sql.companions import Companion
from kinto.core.storage.sql.deferred import Deferred, Writer

Parameters = Sequence[Any] | dict[str, Any]
statement_listeners: list[Callable[[str], None]] = []
"""Called with the text of every statement, transaction control excepted (tests count them)."""

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\n"
_UNSENDABLE = (UnicodeEncodeError, OverflowError, ValueError)


class Source(Protocol):
    """What a session needs of its database."""

    byte_order: bool
    facts: set[Any]

    def borrow(self) -> Any: ...

    def give_back(self, connection: Any) -> None: ...

    def discard(self, connection: Any, error: BaseException | None) -> None: ...

    def finish_clocks(self, session: Session) -> None: ...


class Session:
    """Participant of a unit of work (`units.Participant`).

    Attributes:
        clocks: the lists whose lock is held.
        memory: what backends remember of their rows inside a transaction, or of what they were
            told to expect; emptied when a transaction begins, when a lock is taken, or a
            savepoint is rolled back. Keys are theirs.
        companion: a query that the next one may bring along.
        epoch: age of the database, once a lock has told it; it changes when all is flushed.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._connection: Any = None
        self._is_over = False
        self._undone: TransientError | None = None
        self._prefix = ""
        self._writing = False
        self._started = False
        self._marks: list[Known] = []
        self._must_save = False
        # Marks that are also savepoints of the database.
        self._saved: list[int] = []
        self._changes = 0
        self._deferred = Deferred()
        self._state = State()
        self.memory: dict[str, dict[Any, Any]] = {}
        self.companion: Companion | None = None
        self.epoch: int | None = None

    @property
    def clocks(self) -> dict[ListKey, Clock]:
        return self._state.clocks

    @property
    def byte_order(self) -> bool:
        """Whether the texts of this database are in byte order by themselves."""
        return self._source.byte_order

    # -- statements -------------------------------------------------------------------------

    def read(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Return the rows of a query."""
        return self._ask(sql, parameters)

    def read_in_parts(
        self, sql: str, parameters: Parameters = (), *, size: int
    ) -> Iterator[list[Any]]:
        """Yield the rows of a query, so many at once as Python objects; at least once."""
        cursor = self._asked(sql, parameters)
        yield cursor.fetchmany(size)
        while rows := cursor.fetchmany(size):
            yield rows

    def read_or_write(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Run one statement that commits by itself; return its rows, if it gives any."""
        cursor = self._run(sql, parameters)
        return cursor.fetchall() if cursor.description else []

    def lend(self) -> Any:
        """Return the connection, inside its transaction, for statements of somebody else."""
        self._before_write()
        self._write_deferred()
        if self._prefix:
            self._perform("SELECT 1")
        self._state.changed = True
        self.memory.clear()
        return self._connection

    def write(self, sql: str, parameters: Parameters = ()) -> int:
        """Run a statement that changes rows; return how many it changed.

        Raises:
            IntegrityError: a constraint forbids it.
            TransientError: the transaction was undone to let another one through.
            BackendError: anything else went wrong.
        """
        self._before_write()
        count: int = self._run(sql, parameters).rowcount
        self._state.changed = True
        return count

    def write_returning(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Run a statement with a RETURNING clause and return its rows."""
        self._before_write()
        rows: list[Any] = self._run(sql, parameters).fetchall()
        self._state.changed = True
        return rows

    def lock(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Run a statement that locks rows, and changes nothing that matters by itself."""
        self._before_write()
        return self._ask(sql, parameters)

    def defer(self, kind: str, key: Hashable, row: Any, *, write: Writer) -> None:
        """Have a row written before the next statement, together with others of its kind."""
        self.begin_writing()
        self._changes += 1
        self._state.changed = True
        self._deferred.add(kind, key, row, write=write)

    def deferred(self, kind: str, key: Hashable) -> Any:
        """The row that waits under a key, or None."""
        return self._deferred.get(kind, key)

    def _write_deferred(self) -> None:
        for write, rows in self._deferred.take():
            write(self, rows)

    def _ask(self, sql: str, parameters: Parameters) -> list[Any]:
        return self._asked(sql, parameters).fetchall()  # type: ignore[no-any-return]

    def _asked(self, sql: str, parameters: Parameters) -> Any:
        try:
            return self._run(sql, parameters)
        except BackendError as error:
            changed = without_nul(parameters)
            if not isinstance(error.original, ValueError) or changed == parameters:
                raise
            # No stored text has a NUL: what asks for one is answered as if it were unknown.
            return self._perform(sql, changed)

    def _before_write(self) -> None:
        self.begin_writing()
        self._changes += 1
        if self._must_save:
            self._must_save = False
            self._prefix += f"SAVEPOINT s{len(self._marks)};\n"
            self._saved.append(len(self._marks))

    def _run(self, sql: str, parameters: Parameters) -> Any:
        if self._deferred:
            self._before_write()
            self._write_deferred()
        for listener in statement_listeners:
            listener(sql)
        return self._perform(sql, parameters)

    def _perform(self, sql: str, parameters: Parameters = ()) -> Any:
        if self._is_over:
            raise BackendError(message="The transaction is over.")
        text = self._prefix + sql
        is_fresh = not self._started
        while True:
            if self._connection is None:
                self._connection = self._source.borrow()
            try:
                cursor = execute(self._connection.dbapi_connection, text, parameters)
            except psycopg2.Error as error:
                if not is_lost(self._connection, error):
                    # The control statements before the one that failed took place.
                    self._prefix, self._started = "", self._started or bool(self._prefix)
                    raise self._told(error) from error
                connection, self._connection = self._connection, None
                self._source.discard(connection, error)
                # Nothing was written on the lost connection: another one is as good, once.
                if not is_fresh:
                    self._is_over = True
                    raise told(error) from error
                is_fresh = False
            except _UNSENDABLE as error:
                raise BackendError(original=error) from error
            else:
                self._started = self._started or bool(self._prefix)
                self._prefix = ""
                return cursor

    def _told(self, error: psycopg2.Error) -> BackendError:
        """What a failure is to callers. All that follows one that may be tried again is one."""
        failure = told(error)
        if isinstance(failure, TransientError):
            self._undone = failure
        elif self._undone is not None and is_refused_after(error):
            return TransientError(original=error)
        return failure

    # -- transactions -----------------------------------------------------------------------

    @property
    def is_writing(self) -> bool:
        """Whether a transaction has begun."""
        return self._writing

    def begin_writing(self) -> None:
        """Begin a transaction with the next statement. What was read before is forgotten."""
        if not self._writing:
            self._writing = True
            self._prefix = _BEGIN
            self.memory.clear()
            self.companion = None

    def prepare(self) -> None:
        """Write what waits, and the timestamps of the lists that moved."""
        self._write_deferred()
        if self._state.changed:
            self._source.finish_clocks(self)

    def commit(self) -> None:
        """Commit; a transaction that only holds locks is rolled back, which undoes them.

        Raises:
            BackendError: nothing was committed, or (connection lost) it is unknown.
        """
        if self._is_over:
            raise BackendError(message="The transaction is over.")
        self.prepare()
        if self._started and self._state.changed:
            cursor = self._perform("COMMIT")
            if cursor.statusmessage != "COMMIT":
                self._is_over = True
                text = "The transaction had failed and was rolled back."
                raise self._undone or BackendError(message=text)
            self._source.facts.update(self._state.facts)
        self._finish()

    def abort(self) -> None:
        self._finish()

    def savepoint(self) -> int:
        known = Known(self._changes, self._state.copy(), self._deferred.copy())
        self._marks.append(known)
        self._must_save = True
        return len(self._marks)

    def rollback_to(self, mark: int) -> None:
        known = self._marks[mark - 1]
        if known.changes == self._changes:
            return
        for position, saved in enumerate(self._saved):
            if saved >= mark:  # Nothing was written between the two.
                self._rollback_to(saved)
                del self._saved[position + 1 :]
                break
        self._changes = known.changes
        self._state = known.state.copy()
        self._deferred = known.deferred.copy()
        self.memory.clear()

    def _rollback_to(self, mark: int) -> None:
        if f"SAVEPOINT s{mark};" in self._prefix:
            # It never reached the server. The one kept in `_saved` must.
            cut = self._prefix.index(f"SAVEPOINT s{mark};")
            self._prefix = self._prefix[:cut] + f"SAVEPOINT s{mark};\n"
        else:
            self._perform(f"ROLLBACK TO SAVEPOINT s{mark}")
            self._undone = None

    def _finish(self) -> None:
        """Undo what is not committed and give the connection back. Never raises."""
        connection, self._connection = self._connection, None
        self._is_over = True
        if connection is None:
            return
        try:
            raw = connection.dbapi_connection
            if raw.get_transaction_status() != extensions.TRANSACTION_STATUS_IDLE:
                raw.cursor().execute("ROLLBACK")
        except psycopg2.Error as error:
            self._source.discard(connection, error)
        else:
            self._source.give_back(connection)

    # -- what is known inside a transaction -------------------------------------------------

    def set_clock(self, key: ListKey, timestamp: int) -> None:
        """Remember the new timestamp of a list; `prepare` writes it."""
        self._changes += 1
        self._state.clocks[key].value = timestamp
        self._state.changed = True

    def is_fact(self, fact: Any) -> bool:
        """Whether something was stored for good in this epoch, by a committed unit or this one."""
        known = (self.epoch, fact)
        return known in self._state.facts or (
            self.epoch is not None and known in self._source.facts
        )

    def add_fact(self, fact: Any) -> None:
        """Take note of a row that stays until everything is flushed."""
        self._state.facts |= {(self.epoch, fact)}

    def forget_facts(self) -> None:
        """Everything is flushed: nothing is known to be stored."""
        self.epoch = None
        self._state.facts = frozenset()

    def remembered(self, name: str) -> dict[Any, Any] | None:
        """The rows a backend remembers under `name`.

        Outside a transaction only what came before it was asked for: None unless it did.
        """
        return self.memory.setdefault(name, {}) if self._writing else self.memory.get(name)

    def keep(self, name: str) -> None:
        """Remember rows without a transaction, too, until one begins: one moment for all."""
        self.memory.setdefault(name, {})

    def read_with_companion(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        """Run a query of three texts, the second NULL only with the first; the companion goes
        with it, whose rows have a first and no second one."""
        companion, self.companion = self.companion, None
        if companion is None:
            return self.read(sql, parameters)
        rows = self.read(f"{sql} UNION ALL {companion.sql}", [*parameters, *companion.values])
        companion.receive([row for row in rows if row[1] is None and row[0] is not None])
        return [row for row in rows if row[1] is not None or row[0] is None]


def execute(connection: Any, sql: str, parameters: Parameters = ()) -> Any:
    """The one call to the client library; tests replace it to make it fail."""
    cursor = connection.cursor()
    cursor.execute(sql, parameters or None)
    return cursor
