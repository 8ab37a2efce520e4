"""What the quick test accepts, the library accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinto.core.validation.jsonschema import ValidationError, quick_look, validate
from kinto.core.validation.quick import quick_test

_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, 1.0, 1.5, -2.5])
    | st.sampled_from(["", "a", "b", "abc", "é"])
)
_names = st.sampled_from(["a", "b", "abc", ""])
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=8,
)
_kinds = st.sampled_from(["array", "boolean", "integer", "null", "number", "object", "string"])
_keywords = {
    "type": _kinds | st.lists(_kinds, min_size=1, max_size=3, unique=True),
    "enum": st.lists(st.sampled_from(["a", "b", "", 1]), min_size=1, max_size=3),
    **dict.fromkeys(
        ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"],
        st.integers(0, 3),
    ),
    **dict.fromkeys(
        ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
        st.integers(-3, 3) | st.sampled_from([0.5, 1.5]),
    ),
    "required": st.lists(_names, max_size=2),
    "title": st.text(max_size=2),
    "format": st.sampled_from(["email", "date"]),
    "pattern": st.just("a"),
    "$schema": st.sampled_from(
        [
            "http://json-schema.org/draft-04/schema#",
            "http://json-schema.org/draft-07/schema#",
            "https://json-schema.org/draft/2020-12/schema",
        ]
    ),
}
_schemas = st.recursive(
    st.fixed_dictionaries({}, optional=_keywords) | st.booleans(),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            **_keywords,
            "properties": st.dictionaries(_names, inner, max_size=3),
            "additionalProperties": inner,
            "items": inner,
        },
    ),
    max_leaves=6,
)


@given(schema=_schemas, value=_values)
def test_what_is_surely_right_is_right(schema, value):
    test = quick_test(schema)
    if test is not None and test(value):
        validate(value, schema)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, {"a": 1}),
        (True, 1),
        ({"type": "object"}, {}),
        ({"type": ["integer", "null"], "minimum": 1}, 2),
        ({"enum": ["a", "b"]}, "a"),
        ({"required": ["a"], "properties": {"a": {"type": "string", "maxLength": 2}}}, {"a": "xy"}),
        ({"items": {"type": "number"}, "maxItems": 2}, [1, 2.5]),
        ({"additionalProperties": False, "properties": {"a": True}}, {"a": []}),
    ],
)
def test_simple_schemas_have_a_quick_yes(schema, value):
    assert quick_test(schema)(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "a"},
        {"$ref": "#/definitions/a"},
        {"anyOf": [{}]},
        {"enum": [1]},
        {"items": [{}]},
        {"minimum": "1"},
        {"maxLength": True},
        {"type": "any"},
        {"properties": []},
        {"properties": {"a": {"not": {}}}},
        {"required": True},
        {"additionalProperties": 1},
        {"$schema": "http://json-schema.org/draft-04/schema#"},
        {"$schema": 1},
        False,
        [],
    ],
)
def test_other_schemas_are_for_the_library(schema):
    assert quick_test(schema) is None


def test_a_schema_too_deep_is_for_the_library():
    schema = {}
    for _ in range(10_000):
        schema = {"items": schema}
    assert quick_test(schema) is None


def test_what_the_server_adds_is_not_looked_at():
    schema = {"additionalProperties": False, "required": ["last_modified"]}
    data = {"id": "x", "last_modified": 1}
    surely_complies = quick_look(schema, "id", ("last_modified",))
    assert surely_complies(data)
    assert not surely_complies({**data, "a": 1})
    with pytest.raises(ValidationError):
        validate(data, schema)
