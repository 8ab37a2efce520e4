"""The SQLite storage passes the conformance suite and the stricter promises."""

import sqlite3
import tempfile
import unittest
from unittest import mock

from kinto.core.storage import sqlite
from kinto.core.storage.sqlite import execution
from kinto.core.storage.testing import StorageTest, StrictStorageTest


class SQLiteStorageTest(StrictStorageTest, StorageTest, unittest.TestCase):
    backend = sqlite

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = {"storage_url": f"sqlite:///{folder.name}/kinto.sqlite"}
        super().setUp()
        self.addCleanup(self.storage.database.close)
        self.client_error_patcher = mock.patch.object(
            execution, "execute", side_effect=sqlite3.OperationalError("disk I/O error")
        )
