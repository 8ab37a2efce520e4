"""Redis databases and the units of work over them: one writer at a time, one script to commit.

A unit that writes holds the lock of the database from its first write, or `lock_parent`, to its
end. What it changes stays in the process (`session`), where its own reads find it, until one
script applies all of it. The lock is a lease, so that a process that died does not stop the
others for long; a unit whose lease ended and was taken over can no longer commit, because the
script compares tokens before it writes. So what a unit read under the lock is still true when
its changes are applied, and timestamps rise in the order of commits.

Reads outside a lock are each one moment of the database; several reads of one request may be of
different moments. A unit over two Redis databases is applied to one after the other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from kinto.core.runtime import clock, json, randomness, units
from kinto.core.runtime.turns import TurnLock
from kinto.core.storage.exceptions import BackendError, TransientError
from kinto.core.storage.redis import names, scripts
from kinto.core.storage.redis.connection import Server, server_of
from kinto.core.storage.redis.session import Session

logger = logging.getLogger(__name__)

LEASE_SECONDS = 5.0
"""How long a dead process keeps the others from writing."""

WAIT_SECONDS = 10.0
"""How long a writer waits for its turn before it gives up."""

_LOCK_KEYS = (names.LOCK, names.HOLDER, names.WAKE)
_LEASE_MS = int(LEASE_SECONDS * 1000)
_NAP_SECONDS = 0.05

_databases: dict[int, Database] = {}
_registering = threading.Lock()


def database_of(settings: Mapping[str, Any], kind: str) -> Database:
    """Return the database of `<kind>_url`; storage and permission of one address share it.

    Raises:
        ValueError: the address is none.
        ImportError: the package `redis` is not installed.
    """
    server = server_of(settings, kind)
    with _registering:
        return _databases.setdefault(id(server), Database(server))


class Database:
    """One Redis database, for all threads of the process."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.turns = TurnLock()
        self._key = ("redis", id(server))

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Be the only writer, till the end of the unit or else of the block.

        A block that raises leaves nothing of what it did.

        Raises:
            BackendError: the turn did not come in time.
            TransientError: the lease was lost, and nothing was applied.
        """
        unit = units.current()
        if unit is not None:
            session = unit.join(self._key, lambda: _Participant(self, unit)).locked()
            mark = session.mark()
            try:
                yield session
            except BaseException:
                session.rollback_to(mark)
                raise
            return
        alone = _Participant(self, None)
        try:
            yield alone.locked()
            alone.commit()
        finally:
            alone.abort()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Read: what the unit changed, over what is stored."""
        unit = units.current()
        participant = None if unit is None else unit.participants.get(self._key)
        if isinstance(participant, _Participant):
            yield participant.locked()
        else:
            yield Session(self.server, exclusive=False)

    def lock(self) -> None:
        """Become the only writer until the current unit ends (nothing outside a unit)."""
        if (unit := units.current()) is not None:
            unit.join(self._key, lambda: _Participant(self, unit)).locked()

    def durability(self) -> str:
        """Tell what a crash of Redis may lose, as it is configured now.

        Raises:
            BackendError: it does not answer.
        """
        if not int(self.server.info("persistence").get("aof_enabled", 0)):
            return "appendonly no: a crash loses what came after the last snapshot, if any"
        policy = self.server.configured("appendfsync") or "unknown"
        return f"appendonly yes, appendfsync {policy}"

    def warn_when_volatile(self) -> None:
        """Log a warning if a crash of Redis, or a lack of memory, may lose acknowledged writes.

        Raises:
            BackendError: it does not answer.
        """
        found = self.durability()
        if found != "appendonly yes, appendfsync always":
            logger.warning("Redis may lose acknowledged writes in a crash: %s", found)
        policy = self.server.configured("maxmemory-policy") or ""
        if policy.startswith("allkeys"):
            logger.warning("Redis may drop stored objects when it is full: %s", policy)


class _Participant:
    """The share of a unit in one database: its lock, and what it will apply."""

    def __init__(self, database: Database, unit: units.UnitOfWork | None) -> None:
        self._database = database
        self._server = database.server
        self._unit = unit
        self._token = randomness.random_hex(16)
        self._session: Session | None = None
        self._renewed_at = 0.0

    def locked(self) -> Session:
        """Return the session, the lock taken at the first call and kept alive by the others."""
        if self._session is None:
            self._acquire()
            self._session = Session(self._server, exclusive=True, keep_alive=self._keep_alive)
        else:
            self._keep_alive()
        return self._session

    # -- Participant ------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make sure that the lock is still held; alone in a unit, apply the changes at once."""
        if self._unit is not None and len(self._unit.participants) == 1:
            self.commit()
        elif self._session is not None:
            self._renew()

    def commit(self) -> None:
        session = self._session
        if session is None:
            return
        commands = session.commands(self._token)
        if not commands:
            self.abort()
            return
        keys = dict.fromkeys([*_LOCK_KEYS, *(key for each in commands for key in _keys(each))])
        written = [json.dumps(command) for command in commands]
        try:
            done = self._server.script(scripts.COMMIT, list(keys), self._token, _LEASE_MS, *written)
        except BaseException:
            # It may have been applied, or not: the lock is let go if it is still ours.
            self.abort()
            raise
        self._session = None
        self._database.turns.release()
        if not done:
            raise _lost()

    def abort(self) -> None:
        if self._session is None:
            return
        self._session = None
        try:
            # What cannot be told now, the end of the lease tells.
            with suppress(BackendError):
                self._server.script(scripts.RELEASE, _LOCK_KEYS, self._token, _LEASE_MS)
        finally:
            self._database.turns.release()

    def savepoint(self) -> int:
        return 0 if self._session is None else self._session.mark()

    def rollback_to(self, mark: int) -> None:
        if self._session is not None:
            self._session.rollback_to(mark)

    # -- the lock ---------------------------------------------------------------------------

    def _acquire(self) -> None:
        """Wait for the other threads of this process, then for other processes."""
        deadline = clock.monotonic() + WAIT_SECONDS
        if not self._database.turns.acquire(WAIT_SECONDS):
            raise _busy()
        try:
            while not self._take():
                if clock.monotonic() > deadline:
                    raise _busy()
                # Woken when the lock is let go; the nap is for who was not, or came too late.
                self._server.run("BLPOP", names.WAKE, _NAP_SECONDS)
        except BaseException:
            self._database.turns.release()
            raise
        self._renewed_at = clock.monotonic()

    def _take(self) -> bool:
        return bool(self._server.script(scripts.ACQUIRE, _LOCK_KEYS, self._token, _LEASE_MS))

    def _keep_alive(self) -> None:
        if clock.monotonic() - self._renewed_at > LEASE_SECONDS / 4:
            self._renew()

    def _renew(self) -> None:
        if not self._server.script(scripts.RENEW, _LOCK_KEYS, self._token, _LEASE_MS):
            raise _lost()
        self._renewed_at = clock.monotonic()


def _keys(command: list[str]) -> list[str]:
    return command[1:] if command[0] == "DEL" else command[1:2]


def _busy() -> BackendError:
    return BackendError(message=f"Redis: no turn to write within {WAIT_SECONDS:g} seconds")


def _lost() -> TransientError:
    return TransientError(message="Redis: the unit took longer than its lease, and undid itself")
