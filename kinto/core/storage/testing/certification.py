"""What every storage backend has to pass.

class MyStorageTest(StorageTest, unittest.TestCase):
    backend = my_module                 # it has `load_from_config`
    settings = {"storage_url": "..."}

    def setUp(self):
        super().setUp()
        self.client_error_patcher = mock.patch.object(..., side_effect=...)
"""

from __future__ import annotations

from kinto.core.storage.testing.deleting import TrimObjectsTest
from kinto.core.storage.testing.deprecated import DeprecatedCoreNotionsTest
from kinto.core.storage.testing.filters import ArrayFiltersTest, ValueFiltersTest
from kinto.core.storage.testing.health import HealthTest
from kinto.core.storage.testing.objects import (
    ObjectsTest,
    ParentObjectAccessTest,
    SerializationTest,
)
from kinto.core.storage.testing.ordering import DeletedObjectsTest, OrderTest
from kinto.core.storage.testing.timestamps import TimestampsTest
from kinto.core.testing import ThreadMixin


class BaseTestStorage(HealthTest, ObjectsTest, OrderTest, ArrayFiltersTest, ValueFiltersTest):
    """Objects and lists, without their history."""


class StorageTest(
    ThreadMixin,
    TimestampsTest,
    DeletedObjectsTest,
    ParentObjectAccessTest,
    SerializationTest,
    DeprecatedCoreNotionsTest,
    BaseTestStorage,
    TrimObjectsTest,
):
    """The whole of it. Override a test to say why it does not apply."""
