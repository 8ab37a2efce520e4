"""Timestamps derived or proposed, restricted lists, reads of several things at once."""

from __future__ import annotations

import itertools
import time
from unittest import mock

from kinto.core.protocol.terms import COMPARISON, MISSING, Filter, Sort
from kinto.core.storage import exceptions
from kinto.core.storage.testing.fixture import StorageFixture
from kinto.core.storage.testing.timestamps import NOW


class DerivedTimestampsTest(StorageFixture):
    """A list never written has a timestamp that no read has to store."""

    def test_reading_a_timestamp_stores_nothing(self):
        self.timestamp()
        self.storage.list_page(**self.storage_kw)
        self.assertEqual(self.storage.all_resources_timestamps("test"), {})

    def test_a_first_write_is_newer_than_the_empty_list(self):
        before = self.timestamp()
        self.assertGreater(self.create_object()[self.modified_field], before)

    def test_it_is_the_creation_of_the_parent_and_outlives_its_updates(self):
        parent = self.storage.create("bucket", "", {"id": "b"})
        time.sleep(0.002)
        first = self.storage.resource_timestamp("group", "/buckets/b")
        self.assertGreaterEqual(first, parent["last_modified"])
        self.storage.update("bucket", "", "b", {"changed": True})
        self.assertEqual(self.storage.resource_timestamp("group", "/buckets/b"), first)
        created = self.storage.create("group", "/buckets/b", {"id": "g"})
        self.assertGreater(created["last_modified"], first)

    def test_a_past_timestamp_does_not_lower_that_of_the_empty_list(self):
        self.storage.create("bucket", "", {"id": "b"})
        before = self.storage.resource_timestamp("group", "/buckets/b")
        created = self.storage.create("group", "/buckets/b", {"id": "g", "last_modified": 42})
        self.assertEqual(created["last_modified"], 42)
        self.assertEqual(self.storage.resource_timestamp("group", "/buckets/b"), before)

    def _delete_cascading(self, resource_name, parent_id, object_id):
        uri = f"{parent_id}/{resource_name}s/{object_id}"
        self.storage.delete(resource_name, parent_id, object_id)
        for pattern in (uri, f"{uri}/*"):
            self.storage.delete_all(None, pattern, with_deleted=False)
            self.storage.purge_deleted(None, pattern)
        return uri

    def test_a_recreated_parent_has_newer_lists(self):
        where = ("record", "/buckets/b/collections/c")
        self.storage.create("bucket", "", {"id": "b"})
        for collection, ahead in itertools.product(({}, {"last_modified": 42}), (0, 3_600_000)):
            self.storage.create("collection", "/buckets/b", {"id": "c"})
            record = self.storage.create(*where, {"id": "r"})
            record["last_modified"] += ahead
            self.storage.update(*where, "r", record)
            before = self.storage.resource_timestamp(*where)
            with self.subTest(collection=collection, ahead=ahead):
                self._delete_cascading("collection", "/buckets/b", "c")
                self.storage.create("collection", "/buckets/b", {"id": "c", **collection})
                self.assertGreater(self.storage.resource_timestamp(*where), before)
                self.assertEqual(self.storage.list_all(*where, include_deleted=True), [])
            self._delete_cascading("collection", "/buckets/b", "c")

    def test_a_recreated_grandparent_has_newer_lists(self):
        where = ("record", "/buckets/b/collections/c")
        future = 0
        for _ in range(3):
            self.storage.create("bucket", "", {"id": "b"})
            self.storage.create("collection", "/buckets/b", {"id": "c"})
            before = self.storage.resource_timestamp(*where)
            self.assertGreater(before, future)
            future = max(before, self.timestamp()) + 3_600_000
            self.storage.create(*where, {"id": "r", "last_modified": future})
            self._delete_cascading("bucket", "", "b")

    def test_a_flushed_storage_has_newer_lists(self):
        future = self.timestamp() + 3_600_000
        self.create_object({self.modified_field: future})
        self.storage.flush()
        self.assertGreater(self.timestamp(), future)

    def test_purge_never_leaves_a_list_older_than_its_objects(self):
        self.storage.create("bucket", "", {"id": "b"})
        for parent_id in ("/buckets/b", "other"):
            created = self.storage.create("group", parent_id, {"id": "g"})
            before = self.storage.resource_timestamp("group", parent_id)
            with self.subTest(parent_id=parent_id):
                self.storage.purge_deleted(None, "*")
                self.assertGreaterEqual(self.storage.resource_timestamp("group", parent_id), before)
                again = self.storage.create("group", parent_id, {"id": "h"})
                self.assertGreater(again["last_modified"], created["last_modified"])


