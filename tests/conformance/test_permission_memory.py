"""The memory permission backend passes the conformance suite and the stricter promises."""

import unittest
from unittest import mock

from kinto.core.permission import memory
from kinto.core.permission.testing import PermissionTest, StrictPermissionTest
from kinto.core.runtime import journal
from kinto.core.storage.exceptions import BackendError


class MemoryPermissionTest(StrictPermissionTest, PermissionTest, unittest.TestCase):
    backend = memory

    def setUp(self):
        super().setUp()
        error = BackendError(original=RuntimeError("broken"))
        self.client_error_patcher = [
            mock.patch.object(journal, "reading", side_effect=error),
            mock.patch.object(journal, "writing", side_effect=error),
        ]
