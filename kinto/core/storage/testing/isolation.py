"""What is stored shares nothing with callers, and nothing with neighbours of a similar name."""

from __future__ import annotations

from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.runtime import units
from kinto.core.storage.testing.fixture import StorageFixture

NESTED = {"tags": ["a", {"deep": [1]}], "author": {"name": "Ann"}}


class IsolationTest(StorageFixture):
    """Changing what was passed or returned never changes the store."""

    def _spoil(self, obj):
        obj["tags"].append("spoiled")
        obj["tags"][1]["deep"].append("spoiled")
        obj["author"]["name"] = "spoiled"
        obj["more"] = "spoiled"

    def _assert_intact(self, object_id):
        stored = self.storage.get(object_id=object_id, **self.storage_kw)
        self.assertEqual({name: stored[name] for name in NESTED}, NESTED)
        self.assertNotIn("more", stored)

    def _nested(self):
        return {"tags": ["a", {"deep": [1]}], "author": {"name": "Ann"}}

    def test_mutating_the_argument_of_create_changes_nothing(self):
        given = self._nested()
        created = self.create_object(given)
        self._spoil(given)
        self._assert_intact(created[self.id_field])

    def test_mutating_what_create_returns_changes_nothing(self):
        created = self.create_object(self._nested())
        self._spoil(created)
        self._assert_intact(created[self.id_field])

    def test_mutating_what_update_takes_and_returns_changes_nothing(self):
        given = self._nested()
        updated = self.storage.update(object_id="u", obj=given, **self.storage_kw)
        self._spoil(given)
        self._spoil(updated)
        self._assert_intact("u")

    def test_mutating_what_reads_return_changes_nothing(self):
        object_id = self.create_object(self._nested())[self.id_field]
        key = (self.storage_kw["resource_name"], self.storage_kw["parent_id"], object_id)
        reads = [
            lambda: self.storage.get(object_id=object_id, **self.storage_kw),
            lambda: self.storage.list_all(**self.storage_kw)[0],
            lambda: self.storage.list_page(**self.storage_kw)[1][0],
            lambda: self.storage.get_many([key])[0],
        ]
        for read in reads:
            self._spoil(read())
            self._assert_intact(object_id)

    def test_mutating_a_returned_tombstone_changes_nothing(self):
        created = self.create_object()
        deleted = self.storage.delete(object_id=created[self.id_field], **self.storage_kw)
        kept = dict(deleted)
        deleted["spoiled"] = True
        self.storage.list_all(include_deleted=True, **self.storage_kw)[0]["spoiled"] = True
        self.assertEqual(self.storage.list_all(include_deleted=True, **self.storage_kw), [kept])

    def test_update_does_not_modify_its_argument(self):
        given = {"a": 1}
        self.storage.update(object_id="u", obj=given, **self.storage_kw)
        self.assertEqual(given, {"a": 1})


# Every one of these is like another one for some careless comparison.
NEIGHBOURS = ("a_b", "axb", "ab", "a%b", "a\\b", "A_B", "a_b2", "a", "a.b", "a?b", "a[b]", "é_b")


