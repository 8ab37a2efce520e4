"""Filters and sorts in SQL agree with `kinto.core.protocol.matching`, which says what they mean."""

import math

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kinto.core.protocol.matching import select
from kinto.core.protocol.terms import COMPARISON, MISSING, Filter, Sort
from kinto.core.storage.sql.conditions import Fields, read_filter
from kinto.core.storage.sqlite import Storage
from kinto.core.storage.sqlite.client import database_at
from kinto.core.storage.sqlite.dialect import SQLiteDialect

PLACE = ("record", "/buckets/b/collections/c")

TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            "a",
            "A",
            "é",
            "É",
            "ab",
            "a%b",
            "a_b",
            "a\\b",
            "1",
            "1.0",
            "null",
            "\U0001f600",
            "ﬁ",
            'q"',
        ]
    ),
    st.text(alphabet="aAbé%_*\\\"'\U0001f600\n", max_size=4),
)
INTEGERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from(
        [2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**63 + 1, -(2**63), -(2**63) - 1, 10**30]
    ),
    st.integers(),
)
FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 0.1, 1.5, 2.0**53, 2.0**63, -(2.0**63), 1e30, 1e300]),
    st.floats(allow_nan=False, allow_infinity=False),
)
SCALARS = st.one_of(st.none(), st.booleans(), TEXTS, INTEGERS, FLOATS)
NAMES = st.sampled_from(
    ["a", "b", "a.b", "b.c", "a.b.c", "é", 'q"', "", "c", "x y", "back\\slash", "d\n"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=6)
FIELDS = st.one_of(
    NAMES.filter(bool),
    st.sampled_from(
        [
            "a.a",
            "a.b.a",
            "a.b.c.a",
            "a.b.c.a.b",
            "a.é",
            "a.",
            ".a",
            "a..b",
            "last_modified.a",
            "id.a",
        ]
    ),
)
COLUMNS = st.sampled_from(["id", "last_modified"])
COMPARING = st.sampled_from(
    [getattr(COMPARISON, name) for name in ("LT", "MAX", "EQ", "NOT", "GT", "MIN")]
)
LISTING = st.sampled_from(
    [COMPARISON.IN, COMPARISON.EXCLUDE, COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY]
)
PATTERNS = st.text(alphabet='aAbéÉ%_*\\1.[,]{}"tn', max_size=5)


def filters_on(fields):
    several = st.one_of(
        st.lists(SCALARS, max_size=3),
        st.lists(TEXTS, max_size=3),
        st.lists(st.integers(-2, 2), max_size=3),
        st.lists(VALUES, max_size=3),
    )
    return st.one_of(
        st.builds(Filter, fields, st.one_of(VALUES, st.just(MISSING)), COMPARING),
        st.builds(Filter, fields, several, LISTING),
        st.builds(Filter, fields, PATTERNS, st.just(COMPARISON.LIKE)),
        st.builds(Filter, fields, st.booleans(), st.just(COMPARISON.HAS)),
    )


FILTERS = st.lists(filters_on(st.one_of(FIELDS, FIELDS, COLUMNS)), max_size=3)
RULES = st.lists(st.lists(filters_on(FIELDS), min_size=1, max_size=2), max_size=2)
SORTS = st.lists(st.builds(Sort, st.one_of(FIELDS, COLUMNS), st.sampled_from([1, -1])), max_size=3)


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    database = database_at(str(tmp_path_factory.mktemp("filters") / "kinto.sqlite"))
    yield Storage(database)
    database.close()


def stored(storage, objects):
    storage.delete_all(*PLACE, with_deleted=False)
    return [storage.create(*PLACE, obj) for obj in objects]


def without_arrays_of_columns(filters):
    """What the protocol refuses upstream, with its own words."""
    return [
        item
        for item in filters
        if item.field not in ("id", "last_modified")
        or item.operator not in (COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY)
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(objects=OBJECTS, filters=FILTERS, rules=RULES, sorting=SORTS)
@example(objects=[{"a": 2**63}], filters=[Filter("a", 2**63, COMPARISON.EQ)], rules=[], sorting=[])
@example(objects=[{"a": False}], filters=[Filter("a", None, COMPARISON.EQ)], rules=[], sorting=[])
@example(objects=[{"a": None}], filters=[Filter("a", False, COMPARISON.EQ)], rules=[], sorting=[])
@example(
    objects=[{"a.b": 1, "a": {"b": 2}}],
    filters=[Filter("a.b", 1, COMPARISON.EQ)],
    rules=[],
    sorting=[],
)
def test_sql_selects_and_orders_as_the_protocol_does(storage, objects, filters, rules, sorting):
    sorting = [*sorting, Sort("last_modified", -1)]
    candidates = stored(storage, objects)
    expected, total = select(candidates, filters=filters, sorting=sorting, pagination_rules=rules)
    found = storage.list_all(*PLACE, filters=filters, sorting=sorting, pagination_rules=rules)
    assert found == expected
    assert storage.count_all(*PLACE, filters=filters) == total


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=st.lists(VALUES, min_size=1, max_size=6), bound=VALUES)
def test_opposite_comparisons_share_the_list_between_them(storage, values, bound):
    stored(storage, [{"value": value} for value in values])

    def matching(operator):
        filters = [Filter("value", bound, operator)]
        return [obj["id"] for obj in storage.list_all(*PLACE, filters=filters)]

    everything = sorted(obj["id"] for obj in storage.list_all(*PLACE))
    assert sorted(matching(COMPARISON.LT) + matching(COMPARISON.MIN)) == everything
    assert sorted(matching(COMPARISON.MAX) + matching(COMPARISON.GT)) == everything


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.dictionaries(NAMES, VALUES, max_size=5))
def test_what_is_stored_comes_back_exactly(storage, data):
    (created,) = stored(storage, [data])
    found = storage.get(*PLACE, created["id"])
    assert repr(found) == repr(
        {**data, "id": created["id"], "last_modified": found["last_modified"]}
    )
    assert math.isfinite(found["last_modified"])


