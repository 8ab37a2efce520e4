"""Timestamps of objects and of lists: unique, rising, and what a caller may propose."""

from __future__ import annotations

import os
import time
from unittest import mock

from kinto.core.runtime import clock
from kinto.core.storage import exceptions
from kinto.core.storage.testing.fixture import OBJECT_ID, StorageFixture

IN_THE_PAST = 1448881675541
NOW = "kinto.core.utils.msec_time"


class TimestampsTest(StorageFixture):
    """Also threads: `StorageTest` brings the `ThreadMixin`."""

    def _raises_the_timestamp(self, write):
        before = self.timestamp()
        write()
        self.assertGreater(self.timestamp(), before)

    def test_timestamp_are_incremented_on_create(self):
        self.create_object()
        self._raises_the_timestamp(self.create_object)

    def test_timestamp_are_incremented_on_update(self):
        object_id = self.create_object()[self.id_field]
        self._raises_the_timestamp(
            lambda: self.storage.update(object_id=object_id, obj=self.obj, **self.storage_kw)
        )

    def test_timestamp_are_incremented_on_delete(self):
        object_id = self.create_object()[self.id_field]
        self._raises_the_timestamp(
            lambda: self.storage.delete(object_id=object_id, **self.storage_kw)
        )

    def test_all_timestamps_by_parent_id(self):
        self.create_object()
        self.create_object(parent_id="/a")
        emptied = self.create_object(parent_id="/b")
        self.storage.delete("test", "/b", emptied[self.id_field])
        self.create_object(parent_id="/a", resource_name="other")
        expected = {
            parent_id: self.storage.resource_timestamp("test", parent_id)
            for parent_id in (self.storage_kw["parent_id"], "/a", "/b")
        }
        self.assertEqual(self.storage.all_resources_timestamps("test"), expected)

    def test_timestamps_are_unique(self):
        if "CI" in os.environ:
            self.skipTest("too slow for a shared machine")
        timestamps = []

        def create_many():
            for _ in range(100):
                # A list is only appended to, which threads may do together.
                timestamps.append(self.create_object()[self.modified_field])

        threads = [self._create_thread(target=create_many) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(timestamps), 200)
        self.assertEqual(len(set(timestamps)), 200)

    def test_the_timestamp_is_not_updated_when_resource_remains_empty(self):
        before = self.timestamp()
        time.sleep(0.002)
        self.assertEqual(self.timestamp(), before)

    def test_the_timestamp_are_based_on_real_time_milliseconds(self):
        before = clock.msec_time()
        time.sleep(0.002)
        created = self.create_object()
        time.sleep(0.002)
        after = clock.msec_time()
        self.assertLess(before, created[self.modified_field])
        self.assertLess(created[self.modified_field], after)
        self.assertEqual(self.timestamp(), created[self.modified_field])

    def test_timestamp_are_always_incremented_above_existing_value(self):
        first = self.create_object()
        with mock.patch(NOW, return_value=-1):
            second = self.create_object()
        self.assertGreater(second[self.modified_field], first[self.modified_field])
        self.assertEqual(self.timestamp(), second[self.modified_field])

    def test_resource_timestamp_raises_error_when_empty_and_readonly(self):
        # Some backends have to store the timestamp of an empty list; others derive it.
        self.storage.readonly = True
        try:
            first = self.timestamp()
        except exceptions.BackendError as error:
            self.assertIn("when running in readonly", str(error))
        else:
            time.sleep(0.002)
            self.assertEqual(self.timestamp(), first)
            self.assertNotIn(
                self.storage_kw["parent_id"], self.storage.all_resources_timestamps("test")
            )
        finally:
            self.storage.readonly = False

    def test_resource_timestamp_returns_current_while_readonly(self):
        self.create_object()
        before = self.timestamp()
        self.storage.readonly = True
        try:
            self.assertEqual(self.timestamp(), before)
        finally:
            self.storage.readonly = False

    def _create_at(self, last_modified):
        return self.create_object(
            {**self.obj, self.id_field: OBJECT_ID, self.modified_field: last_modified}
        )

    def test_create_uses_specified_last_modified_if_resource_empty(self):
        self._create_at(IN_THE_PAST)
        self.assertEqual(self.listed(self.modified_field), [IN_THE_PAST])
        self.assertEqual(self.timestamp(), IN_THE_PAST)

    def test_create_ignores_specified_last_modified_if_in_the_past(self):
        self.create_object()
        before = self.timestamp()
        created = self._create_at(before - 10)
        # Ignored by the list, that is.
        self.assertEqual(created[self.modified_field], before - 10)
        self.assertEqual(self.timestamp(), before)

    def test_create_ignores_specified_last_modified_if_equal(self):
        self.create_object()
        before = self.timestamp()
        created = self._create_at(before)
        self.assertGreater(created[self.modified_field], before)
        self.assertEqual(self.timestamp(), created[self.modified_field])

    def _update_at(self, object_id, last_modified):
        return self.storage.update(
            object_id=object_id,
            obj={**self.obj, self.modified_field: last_modified},
            **self.storage_kw,
        )

    def test_update_uses_specified_last_modified_if_in_future(self):
        created = self.create_object()
        wanted = self.timestamp() + 10
        updated = self._update_at(created[self.id_field], wanted)
        self.assertEqual(updated[self.modified_field], wanted)
        self.assertEqual(self.timestamp(), wanted)

    def test_update_ignores_specified_last_modified_if_in_the_past(self):
        created = self.create_object()
        before = self.timestamp()
        updated = self._update_at(created[self.id_field], before - 10)
        self.assertEqual(updated[self.modified_field], before - 10)
        self.assertEqual(self.timestamp(), before)

    def test_update_ignores_specified_last_modified_if_equal(self):
        created = self.create_object()
        before = self.timestamp()
        updated = self._update_at(created[self.id_field], before)
        self.assertGreater(updated[self.modified_field], before)
        self.assertEqual(self.timestamp(), updated[self.modified_field])

    def test_legacy_get_all_works_with_deprecation_warning(self):
        created = self.create_objects([{"n": 1}, {"n": 2}, {"n": 3}])
        with mock.patch("warnings.warn") as warn:
            objects, count = self.storage.get_all(limit=1, **self.storage_kw)
        warn.assert_called_with(
            "Use either self.list_all() or self.count_all()", DeprecationWarning
        )
        self.assertEqual(len(objects), 1)
        self.assertIn(objects[0], created)
        self.assertEqual(count, 3)
