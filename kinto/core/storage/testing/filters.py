"""What each filter operator keeps, for each type of value."""

from __future__ import annotations

from kinto.core.protocol.terms import COMPARISON, MISSING, Filter
from kinto.core.storage.testing.fixture import StorageFixture

EQ, NOT, IN, EXCLUDE = COMPARISON.EQ, COMPARISON.NOT, COMPARISON.IN, COMPARISON.EXCLUDE
LT, MAX, GT, MIN = COMPARISON.LT, COMPARISON.MAX, COMPARISON.GT, COMPARISON.MIN
LIKE, HAS = COMPARISON.LIKE, COMPARISON.HAS
CONTAINS, CONTAINS_ANY = COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY

NOT_ARRAYS = [MISSING, None, "a", "black", 1, 0.5, True, {"a": "a"}, {}]


class ArrayFiltersTest(StorageFixture):
    """Part of `BaseTestStorage`."""

    def test_list_all_can_filter_with_exact_array_equality(self):
        values = [["a", "b"], ["b", "a"], ["a"], [], "a", MISSING]
        self.assertEqual(self.matching(values, (["a", "b"], EQ)), [["a", "b"]])

    def test_list_all_can_filter_with_exact_object_equality(self):
        values = [{"a": 1, "b": 2}, {"a": 1}, {"a": "1", "b": 2}, {}, MISSING]
        found = self.matching(values, ({"b": 2, "a": 1}, EQ))
        self.assertEqual(found, [{"a": 1, "b": 2}])

    def test_list_all_can_filter_on_array_that_contains_values(self):
        values = [["red", "blue"], ["red", "blue", "green"], ["red"], []]
        self.assertEqual(self.matching(values, (["blue", "red"], CONTAINS)), values[:2])

    def test_list_all_can_filter_on_field_that_do_not_contains_an_array_with_contains_any(self):
        values = [*NOT_ARRAYS, ["a"]]
        self.assertEqual(self.matching(values, (["a", "black", 1], CONTAINS_ANY)), [["a"]])

    def test_list_all_can_filter_on_array_that_contains_any_value(self):
        values = [["red", "blue"], ["green"], ["blue"], []]
        found = self.matching(values, (["red", "green"], CONTAINS_ANY))
        self.assertEqual(found, values[:2])

    def test_list_all_can_filter_on_array_that_contains_numeric_values(self):
        values = [[800, 900], [900], [800, 900, 1000], ["800", "900"]]
        found = self.matching(values, ([800, 900], CONTAINS))
        self.assertEqual(found, [[800, 900], [800, 900, 1000]])

    def test_list_all_can_filter_on_array_that_contains_any_numeric_value(self):
        values = [[800, 900], [900], [1000], ["800"]]
        self.assertEqual(self.matching(values, ([800, 1000], CONTAINS_ANY)), [[800, 900], [1000]])

    def test_list_all_can_filter_on_array_with_contains_and_missing_field(self):
        self.assertEqual(self.matching([["a"], MISSING], (["a"], CONTAINS)), [["a"]])

    def test_list_all_can_filter_on_array_with_contains_any_and_missing_field(self):
        self.assertEqual(self.matching([["a"], MISSING], (["a"], CONTAINS_ANY)), [["a"]])

    def test_list_all_can_filter_on_array_with_contains_and_unsupported_type(self):
        values = ["a", 1, {"a": "a"}, ["a", {"b": 1}], [["a"]]]
        self.assertEqual(self.matching(values, (["a"], CONTAINS)), [["a", {"b": 1}]])
        self.assertEqual(self.matching(values, ([{"b": 1}], CONTAINS)), [["a", {"b": 1}]])

    def test_list_all_contains_ignores_object_if_field_is_not_array(self):
        values = [*NOT_ARRAYS, ["a", 1]]
        self.assertEqual(self.matching(values, (["a"], CONTAINS)), [["a", 1]])

    def test_list_all_can_filter_on_array_with_contains_any_and_unsupported_type(self):
        values = ["a", 1, {"a": "a"}, ["c", {"b": 1}], [["a"]]]
        found = self.matching(values, (["a", {"b": 1}], CONTAINS_ANY))
        self.assertEqual(found, [["c", {"b": 1}]])

    def test_list_all_can_filter_matching_a_list(self):
        values = [["a", "b"], ["a"], "a", {"a": "b"}]
        self.assertEqual(self.matching(values, (["a"], EQ)), [["a"]])
        self.assertEqual(self.matching(values, ([["a"], ["x"]], IN)), [["a"]])

    def test_list_all_can_filter_matching_an_object(self):
        values = [{"a": "b"}, {"a": "c"}, ["a", "b"]]
        self.assertEqual(self.matching(values, ({"a": "b"}, EQ)), [{"a": "b"}])
        self.assertEqual(self.matching(values, ([{"a": "c"}], IN)), [{"a": "c"}])


