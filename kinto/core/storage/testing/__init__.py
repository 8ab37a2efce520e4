"""Conformance of storage backends: mixins for `unittest.TestCase`.

`StorageTest` is what every backend has to pass; `StrictStorageTest` adds what the backends of
this package promise besides.
"""

from kinto.core.storage.testing.certification import (
    BaseTestStorage,
    DeletedObjectsTest,
    DeprecatedCoreNotionsTest,
    ParentObjectAccessTest,
    SerializationTest,
    StorageTest,
    TimestampsTest,
    TrimObjectsTest,
)
from kinto.core.storage.testing.fixture import OBJECT_ID
from kinto.core.storage.testing.strict import StrictStorageTest
from kinto.core.testing import ThreadMixin

__all__ = [
    "OBJECT_ID",
    "BaseTestStorage",
    "DeletedObjectsTest",
    "DeprecatedCoreNotionsTest",
    "ParentObjectAccessTest",
    "SerializationTest",
    "StorageTest",
    "StrictStorageTest",
    "ThreadMixin",
    "TimestampsTest",
    "TrimObjectsTest",
]
