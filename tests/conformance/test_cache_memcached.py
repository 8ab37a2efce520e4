"""The memcached cache passes the conformance suite and the stricter promises."""

import unittest
from unittest import mock

from kinto.core.cache import memcached
from kinto.core.cache.testing import CacheTest, StrictCacheTest
from tests.redis_server import memcached_host


class MemcachedCacheTest(StrictCacheTest, CacheTest, unittest.TestCase):
    backend = memcached
    prefix = ""

    def setUp(self):
        self.settings = {"cache_hosts": memcached_host(), "cache_prefix": self.prefix}
        super().setUp()
        error = memcached.memcache.MemcacheServerError("broken")
        self.client_error_patcher = mock.patch.object(memcached, "execute", side_effect=error)


class MemcachedCacheWithPrefixTest(MemcachedCacheTest):
    prefix = "kinto:"
