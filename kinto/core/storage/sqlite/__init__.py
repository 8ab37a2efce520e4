"""Storage in one SQLite file: `storage_backend = kinto.core.storage.sqlite`."""

from kinto.core.storage.sqlite.backend import Storage, load_from_config

__all__ = ["Storage", "load_from_config"]
