"""The JSON renderer of views: `ultrajson`, a name that settings and extensions know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pyramid.response import Response

from kinto.core.http.headers import set_headers
from kinto.core.runtime import json

_UNSET_TYPES = ("text/html; charset=UTF-8", "text/html")
_JSON = ("Content-Type", "application/json")


def json_renderer_factory(info: Any) -> Callable[[Any, Any], bytes]:
    """A Pyramid renderer: compact JSON, as `application/json` unless the view chose a type."""
    return _render


class Pieces(list[bytes]):
    """A body that nobody else holds: each piece may be let go of when it is sent."""

    def sent(self) -> Iterator[bytes]:
        """The pieces, once: a long body is not held beside the copy that is on its way."""
        self.reverse()
        while self:
            yield self.pop()


class UsualResponse:
    """The attribute `response` of requests where no factory of responses is configured.

    As Pyramid's: made when it is asked for, and then kept. It comes with the same headers.
    """

    def __get__(self, request: Any, owner: Any = None) -> Any:
        if request is None:
            return self
        headers = [("Content-Type", _UNSET_TYPES[0]), ("Content-Length", "0")]
        made = Response(headerlist=headers, app_iter=[b""])
        vars(request)["response"] = made
        return made


def render_response(request: Any, value: Any, headers: Mapping[str, str] | None = None) -> Any:
    """The response of a request with a value as its body; what the view set on it stays.

    Args:
        headers: set on it, whatever they were.
    """
    response = vars(request).get("response")
    if response is not None and response.status[:3] == "204":
        set_headers(response, headers or {})
        response.content_type = None
        response.body = b""
        return response
    body = json.dumps_bytes(value)
    response = respond(request, [body], headers or {})
    response.rendered_body = body
    return response


def respond(request: Any, pieces: list[bytes], headers: Mapping[str, str]) -> Any:
    """The response of a request with the pieces of a JSON text as its body.

    What was set on `request.response` before stays, unless one of `headers` replaces it.
    """
    length = str(sum(map(len, pieces)))
    attributes = vars(request)
    if (
        "response" not in attributes
        and type(getattr(type(request), "response", None)) is UsualResponse
    ):
        # Nobody has asked for it yet: it is made as it will be.
        complete = [_JSON, ("Content-Length", length), *headers.items()]
        response = attributes["response"] = Response(headerlist=complete, app_iter=pieces)
    else:
        response = request.response
        response.app_iter = pieces
        added = {"Content-Length": length, **headers}
        if response.headers.get("Content-Type") in (None, *_UNSET_TYPES):
            added["Content-Type"] = _JSON[1]
        set_headers(response, added)
    return response


def is_as_rendered(response: Any) -> bool:
    """Whether the body is the JSON text that `render_response` made of it."""
    rendered = vars(response).get("rendered_body")
    return rendered is not None and response.body is rendered


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
