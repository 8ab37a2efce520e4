"""JSON schemas: which documents are sound, what complies, and what happens to hostile ones."""

from __future__ import annotations

import time

import pytest

from kinto.core.validation.jsonschema import (
    RefResolutionError,
    ValidationError,
    check_schema,
    validate,
    validate_schema,
)

BACKTRACKING = "^(a|a)*$"
SLOW_TEXT = "a" * 40 + "b"


def of(**properties):
    return {"properties": properties}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"type": "object"},
        {"unknown": 1, "$ref": "#/nowhere"},
        {"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {}}},
        {"properties": {"a": {"pattern": r"^(?!x)[\w-]{1,64}$"}}},
    ],
)
def test_sound_schema_documents_are_accepted(document):
    check_schema(document)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"type": "Washmachine"}, "type'Washmachine' is not valid under any of the given schemas"),
        ({"properties": 1}, "properties1 is not of type 'object'"),
        ({"required": "a"}, "required'a' is not of type 'array'"),
        ({"pattern": "["}, "pattern'[' is not a 'regex'"),
        ({"allOf": [1]}, "allOf1 is not of type 'object', 'boolean'"),
        ({"required": [{}, {}]}, "required{} is not of type 'string'"),
    ],
)
def test_a_bad_schema_document_is_told_by_keyword_and_reason(document, message):
    with pytest.raises(ValidationError) as caught:
        check_schema(document)
    assert caught.value.message == message


def test_a_schema_is_judged_by_draft_7_whatever_it_says_of_itself():
    document = {"$schema": "http://json-schema.org/draft-03/schema#", "required": True}
    with pytest.raises(ValidationError):
        check_schema(document)


@pytest.mark.parametrize(
    ("data", "schema", "field", "message"),
    [
        ({}, {"required": ["title"]}, "title", "'title' is a required property"),
        ({}, {"required": ["a", "b"]}, "b", "'a' is a required property"),
        ({"title": 1}, of(title={"type": "string"}), "title", "1 is not of type 'string'"),
        (
            {"file": {"size": "hi!"}},
            of(file=of(size={"type": "number"})),
            "size",
            "'hi!' is not of type 'number'",
        ),
        (
            {"tags": ["a", 0]},
            of(tags={"type": "array", "items": {"type": "string"}}),
            1,
            "0 is not of type 'string'",
        ),
        (
            {"extra": 1},
            {"additionalProperties": False},
            "additionalProperties",
            "Additional properties are not allowed ('extra' was unexpected)",
        ),
        (
            {"more": 1, "extra": 1},
            {"additionalProperties": False},
            "additionalProperties",
            "Additional properties are not allowed ('extra', 'more' were unexpected)",
        ),
        (
            {"b": 1},
            {"additionalProperties": False, "patternProperties": {"^a": {}}},
            "additionalProperties",
            "'b' does not match any of the regexes: '^a'",
        ),
        ({"b": "x"}, {"additionalProperties": {"type": "null"}}, "b", "'x' is not of type 'null'"),
        ({"ab": 1}, {"patternProperties": {"^a": {"type": "null"}}}, "ab", None),
        ({"a": "z"}, of(a={"enum": ["x", "y"]}), "a", "'z' is not one of ['x', 'y']"),
        ({"d": "z"}, of(d={"pattern": "^a"}), "d", "'z' does not match '^a'"),
        ({"c": 1}, of(c={"minimum": 5}), "c", "1 is less than the minimum of 5"),
        ({"f": []}, of(f={"minItems": 1}), "f", "[] should be non-empty"),
        (
            {"b": []},
            of(b={"anyOf": [{"type": "string"}, {"type": "number"}]}),
            "b",
            "[] is not valid under any of the given schemas",
        ),
        ({"u": [1, 1.0]}, of(u={"uniqueItems": True}), "u", "[1, 1.0] has non-unique elements"),
        ({}, {"minProperties": 1}, "minProperties", "{} should be non-empty"),
        ({"a": 1}, {"maxProperties": 0}, "maxProperties", None),
        (
            {"a": 1, "b": 2},
            {**of(a={}), "unevaluatedProperties": False},
            "unevaluatedProperties",
            "Unevaluated properties are not allowed ('b' was unexpected)",
        ),
        (
            {"a": 1},
            {"$schema": "http://json-schema.org/draft-03/schema#", **of(b={"required": True})},
            "b",
            "'b' is a required property",
        ),
    ],
)
def test_a_violation_names_its_field(data, schema, field, message):
    with pytest.raises(ValidationError) as caught:
        validate_schema(data, schema, id_field="id")
    assert caught.value.field == field
    assert message is None or caught.value.message == message


