"""Does content surely comply with a JSON schema? A quick yes for simple schemas, which most are.

Anything but a yes means nothing: the library (`jsonschema`) then judges, and says what is wrong.
The keywords here mean the same from draft 6 to 2020-12, and look at each value at most once, so
that the work is bounded by the size of the content. Patterns, references and combinations do not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Test = Callable[[Any], bool]

_DIALECTS = frozenset(
    (
        "http://json-schema.org/draft-06/schema",
        "http://json-schema.org/draft-07/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    )
)
# A whole number may also be written 1.0: the library knows.
_TYPES: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
_LENGTHS: Mapping[str, tuple[type, Callable[[int], Test]]] = {
    "minLength": (str, lambda least: lambda value: len(value) >= least),
    "maxLength": (str, lambda most: lambda value: len(value) <= most),
    "minItems": (list, lambda least: lambda value: len(value) >= least),
    "maxItems": (list, lambda most: lambda value: len(value) <= most),
    "minProperties": (dict, lambda least: lambda value: len(value) >= least),
    "maxProperties": (dict, lambda most: lambda value: len(value) <= most),
}
_BOUNDS: Mapping[str, Callable[[float], Test]] = {
    "minimum": lambda least: lambda value: value >= least,
    "maximum": lambda most: lambda value: value <= most,
    "exclusiveMinimum": lambda least: lambda value: value > least,
    "exclusiveMaximum": lambda most: lambda value: value < most,
}
_NOTES = frozenset(("title", "description", "default", "examples", "$comment", "format"))
_OBJECTS = frozenset(("properties", "required", "additionalProperties"))
_SIMPLE = _NOTES | _OBJECTS | {"type", "enum", "items"} | _LENGTHS.keys() | _BOUNDS.keys()


class _NotSimpleError(Exception):
    """The schema is for the library."""


def quick_test(schema: Any) -> Test | None:
    """A test that says True only of what complies with `schema`; None without any."""
    if type(schema) is dict and "$schema" in schema:
        named = schema["$schema"]
        if type(named) is not str or named.rstrip("#") not in _DIALECTS:
            return None
        schema = {name: value for name, value in schema.items() if name != "$schema"}
    try:
        return _test_of(schema)
    except (_NotSimpleError, RecursionError):
        return None


def _test_of(schema: Any) -> Test:
    if schema is True:
        return _anything
    if type(schema) is not dict or not schema.keys() <= _SIMPLE:
        raise _NotSimpleError
    kinds = _kinds_of(schema)
    checks: dict[type, list[Test]] = {}
    for name, value in schema.items():
        if name in _LENGTHS:
            kind, make = _LENGTHS[name]
            checks.setdefault(kind, []).append(make(_number(value, int)))
        elif name in _BOUNDS:
            check = _BOUNDS[name](_number(value, int, float))
            checks.setdefault(int, []).append(check)
            checks.setdefault(float, []).append(check)
    if "enum" in schema:
        checks.setdefault(str, []).append(_texts(schema["enum"]).__contains__)
    if "items" in schema:
        checks.setdefault(list, []).append(_items_test(_test_of(schema["items"])))
    if not _OBJECTS.isdisjoint(schema):
        checks.setdefault(dict, []).append(_object_test(schema))
    if not checks and kinds is not None:
        return lambda value: type(value) in kinds
    return _combined(kinds, checks)


def _combined(kinds: frozenset[type] | None, checks: Mapping[type, list[Test]]) -> Test:
    if kinds is not None and len(kinds) == 1:
        (only,) = kinds
        if len(own := checks.get(only, ())) == 1:
            (single,) = own
            return lambda value: type(value) is only and single(value)

    def test(value: Any) -> bool:
        kind = type(value)
        if kinds is not None and kind not in kinds:
            return False
        for check in checks.get(kind, ()):
            if not check(value):
                return False
        return True

    return test


def _kinds_of(schema: Mapping[str, Any]) -> frozenset[type] | None:
    """The types that values may have, None for any."""
    kinds: frozenset[type] | None = None
    if "type" in schema:
        named = schema["type"]
        names = named if type(named) is list else [named]
        if not all(type(name) is str and name in _TYPES for name in names):
            raise _NotSimpleError
        kinds = frozenset(kind for name in names for kind in _TYPES[name])
    if "enum" in schema:
        kinds = frozenset((str,)) if kinds is None else kinds & {str}
    return kinds


def _object_test(schema: Mapping[str, Any]) -> Test:
    declared = schema.get("properties", {})
    if type(declared) is not dict:
        raise _NotSimpleError
    properties = {name: _test_of(value) for name, value in declared.items()}
    extras = schema.get("additionalProperties", True)
    others = _nothing if extras is False else _test_of(extras)
    required = _texts(schema.get("required", []))

    def test(value: dict[str, Any]) -> bool:
        if not required <= value.keys():
            return False
        for name, item in value.items():
            check = properties.get(name, others)
            if check is not _anything and not check(item):
                return False
        return True

    return test


def _items_test(each: Test) -> Test:
    return lambda value: all(map(each, value))


def _texts(values: Any) -> frozenset[str]:
    if type(values) is not list or not all(type(value) is str for value in values):
        raise _NotSimpleError
    return frozenset(values)


def _number(value: Any, *kinds: type) -> Any:
    if type(value) not in kinds:
        raise _NotSimpleError
    return value


def _anything(value: Any) -> bool:
    return True


def _nothing(value: Any) -> bool:
    return False
