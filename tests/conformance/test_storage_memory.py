"""The memory storage passes the conformance suite and the stricter promises."""

import unittest
from unittest import mock

from kinto.core.runtime import journal
from kinto.core.storage import memory
from kinto.core.storage.exceptions import BackendError
from kinto.core.storage.testing import StorageTest, StrictStorageTest


class MemoryStorageTest(StrictStorageTest, StorageTest, unittest.TestCase):
    backend = memory

    def setUp(self):
        super().setUp()
        error = BackendError(original=RuntimeError("broken"))
        lock = mock.MagicMock()
        lock.__enter__.side_effect = error
        lock.acquire.side_effect = error
        self.client_error_patcher = mock.patch.object(journal, "_lock", lock)
