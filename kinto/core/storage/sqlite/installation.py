"""How the tables of a backend come into a database file, whichever process is first.

Several processes may do this at once, and each start does it again: the version of a schema is
a row of `metadata`, read before anything is written, and read again under the write lock.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from kinto.core.runtime import clock
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.sqlite.execution import perform

logger = logging.getLogger("kinto.core.storage.sqlite")

_METADATA = "CREATE TABLE IF NOT EXISTS metadata (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
_HAS_METADATA = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'metadata'"
_GET = "SELECT value FROM metadata WHERE name = ?"
_SET = "INSERT OR REPLACE INTO metadata (name, value) VALUES (?, ?)"
_KEEP = "INSERT OR IGNORE INTO metadata (name, value) VALUES (?, ?)"


@dataclass(frozen=True)
class Schema:
    """The tables of one backend.

    Attributes:
        name: of the backend (`storage`, `permission`, `cache`).
        version: of what `script` makes.
        script: statements separated by `;` that make the tables in a file without them.
        migrations: version -> statements that lead from it to the next one.
    """

    name: str
    version: int
    script: str
    migrations: Mapping[int, str] = field(default_factory=dict)


def create_file(path: str) -> bool:
    """Make sure the file exists; a new one belongs to its owner alone, and so do its journals.

    Returns:
        whether it had to be made.
    Raises:
        BackendError: the folder is missing or closed to us.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    except OSError as error:
        raise BackendError(original=error) from error
    return True


def installed_version(connection: sqlite3.Connection, schema: Schema) -> int | None:
    """Return the version of a schema in this file; None when it is not there."""
    if not perform(connection, _HAS_METADATA).fetchone():
        return None
    row = perform(connection, _GET, (f"{schema.name}_schema_version",)).fetchone()
    return int(row[0]) if row else None


def install(connection: sqlite3.Connection, schema: Schema, *, dry_run: bool = False) -> None:
    """Create or upgrade the tables of `schema`; nothing is written when they are current.

    Raises:
        BackendError: the file was written by a newer version of this software.
    """
    version = installed_version(connection, schema)
    if version == schema.version:
        return
    logger.info("Database schema '%s': %s -> %s.", schema.name, version, schema.version)
    if dry_run:
        return
    perform(connection, "PRAGMA journal_mode = WAL")
    perform(connection, "BEGIN IMMEDIATE")
    try:
        _install_locked(connection, schema)
        perform(connection, "COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _install_locked(connection: sqlite3.Connection, schema: Schema) -> None:
    perform(connection, _METADATA)
    perform(connection, _KEEP, ("created_at", str(clock.now_ms())))
    version = installed_version(connection, schema)
    if version is not None and version > schema.version:
        raise BackendError(
            message=f"The {schema.name} tables have version {version}, made by a newer release;"
            f" this one knows version {schema.version}."
        )
    if version is None:
        _run_script(connection, schema.script)
    else:
        for step in range(version, schema.version):
            _run_script(connection, schema.migrations[step])
    perform(connection, _SET, (f"{schema.name}_schema_version", str(schema.version)))


def _run_script(connection: sqlite3.Connection, script: str) -> None:
    # `executescript` would commit first.
    text = "\n".join(line for line in script.splitlines() if not line.startswith("--"))
    for statement in text.split(";"):
        if statement.strip():
            perform(connection, statement)
