"""Permissions in an SQLite file, usually that of the storage: then one transaction for both.

Patterns of object ids are key ranges, tested in Python on what the range leaves; no text of a
user is ever a pattern of SQL.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from kinto.core.permission import sqlite_aces as aces
from kinto.core.permission.base import AUTHENTICATED
from kinto.core.permission.sql import PRINCIPALS, SQLPermission
from kinto.core.settings.backends import PermissionSettings
from kinto.core.storage.sqlite.client import Database, database_at
from kinto.core.storage.sqlite.installation import Schema
from kinto.core.storage.sqlite.session import Session

SCHEMA = Schema(
    name="permission",
    version=1,
    script=Path(__file__).with_name("schema_sqlite.sql").read_text(encoding="utf-8"),
)


def load_from_config(config: Any) -> Permission:
    """Return the backend in the file of the setting `permission_url`; opened at first use.

    Raises:
        ValueError: the setting names no SQLite file.
    """
    return Permission(database_at(PermissionSettings.from_mapping(config.get_settings()).url))


class Permission(SQLPermission):
    """See `PermissionBase`. What was read under the write lock of a unit is remembered."""

    _aces = aces
    # Not `IN`, for which SQLite makes a temporary table.
    _principals_of_users = (
        "SELECT principal FROM user_principals WHERE user_id = ?"
        " UNION ALL SELECT principal FROM user_principals WHERE user_id = ?"
    )

    def __init__(self, database: Database, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.database = database
        database.require(SCHEMA)

    def initialize_schema(self, dry_run: bool = False) -> None:
        self.database.initialize(SCHEMA, dry_run=dry_run)

    def flush(self) -> None:
        with self.database.writing() as session:
            session.write("DELETE FROM user_principals")
            session.write("DELETE FROM access_control_entries")
            session.memory.pop(PRINCIPALS, None)
            session.memory.pop(aces.REMEMBERED, None)

    # Principals of users

    def get_user_principals(self, user_id: str) -> set[str]:
        with self.database.reading() as session:
            if session.remembered(PRINCIPALS) is None:
                return aces.with_principals(session, (user_id, AUTHENTICATED), ())[0]
            return super().get_user_principals(user_id)

    def add_user_principal(self, user_id: str, principal: str) -> None:
        with self.database.writing() as session:
            session.write(
                "INSERT OR IGNORE INTO user_principals (user_id, principal) VALUES (?, ?)",
                (user_id, principal),
            )
            session.memory.pop(PRINCIPALS, None)

    def remove_user_principal(self, user_id: str, principal: str) -> None:
        with self.database.writing() as session:
            session.write(
                "DELETE FROM user_principals WHERE user_id = ? AND principal = ?",
                (user_id, principal),
            )
            session.memory.pop(PRINCIPALS, None)

    def remove_principal(self, principal: str) -> None:
        with self.database.writing() as session:
            session.write("DELETE FROM user_principals WHERE principal = ?", (principal,))
            session.memory.pop(PRINCIPALS, None)

    def _reading_at_once(self) -> AbstractContextManager[Session]:
        block: AbstractContextManager[Session] = self.database.reading(snapshot=True)
        return block
