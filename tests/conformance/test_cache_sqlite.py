"""The SQLite cache passes the conformance suite and the stricter promises."""

import sqlite3 as client
import tempfile
import unittest
from unittest import mock

from kinto.core.cache import sqlite
from kinto.core.cache.testing import CacheTest, StrictCacheTest
from kinto.core.storage.sqlite import execution


class SQLiteCacheTest(StrictCacheTest, CacheTest, unittest.TestCase):
    backend = sqlite
    prefix = ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = {
            "cache_url": f"sqlite:///{folder.name}/cache.sqlite",
            "cache_prefix": self.prefix,
        }
        super().setUp()
        self.addCleanup(self.cache.database.close)
        error = client.OperationalError("disk I/O error")
        self.client_error_patcher = mock.patch.object(execution, "execute", side_effect=error)

    def get_backend_prefix(self, prefix):
        return sqlite.Cache(self.cache.database, cache_prefix=prefix)


class SQLiteCacheWithPrefixTest(SQLiteCacheTest):
    prefix = "kinto:"