class NeighboursTest(StorageFixture):
    """Deleting X removes all of X and nothing else, whatever the names."""

    def _settle(self):
        """Give each neighbour a live object, and tombstones to its collection."""
        self.parents = [f"/buckets/{name}" for name in NEIGHBOURS]
        self.parents += [f"{parent}/collections/c" for parent in self.parents]
        with units.unit_of_work():
            for parent_id in self.parents:
                # The ids of tombstones somewhere are those of live objects elsewhere.
                for object_id in ("live", "dead1", "dead2"):
                    self.create_object({self.id_field: object_id}, parent_id=parent_id)
                    if object_id != "live" and "collections" in parent_id:
                        self.storage.delete("test", parent_id, object_id)

    def _census(self):
        """Return {parent: (live ids, tombstone ids, timestamp)}."""
        found = {}
        for parent_id in self.parents:
            entries = self.storage.list_all("test", parent_id, include_deleted=True)
            live = sorted(obj["id"] for obj in entries if "deleted" not in obj)
            dead = sorted(obj["id"] for obj in entries if "deleted" in obj)
            found[parent_id] = (live, dead, self.storage.resource_timestamp("test", parent_id))
        return found

    def _assert_only(self, removed, operation):
        """Check that `operation(parent)` changes exactly the lists that `removed(parent)` gives."""
        for name in NEIGHBOURS:
            self.storage.flush()
            self._settle()
            parent_id = f"/buckets/{name}"
            before = self._census()
            with self.subTest(parent_id=parent_id):
                operation(parent_id)
                after = self._census()
                changed = {key for key in before if before[key] != after[key]}
                self.assertEqual(changed, set(removed(parent_id)))

    def test_delete_all_in_a_parent_leaves_its_neighbours_alone(self):
        self._assert_only(
            lambda parent_id: [parent_id],
            lambda parent_id: self.storage.delete_all("test", parent_id, with_deleted=False),
        )

    def test_delete_all_below_a_parent_leaves_its_neighbours_alone(self):
        self._assert_only(
            lambda parent_id: [f"{parent_id}/collections/c"],
            lambda parent_id: self.storage.delete_all(None, f"{parent_id}/*", with_deleted=False),
        )

    def test_purge_below_a_parent_leaves_its_neighbours_alone(self):
        self._assert_only(
            lambda parent_id: [f"{parent_id}/collections/c"],
            lambda parent_id: self.storage.purge_deleted("test", f"{parent_id}/*"),
        )

    def test_purge_with_max_retained_leaves_neighbours_and_live_objects_alone(self):
        self._assert_only(
            lambda parent_id: [f"{parent_id}/collections/c"],
            lambda parent_id: self.storage.purge_deleted("test", f"{parent_id}/*", max_retained=1),
        )

    def test_purge_before_leaves_neighbours_and_live_objects_alone(self):
        self._assert_only(
            lambda parent_id: [f"{parent_id}/collections/c"],
            lambda parent_id: self.storage.purge_deleted("test", f"{parent_id}/*", before=2**62),
        )

    def test_purge_of_a_cascade_leaves_the_timestamps_of_neighbours_alone(self):
        def cascade(parent_id):
            for pattern in (parent_id, f"{parent_id}/*"):
                self.storage.delete_all(None, pattern, with_deleted=False)
                self.storage.purge_deleted(None, pattern)

        self._assert_only(lambda parent_id: [parent_id, f"{parent_id}/collections/c"], cascade)

    def test_trim_leaves_neighbours_alone(self):
        self._assert_only(
            lambda parent_id: [parent_id],
            lambda parent_id: self.storage.trim_objects("test", parent_id, [], 1),
        )

    def test_lists_of_a_pattern_hold_nothing_of_neighbours(self):
        self._settle()
        for name in NEIGHBOURS:
            parent_id = f"/buckets/{name}/collections/c"
            with self.subTest(name=name):
                found = self.storage.list_all("test", f"/buckets/{name}/*", include_deleted=True)
                self.assertEqual(len(found), 3)
                self.assertEqual(self.storage.count_all("test", f"/buckets/{name}/*"), 1)
                self.assertEqual(self.storage.count_all("test", parent_id), 1)

    def test_delete_of_one_object_leaves_the_same_id_elsewhere_alone(self):
        self._settle()
        self.storage.delete("test", "/buckets/a_b", "live")
        for parent_id in self.parents:
            expected = 0 if parent_id == "/buckets/a_b" else 1
            filters = [Filter(self.id_field, "live", COMPARISON.EQ)]
            found = self.storage.count_all("test", parent_id, filters=filters)
            self.assertEqual(found, expected, parent_id)

    def test_ids_that_differ_by_case_or_accent_are_different(self):
        ids = ["a", "A", "á", "a\u0301", "a ", "a%", "a_"]
        for object_id in ids:
            self.create_object({self.id_field: object_id, "was": object_id})
        found = self.listed("was", sorting=[Sort(self.id_field, 1)])
        self.assertEqual(found, sorted(ids))
        for object_id in ids:
            stored = self.storage.get(object_id=object_id, **self.storage_kw)
            self.assertEqual(stored["was"], object_id)
