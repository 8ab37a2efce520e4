"""Changes of the database that the plugin needs, made by `kinto migrate` on PostgreSQL.

On every other backend the plugin needs none: it keeps its data as any resource does.
"""

from pathlib import Path

from kinto.core.storage.postgresql import PostgreSQLPluginMigration


class Migration(PostgreSQLPluginMigration):
    """`migrations/migration_NNN_MMM.sql` leads from version NNN (at first 1) to MMM."""

    name = "@slug@"
    schema_version = 2
    migrations_directory = Path(__file__).parent / "migrations"
