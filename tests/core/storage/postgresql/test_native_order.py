"""Where PostgreSQL compares JSON by itself, it says what the protocol says."""

from kinto.core.protocol.matching import select
from kinto.core.protocol.terms import COMPARISON, Filter, Sort
from kinto.core.runtime import units

LIST = ("record", "/buckets/b/collections/c")
VALUES = [
    None, "", "a", "é", "\U0001f600", "10", 0, -1, -0.0, 4999.5, 5000, 5000.0, 2**53, 2**63 - 1,
    1e308, -1e308, 10**400, True, False, [], [1], [5000], [6000, 1], ["z"], [[]], [{}], {},
    {"a": 1}, {"b": [1]},
]  # fmt: skip
ORDERS = (COMPARISON.LT, COMPARISON.MAX, COMPARISON.GT, COMPARISON.MIN)


def filled(made):
    with units.unit_of_work():
        for number, value in enumerate([*VALUES, "absent"]):
            obj = {} if value == "absent" else {"f": value}
            made.update(*LIST, f"o{number:02}", obj)
    return made.list_all(*LIST)


def test_numbers_are_compared_with_every_kind_of_value(made):
    objects = filled(made)
    for comparison in ORDERS:
        for bound in (-1, 0, 4999.5, 5000, 2**53, 2**63 - 1, 1e308, 10**400):
            asked = [Filter("f", bound, comparison)]
            found = {obj["id"] for obj in made.list_all(*LIST, filters=asked)}
            wanted = {obj["id"] for obj in select(objects, filters=asked)[0]}
            assert found == wanted, (comparison, bound)


def test_texts_equal_themselves_alone(made):
    objects = filled(made)
    for text in ("", "a", "é", "\U0001f600", "10", "true", "null"):
        for comparison in (COMPARISON.EQ, COMPARISON.NOT):
            asked = [Filter("f", text, comparison)]
            found = {obj["id"] for obj in made.list_all(*LIST, filters=asked)}
            assert found == {obj["id"] for obj in select(objects, filters=asked)[0]}, text


def test_every_kind_of_value_has_its_place_in_the_order(made):
    objects = filled(made)
    for direction in (1, -1):
        sorting = [Sort("f", direction), Sort("id", 1)]
        found = [obj["id"] for obj in made.list_all(*LIST, sorting=sorting)]
        assert found == [obj["id"] for obj in select(objects, sorting=sorting)[0]]
