"""The Redis storage passes the conformance suite and the stricter promises."""

import unittest
from unittest import mock

import redis as client

from kinto.core.storage import redis
from kinto.core.storage.redis import connection
from kinto.core.storage.testing import StorageTest, StrictStorageTest
from tests.redis_server import redis_url


class RedisStorageTest(StrictStorageTest, StorageTest, unittest.TestCase):
    backend = redis

    def setUp(self):
        self.settings = {"storage_url": redis_url()}
        super().setUp()
        self.client_error_patcher = mock.patch.object(
            connection, "execute", side_effect=client.ConnectionError("broken")
        )
