"""A stored file as an answer: whole or in part, streamed, or not at all when it is known."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import (
    HTTPException,
    HTTPPreconditionFailed,
    HTTPRequestRangeNotSatisfiable,
)
from pyramid.response import Response

from kinto.core.errors import ERRORS, http_error
from kinto.plugins.attachments import failures
from kinto.plugins.attachments.intake import type_of
from kinto.plugins.attachments.settings import Rules
from kinto.plugins.attachments.stores.base import FileStore

_SINGLE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def file_response(request: Any, store: FileStore, rules: Rules, link: dict[str, Any]) -> Response:
    """Answer GET or HEAD for a file (RFC 9110, 13 and 14; one range, else the whole).

    Raises:
        HTTPNotFound: the content is gone.
        HTTPPreconditionFailed: it is not the version that the client knows.
        HTTPRequestRangeNotSatisfiable: the range begins after its end.
    """
    size = int(link["size"])
    response = Response(status=200, content_type="application/octet-stream")
    response.headers["Content-Type"] = type_of(rules, link["filename"], link["mimetype"])
    response.etag = link["hash"]
    response.last_modified = datetime.fromtimestamp(link["last_modified"] // 1000, tz=UTC)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Disposition"] = _disposition(link["filename"])
    _check_preconditions(request, response)
    if _is_known(request, response):
        response.status_code = 304
        response.headers.pop("Content-Type", None)
        response.headers.pop("Content-Length", None)
        return response
    start, length = 0, size
    bounds = _range(request, response, size)
    if bounds is not None:
        start, length = bounds
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    if request.method != "HEAD":
        try:
            response.app_iter = store.read(link["location"], start=start, length=length)
        except FileNotFoundError:
            raise failures.not_found(link["name"]) from None
    response.content_length = length
    return response


def _check_preconditions(request: Any, response: Response) -> None:
    if "If-Match" in request.headers:
        if response.etag not in request.if_match:
            raise _modified()
    elif (moment := request.if_unmodified_since) is not None:
        if response.last_modified > moment:
            raise _modified()


def _is_known(request: Any, response: Response) -> bool:
    if "If-None-Match" in request.headers:
        return response.etag in request.if_none_match
    moment = request.if_modified_since
    return moment is not None and response.last_modified <= moment


def _range(request: Any, response: Response, size: int) -> tuple[int, int] | None:
    """Start and length of the part asked for; None for the whole.

    Raises:
        HTTPRequestRangeNotSatisfiable: it begins after the end.
    """
    match = _SINGLE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or request.method != "GET":
        return None
    if "If-Range" in request.headers and response not in request.if_range:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if first and last and int(last) < start:
        return None
    if start >= size or (not first and int(last) == 0):
        raise _unsatisfiable(size)
    return start, stop - start


def _modified() -> HTTPException:
    return http_error(
        HTTPPreconditionFailed(),
        errno=ERRORS.MODIFIED_MEANWHILE,
        message="Resource was modified meanwhile",
    )


def _unsatisfiable(size: int) -> HTTPException:
    error = http_error(
        HTTPRequestRangeNotSatisfiable(),
        errno=ERRORS.INVALID_PARAMETERS,
        message=f"The file has {size} bytes.",
    )
    error.headers["Content-Range"] = f"bytes */{size}"
    return error


def _disposition(filename: str) -> str:
    """Never shown as a page of this server, whatever is in it."""
    plain = "".join(char if char.isascii() and char.isalnum() else "_" for char in filename)
    plain = "".join(
        char if char in "._-" else mark for char, mark in zip(filename, plain, strict=True)
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
