"""Path templates of routes, as paths of the document."""

from __future__ import annotations

import re
from typing import Any

_PLACEHOLDER = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")
_STAR = re.compile(r"\*(\w+)\Z")


def template(route_pattern: str) -> str:
    """`/a/{id:[a-z]+}/*rest` as `/a/{id}/{rest}`."""
    return _STAR.sub(r"{\1}", _PLACEHOLDER.sub(r"{\1}", route_pattern))


def parameters(path: str) -> list[dict[str, Any]]:
    """The parameters of a template, wherever in a segment they are."""
    return [
        {"name": name, "in": "path", "required": True, "type": "string"}
        for name in _PLACEHOLDER.findall(path)
    ]
