"""Schemas and their versions: created, migrated step by step, by one server at a time.

The version of a schema is the row `<name>_schema_version` of the table `metadata`. Whoever
changes a schema first locks a row there, so that two servers that start at once do it once.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from kinto.core.runtime import clock
from kinto.core.storage.exceptions import BackendError, IntegrityError
from kinto.core.storage.postgresql import checks

logger = logging.getLogger("kinto.core.storage.postgresql.migrator")

ATTEMPTS = 5
_METADATA = "CREATE TABLE IF NOT EXISTS metadata (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
_SET = """
INSERT INTO metadata (name, value) VALUES (:name, :value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
_KEEP = "INSERT INTO metadata (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING"
_GET = "SELECT value FROM metadata WHERE name = :name"
_EXISTS = "SELECT to_regclass('metadata') IS NOT NULL"


class MigratorMixin:
    """A schema with a version, in the database of `client`.

    Attributes:
        name: of the schema, for instance `storage`.
        schema_version: the one that this code works with.
        schema_file: SQL that makes this version in an empty database.
        migrations_directory: where `migration_NNN_MMM.sql` files are, from one version to the
            next.
    """

    name: str
    schema_version: int
    schema_file: str | Path | None = None
    migrations_directory: str | Path | None = None
    client: Any = None

    def get_installed_version(self) -> int | None:
        """Return the version of the schema in the database; None when it is not there."""
        with self.client.connect(readonly=True) as connection:
            return self._version_in(connection)

    def refuse_foreign_tables(self) -> None:
        """Check that what is in the database was made by this software.

        Raises:
            BackendError: tables with names of ours have another layout.
        """
        with self.client.connect(readonly=True) as connection:
            foreign = connection.execute(sa.text(checks.FOREIGN_TABLES)).scalars().all()
        if foreign:
            raise BackendError(message=checks.FOREIGN.format(", ".join(foreign)))

    def create_or_migrate_schema(self, dry_run: bool = False) -> None:
        """Make the schema, or lead it to `schema_version`; nothing happens the second time.

        Raises:
            BackendError: the database is that of a newer release, or of another server.
        """
        self.refuse_foreign_tables()
        version = self.get_installed_version()
        if not version:
            self.create_schema(dry_run)
            return
        logger.info(f"Detected PostgreSQL {self.name} schema version {version}.")
        if version == self.schema_version:
            logger.info(f"PostgreSQL {self.name} schema is up-to-date.")
            return
        if version > self.schema_version:
            raise BackendError(
                message=f"The {self.name} tables have version {version}, made by a newer release;"
                f" this one knows version {self.schema_version}."
            )
        self.migrate_schema(version, dry_run)

    def create_schema(self, dry_run: bool) -> None:
        """Make the schema in a database without it."""
        logger.info(
            f"Create PostgreSQL {self.name} schema at version {self.schema_version}"
            f" from {self.schema_file}."
        )
        if dry_run:
            return
        assert self.schema_file is not None
        with self._alone() as connection:
            if self._version_in(connection):
                return  # another server was faster
            _run_script(connection, Path(self.schema_file).read_text(encoding="utf-8"))
            self._after_creation(connection)
            self._set_version(connection, self.schema_version)
        logger.info(f"Created PostgreSQL {self.name} schema (version {self.schema_version}).")

    def migrate_schema(self, start_version: int, dry_run: bool) -> None:
        """Run the files that lead from `start_version` to `schema_version`.

        Raises:
            AssertionError: the version in the database is not the one a step starts from.
        """
        steps = range(start_version, self.schema_version)
        for done, version in enumerate(steps, 1):
            found = start_version if dry_run and done > 1 else self.get_installed_version()
            expected = start_version if dry_run else version
            if found != expected:
                raise AssertionError(
                    f"PostgreSQL {self.name} schema: version {expected} expected, {found} found."
                )
            logger.info(
                f"Migrate PostgreSQL {self.name} schema from version {version} to {version + 1}."
            )
            assert self.migrations_directory is not None
            path = (
                Path(self.migrations_directory) / f"migration_{version:03d}_{version + 1:03d}.sql"
            )
            logger.info(f"Execute PostgreSQL {self.name} migration from {path}")
            if not dry_run:
                self._migrate_one(version, path)
            logger.info(f"[{'#' * done}{'.' * (len(steps) - done)}] {done}/{len(steps)}")
        suffix = " (dry-run)" if dry_run else ""
        logger.info(f"PostgreSQL {self.name} schema migration done.{suffix}")

    def _migrate_one(self, version: int, path: Path) -> None:
        with self._alone() as connection:
            if self._version_in(connection) != version:
                return  # another server was faster
            _run_script(connection, path.read_text(encoding="utf-8"))
            self._set_version(connection, version + 1)

    def _execute_sql_file(self, filepath: str | Path) -> None:
        """Run a file of statements in a transaction of its own."""
        with self.client.connect(force_commit=True) as connection:
            _run_script(connection, Path(filepath).read_text(encoding="utf-8"))

    def _after_creation(self, connection: Any) -> None:
        """Add what only code can; the schema was just made, in the same transaction."""

    def _version_in(self, connection: Any) -> int | None:
        if not connection.execute(sa.text(_EXISTS)).scalar():
            return None
        found = connection.execute(sa.text(_GET), {"name": f"{self.name}_schema_version"})
        value = found.scalar()
        return None if value is None else int(value)

    def _set_version(self, connection: Any, version: int) -> None:
        values = {"name": f"{self.name}_schema_version", "value": str(version)}
        connection.execute(sa.text(_SET), values)

    @contextmanager
    def _alone(self) -> Iterator[Any]:
        """A transaction that no other server of this schema can be in."""
        ensure_metadata(self.client)
        with self.client.connect(force_commit=True) as connection:
            lock = {"name": f"{self.name}_schema_lock", "value": ""}
            connection.execute(sa.text(_SET), lock)
            yield connection


class PostgreSQLPluginMigration(MigratorMixin):
    """The schema of a plugin, beside that of the storage (`config.add_migration(...)`).

    Version 1 is what the plugin expects to find, so `create_schema` never runs: override
    `migrate_schema`, or give `migrations_directory`.
    """

    def initialize_schema(self, client: Any, dry_run: bool = False) -> None:
        """Bring the schema up to date, in the database of the storage backend."""
        self.client = client
        self.create_or_migrate_schema(dry_run)

    def get_installed_version(self) -> int:
        with self.client.connect(readonly=True) as connection:
            return self._version_in(connection) or 1

    def _version_in(self, connection: Any) -> int:
        return super()._version_in(connection) or 1


def ensure_metadata(client: Any) -> None:
    """Create the table of versions, and note when the database came to be."""
    for attempt in range(ATTEMPTS):
        try:
            with client.connect(force_commit=True) as connection:
                connection.execute(sa.text(_METADATA))
                created = {"name": "created_at", "value": str(clock.now_ms())}
                connection.execute(sa.text(_KEEP), created)
            return
        except (BackendError, IntegrityError):
            # Two servers that create one table at once: one of them is told so.
            if attempt == ATTEMPTS - 1:
                raise


def warn_of_time_zone(client: Any) -> None:
    """Warn when the database shows times in another zone than UTC."""
    with client.connect(readonly=True) as connection:
        zone = connection.execute(sa.text("SELECT current_setting('TIMEZONE')")).scalar()
    if str(zone).upper() != "UTC":
        warnings.warn(f"Database timezone is not UTC ({zone})", stacklevel=2)


def _run_script(connection: Any, script: str) -> None:
    # Without parameters, so that `%` and `:` are what they are.
    raw = connection.connection.cursor()
    try:
        raw.execute(script)
    except Exception as error:
        raise exc.DBAPIError.instance(script, None, error, Exception) from error
