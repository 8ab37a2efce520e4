"""Which objects satisfy which filters, and in which order they come."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinto.core.protocol.matching import (
    compile_filters,
    compile_rules,
    find_value,
    select,
    sort_objects,
)
from kinto.core.protocol.terms import COMPARISON, MISSING, Filter, Sort
from kinto.core.protocol.values import equal
from tests.protocol.json_values import lists_of_objects, small_values

EQ, NOT, LT, MAX, GT, MIN = (COMPARISON[name] for name in "EQ NOT LT MAX GT MIN".split())
IN, EXCLUDE, LIKE, HAS = (COMPARISON[name] for name in "IN EXCLUDE LIKE HAS".split())
CONTAINS, CONTAINS_ANY = COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY

NO_FIELD = object()

# operator, value of the filter, stored value, whether it matches
TABLE = [
    (EQ, 1, 1, True), (EQ, 1, 1.0, True), (EQ, 1, "1", False), (EQ, 1, True, False),
    (EQ, True, 1, False), (EQ, True, True, True), (EQ, "a", "a", True), (EQ, "a", "A", False),
    (EQ, None, None, True), (EQ, None, NO_FIELD, False), (EQ, None, 0, False),
    (EQ, [1, 2], [1, 2], True), (EQ, [1, 2], [2, 1], False), (EQ, {"a": 1}, {"a": 1.0}, True),
    (EQ, {"a": 1}, {"a": 1, "b": 2}, False), (EQ, MISSING, NO_FIELD, True),
    (EQ, MISSING, None, False),
    (NOT, 1, 2, True), (NOT, 1, 1, False), (NOT, 1, NO_FIELD, True), (NOT, True, 1, True),
    (NOT, None, None, False), (NOT, MISSING, 1, True), (NOT, MISSING, NO_FIELD, False),
    (LT, 3, 2, True), (LT, 3, 3, False), (LT, 3, "a", True), (LT, 3, True, False),
    (LT, 3, NO_FIELD, False), (LT, MISSING, 1, True), (LT, MISSING, NO_FIELD, False),
    (MAX, 3, 3, True), (MAX, 3, NO_FIELD, False), (MAX, MISSING, NO_FIELD, True),
    (GT, 3, 4, True), (GT, 3, 3, False), (GT, 3, "a", False), (GT, 3, True, True),
    (GT, 3, NO_FIELD, True), (GT, MISSING, 1, False), (GT, MISSING, NO_FIELD, False),
    (MIN, 3, 3, True), (MIN, 3, NO_FIELD, True), (MIN, MISSING, NO_FIELD, True),
    (MIN, MISSING, 1, False),
    (IN, [1, "a"], 1.0, True), (IN, [1], True, False), (IN, [], 1, False),
    (IN, [1], NO_FIELD, False),
    (IN, [[1]], [1], True), (IN, (1, 2), 2, True), (IN, [None], None, True),
    (IN, [None], NO_FIELD, False),
    (EXCLUDE, [1], 2, True), (EXCLUDE, [1], 1, False), (EXCLUDE, [1], NO_FIELD, True),
    (EXCLUDE, [], 1, True), (EXCLUDE, [1], True, True),
    (LIKE, "oo", "FOO", True), (LIKE, "f*", "FOO", True), (LIKE, "o*", "FOO", False),
    (LIKE, "", "FOO", True), (LIKE, "", None, False), (LIKE, "", NO_FIELD, False),
    (LIKE, "1", 12, True), (LIKE, "tru", True, True), (LIKE, "b", ["a", "b"], True), (LIKE, "%",
    "x", False),
    (HAS, True, None, True), (HAS, True, NO_FIELD, False), (HAS, False, NO_FIELD, True),
    (HAS, False, 1, False),
    (CONTAINS, ["a"], ["a", "b"], True), (CONTAINS, ["a", "c"], ["a", "b"], False),
    (CONTAINS, [], ["a"], True), (CONTAINS, [], "a", False), (CONTAINS, ["a"], "a", False),
    (CONTAINS, ["a"], {"a": 1}, False), (CONTAINS, ["a"], NO_FIELD, False),
    (CONTAINS, [1], [True], False),
    (CONTAINS, [{"a": 1}], [{"a": 1.0}], True), (CONTAINS, [{"a": 1}], [{"a": 1, "b": 1}], False),
    (CONTAINS_ANY, ["a", "c"], ["a", "b"], True), (CONTAINS_ANY, ["c"], ["a"], False),
    (CONTAINS_ANY, [], ["a"], False), (CONTAINS_ANY, ["a"], NO_FIELD, False),
    (CONTAINS_ANY, ["a"], "a", False),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "wanted", "stored", "matches"), TABLE)
def test_the_operator_table(operator, wanted, stored, matches):
    obj = {"id": "x"} if stored is NO_FIELD else {"id": "x", "f": stored}
    assert compile_filters([Filter("f", wanted, operator)])(obj) is matches
    nested = {"id": "x", "n": {key: value for key, value in obj.items() if key == "f"}}
    assert compile_filters([Filter("n.f", wanted, operator)])(nested) is matches


def test_no_filter_accepts_everything_and_several_are_anded():
    assert compile_filters(None)({})
    assert compile_filters([])({})
    both = compile_filters([Filter("a", 1, EQ), Filter("b", True, HAS)])
    assert both({"a": 1, "b": None})
    assert not both({"a": 1})
    assert not both({"a": 2, "b": 1})


def test_a_has_filter_does_not_undo_the_filters_before_it():
    # The reference returned private objects: the later filter replaced the earlier result.
    filters = [Filter("id", ["mine"], IN), Filter("secret", True, HAS)]
    found, total = select([{"id": "mine"}, {"id": "other", "secret": 1}], filters=filters)
    assert (found, total) == ([], 0)


@pytest.mark.parametrize(("operator", "value"), [(EQ, 12), (IN, [12]), (MIN, 12), (EQ, "12")])
def test_a_number_that_filters_the_id_is_text(operator, value):
    assert compile_filters([Filter("id", value, operator)])({"id": "12"})
    assert not compile_filters([Filter("key", value, operator)], id_field="key")({"key": "11"})


def test_plain_tuples_are_filters():
    assert compile_filters([("a", 1, EQ)])({"a": 1})


def test_rules_are_ored_and_their_filters_anded():
    rules = [[Filter("a", 1, EQ), Filter("b", 1, EQ)], [Filter("c", 1, EQ)]]
    accepts = compile_rules(rules)
    assert accepts({"a": 1, "b": 1})
    assert accepts({"c": 1})
    assert not accepts({"a": 1})
    assert compile_rules([])({})
    assert compile_rules(None)({})


@pytest.mark.parametrize(
    ("obj", "field", "value"),
    [
        ({"a": 1}, "a", 1), ({"a": {"b": 1}}, "a.b", 1), ({"a.b": 1}, "a.b", 1),
        ({"a.b": 1, "a": {"b": 2}}, "a.b", 1), ({"a.b": {"c": 1}}, "a.b.c", 1),
        ({"a": {"b.c": 1}}, "a.b.c", 1), ({"a": [1]}, "a.0", MISSING), ({"a": 1}, "a.b", MISSING),
        ({}, "a", MISSING), ({"a": None}, "a", None), ({"": 1}, "", 1), ({"a": {"": 1}}, "a.", 1),
        ("text", "a", MISSING), ({"a": {}}, "a.b.c", MISSING),
    ],
)  # fmt: skip
def test_the_longest_literal_name_is_followed(obj, field, value):
    assert equal(find_value(obj, field), value)


def test_sorting_puts_missing_last_and_descending_reverses():
    objects = [{"id": n, **({} if v is NO_FIELD else {"v": v})} for n, v in
               enumerate([NO_FIELD, {}, [], True, False, 2, 1, "b", "a", None])]  # fmt: skip
    ascending = [obj["id"] for obj in sort_objects(objects, [Sort("v", 1)])]
    assert ascending == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert [obj["id"] for obj in sort_objects(objects, [Sort("v", -1)])] == ascending[::-1]


def test_sorting_is_stable_and_cumulative():
    objects = [
        {"id": n, "a": a, "b": b} for n, (a, b) in enumerate([(1, 1), (0, 1), (1, 0), (0, 1)])
    ]
    assert [o["id"] for o in sort_objects(objects, [Sort("b", 1), Sort("a", -1)])] == [2, 0, 1, 3]
    assert [o["id"] for o in sort_objects(objects, None)] == [0, 1, 2, 3]


@given(lists_of_objects(), small_values, st.sampled_from(["a", "b", "id", "a.b"]))
def test_below_and_at_least_partition_a_sorted_list(objects, value, field):
    ordered = sort_objects(objects, [Sort(field, 1)])
    for below, above in ((LT, MIN), (MAX, GT)):
        first, _ = select(ordered, filters=[Filter(field, value, below)], id_field="none")
        second, _ = select(ordered, filters=[Filter(field, value, above)], id_field="none")
        assert [*first, *second] == ordered


@given(lists_of_objects(), small_values)
def test_negations_are_complements(objects, value):
    for yes, no, wanted in ((EQ, NOT, value), (IN, EXCLUDE, [value]), (HAS, HAS, True)):
        matching, _ = select(objects, filters=[Filter("a", wanted, yes)])
        other = wanted if yes is not HAS else False
        others, _ = select(objects, filters=[Filter("a", other, no)])
        assert sorted(o["id"] for o in matching + others) == sorted(o["id"] for o in objects)


def test_the_total_ignores_pages_and_the_limit_comes_last():
    objects = [{"id": n} for n in range(10)]
    rules = [[Filter("id", 5, GT)]]
    found, total = select(
        objects, sorting=[Sort("id", -1)], pagination_rules=rules, limit=2, id_field="none"
    )
    assert ([obj["id"] for obj in found], total) == ([9, 8], 10)


def test_ten_thousand_objects_are_filtered_and_sorted_in_a_moment():
    objects = [
        {"id": f"r{n}", "n": n % 7, "t": ["a"], "s": {"x": f"Foo{n}"}} for n in range(10_000)
    ]
    filters = [Filter("n", 3, MIN), Filter("t", ["a"], CONTAINS), Filter("s.x", "f*9", LIKE)]
    started = time.thread_time()
    select(objects, filters=filters, sorting=[Sort("n", 1), Sort("id", -1)])
    assert time.thread_time() - started < 2