class ProposedTimestampsTest(StorageFixture):
    """A caller's timestamp never makes two entries of one list share theirs."""

    def _at(self, last_modified, **fields):
        return self.create_object({self.modified_field: last_modified, **fields})

    def test_the_past_timestamp_of_another_object_is_refused(self):
        first = self.create_object({self.id_field: "first"})[self.modified_field]
        self.create_object()
        with self.assertRaises(exceptions.IntegrityError) as raised:
            self._at(first, id="twin")
        self.assertNotIsInstance(raised.exception, exceptions.UnicityError)
        with self.assertRaises(exceptions.ObjectNotFoundError):
            self.storage.get(object_id="twin", **self.storage_kw)

    def test_the_past_timestamp_of_a_tombstone_is_refused(self):
        created = self.create_object()
        deleted = self.storage.delete(object_id=created[self.id_field], **self.storage_kw)
        self.create_object({self.id_field: "other"})
        with self.assertRaises(exceptions.IntegrityError):
            self._at(deleted[self.modified_field])
        with self.assertRaises(exceptions.IntegrityError):
            self.storage.delete(
                object_id="other", last_modified=deleted[self.modified_field], **self.storage_kw
            )
        self.assertEqual(self.count(), 1)

    def test_an_update_to_the_timestamp_of_another_object_is_refused(self):
        first = self.create_object()[self.modified_field]
        second = self.create_object({self.id_field: "second"})
        self.create_object()
        with self.assertRaises(exceptions.IntegrityError):
            self.storage.update(
                object_id="second", obj={self.modified_field: first}, **self.storage_kw
            )
        self.assertEqual(self.storage.get(object_id="second", **self.storage_kw), second)

    def test_an_object_may_keep_its_own_timestamp(self):
        first = self.create_object({self.id_field: "first"})[self.modified_field]
        self.create_object()
        updated = self.storage.update(
            object_id="first", obj={self.modified_field: first}, **self.storage_kw
        )
        self.assertEqual(updated[self.modified_field], first)

    def test_the_same_timestamp_in_another_list_is_accepted(self):
        first = self.create_object()[self.modified_field]
        for where in ({"parent_id": self.other_parent_id}, {"resource_name": "other"}):
            created = self.create_object({self.modified_field: first}, **where)
            self.assertEqual(created[self.modified_field], first)

    def test_what_is_no_integer_is_ignored(self):
        for number, value in enumerate((True, False, None, "123", 1.5, [1], {})):
            # In a list never written: time stands still, so that the next instant shows.
            where = {"parent_id": f"list{number}"}
            before = self.timestamp(**where)
            with mock.patch(NOW, return_value=before):
                created = self.create_object({self.modified_field: value}, **where)
            with self.subTest(value=value):
                self.assertIs(type(created[self.modified_field]), int)
                self.assertGreater(created[self.modified_field], before)

    def test_zero_and_negative_timestamps_are_past_ones(self):
        self.create_object()
        before = self.timestamp()
        for value in (0, -5):
            self.assertEqual(self._at(value)[self.modified_field], value)
        self.assertEqual(self.timestamp(), before)

    def test_recreation_with_the_timestamp_of_the_tombstone_it_replaces(self):
        created = self.create_object({self.id_field: "x"})
        deleted = self.storage.delete(object_id="x", **self.storage_kw)
        self.create_object()
        again = self._at(deleted[self.modified_field], id="x")
        self.assertEqual(again[self.modified_field], deleted[self.modified_field])
        self.assertGreater(again[self.modified_field], created[self.modified_field])