@pytest.mark.parametrize(
    "text", ["a' OR 1=1 --", "'); DROP TABLE objects; --", "%", "_", "\\", "*"]
)
def test_no_text_of_a_user_is_sql(storage, text):
    stored(storage, [{"a": "x", text: "found"}, {"a": text}])
    for operator in (COMPARISON.EQ, COMPARISON.IN, COMPARISON.CONTAINS_ANY):
        storage.list_all(*PLACE, filters=[Filter("a", [text], operator)])
    by_value = storage.list_all(*PLACE, filters=[Filter("a", text, COMPARISON.EQ)])
    assert [obj["a"] for obj in by_value] == [text]
    by_name = storage.list_all(*PLACE, filters=[Filter(text, "found", COMPARISON.EQ)])
    assert [obj["a"] for obj in by_name] == ["x"]
    storage.list_all(*PLACE, sorting=[Sort(text, 1)])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Filter("a", 1, COMPARISON.EQ), Filter("zz", 2.5, COMPARISON.EQ)),
        (Filter("a.b", "x", COMPARISON.LT), Filter("c.d", "y", COMPARISON.LT)),
        (Filter("a", ["x"], COMPARISON.IN), Filter("b", ["y", "z"], COMPARISON.IN)),
        (Filter("a", "x", COMPARISON.LIKE), Filter("a", "yy*", COMPARISON.LIKE)),
    ],
)
def test_filters_of_one_shape_share_their_statement(first, second):
    fields, dialect = Fields("id", "last_modified"), SQLiteDialect()
    assert read_filter(first, fields, dialect).shape == read_filter(second, fields, dialect).shape


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (None, False),
        ("x", 1),
        (True, False),
        (1, 2**63),
        ([1], {"a": 1}),
    ],
)
def test_values_of_different_types_are_different_statements(storage, first, second):
    objects = stored(storage, [{"a": first}, {"a": second}])
    for value, obj in zip((first, second), objects, strict=True):
        filters = [Filter("a", value, COMPARISON.EQ)]
        assert storage.list_all(*PLACE, filters=filters) == [obj]
