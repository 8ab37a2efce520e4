"""The JSON renderer of views: `ultrajson`, a name that settings and extensions know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kinto.core.runtime import json

_UNSET_TYPES = ("text/html; charset=UTF-8", "text/html")


def json_renderer_factory(info: Any) -> Callable[[Any, Any], bytes]:
    """A Pyramid renderer: compact JSON, as `application/json` unless the view chose a type."""
    return _render


def _render(value: Any, system: Any) -> bytes:
    request = system.get("request")
    if request is not None:
        response = request.response
        if response.status_code == 204:
            response.content_type = None
            return b""
        headers = response.headers
        if headers.get("Content-Type") in _UNSET_TYPES:
            headers["Content-Type"] = "application/json"
    return json.dumps_bytes(value)
