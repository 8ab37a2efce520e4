"""The memory cache passes the conformance suite and the stricter promises."""

import unittest
from unittest import mock

from kinto.core.cache import memory
from kinto.core.cache.testing import CacheTest, StrictCacheTest
from kinto.core.storage.exceptions import BackendError


class MemoryCacheTest(StrictCacheTest, CacheTest, unittest.TestCase):
    backend = memory
    settings = {"cache_prefix": ""}

    def setUp(self):
        super().setUp()
        lock = mock.MagicMock()
        lock.__enter__.side_effect = BackendError(original=RuntimeError("broken"))
        self.client_error_patcher = mock.patch.object(self.cache._store, "lock", lock)

    def get_backend_prefix(self, prefix):
        return self.cache.with_prefix(prefix)


class MemoryCacheWithPrefixTest(MemoryCacheTest):
    settings = {"cache_prefix": "kinto:"}
