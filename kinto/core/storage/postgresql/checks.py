"""What is asked of a server before it is used: its durability, its tables, its order of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg2 import errors

from kinto.core.storage.exceptions import BackendError

UNSAFE = (
    "PostgreSQL may forget what it acknowledged: {} is off."
    " Turn it on, or set storage_allow_unsafe_durability = true."
)
FOREIGN_TABLES = """
SELECT table_name FROM information_schema.tables
 WHERE table_schema = ANY(current_schemas(FALSE))
   AND table_name IN ('objects', 'timestamps', 'access_control_entries', 'cache')
   AND table_name NOT IN (SELECT table_name FROM information_schema.columns
                           WHERE column_name = 'bucket'
                             AND table_schema = ANY(current_schemas(FALSE)))
 ORDER BY table_name
"""
"""Names of our tables under which there is something else: each of ours begins with `bucket`."""
FOREIGN = (
    "This database has tables of another server of this protocol ({}), which this one does not read"
    " and never changes. Give Kinto an empty database, and copy the objects through the API."
)
_VERSIONS = "SELECT name, value FROM metadata WHERE name = ANY(%s)"


def unsafe_settings(connection: Any) -> list[str]:
    """Return which of the settings that keep committed data are off."""
    names = ("fsync", "synchronous_commit")
    row = _one(connection, "SELECT current_setting('fsync'), current_setting('synchronous_commit')")
    return [name for name, value in zip(names, row, strict=True) if value == "off"]


def has_byte_order(connection: Any) -> bool:
    """Whether texts compare byte by byte: every other order has `a` before `B`."""
    return bool(_one(connection, "SELECT 'B' < 'a' AND '-b' < '_a'")[0])


def refuse_other_versions(connection: Any, required: Mapping[str, int]) -> None:
    """Check that the tables are there and of this release.

    Raises:
        BackendError: one is not; the message says what to do.
    """
    cursor = connection.cursor()
    cursor.execute(FOREIGN_TABLES)
    if foreign := cursor.fetchall():
        raise BackendError(message=FOREIGN.format(", ".join(name for (name,) in foreign)))
    names = {f"{name}_schema_version": name for name in required}
    cursor = connection.cursor()
    try:
        cursor.execute(_VERSIONS, (list(names),))
    except errors.UndefinedTable:
        rows = []
    else:
        rows = cursor.fetchall()
    found = {names[name]: int(value) for name, value in rows}
    for name, version in required.items():
        installed = found.get(name)
        if installed is None:
            raise BackendError(message=f"The {name} tables are missing. Run `kinto migrate`.")
        if installed < version:
            raise BackendError(
                message=f"The {name} tables have version {installed}, and this release needs"
                f" {version}. Run `kinto migrate`."
            )
        if installed > version:
            raise BackendError(
                message=f"The {name} tables have version {installed}, made by a newer release;"
                f" this one knows version {version}."
            )


def _one(connection: Any, sql: str) -> Any:
    cursor = connection.cursor()
    cursor.execute(sql)
    return cursor.fetchone()
