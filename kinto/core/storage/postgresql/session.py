"""One connection while it serves a unit of work (or a single operation outside of one).

Reads run by themselves until the first write or lock begins a transaction. What was read after
that may be remembered until the unit ends: whoever would change it waits for a lock that the unit
holds, or comes after it. Transaction control travels with the statement that follows it, the lock
of a list with the first query under it, and what waits to be written with the commit: none of
them costs a round trip of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from kinto.core.runtime import units
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.postgresql.connection import Connection, Pool
from kinto.core.storage.postgresql.failures import without_nul
from kinto.core.storage.postgresql.known import LOCKED, Ahead, Clock, Known, ListKey, State
from kinto.core.storage.postgresql.prepared import Parameters, Statement, together
from kinto.core.storage.postgresql.spares import leave_to_pool
from kinto.core.storage.sql.companions import Companion
from kinto.core.storage.sql.deferred import Deferred, Writer

statement_listeners: list[Callable[[str], None]] = []
"""Called with the text of every statement, transaction control excepted (tests count them)."""

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\n"


class Source(Pool, Protocol):
    """What a session needs of its database."""

    byte_order: bool
    facts: set[Any]
    pages: dict[Any, Any]

    def finish_clocks(self, session: Session) -> None: ...


class Session:
    """Participant of a unit of work (`units.Participant`).

    Args:
        unit: whose participant it is; without one it serves a single operation.

    Attributes:
        memory: what backends remember of their rows inside a transaction, or of what they were
            told to expect; emptied when a transaction begins, when a lock is taken, or a
            savepoint is rolled back. Keys are theirs.
        companion: a query that the next one may bring along.
        epoch: age of the database, once a lock has told it; it changes when all is flushed.
    """

    def __init__(self, source: Source, unit: units.UnitOfWork | None = None) -> None:
        self._source = source
        self._unit = unit
        self._connection = Connection(source)
        self._writing = False
        self._marks: list[Known] = []
        self._must_save = False
        # Marks that are also savepoints of the database.
        self._saved: list[int] = []
        self._changes = 0
        self._deferred = Deferred()
        # What is written with the commit, while that is being put together.
        self._last: list[Statement] | None = None
        self._ahead: Ahead | None = None
        self._state = State()
        self.memory: dict[str, dict[Any, Any]] = {}
        self.companion: Companion | None = None
        self.epoch: int | None = None

    def __enter__(self) -> Session:
        """Begin a block of a unit of work, which is what ends the session."""
        return self

    def __exit__(self, *failure: object) -> None:
        pass

    @property
    def clocks(self) -> dict[ListKey, Clock]:
        """The lists whose lock is held; one that was put off is taken now."""
        if self._ahead is not None:
            self._take_lock()
        return self._state.clocks

    def has_locked(self, key: ListKey) -> bool:
        """Whether the lock of a list is held, or goes ahead of the next statement."""
        return key in self._state.clocks or (self._ahead is not None and self._ahead.key == key)

    @property
    def byte_order(self) -> bool:
        """Whether the texts of this database are in byte order by themselves."""
        return self._source.byte_order

    @property
    def pages(self) -> dict[Any, Any]:
        """The pages of lists that this process keeps (see `pages`)."""
        return self._source.pages

    # -- statements -------------------------------------------------------------------------

    def read(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Return the rows of a query."""
        return self._asked(sql, parameters).fetchall()  # type: ignore[no-any-return]

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
        self._clear_way()
        self._before_write()
        if self._connection.prefix:
            self._connection.perform("SELECT 1")
        self._state.changed = True
        self.memory.clear()
        leave_to_pool(self._connection.pooled)
        return self._connection.pooled

    def write(self, sql: str, parameters: Parameters = ()) -> int:
        """Run a statement that changes rows; return how many it changed.

        One that `prepare` writes is run with the commit: it is not known yet then.

        Raises:
            IntegrityError: a constraint forbids it.
            TransientError: the transaction was undone to let another one through.
            BackendError: anything else went wrong.
        """
        self._before_write()
        self._state.changed = True
        if self._last is not None:
            _tell(sql)
            self._last.append((sql, parameters))
            return 0
        count: int = self._run(sql, parameters).rowcount
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
        return self.read(sql, parameters)

    def lock_ahead(self, ahead: Ahead) -> None:
        """Lock a list in front of the next statement; what was read is forgotten."""
        if self._ahead is not None:
            self._take_lock()
        self.begin_writing()
        self.memory.clear()
        self._ahead = ahead

    def _take_lock(self) -> None:
        ahead, self._ahead = self._ahead, None
        assert ahead is not None
        ahead.take()

    def defer(self, kind: str, key: Hashable, row: Any, *, write: Writer) -> None:
        """Have a row written before the next statement, together with others of its kind."""
        if self._ahead is not None:
            self._take_lock()
        self.begin_writing()
        self._changes += 1
        self._state.changed = True
        self._deferred.add(kind, key, row, write=write)

    def defer_all(self, kind: str, rows: Mapping[Any, Any], *, write: Writer) -> None:
        """The same for many rows, by their keys."""
        if self._ahead is not None:
            self._take_lock()
        self.begin_writing()
        self._changes += 1
        self._state.changed = True
        self._deferred.add_all(kind, rows, write=write)

    def deferred(self, kind: str, key: Hashable) -> Any:
        """The row that waits under a key, or None."""
        return self._deferred.get(kind, key)

    def _write_deferred(self) -> None:
        for write, rows in self._deferred.take():
            write(self, rows)

    def _asked(self, sql: str, parameters: Parameters) -> Any:
        try:
            return self._run(sql, parameters)
        except BackendError as error:
            changed = without_nul(parameters)
            if not isinstance(error.original, ValueError) or changed == parameters:
                raise
            # No stored text has a NUL: what asks for one is answered as if it were unknown.
            return self._connection.perform(sql, changed)

    def _before_write(self) -> None:
        self.begin_writing()
        self._changes += 1
        if self._must_save:
            self._must_save = False
            self._connection.prefix += f"SAVEPOINT s{len(self._marks)};\n"
            self._saved.append(len(self._marks))

    def _run(self, sql: str, parameters: Parameters) -> Any:
        if self._writing:  # or nothing waits
            self._clear_way()
        if statement_listeners:
            _tell(sql)
        return self._connection.perform(sql, parameters)

    def _clear_way(self) -> None:
        """Run what has to come before the next statement."""
        if self._ahead is not None:
            self._take_lock()
        if self._deferred:
            self._before_write()
            self._write_deferred()

    # -- transactions -----------------------------------------------------------------------

    @property
    def is_writing(self) -> bool:
        """Whether a transaction has begun."""
        return self._writing

    def begin_writing(self) -> None:
        """Begin a transaction with the next statement. What was read before is forgotten."""
        if not self._writing:
            self._writing = True
            self._connection.prefix = _BEGIN
            self.memory.clear()
            self.companion = None

    def prepare(self) -> None:
        """Write what waits, and the timestamps of the lists that moved.

        Alone in a unit, all that goes with the commit.
        """
        if self._unit is None or len(self._unit.participants) > 1:
            self._write_rest()

    def _write_rest(self) -> None:
        self._write_deferred()
        if self._state.changed:
            self._source.finish_clocks(self)

    def commit(self) -> None:
        """Commit; a transaction that only holds locks is rolled back, which undoes them.

        Raises:
            BackendError: nothing was committed, or (connection lost) it is unknown.
        """
        self._connection.refuse_when_over()
        if self._writing:
            self._commit()
        self._connection.finish()

    def _commit(self) -> None:
        if not self._connection.started:
            self._write_rest()  # On another connection, if this one was lost meanwhile.
        if self._connection.started and self._state.changed:
            self._last = []
            self._write_rest()
            self._connection.commit(after=self._last)
            self._source.facts.update(self._state.facts)

    def abort(self) -> None:
        self._connection.finish()

    def savepoint(self) -> int:
        if self._ahead is not None:
            self._take_lock()
        known = Known(self._changes, self._state.copy(), self._deferred.copy())
        self._marks.append(known)
        self._must_save = True
        return len(self._marks)

    def rollback_to(self, mark: int) -> None:
        self._ahead = None
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
        if f"SAVEPOINT s{mark};" in self._connection.prefix:
            # It never reached the server. The one kept in `_saved` must.
            cut = self._connection.prefix.index(f"SAVEPOINT s{mark};")
            self._connection.prefix = self._connection.prefix[:cut] + f"SAVEPOINT s{mark};\n"
        else:
            self._connection.perform(f"ROLLBACK TO SAVEPOINT s{mark}")
            self._connection.undone = None

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
        ahead, self._ahead = self._ahead, None
        if companion is None and ahead is None:
            return self.read(sql, parameters)
        texts, values = [sql], [*parameters]
        if companion is not None:
            texts.append(companion.sql)
            values += companion.values
        if ahead is None:
            rows = self.read(together(*texts), values)
        else:
            texts.append(ahead.question[0])
            rows = self._read_under_lock(ahead, together(*texts), [*values, *ahead.question[1]])
            found = next(row[2] for row in rows if row[0] == LOCKED and row[1] is None)
            rows = [row for row in rows if row[0] != LOCKED or row[1] is not None]
            if not ahead.receive(found):
                self.companion = companion
                return self.read_with_companion(sql, parameters)
        if companion is None:
            return rows
        asked: list[Any] = []
        along: list[Any] = []
        for row in rows:
            (along if row[1] is None and row[0] is not None else asked).append(row)
        companion.receive(along)
        return asked

    def _read_under_lock(self, ahead: Ahead, sql: str, values: list[Any]) -> list[Any]:
        """The rows of a query that is run after a lock was granted, in one trip."""
        if self._deferred:
            self._before_write()
            self._write_deferred()
        self._before_write()
        lock, of_list = ahead.statement
        _tell(lock)
        _tell(sql)
        try:
            cursor = self._connection.perform(sql, values, after=[(lock, of_list)])
        except BackendError as error:
            changed = without_nul(values)
            if not isinstance(error.original, ValueError) or changed == values:
                raise
            cursor = self._connection.perform(sql, changed, after=[(lock, without_nul(of_list))])
        rows: list[Any] = cursor.fetchall()
        return rows


def _tell(sql: str) -> None:
    for listener in statement_listeners:
        listener(sql)
