"""Failures of PostgreSQL and its client library, and what they mean to the callers of a backend."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg2
from psycopg2 import errors

from kinto.core.storage.exceptions import BackendError, IntegrityError, TransientError

_MISSING_TABLE = (errors.UndefinedTable, errors.UndefinedColumn)
# What was prepared is gone when somebody else has a say in the session: next time it is not used.
_TRANSIENT = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.InvalidSqlStatementName,
    errors.DuplicatePreparedStatement,
)
_NUL = "\ufffeNUL\uffff"


def without_nul(value: Any) -> Any:
    """Return parameters with NUL made a text that nobody stores: PostgreSQL refuses NUL."""
    if isinstance(value, str):
        return value.replace("\0", _NUL)
    if isinstance(value, dict):
        return {name: without_nul(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nul(item) for item in value]
    return value


def is_lost(connection: Any, error: psycopg2.Error) -> bool:
    """Whether the server is done with a connection, or is going to be."""
    if isinstance(error, (errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow)):
        return True
    with suppress(AttributeError):
        return bool(connection.dbapi_connection.closed)
    return False


def is_refused_after(error: psycopg2.Error) -> bool:
    """Whether a statement was not even tried, because one before it failed."""
    return isinstance(error, errors.InFailedSqlTransaction)


def told_of_plugin(error: Exception) -> BackendError:
    """Return what a failure of a plugin's own statement is; SQLAlchemy may have wrapped it."""
    inner = getattr(error, "orig", error)
    kind = type(told(inner)) if isinstance(inner, psycopg2.Error) else BackendError
    return kind(original=error)


def told(error: psycopg2.Error) -> BackendError:
    """Return what a failure of the client library is to those above."""
    if isinstance(error, psycopg2.IntegrityError):
        return IntegrityError(original=error)
    if isinstance(error, _TRANSIENT):
        return TransientError(original=error)
    if isinstance(error, _MISSING_TABLE):
        text = str(error).partition("\n")[0]
        return BackendError(original=error, message=f"{text} Run `kinto migrate`.")
    return BackendError(original=error)
