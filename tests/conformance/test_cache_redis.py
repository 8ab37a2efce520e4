"""The Redis cache passes the conformance suite and the stricter promises."""

import unittest
from unittest import mock

import redis as client

from kinto.core.cache import redis
from kinto.core.cache.testing import CacheTest, StrictCacheTest
from kinto.core.storage.redis import connection
from tests.redis_server import redis_url


class RedisCacheTest(StrictCacheTest, CacheTest, unittest.TestCase):
    backend = redis
    prefix = ""

    def setUp(self):
        self.settings = {"cache_url": redis_url(1), "cache_prefix": self.prefix}
        super().setUp()
        error = client.ConnectionError("broken")
        self.client_error_patcher = mock.patch.object(connection, "execute", side_effect=error)


class RedisCacheWithPrefixTest(RedisCacheTest):
    prefix = "kinto:"

    def test_flush_leaves_nothing(self):
        # Of what is under the prefix.
        other = self.get_backend_prefix(prefix="kinto:deep:")
        other.set("key", 1, 10)
        self.cache.set("key", 1, 10)
        self.cache.flush()
        assert self.cache.get("key") is None
        assert other.get("key") is None

    def test_flush_leaves_the_keys_of_others(self):
        for prefix in ("", "kinto", "k*:", "kinto?"):
            other = self.get_backend_prefix(prefix=prefix)
            other.set("key", 1, 10)
            self.cache.flush()
            with self.subTest(prefix=prefix):
                assert other.delete("key") == 1
