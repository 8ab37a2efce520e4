"""One connection while it serves a unit of work (or a single operation outside of one).

Begins what is needed and no more: a read that is followed by no other begins nothing, the first
write takes the write lock of the database, a savepoint costs a statement only when something is
written after it. While the write lock is held nobody else can write, so what was read may be
remembered: `clocks`, and whatever backends keep in `memory`. Knows no table but `timestamps`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from kinto.core.runtime import clock, units
from kinto.core.runtime.turns import TurnLock
from kinto.core.storage.exceptions import BackendError, IntegrityError
from kinto.core.storage.sql.companions import Companion
from kinto.core.storage.sql.deferred import Deferred, Writer
from kinto.core.storage.sqlite.commits import MOST_WAITING, OpenTransaction, Waiter

WAIT_SECONDS = 20.0
"""How long a statement or a writer waits for another process or thread."""

# ABOUT_TO_READ: a snapshot is wanted, and begins with the first query.
IDLE, ABOUT_TO_READ, READING, WRITING = range(4)

Parameters = Sequence[Any] | dict[str, Any]
ListKey = tuple[str, str]
"""(resource_name, parent_id)"""

statement_listeners: list[Callable[[str], None]] = []
"""Called with the text of every statement, transaction control excepted (tests count them)."""

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_SHORTEST_WAIT, _LONGEST_WAIT = 0.0002, 0.002

_CLOCKS_AT_ONCE = 100

# Rows that follow those of a query. The first is recognised; the second is never fetched.
_END = (0.5, None, None)
_TWO_ENDS = " UNION ALL SELECT 0.5, NULL, NULL UNION ALL SELECT 0.5, NULL, NULL"


@lru_cache(maxsize=_CLOCKS_AT_ONCE + 1)
def _write_clocks(count: int) -> str:
    rows = ",".join(["(?, ?, ?)"] * count)
    return (
        f"INSERT INTO timestamps (resource_name, parent_id, last_modified) VALUES {rows}"
        " ON CONFLICT (parent_id, resource_name) DO UPDATE"
        " SET last_modified = excluded.last_modified"
    )


class Pool(Protocol):
    """What a session needs of its database."""

    turns: TurnLock
    generation: int
    left: OpenTransaction | None
    """What the last writer left to whoever has the turn now."""

    def borrow(self) -> sqlite3.Connection: ...

    def give_back(self, connection: sqlite3.Connection) -> None: ...

    def discard(self, connection: sqlite3.Connection) -> None: ...


@dataclass(frozen=True)
class _Known:
    """What the session knew at a mark; `changes` tells whether anything happened since."""

    changes: int
    clocks: dict[ListKey, int]
    unwritten: frozenset[ListKey]
    deferred: Deferred


class Session:
    """Participant of a unit of work (`units.Participant`).

    Attributes:
        clocks: timestamps of lists, known while the write lock is held.
        memory: what backends remember of their rows while the write lock is held, or of what
            they were told to expect; emptied when the lock is taken or a savepoint is rolled
            back. Keys are theirs.
        companion: a query that the next one may bring along.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._connection: sqlite3.Connection | None = pool.borrow()
        self._generation = pool.generation
        self._mode = IDLE
        # Outside of BEGIN, SQLite shows one moment for as long as a query is not at its end.
        self._snapshot: sqlite3.Cursor | None = None
        # Begun by other writers, who wait for our commit; our part is the savepoint `writer`.
        self._shared: OpenTransaction | None = None
        self._broken: BackendError | None = None
        self._marks: list[_Known] = []
        self._must_save = False
        # Marks that are also savepoints of the database.
        self._saved: list[int] = []
        self._changes = 0
        self._deferred = Deferred()
        self.clocks: dict[ListKey, int] = {}
        self._unwritten: set[ListKey] = set()
        self.memory: dict[str, dict[Any, Any]] = {}
        self.companion: Companion | None = None

    # As a block: the session of a unit, which outlives the block.

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *raised: object) -> None:
        pass

    # -- statements -------------------------------------------------------------------------

    def read(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Return the rows of a query."""
        return self._run(sql, parameters).fetchall()

    def read_in_parts(
        self, sql: str, parameters: Parameters = (), *, size: int
    ) -> Iterator[list[Any]]:
        """Yield the rows of a query, so many at once."""
        cursor = self._run(sql, parameters)
        while rows := cursor.fetchmany(size):
            yield rows

    def write(self, sql: str, parameters: Parameters = ()) -> int:
        """Run a statement that changes rows; return how many it changed.

        Raises:
            IntegrityError: a constraint forbids it; the statement had no effect.
            BackendError: anything else went wrong.
        """
        self._before_write()
        return self._run(sql, parameters).rowcount

    def write_returning(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Run a statement with a RETURNING clause and return its rows."""
        self._before_write()
        return self._run(sql, parameters).fetchall()

    def defer(self, kind: str, key: Hashable, row: Any, *, write: Writer) -> None:
        """Have a row written before the next statement, together with others of its kind."""
        self._changes += 1
        self._deferred.add(kind, key, row, write=write)

    def deferred(self, kind: str, key: Hashable) -> Any:
        """The row that waits under a key, or None."""
        return self._deferred.get(kind, key)

    def _write_deferred(self) -> None:
        self._before_write()
        for write, rows in self._deferred.take():
            write(self, rows)

    def _run(self, sql: str, parameters: Parameters) -> sqlite3.Cursor:
        if self._deferred:
            self._write_deferred()
        for listener in statement_listeners:
            listener(sql)
        if self._mode == ABOUT_TO_READ:
            self._perform("BEGIN")
            self._mode = READING
        return self._perform(sql, parameters)

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
            if self._mode in (READING, WRITING) and not is_open:
                self._broken = error
            raise

    # -- transactions -----------------------------------------------------------------------

    @property
    def is_writing(self) -> bool:
        """Whether the write lock is held: nobody else can change anything."""
        return self._mode == WRITING

    def begin_reading(self) -> None:
        """From the next read on all of them see one moment of the database."""
        if self._mode == IDLE:
            self._mode = ABOUT_TO_READ

    def _let_go_of_snapshot(self) -> None:
        snapshot, self._snapshot = self._snapshot, None
        if snapshot is not None:
            snapshot.close()

    def begin_writing(self) -> None:
        """Become the only writer. What was read before belongs to an older moment.

        Raises:
            BackendError: others kept the lock for `WAIT_SECONDS`.
        """
        if self._mode == WRITING:
            return
        self._let_go_of_snapshot()
        if self._connection is not None and self._connection.in_transaction:
            self._perform("ROLLBACK")
        self._mode = IDLE
        self.memory.clear()
        self.companion = None
        if not self._pool.turns.acquire(WAIT_SECONDS):
            raise BackendError(message="OperationalError: database is locked")
        try:
            if (left := self._pool.left) is None:
                self._perform("BEGIN IMMEDIATE")
            else:
                self._take_over(left)
        except BaseException:
            self._pool.turns.release()
            raise
        self._mode = WRITING

    def _take_over(self, left: OpenTransaction) -> None:
        """Go on with the transaction of the writer before."""
        assert self._connection is not None
        own, self._connection = self._connection, left.connection
        try:
            self._perform("SAVEPOINT writer")
        except BaseException:
            self._connection = own
            self._settle(left)
            self._return(left.connection)
            raise
        finally:
            self._pool.left = None
        self._pool.give_back(own)
        self._shared = left

    def prepare(self) -> None:
        """Write what waits, and the timestamps of the lists, however often they moved."""
        if self._deferred:
            self._write_deferred()
        if self._unwritten:
            keys = sorted(self._unwritten)
            for start in range(0, len(keys), _CLOCKS_AT_ONCE):
                part = keys[start : start + _CLOCKS_AT_ONCE]
                values = [value for key in part for value in (*key, self.clocks[key])]
                self.write(_write_clocks(len(part)), values)
            self._unwritten.clear()

    def commit(self) -> None:
        if self._broken is not None:
            raise self._broken
        self.prepare()
        if self._mode == WRITING:
            if self._may_share() and self._leave_to_next():
                return
            self._perform("COMMIT")
            if self._shared is not None:
                self._shared.tell()
        self._finish()

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
        self._connection, self._shared, self._mode = None, None, IDLE
        waiter.wait(2 * WAIT_SECONDS)
        return True

    def _settle(self, shared: OpenTransaction, *, undo: str | None = None) -> None:
        """Commit what others left, without what `undo` undoes, and tell them how it ended."""
        failure = self._broken or BackendError(message="The transaction was undone.")
        try:
            if shared.waiters and shared.connection.in_transaction:
                if undo is not None:
                    perform(shared.connection, undo)
                perform(shared.connection, "COMMIT")
                shared.tell()
        except BackendError as error:
            failure = error
        finally:
            shared.tell(failure)

    def abort(self) -> None:
        self._finish()

    def savepoint(self) -> int:
        known = _Known(
            self._changes, dict(self.clocks), frozenset(self._unwritten), self._deferred.copy()
        )
        self._marks.append(known)
        self._must_save = True
        return len(self._marks)

    def rollback_to(self, mark: int) -> None:
        known = self._marks[mark - 1]
        if known.changes == self._changes:
            return
        for position, saved in enumerate(self._saved):
            if saved >= mark:  # Nothing was written between the two.
                self._perform(f"ROLLBACK TO s{saved}")
                del self._saved[position + 1 :]
                break
        self._changes = known.changes
        self.clocks = dict(known.clocks)
        self._unwritten = set(known.unwritten)
        self._deferred = known.deferred.copy()
        self.memory.clear()

    def _before_write(self) -> None:
        """Make a savepoint for the marks that have none: nothing was written between them."""
        self._changes += 1
        if self._must_save:
            self._must_save = False
            if self._mode == WRITING:
                mark = len(self._marks)
                self._perform(f"SAVEPOINT s{mark}")
                self._saved.append(mark)

    def _finish(self) -> None:
        """Undo what is not committed and give everything back. Never raises."""
        connection, self._connection = self._connection, None
        if connection is None or self._generation != self._pool.generation:
            return  # over already, or inherited by a fork and not ours to touch
        try:
            if self._shared is not None:
                self._settle(self._shared, undo="ROLLBACK TO writer")
            self._return(connection)
        finally:
            if self._mode == WRITING:
                self._pool.turns.release()
            self._mode = IDLE

    def _return(self, connection: sqlite3.Connection) -> None:
        try:
            self._let_go_of_snapshot()
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._pool.discard(connection)
        else:
            self._pool.give_back(connection)

    # -- what is known under the write lock -------------------------------------------------

    def set_clock(self, key: ListKey, timestamp: int) -> None:
        """Remember the new timestamp of a list; `prepare` writes it."""
        self._changes += 1
        self.clocks[key] = timestamp
        self._unwritten.add(key)

    def forget_clocks(self) -> None:
        """Forget timestamps that are about to change in the database itself."""
        self.prepare()
        self.clocks.clear()

    def remembered(self, name: str) -> dict[Any, Any] | None:
        """The rows a backend remembers under `name`.

        Without the write lock only what came before it was asked for: None unless it did.
        """
        if self._mode == WRITING:
            return self.memory.setdefault(name, {})
        return self.memory.get(name)

    def keep(self, name: str) -> None:
        """Remember rows without the write lock, too, until it is taken: one moment for all."""
        self.memory.setdefault(name, {})

    def read_with_companion(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        """Run a query of three columns, the first a text; the companion goes with it."""
        companion, self.companion = self.companion, None
        if companion is None:
            return self._read_rows(sql, parameters)
        rows = self._read_rows(f"{sql} UNION ALL {companion.sql}", [*parameters, *companion.values])
        companion.receive([row for row in rows if type(row[0]) is int])
        return [row for row in rows if type(row[0]) is not int]

    def _read_rows(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        """Run a query of three columns; the first one of a unit becomes its snapshot.

        Most reads are over after one query, and for them BEGIN and COMMIT are spared.
        """
        if self._mode != ABOUT_TO_READ:
            return self.read(sql, parameters)
        for listener in statement_listeners:
            listener(sql)
        cursor = self._perform(sql + _TWO_ENDS, parameters)
        rows = list(iter(cursor.fetchone, _END))
        self._snapshot, self._mode = cursor, READING
        return rows


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