class ValueFiltersTest(StorageFixture):
    """Part of `BaseTestStorage`."""

    def test_list_all_can_filter_with_list_of_values(self):
        values = ["a", "b", "c", MISSING]
        self.assertEqual(self.matching(values, (("a", "c"), IN)), ["a", "c"])

    def test_list_all_can_filter_with_numeric_values(self):
        values = [1, 10, 6, 46, MISSING]
        self.assertEqual(self.matching(values, (10, EQ)), [10])
        self.assertEqual(self.matching(values, (10, LT)), [1, 6])
        self.assertEqual(self.matching(values, (10, MAX)), [1, 10, 6])
        self.assertEqual(self.matching(values, (10, GT)), [46, MISSING])
        self.assertEqual(self.matching(values, (10, MIN)), [10, 46, MISSING])

    def test_list_all_can_filter_with_numeric_id(self):
        for n in (0, 42):
            self.create_object({self.id_field: str(n)})
        self.assertEqual(self.listed(self.id_field, filters=[Filter(self.id_field, 0, EQ)]), ["0"])
        self.assertEqual(
            self.listed(self.id_field, filters=[Filter(self.id_field, 42, EQ)]), ["42"]
        )

    def test_list_all_can_filter_with_numeric_strings(self):
        self.assertEqual(
            self.matching(["0566199093", 566199093], ("0566199093", EQ)), ["0566199093"]
        )

    def test_list_all_can_filter_with_empty_numeric_strings(self):
        self.assertEqual(self.matching(["", 0, "0", None, MISSING], ("", EQ)), [""])

    def test_list_all_can_filter_with_float_values(self):
        values = [10, 11.5, 8.5, 6, 7.5]
        self.assertEqual(self.matching(values, (8.5, EQ)), [8.5])
        self.assertEqual(self.matching(values, (8.5, GT)), [10, 11.5])
        self.assertEqual(self.matching(values, (10.0, EQ)), [10])

    def test_list_all_can_filter_with_strings(self):
        values = ["Marie", "Alexis", "Ben", MISSING]
        self.assertEqual(self.matching(values, ("Ben", EQ)), ["Ben"])
        self.assertEqual(self.matching(values, ("Ben", MAX)), ["Alexis", "Ben"])

    def test_list_all_can_filter_minimum_value_with_strings(self):
        values = ["49.6", "4.9", "50", "5"]
        self.assertEqual(self.matching(values, ("5", MIN)), ["50", "5"])

    def test_list_all_does_not_implicitly_cast(self):
        values = ["abc", "5", 5, 10]
        self.assertEqual(self.matching(values, (5, EQ)), [5])
        self.assertEqual(self.matching(values, ("5", EQ)), ["5"])
        # Every string is lower than every number.
        self.assertEqual(self.matching(values, (5, LT)), ["abc", "5"])
        self.assertEqual(self.matching(values, ("5", GT)), ["abc", 5, 10])

    def test_list_all_can_deal_with_none_values(self):
        values = ["a", None, 1, MISSING]
        self.assertEqual(self.matching(values, ("a", EQ)), ["a"])
        self.assertEqual(self.matching(values, ("a", LT)), [None])
        self.assertEqual(self.matching(values, ("a", NOT)), [None, 1, MISSING])

    def test_list_all_can_filter_with_none_values(self):
        values = ["a", None, "null", 0, MISSING]
        self.assertEqual(self.matching(values, (None, EQ)), [None])
        self.assertEqual(self.matching(values, (None, NOT)), ["a", "null", 0, MISSING])
        self.assertEqual(self.matching(values, (None, GT)), ["a", "null", 0, MISSING])
        self.assertEqual(self.matching(values, (None, LT)), [])

    def test_filter_none_values_can_be_combined(self):
        self.create_objects([{"n": 1, "x": None}, {"n": 2, "x": None}, {"n": 1, "x": 3}])
        filters = [Filter("x", None, EQ), Filter("n", 1, EQ)]
        self.assertEqual(self.listed("n", filters=filters), [1])

    def test_list_all_can_filter_with_list_of_values_on_id(self):
        ids = [obj[self.id_field] for obj in self.create_objects([{"n": n} for n in range(3)])]
        filters = [Filter(self.id_field, ids[:2], IN)]
        self.assertCountEqual(self.listed(self.id_field, filters=filters), ids[:2])

    def test_list_all_can_filter_with_list_of_values_on_last_modified(self):
        created = self.create_objects([{"n": n} for n in range(3)])
        times = [obj[self.modified_field] for obj in created[:2]]
        filters = [Filter(self.modified_field, times, IN)]
        self.assertCountEqual(self.listed(self.modified_field, filters=filters), times)

    def test_list_all_returns_empty_when_including_list_of_empty_values(self):
        self.assertEqual(self.matching(["a", None, [], MISSING], ([], IN)), [])
        self.create_object()
        self.assertEqual(self.listed("foo", filters=[Filter(self.id_field, [], IN)]), [])

    def test_list_all_can_filter_with_list_of_excluded_values(self):
        values = ["a", "b", "c", None, MISSING]
        self.assertEqual(self.matching(values, (("a", "c"), EXCLUDE)), ["b", None, MISSING])

    def test_list_all_can_filter_with_excluded_last_modified_values(self):
        created = self.create_objects([{"n": n} for n in range(3)])
        times = [obj[self.modified_field] for obj in created[:2]]
        filters = [Filter(self.modified_field, times, EXCLUDE)]
        self.assertEqual(self.listed("n", filters=filters), [2])

    def test_list_all_can_filter_a_list_of_integer_values(self):
        values = [1, 2, 3, "1", MISSING]
        self.assertEqual(self.matching(values, ([1, 3], IN)), [1, 3])
        self.assertEqual(self.matching(values, ([1, 3], EXCLUDE)), [2, "1", MISSING])

    def test_list_all_can_filter_a_list_of_mixed_typed_values(self):
        values = [1, "1", "a", True, None, 2, MISSING]
        self.assertEqual(self.matching(values, ([1, "a", None], IN)), [1, "a", None])

    def test_list_all_can_filter_a_list_of_integer_values_on_subobjects(self):
        self.create_objects({"code": {"city": n}} for n in (1, 2, 3))
        found = self.listed("code", filters=[Filter("code.city", [1, 3], IN)])
        self.assertCountEqual([code["city"] for code in found], [1, 3])

    def test_list_all_supports_has(self):
        values = ["a", None, False, 0, "", MISSING]
        self.assertEqual(self.matching(values, (True, HAS)), ["a", None, False, 0, ""])
        self.assertEqual(self.matching(values, (False, HAS)), [MISSING])
        # It narrows what the other filters keep, whichever comes first.
        self.assertEqual(self.matching(values, ("a", EQ), (True, HAS)), ["a"])
        self.assertEqual(self.matching(values, (True, HAS), ("a", EQ)), ["a"])
        self.assertEqual(self.matching(values, ("a", EQ), (False, HAS)), [])

    def test_list_all_can_filter_by_subobjects_values(self):
        self.create_objects({"code": {"sector": sector}} for sector in ("a", "b"))
        self.create_object({"code": "a"})
        found = self.listed("code", filters=[Filter("code.sector", "a", EQ)])
        self.assertEqual(found, [{"sector": "a"}])

    def test_list_all_can_filter_with_like_and_implicit_wildchars(self):
        values = ["foo", "the FOO fighters", "football", "fo", MISSING]
        self.assertEqual(self.matching(values, ("Foo", LIKE)), values[:3])

    def test_list_all_can_filter_with_wildchars(self):
        values = ["foo", "the foo", "football", "foo\nbar", "barfoo", MISSING]
        self.assertEqual(self.matching(values, ("foo*", LIKE)), ["foo", "football", "foo\nbar"])
        self.assertEqual(self.matching(values, ("*foo", LIKE)), ["foo", "the foo", "barfoo"])
        self.assertEqual(self.matching(values, ("f*ll", LIKE)), ["football"])

    def test_objects_filtered_when_searched_by_string_field(self):
        self.create_objects([{"name": "foo"}, {"name": "bar"}, {"name": "FOOBAR"}])
        found = self.listed("name", filters=[Filter("name", "FoO", LIKE)])
        self.assertCountEqual(found, ["foo", "FOOBAR"])
