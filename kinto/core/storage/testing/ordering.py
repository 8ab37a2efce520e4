"""Order and pages, tombstones among them."""

from __future__ import annotations

from kinto.core.protocol.terms import COMPARISON, MISSING, Filter, Sort
from kinto.core.storage.testing.deleting import PurgingTest
from kinto.core.storage.testing.fixture import StorageFixture

MIXED_VALUES = (
    *(None, "", "a", "b", "bc", -1, 0, 0.5, 1, 12, False, True),
    *([], ["a"], ["b"], ["a", "a"], [1, 2], {}, {"a": 1}, {"a": 2}, {"b": 1}, MISSING),
)


class OrderOfDeletedTest(PurgingTest):
    """Part of `DeletedObjectsTest`: what tombstones do in sorts and filters."""

    def _live_then_deleted(self, count=3):
        """Create `count` live objects, then as many that are deleted at once."""
        for n in range(count):
            self.create_object({"n": n, "status": n % 2})
        for n in range(count):
            self.create_and_delete_object({"n": n, "status": n % 2})

    def test_sorting_on_last_modified_applies_to_deleted_items(self):
        self._live_then_deleted()
        for direction in (1, -1):
            found = self.listed(
                self.modified_field,
                sorting=[Sort(self.modified_field, direction)],
                include_deleted=True,
            )
            self.assertEqual(len(found), 6)
            self.assertEqual(found, sorted(found, reverse=direction < 0))

    def test_sorting_on_last_modified_mixes_deleted_objects(self):
        self.create_and_delete_object()
        self.create_object()
        self.create_and_delete_object()
        sorting = [Sort(self.modified_field, 1)]
        found = self.listed("deleted", sorting=sorting, include_deleted=True)
        self.assertEqual(found, [True, MISSING, True])

    def test_sorting_on_arbitrary_field_groups_deleted_at_last(self):
        self._live_then_deleted()
        found = self.listed("deleted", sorting=[Sort("n", 1)], include_deleted=True)
        self.assertEqual(found, [MISSING] * 3 + [True] * 3)

    def test_support_sorting_on_deleted_field_groups_deleted_at_first(self):
        self._live_then_deleted()
        found = self.listed("deleted", sorting=[Sort("deleted", 1)], include_deleted=True)
        self.assertEqual(found, [True] * 3 + [MISSING] * 3)

    def test_sorting_on_numeric_arbitrary_field(self):
        self.create_objects({"n": n} for n in (10, 9, 100, 2.5))
        self.assertEqual(self.listed("n", sorting=[Sort("n", 1)]), [2.5, 9, 10, 100])
        self.assertEqual(self.listed("n", sorting=[Sort("n", -1)]), [100, 10, 9, 2.5])

    def test_filtering_on_last_modified_applies_to_deleted_items(self):
        self.create_and_delete_object()
        bound = self.timestamp()
        live = self.create_object()
        deleted = self.create_and_delete_object()
        filters = [Filter(self.modified_field, bound, COMPARISON.GT)]
        found = self.storage.list_all(filters=filters, include_deleted=True, **self.storage_kw)
        self.assertCountEqual(found, [live, deleted])
        self.assertEqual(self.count(filters=filters), 1)

    def test_filtering_on_arbitrary_field_excludes_deleted_objects(self):
        self._live_then_deleted()
        filters = [Filter("status", 0, COMPARISON.EQ)]
        found = self.listed("n", filters=filters, include_deleted=True)
        self.assertEqual(sorted(found), [0, 2])
        self.assertEqual(self.count(filters=filters), 2)

    def test_support_filtering_on_deleted_field(self):
        self._live_then_deleted()
        filters = [Filter("deleted", True, COMPARISON.EQ)]
        found = self.listed("deleted", filters=filters, include_deleted=True)
        self.assertEqual(found, [True] * 3)

    def test_support_filtering_out_on_deleted_field(self):
        self._live_then_deleted()
        filters = [Filter("deleted", True, COMPARISON.NOT)]
        found = self.listed("n", filters=filters, include_deleted=True)
        self.assertEqual(sorted(found), [0, 1, 2])

    def test_return_empty_set_if_filtering_on_deleted_false(self):
        self._live_then_deleted()
        filters = [Filter("deleted", False, COMPARISON.EQ)]
        self.assertEqual(self.listed("n", filters=filters, include_deleted=True), [])

    def test_return_empty_set_if_filtering_on_deleted_without_include(self):
        self._live_then_deleted()
        filters = [Filter("deleted", True, COMPARISON.EQ)]
        self.assertEqual(self.listed("n", filters=filters), [])