class RestrictedListsTest(StorageFixture):
    """`only_ids` cannot be widened by anything else."""

    def _fill_six(self):
        """Leave id0 to id4 live, id5 deleted, and an id0 elsewhere."""
        for n in range(6):
            self.create_object({self.id_field: f"id{n}", "n": n})
        self.storage.delete(object_id="id5", **self.storage_kw)
        self.create_object({self.id_field: "id0", "n": 0}, parent_id=self.other_parent_id)

    def test_only_ids_is_supported(self):
        self.assertTrue(self.storage.supports_only_ids)

    def test_only_ids_restricts_lists_and_counts(self):
        self._fill_six()
        for only_ids in (["id1", "id3", "unknown"], {"id1", "id3"}, ("id3", "id1", "id1")):
            self.assertCountEqual(self.listed("n", only_ids=only_ids), [1, 3])
            self.assertEqual(self.count(only_ids=only_ids), 2)

    def test_an_empty_only_ids_gives_nothing(self):
        self._fill_six()
        self.assertEqual(self.listed("n", only_ids=[]), [])
        self.assertEqual(self.count(only_ids=[]), 0)
        self.assertEqual(self.storage.list_page(only_ids=[], **self.storage_kw)[1], [])
        self.assertEqual(self.storage.delete_all(only_ids=[], **self.storage_kw), [])
        self.assertEqual(self.count(), 5)

    def test_no_filter_and_no_rule_widens_only_ids(self):
        self._fill_six()
        everything = [Filter("n", True, COMPARISON.HAS)]
        also = [Filter(self.id_field, ["id0", "id1", "id2"], COMPARISON.IN)]
        rules = [everything, [Filter("n", -1, COMPARISON.GT)]]
        for filters in (everything, also, everything + also):
            found = self.listed("n", filters=filters, pagination_rules=rules, only_ids=["id2"])
            self.assertEqual(found, [2])

    def test_only_ids_with_sorting_and_limit(self):
        self._fill_six()
        found = self.listed(
            "n", only_ids=["id0", "id2", "id4"], sorting=[Sort(self.modified_field, -1)], limit=2
        )
        self.assertEqual(found, [4, 2])

    def test_only_ids_restricts_tombstones_too(self):
        self._fill_six()
        found = self.listed(self.id_field, only_ids=["id1"], include_deleted=True)
        self.assertEqual(found, ["id1"])
        found = self.listed(self.id_field, only_ids=["id1", "id5"], include_deleted=True)
        self.assertCountEqual(found, ["id1", "id5"])

    def test_many_ids_are_no_trouble(self):
        self._fill_six()
        only_ids = [f"id{n}" for n in range(3, 40_000)]
        self.assertCountEqual(self.listed("n", only_ids=only_ids), [3, 4])
        self.assertEqual(self.count(only_ids=only_ids), 2)

    def test_only_ids_restricts_what_is_deleted(self):
        self._fill_six()
        deleted = self.storage.delete_all(only_ids=["id1", "id2", "x"], **self.storage_kw)
        self.assertCountEqual([obj[self.id_field] for obj in deleted], ["id1", "id2"])
        self.assertCountEqual(self.listed("n"), [0, 3, 4])


class ReadsTogetherTest(StorageFixture):
    """`list_page` and `get_many`."""

    def test_list_page_is_the_timestamp_and_the_list(self):
        for n in range(5):
            self.create_object({"n": n})
        self.storage.delete_all(filters=[Filter("n", 2, COMPARISON.EQ)], **self.storage_kw)
        query = {
            "filters": [Filter("n", 2, COMPARISON.NOT)],
            "sorting": [Sort(self.modified_field, -1)],
            "limit": 3,
            "include_deleted": True,
        }
        timestamp, objects = self.storage.list_page(**query, **self.storage_kw)
        self.assertEqual(timestamp, self.timestamp())
        self.assertEqual(objects, self.storage.list_all(**query, **self.storage_kw))
        self.assertEqual(objects[0][self.modified_field], timestamp)

    def test_get_many_keeps_the_order_and_tells_what_is_missing(self):
        self.storage.create("bucket", "", {"id": "b"})
        self.storage.create("group", "/buckets/b", {"id": "g"})
        self.storage.create("group", "/buckets/b", {"id": "gone"})
        self.storage.delete("group", "/buckets/b", "gone")
        keys = [
            ("group", "/buckets/b", "g"),
            ("group", "/buckets/b", "gone"),
            ("bucket", "", "b"),
            ("bucket", "", "g"),
            ("group", "/buckets/b", "g"),
        ]
        self.storage.prefetch(keys)
        found = self.storage.get_many(keys)
        self.assertEqual([obj and obj["id"] for obj in found], ["g", None, "b", None, "g"])
        self.assertIsNot(found[0], found[4])
        self.assertEqual(self.storage.get_many([]), [])

    def test_sorted_deletion_gives_timestamps_in_that_order(self):
        for n in (3, 1, 2, 5, 4):
            self.create_object({self.id_field: str(n), "n": n})
        deleted = self.storage.delete_all(sorting=[Sort("n", -1)], limit=3, **self.storage_kw)
        deleted.sort(key=lambda tombstone: tombstone[self.modified_field])
        self.assertEqual([obj[self.id_field] for obj in deleted], ["5", "4", "3"])
        self.assertCountEqual(self.listed("n"), [1, 2])

    def test_pages_by_rules_make_the_whole_list(self):
        for n in range(11):
            self.create_object({"n": n, **({"rank": n % 3} if n % 4 else {})})
        sorting = [Sort("rank", 1), Sort(self.modified_field, -1)]
        everything = self.storage.list_all(sorting=sorting, **self.storage_kw)
        pages, rules = [], None
        while page := self.storage.list_all(
            sorting=sorting, pagination_rules=rules, limit=3, **self.storage_kw
        ):
            pages += page
            rules = self._after(page[-1])
        self.assertEqual(pages, everything)

    def _after(self, last):
        from_rank = last.get("rank", MISSING)
        return [
            [Filter("rank", from_rank, COMPARISON.GT)],
            [
                Filter("rank", from_rank, COMPARISON.EQ),
                Filter(self.modified_field, last[self.modified_field], COMPARISON.LT),
            ],
        ]
