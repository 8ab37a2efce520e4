"""PostgreSQL servers: one `Database` for each address in a process, shared by its backends.

Keeps the pool, tells units of work apart from single operations, checks a server before its first
use, and survives a fork and a restart of the server. What happens on a connection is in `session`.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import psycopg2
import sqlalchemy  # noqa: F401 - extensions look for the library under this name
import sqlalchemy as sa
from sqlalchemy import exc, orm

from kinto.core.runtime import units
from kinto.core.settings.backends import PoolSettings
from kinto.core.settings.fields import asbool
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.postgresql import checks, clocks
from kinto.core.storage.postgresql.engines import new_engine, normalized, options_of
from kinto.core.storage.postgresql.failures import told_of_plugin
from kinto.core.storage.postgresql.session import Session
from kinto.core.storage.postgresql.spares import Spares

MOST_FACTS = 50_000
"""What is known to be stored for good is forgotten beyond this number."""

_databases: dict[tuple[str, bool], Database] = {}
_registering = threading.Lock()


class PostgreSQLClient:
    """What plugins use to run statements of their own, in the transaction of the request.

    Args:
        session_factory: makes sessions of SQLAlchemy on the same pool.
        commit_manually: whether statements commit by themselves even inside a unit of work.
        invalidate: kept for callers that pass it.
    """

    def __init__(
        self,
        session_factory: Callable[[], Any],
        commit_manually: bool,
        invalidate: Callable[..., Any] | None = None,
        *,
        database: Database | None = None,
    ) -> None:
        self.session_factory = session_factory
        self.commit_manually = commit_manually
        self.invalidate = invalidate
        self.database = database

    @contextmanager
    def connect(self, readonly: bool = False, force_commit: bool = False) -> Iterator[Any]:
        """Yield a connection of SQLAlchemy.

        In a unit of work its statements belong to the unit; otherwise, or with `force_commit`,
        the block commits by itself unless it raises or is `readonly`.

        Raises:
            IntegrityError: a constraint forbids a statement.
            TransientError: the transaction was undone to let another one through.
            BackendError: any other failure of the database.
        """
        assert self.database is not None
        try:
            unit = None if force_commit or self.commit_manually else units.current()
            if unit is not None:
                yield self.database.connection_of_unit(unit)
                return
            with self.database.engine.connect() as connection:
                yield connection
                if not readonly:
                    connection.commit()
        except (exc.SQLAlchemyError, psycopg2.Error) as error:
            raise told_of_plugin(error) from error


class _Alone:
    """A block with a session that belongs to no unit of work."""

    def __init__(self, session: Session, *, writes: bool) -> None:
        self._session = session
        self._writes = writes

    def __enter__(self) -> Session:
        if self._writes:
            self._session.begin_writing()
        return self._session

    def __exit__(self, kind: object, *failure: object) -> None:
        try:
            if self._writes and kind is None:
                self._session.commit()
        finally:
            self._session.abort()


class Database:
    """One server and database. Threads share it; each gets connections of its own."""

    def __init__(
        self, engine: sa.Engine, *, in_units: bool = True, allow_unsafe_durability: bool = False
    ) -> None:
        self.engine = engine
        self.byte_order = True
        self.facts: set[Any] = set()
        self.pages: dict[Any, Any] = {}
        self.client = PostgreSQLClient(
            orm.sessionmaker(bind=engine), not in_units, self._invalidate, database=self
        )
        self._key = ("postgresql", id(self))
        self._in_units = in_units
        self._allow_unsafe = allow_unsafe_durability
        self.options: dict[str, Any] = {}
        self._required: dict[str, int] = {}
        self._unchecked = True
        self._changing = threading.Lock()
        self._generation = 0
        self._spares = Spares(engine)

    # -- for backends -----------------------------------------------------------------------

    def require(self, name: str, version: int) -> None:
        """Refuse to work when the tables of this backend are missing or of another version."""
        self._required[name] = version
        self._unchecked = True

    def recheck(self) -> None:
        """Look at the tables again before the next use: they were just made or changed."""
        self.pages.clear()
        self._unchecked = True

    def check_durability(self) -> None:
        """Refuse a server that may forget what it acknowledged; one that is away comes later.

        Raises:
            RuntimeError: `fsync` or `synchronous_commit` is off, and the settings forbid that.
        """
        if self._allow_unsafe:
            return
        with suppress(BackendError):
            connection = self._connect()
            unsafe = None
            try:
                unsafe = checks.unsafe_settings(connection.dbapi_connection)
            except psycopg2.Error as error:
                raise BackendError(original=error) from error
            finally:
                self.discard(connection, None)
            if unsafe:
                raise RuntimeError(checks.UNSAFE.format(", ".join(unsafe)))

    def reading(self) -> AbstractContextManager[Session]:
        """A block with the session of the current unit, or with one for this block alone.

        Each statement sees its own moment: what must belong together is one statement.
        """
        session = self.session_of_unit()
        return _Alone(Session(self), writes=False) if session is None else session

    def writing(self) -> AbstractContextManager[Session]:
        """A block with the session of the current unit, or with one for this block alone, in a
        transaction.

        Outside a unit the block commits, or is undone when it raises.
        """
        session = self.session_of_unit()
        if session is None:
            return _Alone(Session(self), writes=True)
        session.begin_writing()
        return session

    def session_of_unit(self) -> Session | None:
        """The session of the current unit; None outside a unit."""
        unit = units.current() if self._in_units else None
        if unit is None:
            return None
        known: Any = unit.participants.get(self._key)
        return self._session_of(unit) if known is None else known

    def connection_of_unit(self, unit: units.UnitOfWork) -> sa.Connection:
        """A connection of SQLAlchemy over that of the unit; it must not be closed."""
        return sa.Connection(self.engine, connection=self._session_of(unit).lend())

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._spares.clear()
        self.engine.dispose()

    # -- for sessions -----------------------------------------------------------------------

    def borrow(self) -> Any:
        """Return a connection that nobody else has.

        Raises:
            BackendError: the server is away, all connections are taken, or the tables are not
                those of this release.
        """
        connection = self._spares.take() or self._connect()
        if len(self.facts) > MOST_FACTS:
            self.facts = set()
        if self._unchecked:
            try:
                self._check(connection.dbapi_connection)
            except BaseException as error:
                self.give_back(connection)
                if isinstance(error, psycopg2.Error):
                    raise BackendError(original=error) from error
                raise
        return connection

    def give_back(self, connection: Any) -> None:
        """Take a connection back that has no transaction."""
        self._spares.give_back(connection)

    def discard(self, connection: Any, error: BaseException | None) -> None:
        """Close a connection. If the server let go of it, others are as old: none is reused."""
        generation = connection.info.get("generation")
        with suppress(exc.SQLAlchemyError, psycopg2.Error):
            connection.invalidate(error if isinstance(error, Exception) else None)
            connection.close()
        if error is not None:
            with self._changing:
                is_current = generation == self._generation
                self._generation += is_current
            if is_current:
                self.close()

    def finish_clocks(self, session: Session) -> None:
        clocks.store(session)

    def after_fork(self) -> None:
        """Start afresh in a child process: connections of the parent are not ours to use."""
        self._changing = threading.Lock()
        self._spares.after_fork()
        self.engine.dispose(close=False)

    def _session_of(self, unit: units.UnitOfWork) -> Session:
        session: Session = unit.join(self._key, lambda: Session(self, unit))
        return session

    def _connect(self) -> Any:
        try:
            connection = self._spares.connect()
            connection.info.setdefault("generation", self._generation)
        except (exc.SQLAlchemyError, psycopg2.Error) as error:
            raise BackendError(original=error) from error
        return connection

    def _check(self, connection: Any) -> None:
        if not self._allow_unsafe and (unsafe := checks.unsafe_settings(connection)):
            raise BackendError(message=checks.UNSAFE.format(", ".join(unsafe)))
        checks.refuse_other_versions(connection, self._required)
        self.byte_order = checks.has_byte_order(connection)
        self._unchecked = False

    def _invalidate(self, *args: Any) -> None:
        self.close()


def create_from_config(
    config: Any, prefix: str = "", with_transaction: bool = True
) -> PostgreSQLClient:
    """Return the client of the address in the setting `<prefix>url`; one for each address.

    Args:
        prefix: of the settings, for instance `storage_`.
        with_transaction: whether it takes part in the units of work of requests.
    Raises:
        sqlalchemy.exc.ArgumentError: the address cannot be read.
        TypeError: an option is unknown to the engine.
    """
    return database_from(config.get_settings(), prefix, with_transaction=with_transaction).client


def database_from(
    settings: Mapping[str, Any], prefix: str, *, with_transaction: bool = True
) -> Database:
    """Return the database of a backend; see `create_from_config`."""
    address = normalized(str(settings.get(f"{prefix}url", "")))
    in_units = with_transaction and asbool(settings.get("transaction_per_request", True))
    key = (address.render_as_string(hide_password=False), in_units)
    options = options_of(settings, prefix)
    with _registering:
        known = _databases.get(key)
        if known is None:
            unsafe = asbool(settings.get("storage_allow_unsafe_durability", False))
            timeout = PoolSettings.of(settings, prefix.rstrip("_")).statement_timeout
            engine = new_engine(address, options, timeout=timeout)
            known = Database(engine, in_units=in_units, allow_unsafe_durability=unsafe)
            known.options = options
            _databases[key] = known
        elif options and options != known.options:
            warnings.warn(
                f"Reuse existing PostgreSQL connection. Parameters {prefix}* will be ignored.",
                stacklevel=3,
            )
    known.check_durability()
    return known


def _after_fork_in_child() -> None:
    global _registering
    _registering = threading.Lock()  # a thread of the parent may have held the old one
    for database in _databases.values():
        database.after_fork()


os.register_at_fork(after_in_child=_after_fork_in_child)
