"""The drafts of JSON schema, with keywords that keep within the budget.

The library's keywords are kept except those that run user patterns or compare every item with
every other. A nested `$schema` does not change the draft, for it would bring the originals back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema import FormatChecker, validators
from jsonschema.exceptions import ValidationError
from referencing.jsonschema import EMPTY_REGISTRY

from kinto.core.protocol.values import order_key
from kinto.core.validation import budget, patterns
from kinto.core.validation.evaluated import unevaluated_properties

Errors = Iterator[ValidationError]


def pattern(validator: Any, wanted: Any, instance: Any, schema: Any) -> Errors:
    if isinstance(instance, str) and not patterns.search(wanted, instance):
        yield ValidationError(f"{instance!r} does not match {wanted!r}")


def pattern_properties(validator: Any, wanted: Any, instance: Any, schema: Any) -> Errors:
    if not isinstance(instance, dict):
        return
    for expression, subschema in wanted.items():
        for name, value in instance.items():
            if patterns.search(expression, name):
                yield from validator.descend(value, subschema, path=name, schema_path=expression)


def additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Errors:
    if not isinstance(instance, dict):
        return
    declared = schema.get("properties", {})
    expressions = schema.get("patternProperties", {})
    extras = [
        name
        for name in instance
        if name not in declared and not any(patterns.search(each, name) for each in expressions)
    ]
    if isinstance(allowed, dict):
        for name in extras:
            yield from validator.descend(instance[name], allowed, path=name)
    elif not allowed and extras:
        names = ", ".join(repr(name) for name in sorted(extras))
        if expressions:
            verb = "does" if len(extras) == 1 else "do"
            known = ", ".join(repr(each) for each in sorted(expressions))
            yield ValidationError(f"{names} {verb} not match any of the regexes: {known}")
        else:
            verb = "was" if len(extras) == 1 else "were"
            yield ValidationError(
                f"Additional properties are not allowed ({names} {verb} unexpected)"
            )


def unique_items(validator: Any, wanted: Any, instance: Any, schema: Any) -> Errors:
    if wanted is True and isinstance(instance, list):
        if len({order_key(item) for item in instance}) < len(instance):
            yield ValidationError(f"{instance!r} has non-unique elements")


_KEYWORDS = {
    "pattern": pattern,
    "patternProperties": pattern_properties,
    "additionalProperties": additional_properties,
    "uniqueItems": unique_items,
}


def _evolve(self: Any, **changes: Any) -> Any:
    """The validator of a part of the schema: same draft, and the budget is asked."""
    budget.spend()
    kept = {
        "schema": self.schema,
        "format_checker": self.format_checker,
        "registry": EMPTY_REGISTRY,
        "_resolver": self._resolver,
    }
    return type(self)(**{**kept, **changes})


def _bounded(original: Any) -> Any:
    keywords = dict(_KEYWORDS)
    if "unevaluatedProperties" in original.VALIDATORS:
        keywords["unevaluatedProperties"] = unevaluated_properties
    bounded = validators.extend(original, keywords)
    bounded.evolve = _evolve
    return bounded


_LATEST = _bounded(validators.Draft202012Validator)
_DIALECTS = {
    cls.ID_OF(cls.META_SCHEMA).rstrip("#"): _bounded(cls)
    for cls in (
        validators.Draft3Validator,
        validators.Draft4Validator,
        validators.Draft6Validator,
        validators.Draft7Validator,
        validators.Draft201909Validator,
    )
} | {validators.Draft202012Validator.META_SCHEMA["$id"]: _LATEST}

_schema_formats = FormatChecker(formats=())
_schema_formats.checks("regex", raises=ValueError)(
    lambda value: not isinstance(value, str) or bool(patterns.compiled(value))
)


def content_validator(schema: Any) -> Any:
    """A validator for `schema`, of the draft it names, else of 2020-12. Nothing is fetched."""
    named = schema.get("$schema") if isinstance(schema, dict) else None
    dialect = _DIALECTS.get(named.rstrip("#"), _LATEST) if isinstance(named, str) else _LATEST
    return dialect(schema, registry=EMPTY_REGISTRY)


def schema_validator() -> Any:
    """The validator of schema documents: draft 7, whatever they say of themselves."""
    dialect = _DIALECTS["http://json-schema.org/draft-07/schema"]
    return dialect(dialect.META_SCHEMA, registry=EMPTY_REGISTRY, format_checker=_schema_formats)