@pytest.mark.parametrize(
    ("data", "schema"),
    [
        ({"id": 3, "last_modified": "x", "a": 1}, {**of(a={}), "additionalProperties": False}),
        ({}, {"required": ["id", "last_modified"]}),
        ({"t": "plain"}, of(t={"format": "date-time"})),
        ({"n": [1, True]}, of(n={"uniqueItems": True})),
        (
            {"a": 1, "bc": 2, "d": 3},
            {
                "unevaluatedProperties": False,
                "allOf": [{"$ref": "#/definitions/a"}],
                "patternProperties": {"^b": {}},
                "if": {"required": ["d"]},
                "then": of(d={}),
                "definitions": {"a": of(a={})},
            },
        ),
        # Without `$schema`, 2020-12 applies: it does not know `dependencies`.
        ({"a": 1}, {"dependencies": {"a": ["b"]}}),
        ({"a": 1}, {"$ref": "http://json-schema.org/draft-07/schema#"}),
    ],
)
def test_what_complies(data, schema):
    validate_schema(data, schema, id_field="id", ignore_fields=("last_modified",))


def test_the_id_is_checked_where_the_schema_lists_it():
    schema = {**of(id={"type": "string", "pattern": "^x"}), "required": ["id"]}
    validate_schema({"id": "x1"}, schema, id_field="id")
    with pytest.raises(ValidationError) as caught:
        validate_schema({"id": "y1"}, schema, id_field="id")
    assert caught.value.field == "id"


def test_the_draft_named_by_the_schema_is_used():
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "dependencies": {"a": ["b"]},
        **of(c={"items": [{"type": "string"}]}),
    }
    validate({"c": ["x", 1]}, schema)
    with pytest.raises(ValidationError):
        validate({"a": 1}, schema)


def test_a_reference_leading_nowhere_is_an_error_where_it_is_used():
    schema = of(t={"$ref": "#/definitions/title"})
    validate({"other": 1}, schema)
    with pytest.raises(RefResolutionError, match="PointerToNowhere: '/definitions/title'"):
        validate({"t": 1}, schema)


def test_references_never_leave_the_document(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("no network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(RefResolutionError):
        validate({"t": 1}, of(t={"$ref": "http://127.0.0.1:1/schema"}))


def _multiplying(levels: int = 40):
    doubled = {f"a{n}": {"allOf": [{"$ref": f"#/definitions/a{n + 1}"}] * 2} for n in range(levels)}
    return {"definitions": {**doubled, f"a{levels}": {}}, "$ref": "#/definitions/a0"}


@pytest.mark.parametrize(
    ("data", "schema"),
    [
        ({"a": SLOW_TEXT}, of(a={"pattern": BACKTRACKING})),
        ({"a": [SLOW_TEXT] * 100}, of(a={"items": {"pattern": BACKTRACKING}})),
        ({SLOW_TEXT: 1}, {"patternProperties": {BACKTRACKING: {}}}),
        (
            {SLOW_TEXT: 1},
            {"patternProperties": {BACKTRACKING: {}}, "unevaluatedProperties": False},
        ),
        (
            {"a": SLOW_TEXT},
            of(a={"$schema": "http://json-schema.org/draft-07/schema#", "pattern": BACKTRACKING}),
        ),
        ({"a": 1}, {"$ref": "#"}),
        ({"a": 1}, _multiplying()),
    ],
)
def test_no_schema_keeps_the_server_busy(data, schema):
    started = time.thread_time()
    with pytest.raises(ValidationError) as caught:
        validate_schema(data, schema, id_field="id")
    assert caught.value.field == "schema"
    assert time.thread_time() - started < 3


@pytest.mark.parametrize(
    "schema",
    [
        of(a={"items": [{"type": "string"}]}),
        of(a={"prefixItems": 3}),
        {"$defs": [], "dependentRequired": 4, "unevaluatedProperties": 5},
        {"$schema": "http://json-schema.org/draft-04/schema#", "id": 5},
        {"$dynamicRef": {}},
        of(a={"type": "nope"}),
    ],
)
def test_a_schema_of_another_draft_never_breaks_the_server(schema):
    with pytest.raises(ValidationError) as caught:
        validate_schema({"a": [1]}, schema, id_field="id")
    assert caught.value.field == "schema"


def test_many_items_are_compared_in_no_time():
    items = [{"x": n} for n in range(20_000)]
    started = time.thread_time()
    validate({"a": items}, of(a={"uniqueItems": True}))
    assert time.thread_time() - started < 2


def test_a_changed_schema_is_compiled_anew():
    schema = of(a={"type": "string"})
    validate({"a": "x"}, schema)
    schema["properties"]["a"]["type"] = "integer"
    with pytest.raises(ValidationError):
        validate({"a": "x"}, schema)


def test_descriptions_stay_short():
    with pytest.raises(ValidationError) as caught:
        validate({"a": "x" * 100_000}, of(a={"type": "integer"}))
    assert len(caught.value.message) < 5000
