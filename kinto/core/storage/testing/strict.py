"""What the backends of this package promise besides. Mixin to put beside `StorageTest`."""

from __future__ import annotations


class StrictStorageTest:
    """Used as `class MyTest(StrictStorageTest, StorageTest, unittest.TestCase)`."""
