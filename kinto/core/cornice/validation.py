"""Validators of services, reading requests with our codec and under our caps."""

from __future__ import annotations

import inspect
from typing import Any

import colander
from cornice import validators as published

from kinto.core.http.payload import extract_cstruct

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
    try:
        validated = schema.deserialize(extract_cstruct(request))
    except colander.Invalid as invalid:
        for path, message in invalid.asdict(translate=request.localizer.translate).items():
            location, _, field = path.partition(".")
            request.errors.add(location, field, message)
    else:
        request.validated.update(validated)


def _says_nothing(request: Any, schema: Any) -> bool:
    """Whether a request has nothing that the schema looks at: most reads are like this."""
    environ = request.environ
    if environ.get("QUERY_STRING") or _empty_result(schema) is None:
        return False
    if environ.get("CONTENT_LENGTH", "0") not in ("0", ""):
        return False  # A malformed body counts, even where none is expected.
    return not any([name in environ for name in schema.__dict__["_looked_at"]])


def _empty_result(schema: Any) -> Any:
    """What an empty request is worth, found once; None when there is no telling.

    Only headers and query string are considered, and only headers that are known by name.
    """
    attributes = schema.__dict__
    if "_empty_result" not in attributes:
        attributes["_empty_result"] = None
        parts = {node.name for node in schema.children}
        header = next((node for node in schema.children if node.name == "header"), None)
        is_closed = header is None or header.typ.unknown == "ignore"
        if parts <= _FAST and is_closed:
            names = [node.name for node in header.children] if header else []
            attributes["_looked_at"] = [f"HTTP_{name.upper().replace('-', '_')}" for name in names]
            try:
                result = schema.deserialize({"header": {}, "querystring": {}})
            except colander.Invalid:
                return None
            if all(type(part) is dict and not part for part in result.values()):
                attributes["_empty_result"] = result
    return attributes["_empty_result"]