class DeletedObjectsTest(OrderOfDeletedTest):
    """Tombstones; with them pages, where live and deleted objects meet."""

    def test_pagination_rules_on_last_modified_apply_to_deleted_objects(self):
        for n in range(5):
            self.create_object({"n": n})
            self.create_and_delete_object()
        timestamps = sorted(self.listed(self.modified_field, include_deleted=True))
        found = self.listed(
            self.modified_field,
            sorting=[Sort(self.modified_field, 1)],
            pagination_rules=[[Filter(self.modified_field, timestamps[5], COMPARISON.GT)]],
            limit=3,
            include_deleted=True,
        )
        self.assertEqual(found, timestamps[6:9])

    def test_pagination_can_skip_everything(self):
        self._live_then_deleted()
        nothing = [[Filter(self.modified_field, self.timestamp(), COMPARISON.GT)]]
        found = self.listed(self.id_field, pagination_rules=nothing, include_deleted=True)
        self.assertEqual(found, [])

    def test_list_all_handle_a_pagination_rules(self):
        self.create_objects({"n": n, "status": n % 2} for n in range(10))
        rules = [[Filter("n", 3, COMPARISON.GT), Filter("status", 0, COMPARISON.EQ)]]
        found = self.listed("n", sorting=[Sort("n", 1)], pagination_rules=rules, limit=2)
        self.assertEqual(found, [4, 6])

    def test_list_all_handle_all_pagination_rules(self):
        self.create_objects({"n": n, "status": n % 2} for n in range(10))
        rules = [
            [Filter("status", 1, COMPARISON.EQ), Filter("n", 5, COMPARISON.GT)],
            [Filter("status", 0, COMPARISON.EQ), Filter("n", 4, COMPARISON.LT)],
        ]
        found = self.listed("n", sorting=[Sort("n", 1)], pagination_rules=rules)
        self.assertEqual(found, [0, 2, 7, 9])
        filters = [Filter("n", 8, COMPARISON.LT)]
        found = self.listed("n", filters=filters, sorting=[Sort("n", 1)], pagination_rules=rules)
        self.assertEqual(found, [0, 2, 7])

    def test_list_all_parent_id_paginates_correctly(self):
        # The same ids under several parents: none hides another one.
        for parent_id in ("abc", "abd", "abe"):
            for n in range(4):
                self.create_object({self.id_field: f"id{n}", "n": n}, parent_id=parent_id)
        sorting = [Sort("n", 1)]
        everything = self.listed("n", parent_id="ab*", sorting=sorting)
        self.assertEqual(everything, sorted(list(range(4)) * 3))
        rules = [[Filter("n", 1, COMPARISON.GT)]]
        page = self.listed("n", parent_id="ab*", sorting=sorting, pagination_rules=rules, limit=5)
        self.assertEqual(page, [2, 2, 2, 3, 3])

    def test_pagination_rules_are_confined_by_parent(self):
        self.create_objects({"n": n} for n in range(3))
        self.create_object({"n": 1}, parent_id=self.other_parent_id)
        self.create_object({"n": 2}, resource_name="other")
        rules = [[Filter("n", 0, COMPARISON.EQ)], [Filter("n", 0, COMPARISON.GT)]]
        found = self.listed("n", sorting=[Sort("n", 1)], pagination_rules=rules)
        self.assertEqual(found, [0, 1, 2])


class OrderTest(StorageFixture):
    """Part of `BaseTestStorage`: whole lists, their order and their parents."""

    def test_return_all_values(self):
        created = self.create_objects({"n": n} for n in range(10))
        found = self.storage.list_all(**self.storage_kw)
        self.assertCountEqual(found, created)
        self.assertEqual(self.count(), 10)

    def test_list_all_handles_parent_id_pattern_matching(self):
        created = [self.create_object(parent_id=key) for key in ("abc", "abd")]
        self.create_object(parent_id="efg")
        found = self.storage.list_all("test", "ab*")
        self.assertCountEqual(found, created)
        self.assertEqual(self.storage.count_all("test", "ab*"), 2)

    def test_list_all_does_proper_parent_id_pattern_matching(self):
        created = self.create_object(parent_id="abc")
        self.create_object(parent_id="xabcx")
        self.assertEqual(self.storage.list_all("test", "ab*"), [created])

    def test_list_all_parent_id_handles_collisions(self):
        created = [
            self.create_object({self.id_field: "same", "in": key}, parent_id=key)
            for key in ("abc", "abd", "abe")
        ]
        found = self.storage.list_all("test", "ab*", sorting=[Sort("in", 1)])
        self.assertEqual(found, created)

    def test_list_all_handle_limit(self):
        self.create_objects({"n": n} for n in range(5))
        self.assertEqual(len(self.listed("n", limit=2)), 2)
        self.assertEqual(self.listed("n", sorting=[Sort("n", -1)], limit=2), [4, 3])

    def test_list_all_handle_sorting_on_id(self):
        self.create_objects([{"n": 1}, {"n": 2}, {"n": 3}])
        for direction in (1, -1):
            found = self.listed(self.id_field, sorting=[Sort(self.id_field, direction)])
            self.assertEqual(found, sorted(found, reverse=direction < 0))

    def test_list_all_handle_sorting_on_subobject(self):
        self.create_objects({"person": {"age": age}} for age in (30, 10, 20))
        found = self.listed("person", sorting=[Sort("person.age", 1)])
        self.assertEqual([person["age"] for person in found], [10, 20, 30])

    def test_list_all_sorting_is_consistent_with_filtering(self):
        for n, value in enumerate(MIXED_VALUES):
            self.create_object({"n": n} if value is MISSING else {"n": n, "value": value})
        sorting = [Sort("value", 1), Sort("n", 1)]
        ordered = self.listed("n", sorting=sorting)
        self.assertEqual(len(ordered), len(MIXED_VALUES))
        for value in MIXED_VALUES:
            for below, above in (
                (COMPARISON.LT, COMPARISON.MIN),
                (COMPARISON.MAX, COMPARISON.GT),
            ):
                with self.subTest(value=value, below=below):
                    start, end = (
                        self.listed("n", sorting=sorting, filters=[Filter("value", value, side)])
                        for side in (below, above)
                    )
                    self.assertEqual(start + end, ordered)
