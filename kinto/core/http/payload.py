"""Request bodies and query strings, read under caps by the one JSON codec.

Too large is a 413 before anything is parsed. What a body must contain is not known here.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from pyramid import httpexceptions

from kinto.core.http.failures import ERRORS, http_error, too_large
from kinto.core.protocol.limits import LIMITS
from kinto.core.runtime import json
from kinto.core.runtime.bodies import kept_body

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

_WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS")
# JSON as most clients announce it. That it is UTF-8 goes without saying.
_USUAL_TYPES = frozenset(
    ("application/json", "application/json; charset=utf-8", "application/json; charset=UTF-8")
)
_JSON_TYPE = re.compile(r"application/(.*?)json\Z")
# The spelling, missing space included, is what clients have always been shown.
_BAD_QUERYSTRING = (
    "A request with an incorrect encoding in the querystring was"
    "received. Please make sure your requests are encoded in UTF-8: "
)


def body_of(request: Any) -> bytes:
    """The body of a request.

    Raises:
        HTTPRequestEntityTooLarge: more than `limits.body_bytes` were announced or sent.
    """
    limit = LIMITS.body_bytes
    if (kept := kept_body(request.environ)) is not None and len(kept) <= limit:
        return kept
    length = request.content_length
    if length is not None and length > limit:
        raise too_large(limit)
    body: bytes = request.body
    if len(body) > limit:
        raise too_large(limit)
    return body


def json_of(request: Any) -> Any:
    """The body as a JSON value (also `request.json` and `request.json_body`).

    Raises:
        ValueError: malformed; its text is the one shown to clients.
        HTTPRequestEntityTooLarge: see `body_of`.
    """
    body = body_of(request)
    if request.environ.get("CONTENT_TYPE") in _USUAL_TYPES:
        return json.loads(body)
    charset = request.charset
    if charset != "UTF-8":
        try:
            return json.loads(body.decode(charset))
        except LookupError:
            raise ValueError(f"unknown encoding: {charset}") from None
    return json.loads(body)


def body_value(request: Any) -> Any:
    """The body as schemas see it: a mapping, a list, a form, or bytes of another type.

    Returns:
        None when it is no acceptable JSON; `request.errors` then says why.
    """
    body = body_of(request)
    if request.environ.get("CONTENT_TYPE") not in _USUAL_TYPES:
        content_type = request.content_type
        if content_type in FORM_TYPES:
            return _form_of(request)
        if content_type and _JSON_TYPE.match(content_type) is None:
            return body
    if not body:
        return {}
    try:
        value = request.json_body
    except ValueError as error:
        request.errors.add("body", "", f"Invalid JSON: {error}")
        return None
    if not isinstance(value, (dict, list)):
        request.errors.add("body", "", "Should be a JSON object or an array")
        return None
    return value


def _form_of(request: Any) -> Any:
    if request.method in _WITHOUT_BODY:
        return {}
    try:
        return request.POST.mixed()
    except ValueError as error:
        request.errors.add("body", "", f"Invalid form: {error}")
        return None


def extract_cstruct(request: Any) -> dict[str, Any]:
    """Everything a schema may look at, as cornice's function of the same name gives it.

    Malformed JSON is added to `request.errors`, and the mapping is then empty.
    """
    body = body_value(request)
    if body is None:
        return {}
    return {
        "method": request.method,
        "url": request.url,
        "path": request.matchdict,
        "body": body,
        "querystring": request.GET.mixed() if request.query_string else {},
        "header": dict(request.headers),
        "cookies": dict(request.cookies) if "HTTP_COOKIE" in request.environ else {},
    }


def request_GET(request: Any) -> Any:
    """`request.GET`.

    Raises:
        HTTPBadRequest: the query string is not UTF-8.
    """
    try:
        return request.GET
    except UnicodeDecodeError:
        raise bad_querystring(request) from None


def is_decodable(text: str) -> bool:
    """Whether a WSGI string, percent escapes undone, is UTF-8."""
    if "%" not in text and text.isascii():
        return True
    try:
        unquote_to_bytes(text.encode("latin-1", "surrogateescape")).decode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError):
        return False
    return True


def bad_querystring(request: Any) -> httpexceptions.HTTPException:
    """400: the query string is not UTF-8."""
    return http_error(
        httpexceptions.HTTPBadRequest(),
        errno=ERRORS.INVALID_PARAMETERS,
        message=_BAD_QUERYSTRING + str(request.environ.get("QUERY_STRING", "")),
    )
