"""Validators of services, reading requests with our codec and under our caps."""

from __future__ import annotations

import inspect
from typing import Any

import colander
from cornice import validators as published

from kinto.core.http.payload import body_value, extract_cstruct

__all__ = ["colander_validator", "extract_cstruct"]

_FAST = frozenset(("header", "querystring"))


def colander_validator(
    request: Any, schema: Any = None, deserializer: Any = None, **kwargs: Any
) -> None:
    """Fill `request.validated` by location, or add what is wrong to `request.errors`.

    Args:
        schema: mapping with nodes `body`, `querystring`, `header`, ...
        deserializer: function giving the mapping to validate, by default `extract_cstruct`.
    """
    if schema is None or deserializer is not None or inspect.isclass(schema):
        published.colander_validator(
            request, schema=schema, deserializer=deserializer or extract_cstruct, **kwargs
        )
        return
    validate(request, schema)


def validate(request: Any, schema: Any) -> None:
    """The same for the schema of a whole request, read by `extract_cstruct`."""
    if _says_nothing(request, schema):
        # Views may change what they are given, one level deep.
        request.validated.update({name: dict(part) for name, part in _empty_result(schema).items()})
        return
    only_body = _empty_result_of_others(request, schema)
    try:
        if only_body is None:
            validated = schema.deserialize(extract_cstruct(request))
        else:
            validated = _with_body(request, schema, only_body)
    except colander.Invalid as invalid:
        for path, message in invalid.asdict(translate=request.localizer.translate).items():
            location, _, field = path.partition(".")
            request.errors.add(location, field, message)
    else:
        request.validated.update(validated)


def _with_body(request: Any, schema: Any, others: dict[str, Any]) -> dict[str, Any]:
    """The result of a schema for a request whose only content is its body."""
    body = body_value(request)
    if body is None:
        return schema.deserialize({})  # type: ignore[no-any-return]
    node = schema["body"]
    try:
        return {**others, "body": node.deserialize(body)}
    except colander.Invalid as invalid:
        whole = colander.Invalid(schema)
        whole.add(invalid, schema.children.index(node))
        raise whole from invalid


def _empty_result_of_others(request: Any, schema: Any) -> dict[str, Any] | None:
    """What everything but the body is worth, if a body is all that a request has; else None."""
    environ = request.environ
    if environ.get("QUERY_STRING") or _empty_result(schema, besides="body") is None:
        return None
    if not environ.keys().isdisjoint(schema.__dict__["_looked_at"]):
        return None
    return {name: dict(part) for name, part in schema.__dict__["_empty_result_body"].items()}


def _says_nothing(request: Any, schema: Any) -> bool:
    """Whether a request has nothing that the schema looks at: most reads are like this."""
    environ = request.environ
    if environ.get("QUERY_STRING") or _empty_result(schema) is None:
        return False
    if environ.get("CONTENT_LENGTH", "0") not in ("0", ""):
        return False  # A malformed body counts, even where none is expected.
    return bool(environ.keys().isdisjoint(schema.__dict__["_looked_at"]))


def _empty_result(schema: Any, *, besides: str = "") -> Any:
    """What an empty request is worth, found once; None when there is no telling.

    Only headers and query string are considered, and only headers that are known by name.

    Args:
        besides: a part of the schema that is looked at apart, and has to be there.
    """
    attributes = schema.__dict__
    key = f"_empty_result_{besides}"
    if key not in attributes:
        attributes[key] = None
        parts = {node.name: node for node in schema.children}
        if besides and parts.pop(besides, None) is None:
            return None
        header = parts.get("header")
        is_closed = header is None or header.typ.unknown == "ignore"
        if parts.keys() <= _FAST and is_closed and type(schema.typ) is colander.Mapping:
            names = [node.name for node in header.children] if header else []
            attributes["_looked_at"] = [f"HTTP_{name.upper().replace('-', '_')}" for name in names]
            try:
                result = {name: node.deserialize({}) for name, node in parts.items()}
            except colander.Invalid:
                return None
            if all(type(part) is dict and not part for part in result.values()):
                attributes[key] = result
    return attributes[key]
