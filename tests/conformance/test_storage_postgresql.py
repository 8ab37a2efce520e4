"""The PostgreSQL storage passes the conformance suite and the stricter promises."""

import unittest
from unittest import mock

import psycopg2

from kinto.core.storage import postgresql
from kinto.core.storage.postgresql import connection
from kinto.core.storage.testing import StorageTest, StrictStorageTest
from tests import databases


class PostgreSQLStorageTest(StrictStorageTest, StorageTest, unittest.TestCase):
    backend = postgresql

    def setUp(self):
        self.settings = {"storage_url": databases.worker_database_is_young()}
        super().setUp()
        self.client_error_patcher = mock.patch.object(
            connection, "execute", side_effect=psycopg2.OperationalError("disk I/O error")
        )
