"""The keyword `unevaluatedProperties` (drafts 2019-09 and 2020-12), with bounded patterns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema.exceptions import ValidationError

from kinto.core.validation import patterns

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_COMBINED = ("allOf", "anyOf", "oneOf")


def unevaluated_properties(
    validator: Any, wanted: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    """Refuse the properties that nothing else in the schema has judged."""
    if not isinstance(instance, dict):
        return
    siblings = {key: value for key, value in schema.items() if key != "unevaluatedProperties"}
    evaluated = _evaluated(validator, instance, siblings)
    refused = [
        name
        for name, value in instance.items()
        if name not in evaluated and not _accepts(validator, value, wanted)
    ]
    if refused:
        names = ", ".join(repr(name) for name in sorted(refused))
        verb = "was" if len(refused) == 1 else "were"
        if wanted is False:
            text = f"Unevaluated properties are not allowed ({names} {verb} unexpected)"
        else:
            text = (
                "Unevaluated properties are not valid under the given schema "
                f"({names} {verb} unevaluated and invalid)"
            )
        yield ValidationError(text)


def _evaluated(validator: Any, instance: dict[str, Any], schema: Any) -> set[str]:
    """Names of the properties that `schema`, which accepts the instance, says something of."""
    if not isinstance(schema, dict):
        return set()
    found = {name for name in instance if name in schema.get("properties", {})}
    for expression in schema.get("patternProperties", {}):
        found |= {name for name in instance if patterns.search(expression, name)}
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if keyword in schema:
            # Whatever these accept is everything the other keywords left.
            found |= set(instance)
    for keyword in _REFERENCES:
        if isinstance(reference := schema.get(keyword), str):
            resolved = validator._resolver.lookup(reference)
            target = validator.evolve(schema=resolved.contents, _resolver=resolved.resolver)
            found |= _evaluated(target, instance, resolved.contents)
    for subschema in _applied(validator, instance, schema):
        found |= _evaluated(validator, instance, subschema)
    return found


def _applied(validator: Any, instance: dict[str, Any], schema: dict[str, Any]) -> Iterator[Any]:
    """The subschemas that apply to the instance itself and accept it."""
    for keyword in _COMBINED:
        for subschema in schema.get(keyword, ()):
            if _accepts(validator, instance, subschema):
                yield subschema
    for name, subschema in schema.get("dependentSchemas", {}).items():
        if name in instance:
            yield subschema
    if "if" in schema:
        accepted = _accepts(validator, instance, schema["if"])
        if accepted:
            yield schema["if"]
        yield schema.get("then" if accepted else "else")


def _accepts(validator: Any, instance: Any, schema: Any) -> bool:
    return next(validator.descend(instance, schema), None) is None
