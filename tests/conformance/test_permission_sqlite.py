"""The SQLite permission backend passes the conformance suite and the stricter promises."""

import sqlite3 as client
import tempfile
import unittest
from unittest import mock

from kinto.core.permission import sqlite
from kinto.core.permission.testing import PermissionTest, StrictPermissionTest
from kinto.core.storage.sqlite import execution


class SQLitePermissionTest(StrictPermissionTest, PermissionTest, unittest.TestCase):
    backend = sqlite

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = {"permission_url": f"sqlite:///{folder.name}/kinto.sqlite"}
        super().setUp()
        self.addCleanup(self.permission.database.close)
        error = client.OperationalError("disk I/O error")
        self.client_error_patcher = [mock.patch.object(execution, "execute", side_effect=error)]
