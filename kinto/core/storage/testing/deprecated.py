"""Former names of methods and arguments, which still work and warn."""

from __future__ import annotations

from unittest import mock

from kinto.core.storage.testing.fixture import OBJECT_ID, StorageFixture


class DeprecatedCoreNotionsTest(StorageFixture):
    """Collections are now resources, and records objects."""

    def _warns(self, method, old, new):
        """Check that the last warning is about this argument; return the mock."""
        warn = mock.patch("warnings.warn").start()
        self.addCleanup(mock.patch.stopall)

        def check():
            warn.assert_called_with(
                f"{method.__qualname__} parameter '{old}' is deprecated, use '{new}' instead",
                DeprecationWarning,
            )

        return check

    def test_deprecated_collection_timestamp(self):
        with mock.patch("warnings.warn") as warn:
            timestamp = self.storage.collection_timestamp(collection_id="test", parent_id="")
        warn.assert_called_with(
            "`collection_timestamp()` is deprecated, use `resource_timestamp()` instead.",
            DeprecationWarning,
        )
        self.assertEqual(timestamp, self.storage.resource_timestamp("test", ""))

    def test_create_deprecated_kwargs(self):
        warned = self._warns(self.storage.create, "record", "obj")
        created = self.storage.create(collection_id="test", parent_id="1234", record={"n": 1})
        warned()
        self.assertEqual(created["n"], 1)
        self.assertEqual(self.count(), 1)

    def test_get_deprecated_kwargs(self):
        created = self.create_object()
        warned = self._warns(self.storage.get, "collection_id", "resource_name")
        found = self.storage.get(
            collection_id="test", parent_id="1234", object_id=created[self.id_field]
        )
        warned()
        self.assertEqual(found, created)

    def test_update_deprecated_kwargs(self):
        warned = self._warns(self.storage.update, "record", "obj")
        updated = self.storage.update(
            collection_id="test", parent_id="1234", object_id=OBJECT_ID, record={"n": 1}
        )
        warned()
        self.assertEqual(updated["n"], 1)
        self.assertEqual(self.count(), 1)

    def test_delete_deprecated_kwargs(self):
        created = self.create_object()
        warned = self._warns(self.storage.delete, "collection_id", "resource_name")
        self.storage.delete(
            collection_id="test", parent_id="1234", object_id=created[self.id_field]
        )
        warned()
        self.assertEqual(self.count(), 0)

    def test_delete_all_deprecated_kwargs(self):
        self.create_object()
        warned = self._warns(self.storage.delete_all, "collection_id", "resource_name")
        self.storage.delete_all(collection_id="test", parent_id="1234")
        warned()
        self.assertEqual(self.count(), 0)

    def test_get_all_deprecated_kwargs(self):
        self.create_object()
        with mock.patch("warnings.warn") as warn:
            objects, count = self.storage.get_all(collection_id="test", parent_id="1234")
        messages = [call.args[0] for call in warn.call_args_list]
        qualname = self.storage.get_all.__qualname__
        self.assertIn(
            f"{qualname} parameter 'collection_id' is deprecated, use 'resource_name' instead",
            messages,
        )
        self.assertEqual((len(objects), count), (1, 1))
