"""The PostgreSQL permission backend passes the conformance suite and the stricter promises."""

import unittest
from unittest import mock

import psycopg2

from kinto.core.permission import postgresql
from kinto.core.permission.testing import PermissionTest, StrictPermissionTest
from kinto.core.storage.postgresql import connection
from tests import databases


class PostgreSQLPermissionTest(StrictPermissionTest, PermissionTest, unittest.TestCase):
    backend = postgresql

    @classmethod
    def setUpClass(cls):
        cls.settings = {"permission_url": databases.worker_url()}

    def setUp(self):
        super().setUp()
        error = psycopg2.OperationalError("disk I/O error")
        self.client_error_patcher = [mock.patch.object(connection, "execute", side_effect=error)]
