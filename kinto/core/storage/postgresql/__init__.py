"""Storage in PostgreSQL: `storage_backend = kinto.core.storage.postgresql`."""

from kinto.core.storage.postgresql.backend import Storage, load_from_config
from kinto.core.storage.postgresql.client import PostgreSQLClient, create_from_config
from kinto.core.storage.postgresql.migrator import MigratorMixin, PostgreSQLPluginMigration

__all__ = [
    "MigratorMixin",
    "PostgreSQLClient",
    "PostgreSQLPluginMigration",
    "Storage",
    "create_from_config",
    "load_from_config",
]
