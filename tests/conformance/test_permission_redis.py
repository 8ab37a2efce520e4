"""The Redis permission backend passes the conformance suite and the stricter promises."""

import unittest
from unittest import mock

import redis as client

from kinto.core.permission import redis
from kinto.core.permission.testing import PermissionTest, StrictPermissionTest
from kinto.core.storage.redis import connection
from tests.redis_server import redis_url


class RedisPermissionTest(StrictPermissionTest, PermissionTest, unittest.TestCase):
    backend = redis

    def setUp(self):
        self.settings = {"permission_url": redis_url()}
        super().setUp()
        error = client.ConnectionError("broken")
        self.client_error_patcher = [mock.patch.object(connection, "execute", side_effect=error)]
