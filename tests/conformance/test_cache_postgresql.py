"""The PostgreSQL cache passes the conformance suite and the stricter promises."""

import unittest
from unittest import mock

import psycopg2

from kinto.core.cache import postgresql
from kinto.core.cache.testing import CacheTest, StrictCacheTest
from kinto.core.storage.postgresql import connection
from tests import databases


class PostgreSQLCacheTest(StrictCacheTest, CacheTest, unittest.TestCase):
    backend = postgresql
    prefix = ""

    @classmethod
    def setUpClass(cls):
        cls.settings = {"cache_url": databases.worker_url(), "cache_prefix": cls.prefix}

    def setUp(self):
        super().setUp()
        error = psycopg2.OperationalError("disk I/O error")
        self.client_error_patcher = mock.patch.object(connection, "execute", side_effect=error)

    def get_backend_prefix(self, prefix):
        return postgresql.Cache(self.cache.client, cache_prefix=prefix)


class PostgreSQLCacheWithPrefixTest(PostgreSQLCacheTest):
    prefix = "kinto:"
