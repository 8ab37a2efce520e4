"""One connection while it serves a unit of work (or a single operation outside of one).

While the write lock is held nobody else can write, so what was read may be remembered: `clocks`,
and whatever backends keep in `memory`. Rows may wait to be written together, and a savepoint costs
a statement only when something is written after it. Knows no table but `timestamps`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kinto.core.storage.sql.companions import Companion
from kinto.core.storage.sql.deferred import Deferred, Writer
from kinto.core.storage.sqlite.execution import Parameters
from kinto.core.storage.sqlite.transaction import ABOUT_TO_READ, Pool, Transaction

ListKey = tuple[str, str]
"""(resource_name, parent_id)"""

_CLOCKS_AT_ONCE = 100


@lru_cache(maxsize=_CLOCKS_AT_ONCE + 1)
def _write_clocks(count: int) -> str:
    rows = ",".join(["(?, ?, ?)"] * count)
    return (
        f"INSERT INTO timestamps (resource_name, parent_id, last_modified) VALUES {rows}"
        " ON CONFLICT (parent_id, resource_name) DO UPDATE"
        " SET last_modified = excluded.last_modified"
    )


@lru_cache(maxsize=1024)
def _both(sql: str, companion: str) -> str:
    return f"{sql} UNION ALL {companion}"


@dataclass(frozen=True)
class _Known:
    """What the session knew at a mark; `changes` tells whether anything happened since."""

    changes: int
    clocks: dict[ListKey, int]
    unwritten: frozenset[ListKey]
    deferred: Deferred


class Session(Transaction):
    """Participant of a unit of work (`units.Participant`).

    Attributes:
        clocks: timestamps of lists, known while the write lock is held.
        memory: what backends remember of their rows while the write lock is held, or of what
            they were told to expect; emptied when the lock is taken or a savepoint is rolled
            back. Keys are theirs.
        companion: a query that the next one may bring along.
    """

    def __init__(self, pool: Pool, *, snapshot: bool = True) -> None:
        super().__init__(pool, snapshot=snapshot)
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
        self._write_deferred()
        return self._run(sql, parameters).fetchall()

    def read_aside(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Return the rows of a query that nothing that waits to be written can change."""
        return self._run(sql, parameters).fetchall()

    def kept_pages(self) -> tuple[int, dict[Any, Any]]:
        """The version of the file, and the pages that its connection has kept.

        The version, of the moment that is read, differs from a former one of the same connection
        when anybody else, in any process, has changed the file in between.
        """
        self._begin_reading()
        ((version,),) = self._perform("PRAGMA data_version").fetchall()
        assert self._connection is not None
        return version, self._connection.pages

    def read_in_parts(
        self, sql: str, parameters: Parameters = (), *, size: int
    ) -> Iterator[list[Any]]:
        """Yield the rows of a query, so many at once."""
        self._write_deferred()
        cursor = self._run(sql, parameters)
        while rows := cursor.fetchmany(size):
            yield rows

    def read_with_companion(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        """Run a query of three columns, the first a text; the companion goes with it."""
        companion, self.companion = self.companion, None
        if companion is not None:
            sql, parameters = _both(sql, companion.sql), [*parameters, *companion.values]
        if self._mode == ABOUT_TO_READ:  # where nothing waits to be written
            rows = self._read_first(sql, parameters)
        else:
            rows = self.read(sql, parameters)
        if companion is None:
            return rows
        companion.receive([row for row in rows if type(row[0]) is int])
        return [row for row in rows if type(row[0]) is not int]

    def write(self, sql: str, parameters: Parameters = ()) -> int:
        """Run a statement that changes rows; return how many it changed.

        Raises:
            IntegrityError: a constraint forbids it; the statement had no effect.
            BackendError: anything else went wrong.
        """
        self._write_deferred()
        self._before_write()
        return self._run(sql, parameters).rowcount

    def write_returning(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Run a statement with a RETURNING clause and return its rows."""
        self._write_deferred()
        self._before_write()
        return self._run(sql, parameters).fetchall()

    def defer(self, kind: str, key: Hashable, row: Any, *, write: Writer) -> None:
        """Have a row written before the next statement, together with others of its kind."""
        self._changes += 1
        self._deferred.add(kind, key, row, write=write)

    def defer_all(self, kind: str, rows: Mapping[Any, Any], *, write: Writer) -> None:
        """The same for many rows, by their keys."""
        self._changes += 1
        self._deferred.add_all(kind, rows, write=write)

    def deferred(self, kind: str, key: Hashable) -> Any:
        """The row that waits under a key, or None."""
        return self._deferred.get(kind, key)

    def _write_deferred(self) -> None:
        if self._deferred:
            self._before_write()
            for write, rows in self._deferred.take():
                write(self, rows)

    # -- the beginning and the end ----------------------------------------------------------

    def begin_writing(self) -> None:
        if not self.is_writing:
            self.memory.clear()
            self.companion = None
            super().begin_writing()

    def prepare(self) -> None:
        """Write what waits, and the timestamps of the lists, however often they moved."""
        if not self._changes:
            return
        self._write_deferred()
        if self._unwritten:
            keys = sorted(self._unwritten)
            for start in range(0, len(keys), _CLOCKS_AT_ONCE):
                part = keys[start : start + _CLOCKS_AT_ONCE]
                values = [value for key in part for value in (*key, self.clocks[key])]
                self.write(_write_clocks(len(part)), values)
            self._unwritten.clear()

    def commit(self) -> None:
        self.prepare()
        super().commit()

    # -- marks ------------------------------------------------------------------------------

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
            if self.is_writing:
                mark = len(self._marks)
                self._perform(f"SAVEPOINT s{mark}")
                self._saved.append(mark)

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
        if self.is_writing:
            return self.memory.setdefault(name, {})
        return self.memory.get(name)

    def keep(self, name: str) -> None:
        """Remember rows without the write lock, too, until it is taken: one moment for all."""
        self.memory.setdefault(name, {})
