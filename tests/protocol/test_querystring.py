"""Query strings: each row of the published tables, and no failure but the declared one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinto.core.protocol.failures import Problem
from kinto.core.protocol.limits import DAY_MS, Limits
from kinto.core.protocol.matching import compile_filters
from kinto.core.protocol.querystring import (
    convert_parameter,
    effective_limit,
    extract_filters,
    extract_sorting,
    native_value,
    read_parameters,
    shows_tombstones,
    split_list,
)
from kinto.core.protocol.terms import COMPARISON, Filter, Sort

NOW = 1_700_000_000_000


def is_open(field: str) -> bool:
    return True


def filters_of(raw, **options):
    """The filters of texts, as a list request reads them; the first problem is raised."""
    values, problems = read_parameters(raw)
    if problems:
        raise problems[0]
    return extract_filters(
        values, known_field=options.pop("known_field", is_open), now=NOW, **options
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2), ("2.0", 2.0), ("1.2", 1.2), ("true", True), ("null", None), ('"2"', "2"),
        ("[1,2]", [1, 2]), ('{"a":1}', {"a": 1}), ("abc", "abc"), ("True", "True"), ("'2'", "'2'"),
        ("1.2.3", "1.2.3"), ("", ""), ("NaN", "NaN"), ("1e999", "1e999"), (3, 3), (None, None),
        (["1"], ["1"]),
        ("[" * 5000, "[" * 5000), ('{"a":1,"a":2}', '{"a":1,"a":2}'), ('"\\ud800"', '"\\ud800"'),
    ],
)  # fmt: skip
def test_a_text_stands_for_json_when_it_is_json(text, value):
    found = native_value(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("n", "1", 1), ("n", ["1", "2"], ["1", "2"]), ("in_n", "1,2", [1, 2]), ("in_n", "", []),
        ("exclude_n", 'a,"1",1', ["a", "1", 1]), ("contains_n", "a", ["a"]), ("contains_n",
        "[1,2]", [1, 2]),
        ("contains_any_n", "a,b", ["a,b"]), ("contains_n", "null", [None]), ("in_a-b", "1,2",
        "1,2"),
        ("contains_n", '{"a":1}', [{"a": 1}]), ("min_n", "3", 3), ("in_n", ["1,2", "3"], ["1,2",
        "3"]),
    ],
)  # fmt: skip
def test_free_parameters_are_converted_for_their_operator(name, raw, value):
    assert convert_parameter(name, raw) == value


EQ, GT, LT, MIN = COMPARISON.EQ, COMPARISON.GT, COMPARISON.LT, COMPARISON.MIN

ACCEPTED = [
    ({"n": "1"}, Filter("n", 1, EQ)), ({"foo_n": "1"}, Filter("foo_n", 1, EQ)),
    ({"min": "1"}, Filter("min", 1, EQ)), ({"min_a-b": "1"}, Filter("min_a-b", 1, EQ)),
    ({"eq_min_age": "1"}, Filter("min_age", 1, EQ)), ({"min_a.b": "1"}, Filter("a.b", 1, MIN)),
    ({"gt_é": "1"}, Filter("é", 1, GT)), ({"n": ["1", "2"]}, Filter("n", ["1", "2"], EQ)),
    ({"contains_any_t": "x"}, Filter("t", ["x"], COMPARISON.CONTAINS_ANY)),
    ({"contains_any": "x"}, Filter("any", ["x"], COMPARISON.CONTAINS)),
    ({"id": '"12"'}, Filter("id", "12", EQ)), ({"id": "a"}, Filter("id", "a", EQ)),
    ({"in_id": '"12",abc'}, Filter("id", ["12", "abc"], COMPARISON.IN)),
    ({"gt_id": "12"}, Filter("id", "12", GT)),
    ({"has_x": "false"}, Filter("x", False, COMPARISON.HAS)),
    ({"has_x": ""}, Filter("x", False, COMPARISON.HAS)),
    ({"has_x": "[]"}, Filter("x", False, COMPARISON.HAS)),
    ({"has_x": "no"}, Filter("x", True, COMPARISON.HAS)),
    ({"like_x": '"12"'}, Filter("x", "12", COMPARISON.LIKE)), ({"like_x": ""}, Filter("x",
    "", COMPARISON.LIKE)),
    ({"_since": "200"}, Filter("last_modified", 200, GT)),
    ({"_since": '"200"'}, Filter("last_modified", 200, GT)),
    ({"_since": "200.5"}, Filter("last_modified", 200, GT)),
    ({"_since": "0"}, Filter("last_modified", 0, GT)),
    ({"_before": "200"}, Filter("last_modified", 200, LT)),
    ({"_to": "200"}, Filter("last_modified", 200, LT)),
    ({"last_modified": '"7"'}, Filter("last_modified", 7, EQ)),
    ({"gt_last_modified": '"7"'}, Filter("last_modified", 7, GT)),
    ({"has_last_modified": "1"}, Filter("last_modified", True, COMPARISON.HAS)),
    ({"deleted": "true"}, Filter("deleted", True, EQ)),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), ACCEPTED)
def test_parameters_become_filters(raw, expected):
    found = filters_of(raw)
    assert found == [expected]
    assert type(found[0].value) is type(expected.value)


REFUSED = [
    ({"id": "12"}, "id", "12 is not a string: {'id': ''}"), ({"id": "null"}, "id",
    "None is not a string: {'id': ''}"),
    ({"id": ["a", "b"]}, "id", "['a', 'b'] is not a string: {'id': ''}"),
    ({"in_id": "12"}, "in_id", "Invalid value for in_id"), ({"gt_id": "true"}, "gt_id",
    "Invalid value for gt_id"),
    ({"contains_id": "a"}, "contains_id", "Field 'id' is not an array"),
    ({"_since": "abc"}, "_since", '"abc" is not a number'),
    ({"_since": '"abc"'}, "_since", '"abc" is not a number'),
    ({"_since": "'200'"}, "_since", "\"'200'\" is not a number"),
    ({"_since": "[1]"}, "_since", '"[1]" is not a number'),
    ({"_since": "true"}, "_since", '"True" is not a number'),
    ({"_since": '200"'}, "_since", '"200"" is not a number'),
    ({"_since": ["1", "2"]}, "_since", "\"['1', '2']\" is not a number"),
    ({"_since": "-1"}, "_since", "-1 is less than minimum value 0"),
    ({"_since": "9223372036854775809"}, "_since",
     "9223372036854775809 is greater than maximum value 9223372036854775808"),
    ({"_since": str(NOW + DAY_MS)}, "_since", "Invalid value for _since"),
    ({"_since": "9223372036854775808"}, "_since", "Invalid value for _since"),
    ({"_since": ""}, "_since", "Invalid value for _since"), ({"_since": '""'}, "_since",
    "Invalid value for _since"),
    ({"_since": "{}"}, "_since", "Invalid value for _since"),
    ({"last_modified": "null"}, "last_modified", "Invalid value for last_modified"),
    ({"last_modified": "abc"}, "last_modified", '"abc" is not a number'),
    ({"_limit": "abc"}, "_limit", '"abc" is not a number'), ({"_limit": "-1"}, "_limit",
    "-1 is less than minimum value 0"),
    ({"_limit": "true"}, "_limit", '"True" is not a number'), ({"_token": "123"}, "_token",
    "123 is not a string: {'_token': ''}"),
    *[({f"{op}_last_modified": value}, f"{op}_last_modified",
       f"Invalid value for {op}_last_modified")
      for op in ("gt", "min", "lt", "max", "not", "eq")
      for value in ("abc", "'2'", "[1]", "true", "-1", str(2**64), str(NOW + DAY_MS), "", "null",
      "{}")],
    *[({f"{op}_last_modified": "1"}, f"{op}_last_modified", f"Invalid value for {op}_last_modified")
      for op in ("in", "exclude", "contains", "contains_any", "like")],
    *[({"has_last_modified": value}, "has_last_modified", "Invalid value for has_last_modified")
      for value in ("true", "false", "x")],
    *[({"like_f": value}, "like_f", "Invalid value for like_f") for value in ("12", "null",
    "true", "[1]", "*" * 21)],
    ({"a": "x\0"}, "a", "Invalid character 0x00"), ({"a\0": "x"}, "a\0", "Invalid character 0x00"),
    ({"a": '"\\u0000"'}, "a", "Invalid character 0x00"), ({"in_a": 'b,"\\u0000"'}, "in_a",
    "Invalid character 0x00"),
    ({"a": ["x", "\0"]}, "a", "Invalid character 0x00"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "name", "description"), REFUSED)
def test_refused_parameters(raw, name, description):
    with pytest.raises(Problem) as refusal:
        filters_of(raw)
    problem = refusal.value
    assert (problem.location, problem.name, problem.description) == (
        "querystring",
        name,
        description,
    )


def test_all_malformed_parameters_are_reported_together():
    values, problems = read_parameters({"_limit": "x", "_since": "y", "a": "1"})
    assert values == {"a": 1}
    assert [problem.name for problem in problems] == ["_limit", "_since"]


@pytest.mark.parametrize(
    "raw", [{"_foo": "1"}, {"_limit": "2"}, {"_sort": "a"}, {"_token": "x"}, {"_fields": "a"}]
)
def test_other_parameters_with_an_underscore_are_no_filters(raw):
    assert filters_of(raw) == []


@pytest.mark.parametrize("text", ["", "null", '""'])
def test_an_empty_limit_or_token_is_absent(text):
    assert read_parameters({"_limit": text, "_token": text}) == ({}, [])


@pytest.mark.parametrize(("text", "limit"), [("2", 2), ('"2"', 2), ("1.5", 1), ("0", 0)])
def test_forms_of_a_limit(text, limit):
    assert read_parameters({"_limit": text}) == ({"_limit": limit}, [])


@pytest.mark.parametrize("name", ["_since", "_before", "_to"])
def test_a_null_bound_bounds_nothing_but_shows_tombstones(name):
    found = filters_of({name: "null"})
    assert shows_tombstones(found)
    assert compile_filters(found)({"last_modified": -(2**63)})
    assert compile_filters(found)({"last_modified": 10**15})


def test_tombstones_are_shown_by_any_filter_on_the_timestamp_and_no_other():
    assert shows_tombstones(filters_of({"a": "1", "min_last_modified": "5"}))
    assert not shows_tombstones(filters_of({"a": "1", "deleted": "true"}))


def test_a_closed_resource_names_the_parameter_it_does_not_know():
    with pytest.raises(Problem) as refusal:
        filters_of({"min_zz": "1"}, known_field=lambda field: field == "uri")
    assert str(refusal.value) == "Unknown filter field 'min_zz'"
    with pytest.raises(Problem, match=r"^querystring: Unknown sort field 'x'$"):
        extract_sorting(["x"], known_field=lambda field: False)


def test_caps_on_filters_values_and_names():
    limits = Limits(filters=2, filter_values=2, field_length=5, field_depth=1)
    for raw in ({"a": "1", "b": "1", "c": "1"}, {"in_a": "1,2,3"}, {"contains_a": "[1,2,3]"},
                {"abcdef": "1"}, {"a.b.c": "1"}):  # fmt: skip
        with pytest.raises(Problem):
            filters_of(raw, limits=limits)
    assert (
        len(filters_of({"a": "1", "in_b": "1,2", "a.b": "1"} | {}, limits=Limits(filters=3))) == 3
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ([], [("last_modified", -1)]), (["a"], [("a", 1), ("last_modified", -1)]),
        (["-a", "+b", " c "], [("a", -1), ("b", 1), ("c", 1), ("last_modified", -1)]),
        (["a-b", "--n", '"n"', "n desc", ""], [("last_modified", -1)]),
        (["last_modified"], [("last_modified", 1)]), (["-last_modified",
        "a"], [("last_modified", -1), ("a", 1)]),
        (["a.b", "a.b", "-a.b"], [("a.b", 1), ("last_modified", -1)]), (["é"], [("é", 1),
        ("last_modified", -1)]),
    ],
)  # fmt: skip
def test_sorting(spec, expected):
    assert extract_sorting(spec, known_field=is_open) == [Sort(*item) for item in expected]


def test_too_many_sorts_are_refused():
    with pytest.raises(Problem):
        extract_sorting([f"f{n}" for n in range(21)], known_field=is_open)
    with pytest.raises(Problem):
        extract_sorting(["a" * 1000], known_field=is_open)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a,b", ["a", "b"]), (["a", "b,c"], ["a", "b", "c"]), ("", [""]), (None, []), (" a", [" a"])],
)
def test_comma_lists(value, expected):
    assert split_list(value) == expected


@pytest.mark.parametrize(
    ("requested", "paginate_by", "most", "expected"),
    [
        (None, None, None, None), (5, None, None, 5), (None, 3, None, 3), (5, 3, None, 3),
        (2, 3, None, 2),
        (0, 3, None, None), (0, 3, 100, 100), (None, None, 100, 100), (500, None, 100, 100),
        (0, None, None, None),
        (5, 3, 2, 2), (2**63, 10, 100, 10),
    ],
)  # fmt: skip
def test_the_size_of_a_page(requested, paginate_by, most, expected):
    assert effective_limit(requested, paginate_by=paginate_by, max_fetch_size=most) == expected


names = st.sampled_from(
    [
        "_since",
        "_to",
        "_before",
        "_limit",
        "_token",
        "_sort",
        "_fields",
        "id",
        "last_modified",
        "a",
        "deleted",
    ]
)
prefixes = st.sampled_from(["", *(f"{item.name.lower()}_" for item in COMPARISON)])
texts = (
    st.text(max_size=12)
    | st.sampled_from(
        ["1", '"1"', "null", "true", "[]", "{}", "1e400", "-1", "[[", "*", "\0", "9" * 5000]
    )
    | st.from_regex(r"[\[\]{}\",:0-9a-z\\]{1,12}", fullmatch=True)
)


@given(
    st.dictionaries(
        st.tuples(prefixes, names | st.text(max_size=5)).map("".join),
        texts | st.lists(texts),
        max_size=4,
    )
)
def test_any_query_string_gives_filters_or_a_problem(raw):
    values, problems = read_parameters(raw)
    assert all(isinstance(problem, Problem) for problem in problems)
    try:
        filters = extract_filters(values, known_field=is_open, now=NOW)
        extract_sorting(values.get("_sort", []), known_field=is_open)
    except Problem:
        return
    # Whatever passes can be evaluated.
    accepts = compile_filters(filters)
    for obj in ({}, {"id": "x", "last_modified": 5, "a": [1, {"b": None}]}):
        assert accepts(obj) in (True, False)
