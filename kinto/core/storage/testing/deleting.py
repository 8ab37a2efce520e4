"""Tombstones left by deletions, and deletion of many objects at once."""

from __future__ import annotations

from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.storage import exceptions
from kinto.core.storage.testing.fixture import StorageFixture


class DeletingTest(StorageFixture):
    """Part of `DeletedObjectsTest`."""

    def create_and_delete_object(self, obj=None, **kwargs):
        created = self.create_object(obj, **kwargs)
        return self.storage.delete(
            object_id=created[self.id_field], **{**self.storage_kw, **kwargs}
        )

    def _with_tombstones(self, **kwargs):
        return self.storage.list_all(include_deleted=True, **{**self.storage_kw, **kwargs})

    # -- one object

    def test_get_should_not_return_deleted_items(self):
        deleted = self.create_and_delete_object()
        with self.assertRaises(exceptions.ObjectNotFoundError):
            self.storage.get(object_id=deleted[self.id_field], **self.storage_kw)

    def test_deleting_a_deleted_item_should_raise_not_found(self):
        deleted = self.create_and_delete_object()
        with self.assertRaises(exceptions.ObjectNotFoundError):
            self.storage.delete(object_id=deleted[self.id_field], **self.storage_kw)

    def test_recreating_a_deleted_object_should_delete_its_tombstone(self):
        deleted = self.create_and_delete_object()
        created = self.create_object({"foo": "again", self.id_field: deleted[self.id_field]})
        self.assertEqual(self._with_tombstones(), [created])

    def test_deleting_a_object_twice_should_update_its_tombstone(self):
        first = self.create_and_delete_object()
        second = self.create_and_delete_object({self.id_field: first[self.id_field]})
        self.assertGreater(second[self.modified_field], first[self.modified_field])
        self.assertEqual(self._with_tombstones(), [second])

    def test_deleted_items_have_deleted_set_to_true(self):
        deleted = self.create_and_delete_object()
        self.assertIs(deleted["deleted"], True)
        self.assertIs(self._with_tombstones()[0]["deleted"], True)

    def test_deleted_items_have_only_basic_fields(self):
        deleted = self.create_and_delete_object({"challenge": "accepted"})
        expected = {self.id_field, self.modified_field, "deleted"}
        self.assertEqual(set(deleted), expected)
        self.assertEqual(self._with_tombstones(), [deleted])

    def test_last_modified_of_a_deleted_item_is_deletion_time(self):
        before = self.create_object()
        deleted = self.storage.delete(object_id=before[self.id_field], **self.storage_kw)
        self.assertGreater(deleted[self.modified_field], before[self.modified_field])
        self.assertEqual(self.timestamp(), deleted[self.modified_field])

    def test_delete_can_delete_without_tombstones(self):
        created = self.create_object()
        self.storage.delete(object_id=created[self.id_field], with_deleted=False, **self.storage_kw)
        self.assertEqual(self._with_tombstones(), [])

    def test_deleting_without_tombstone_should_raise_not_found(self):
        created = self.create_object()
        where = {"object_id": created[self.id_field], **self.storage_kw}
        self.storage.delete(with_deleted=False, **where)
        with self.assertRaises(exceptions.ObjectNotFoundError):
            self.storage.delete(**where)

    # -- lists

    def test_list_all_does_not_include_deleted_items_by_default(self):
        self.create_and_delete_object()
        self.assertEqual(self.listed(self.id_field), [])

    def test_list_all_count_does_not_include_deleted_items(self):
        self.create_object()
        self.create_and_delete_object()
        self.assertEqual(self.count(), 1)

    def test_list_all_can_return_deleted_items(self):
        deleted = self.create_and_delete_object()
        self.assertEqual(self._with_tombstones(), [deleted])

    # -- many objects

    def test_delete_all_keeps_track_of_deleted_objects(self):
        created = self.create_objects([{"n": 1}, {"n": 2}])
        deleted = self.storage.delete_all(**self.storage_kw)
        ids = {obj[self.id_field] for obj in created}
        self.assertEqual({obj[self.id_field] for obj in deleted}, ids)
        self.assertTrue(all(obj["deleted"] is True for obj in deleted))
        self.assertEqual({obj[self.id_field] for obj in self._with_tombstones()}, ids)

    def test_delete_all_can_delete_without_tombstones(self):
        old = self.create_and_delete_object()
        self.create_objects([{"n": 1}, {"n": 2}])
        deleted = self.storage.delete_all(with_deleted=False, **self.storage_kw)
        self.assertEqual(len(deleted), 2)
        self.assertEqual(self._with_tombstones(), [old])

    def test_delete_all_deletes_objects(self):
        self.create_objects([{"n": 1}, {"n": 2}])
        self.storage.delete_all(**self.storage_kw)
        self.assertEqual(self.count(), 0)
        self.assertEqual(self.listed(self.id_field), [])

    def test_delete_all_bumps_collection_timestamp(self):
        self.create_object()
        before = self.timestamp()
        self.storage.delete_all(**self.storage_kw)
        self.assertGreater(self.timestamp(), before)

    def test_delete_all_keeps_tombstones(self):
        old = self.create_and_delete_object()
        self.create_object()
        self.storage.delete_all(**self.storage_kw)
        self.assertIn(old, self._with_tombstones())
        self.assertEqual(len(self._with_tombstones()), 2)

    def test_delete_all_bumps_tombstones_timestamps(self):
        self.create_objects([{"n": 1}, {"n": 2}])
        before = self.timestamp()
        self.storage.delete_all(**self.storage_kw)
        timestamps = self.listed(self.modified_field, include_deleted=True)
        self.assertEqual(len(set(timestamps)), 2)
        self.assertTrue(all(timestamp > before for timestamp in timestamps))
        self.assertEqual(self.timestamp(), max(timestamps))

    def test_delete_all_can_delete_by_parent_id(self):
        for parent_id in ("abc", "abc/d", "efg"):
            self.create_object(parent_id=parent_id)
        self.storage.delete_all("test", "ab*", with_deleted=False)
        counts = {key: self.count(parent_id=key) for key in ("abc", "abc/d", "efg")}
        self.assertEqual(counts, {"abc": 0, "abc/d": 0, "efg": 1})

    def test_delete_all_does_proper_parent_id_matching(self):
        for parent_id in ("abc", "xabcx", "xab"):
            self.create_object(parent_id=parent_id)
        self.storage.delete_all("test", "ab*")
        self.assertEqual(self.count(parent_id="abc"), 0)
        self.assertEqual(self.count(parent_id="xabcx"), 1)
        self.assertEqual(self.count(parent_id="xab"), 1)

    def test_delete_all_does_proper_matching(self):
        self.create_object(parent_id="abc", resource_name="test")
        self.create_object(parent_id="abc", resource_name="other")
        self.storage.delete_all("test", "abc")
        self.assertEqual(self.count(parent_id="abc"), 0)
        self.assertEqual(self.count(parent_id="abc", resource_name="other"), 1)
        self.storage.delete_all(None, "a*")
        self.assertEqual(self.count(parent_id="abc", resource_name="other"), 0)

    def test_delete_all_can_delete_by_parent_id_with_tombstones(self):
        for parent_id in ("abc", "abc/d", "efg"):
            self.create_object(parent_id=parent_id)
        deleted = self.storage.delete_all("test", "ab*", with_deleted=True)
        self.assertEqual(len(deleted), 2)
        for parent_id, expected in (("abc", 1), ("abc/d", 1), ("efg", 0)):
            found = self._with_tombstones(
                parent_id=parent_id, filters=[Filter("deleted", True, COMPARISON.EQ)]
            )
            self.assertEqual(len(found), expected, parent_id)

    def test_delete_all_can_delete_partially(self):
        self.create_objects([{"foo": "po"}, {"foo": "bar"}])
        filters = [Filter("foo", "po", COMPARISON.EQ)]
        deleted = self.storage.delete_all(filters=filters, **self.storage_kw)
        self.assertEqual(len(deleted), 1)
        self.assertEqual(self.listed("foo"), ["bar"])

    def test_delete_all_supports_limit(self):
        self.create_objects({"n": n} for n in range(3))
        deleted = self.storage.delete_all(limit=2, **self.storage_kw)
        self.assertEqual(len(deleted), 2)
        self.assertEqual(self.count(), 1)

    def test_delete_all_supports_sorting(self):
        self.create_objects({"n": n} for n in range(5))
        deleted = self.storage.delete_all(sorting=[Sort("n", -1)], **self.storage_kw)
        self.assertEqual(len(deleted), 5)
        self.assertEqual(self.count(), 0)

    def test_delete_all_supports_pagination_rules(self):
        created = self.create_objects({"n": n} for n in range(6))
        bound = created[3][self.modified_field]
        self.storage.delete_all(
            pagination_rules=[[Filter(self.modified_field, bound, COMPARISON.LT)]],
            **self.storage_kw,
        )
        self.assertEqual(sorted(self.listed("n")), [3, 4, 5])


