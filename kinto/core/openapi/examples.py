"""Values that fit a schema of the document, and commands that send them."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.parse import quote

_BY_TYPE: dict[str, Any] = {
    "string": "text",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "array": [],
    "object": {},
}
_DEPTH = 6


def example(schema: dict[str, Any], *, depth: int = _DEPTH) -> Any:
    """A value that fits: the schema's own example or default first, else one of its type."""
    for name in ("example", "default"):
        if name in schema:
            return schema[name]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if depth and kind == "array" and "items" in schema:
        return [example(schema["items"], depth=depth - 1)]
    if depth and kind == "object":
        return {
            name: example(member, depth=depth - 1)
            for name, member in schema.get("properties", {}).items()
        }
    if kind == "string":
        return ("text" * schema.get("minLength", 1))[: schema.get("maxLength", 4) or None]
    if kind in ("integer", "number"):
        return schema.get("minimum", _BY_TYPE[kind])
    return _BY_TYPE.get(kind, {})


def example_path(path: str) -> str:
    """A template with names in the place of its parameters: `/buckets/my-bucket`."""
    done: list[str] = []
    for segment in path.split("/"):
        before = done[-1] if done else ""
        if segment == "{id}":
            segment = f"my-{before.removesuffix('s') or 'object'}"
        while "{" in segment:
            left, _, rest = segment.partition("{")
            name, _, right = rest.partition("}")
            segment = left + _named(name) + right
        done.append(segment)
    return "/".join(done)


def curl(
    base: str, path: str, *, method: str, credentials: bool, body: Any = None, form: Any = None
) -> str:
    """The command that sends a request; `USER:PASSWORD` are the caller's own.

    Args:
        base: URL of the API, without a slash at its end.
        path: template.
        method: in any case.
        credentials: whether some are needed, as a rule.
        body: JSON value of the body, or None.
        form: fields of a form, or None.
    """
    words = ["curl", "-X", method.upper(), base + quote(example_path(path), safe="/@:")]
    if credentials:
        words += ["-u", "USER:PASSWORD"]
    if body is not None:
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    for name, value in (form or {}).items():
        words += ["-F", f"{name}={value}"]
    return shlex.join(words)


def _named(parameter: str) -> str:
    if parameter == "timestamp":
        return "1700000000000"
    return f"my-{parameter.removesuffix('_id')}"
