"""What filters and orders mean for many rows at once: what they mean for one object."""

from __future__ import annotations

import itertools

import pytest

from kinto.core.protocol.matching import select
from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.storage.memory.rows import Row
from kinto.core.storage.memory.scanning import first_in_order, in_order, narrowed

HUGE = 2**53 + 1
VALUES = [
    None, "", "a", "b", "1", 0, 1, 1.0, 1.5, -1, HUGE, HUGE + 0.0, -HUGE, 2**70, True, False,
    [], [1], [True], {}, {"a": 1},
]  # fmt: skip
OBJECTS = [{"id": f"o{number}", "v": value} for number, value in enumerate(VALUES)]
OBJECTS += [{"id": "missing"}, {"id": "deep", "v": {"w": "a"}}, {"id": "dotted", "v.w": "a"}]
OBJECTS = [{**obj, "last_modified": number} for number, obj in enumerate(OBJECTS)]
ROWS = [
    Row(obj, ("record", ""), object_id=obj["id"], modified=obj["last_modified"], created=0)
    for obj in OBJECTS
]
PLAIN = (
    COMPARISON.EQ, COMPARISON.NOT, COMPARISON.LT, COMPARISON.MAX, COMPARISON.GT, COMPARISON.MIN,
)  # fmt: skip


def ids(rows):
    return [row.object_id for row in rows]


@pytest.mark.parametrize("comparison", PLAIN)
@pytest.mark.parametrize("field", ["v", "v.w", "id", "last_modified"])
def test_each_filter_keeps_what_it_keeps_of_single_objects(field, comparison):
    for value in VALUES:
        filters = [Filter(field, value, comparison)]
        expected = [obj["id"] for obj in select(OBJECTS, filters=filters)[0]]
        assert ids(narrowed(ROWS, filters, id_field="id")) == expected, value


@pytest.mark.parametrize("value", [["a", 1], [True], [None, []]])
@pytest.mark.parametrize("comparison", [COMPARISON.IN, COMPARISON.EXCLUDE, COMPARISON.CONTAINS])
def test_filters_with_several_values_do_too(value, comparison):
    filters = [Filter("v", value, comparison)]
    expected = [obj["id"] for obj in select(OBJECTS, filters=filters)[0]]
    assert ids(narrowed(ROWS, filters, id_field="id")) == expected


def test_all_filters_count_and_plain_tuples_are_filters():
    filters = [("v", "a", COMPARISON.MIN), ("id", "o2", COMPARISON.MIN), ("v", "b", COMPARISON.EQ)]
    assert ids(narrowed(ROWS, filters, id_field="id")) == ["o3"]


@pytest.mark.parametrize("kinds", [(str,), (int,), (str, int), (int, float), (object,)])
@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("limit", [0, 1, 2, 5, 100])
def test_the_first_rows_are_those_of_the_whole_order(kinds, direction, limit):
    chosen = [
        (row, obj)
        for row, obj in zip(ROWS, OBJECTS, strict=True)
        if isinstance(obj.get("v"), kinds) and ("v" in obj or kinds == (object,))
    ]
    rows, objects = [pair[0] for pair in chosen], [pair[1] for pair in chosen]
    for second in itertools.product(["id", "last_modified", "v.w"], [1, -1]):
        sorting = [Sort("v", direction), Sort(*second)]
        expected = [obj["id"] for obj in select(objects, sorting=sorting)[0]]
        assert ids(in_order(rows, sorting, modified_field="last_modified")) == expected
        first = first_in_order(rows, sorting, limit, modified_field="last_modified")
        assert ids(first) == expected[:limit]
