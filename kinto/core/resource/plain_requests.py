"""Requests that write plainly: what they ask for, and the response (see `plain_writes`).

The context of the request prepares the write before the lock is taken, and has it read what it is
about; the view carries it out once the security policy has let the request through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from kinto.core.authorization.narrowing import narrowing_of
from kinto.core.http import conditional, cors
from kinto.core.http.rendering import render_response
from kinto.core.protocol.timestamps import ANY, Precondition
from kinto.core.resource import fetching
from kinto.core.resource.plain_writes import METHODS, Asked, PlainWrites
from kinto.core.runtime import json

RARE: Final = -1
"""What stands for a condition that the long way has to read."""

_CONDITIONS = ("If-Match", "If-None-Match")
_ETAG = re.compile(r'"([0-9]{1,18})"')
_JSON_TYPES = frozenset(
    f"application/json{charset}"
    for charset in ("", "; charset=utf-8", ";charset=utf-8", "; charset=UTF-8", ";charset=UTF-8")
)


class PlainRequests:
    """The short way of the writing requests of one resource."""

    def __init__(self, writes: PlainWrites) -> None:
        self.writes = writes

    def read(self, request: Any, uri: str) -> Asked | None:
        """What a request asks for, or None where the long way has to find out.

        Args:
            uri: the path by which it was routed, without the version prefix.
        """
        environ = request.environ
        method = environ["REQUEST_METHOD"]
        if method not in METHODS or environ.get("QUERY_STRING"):
            return None
        if "HTTP_RESPONSE_BEHAVIOR" in environ or environ.get("CONTENT_TYPE") not in _JSON_TYPES:
            return None
        if_match = condition(environ.get("HTTP_IF_MATCH"))
        if_none_match = condition(environ.get("HTTP_IF_NONE_MATCH"))
        if RARE in (if_match, if_none_match):
            return None
        data = _data_of(environ)
        if data is None:
            return None
        return Asked(method, uri, request.matchdict, data, if_match, if_none_match)

    def begin(self, request: Any, context: Any, asked: Asked) -> bool:
        """Read what the write is about, under the lock; False for the long way.

        Leaves `plain_write` and `current_object` on the context.
        """
        if request.prefixed_userid is None or narrowing_of(request) is not None:
            return False
        attempt = self.writes.find(request, asked)
        if attempt is None:
            return False
        context.plain_write = attempt
        if attempt.existing is not None:
            context.current_object = attempt.model.annotate(attempt.existing)
        return True

    def answer(self, request: Any) -> Any:
        """The response, or None where the method of the resource has to answer."""
        attempt = getattr(request.context, "plain_write", None)
        if attempt is None:
            return None
        given = dict(attempt.asked.data)
        new = None if _is_of_refused_origin(request) else attempt.new_object()
        is_told = attempt.is_told(request)
        if new is None or is_told:
            # Nothing is read twice, neither by the long way nor by subscribers.
            list_key = (self.writes.stored_as, attempt.model.parent_id)
            fetching.share(request, request.context, list_key, attempt.reads())
        if new is None:
            return None
        # Subscribers may look at what was asked for.
        conditions = zip(_CONDITIONS, attempt.asked[-2:], strict=True)
        header = {name: value for name, value in conditions if value is not None}
        request.validated.update(body={"data": given}, header=header, querystring={})
        written = attempt.store(new, request.notify_resource_event if is_told else None)
        validators = conditional.validators(written.timestamp)
        response = render_response(request, written.body, validators)
        if written.status == 201:
            response.status_code = 201
        return response


def condition(header: str | None) -> Precondition | None:
    """The value of a condition, None when absent, `RARE` when it is of no usual form."""
    if header is None or header == ANY:
        return header  # type: ignore[return-value]
    match = _ETAG.fullmatch(header)
    return RARE if match is None else int(match[1])


def _data_of(environ: Mapping[str, Any]) -> dict[str, Any] | None:
    """The attributes in a body that has nothing else, and can be read again by the long way."""
    if not environ.get("webob.is_body_seekable") or not environ.get("CONTENT_LENGTH"):
        return None
    stream = environ["wsgi.input"]
    stream.seek(0)
    text = stream.read(int(environ["CONTENT_LENGTH"]))
    stream.seek(0)
    try:
        body = json.loads(text)
    except ValueError:
        return None
    if type(body) is not dict or len(body) != 1:
        return None
    data = body.get("data")
    return data if type(data) is dict else None


def _is_of_refused_origin(request: Any) -> bool:
    if not request.environ.get("HTTP_ORIGIN"):
        return False
    rules = cors.rules_of(request)
    return rules is not None and rules.refusal(request) is not None