class PurgingTest(DeletingTest):
    """Part of `DeletedObjectsTest`."""

    def _tombstones_in(self, parent_id, resource_name="test"):
        return self.storage.list_all(
            resource_name,
            parent_id,
            filters=[Filter("deleted", True, COMPARISON.EQ)],
            include_deleted=True,
        )

    def test_purge_deleted_remove_all_tombstones(self):
        self.create_objects([{"n": 1}, {"n": 2}])
        self.storage.delete_all(**self.storage_kw)
        self.assertEqual(self.storage.purge_deleted(**self.storage_kw), 2)
        self.assertEqual(self._with_tombstones(), [])

    def test_purge_deleted_remove_all_tombstones_by_parent_id(self):
        for parent_id in ("abc", "abc/d", "efg"):
            self.create_and_delete_object(parent_id=parent_id)
        self.assertEqual(self.storage.purge_deleted("test", "ab*"), 2)
        self.assertEqual(len(self._tombstones_in("efg")), 1)

    def test_purge_deleted_removes_timestamps_by_parent_id(self):
        for parent_id in ("/abc/a", "/abc/b", "/efg"):
            self.create_object(parent_id=parent_id)
        before = {key: self.timestamp(parent_id=key) for key in ("/abc/a", "/abc/b", "/efg")}
        self.storage.delete_all(None, "/abc/*", with_deleted=False)
        self.storage.purge_deleted(None, "/abc/*")
        after = {key: self.timestamp(parent_id=key) for key in before}
        self.assertNotEqual(after["/abc/a"], before["/abc/a"])
        self.assertNotEqual(after["/abc/b"], before["/abc/b"])
        self.assertEqual(after["/efg"], before["/efg"])

    def test_purge_deleted_works_when_no_tombstones(self):
        self.assertEqual(self.storage.purge_deleted(**self.storage_kw), 0)
        self.assertEqual(self.storage.purge_deleted("unknown", "*"), 0)

    def test_purge_deleted_remove_with_before_remove_olders_exclusive(self):
        older, newer = [self.create_and_delete_object() for _ in range(2)]
        before = newer[self.modified_field]
        self.assertEqual(self.storage.purge_deleted(before=before, **self.storage_kw), 1)
        left = self._with_tombstones()
        self.assertEqual(left, [newer])
        self.assertNotIn(older, left)

    def test_purge_deleted_does_not_support_before_and_max_retained(self):
        with self.assertRaises(ValueError) as raised:
            self.storage.purge_deleted(before=1, max_retained=1, **self.storage_kw)
        self.assertEqual(
            str(raised.exception),
            "`before` and `max_retained` are exclusive arguments. Pick one.",
        )

    def test_purge_deleted_remove_with_max_count_per_collection(self):
        for parent_id in ("abc", "efg"):
            newest = [self.create_and_delete_object(parent_id=parent_id) for _ in range(4)][2:]
            purged = self.storage.purge_deleted("test", parent_id, max_retained=2)
            self.assertEqual(purged, 2)
            self.assertCountEqual(self._tombstones_in(parent_id), newest)
        for parent_id in ("abc", "efg"):
            self.create_and_delete_object(parent_id=parent_id)
        self.assertEqual(self.storage.purge_deleted("test", "*", max_retained=2), 2)

    def test_purge_deleted_with_before_only_deletes_tombstones(self):
        created = self.create_object()
        deleted = self.create_and_delete_object()
        before = deleted[self.modified_field] + 1
        self.assertEqual(self.storage.purge_deleted(before=before, **self.storage_kw), 1)
        self.assertEqual(self._with_tombstones(), [created])

    def test_purge_deleted_with_max_retained_only_affects_tombstones(self):
        # The same id is live in one list and deleted in another one.
        deleted = self.create_and_delete_object(parent_id="abc")
        live = self.create_object({self.id_field: deleted[self.id_field]}, parent_id="efg")
        self.assertEqual(self.storage.purge_deleted("test", "*", max_retained=0), 1)
        self.assertEqual(self._with_tombstones(parent_id="efg"), [live])
        self.assertEqual(self._with_tombstones(parent_id="abc"), [])

    def test_purge_deleted_without_before_only_deletes_tombstones(self):
        created = self.create_object()
        self.create_and_delete_object()
        self.assertEqual(self.storage.purge_deleted(**self.storage_kw), 1)
        self.assertEqual(self._with_tombstones(), [created])


class TrimObjectsTest(StorageFixture):
    """Keeping only the newest objects."""

    def test_trims_n_of_same_resource(self):
        self.create_objects({"n": n, "keep": n % 3 == 0} for n in range(9))
        self.create_object({"n": 10, "keep": False}, parent_id=self.other_parent_id)
        self.create_object({"n": 11, "keep": False}, resource_name="other")
        filters = [Filter("keep", False, COMPARISON.EQ)]
        trimmed = self.storage.trim_objects(filters=filters, max_objects=2, **self.storage_kw)
        self.assertEqual(trimmed, 4)
        self.assertEqual(sorted(self.listed("n")), [0, 3, 6, 7, 8])
        self.assertEqual(len(self.listed("n", include_deleted=True)), 5)
        self.assertEqual(self.count(parent_id=self.other_parent_id), 1)
        self.assertEqual(self.count(resource_name="other"), 1)
