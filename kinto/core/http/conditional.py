"""304, 412 and the answers for what is not there, with the validators of the current version."""

from __future__ import annotations

import email.utils
import functools
from collections.abc import Mapping
from typing import Any

from pyramid.httpexceptions import (
    HTTPException,
    HTTPNotFound,
    HTTPNotModified,
    HTTPPreconditionFailed,
    HTTPServiceUnavailable,
)
from pyramid.response import Response

from kinto.core.http.failures import http_error
from kinto.core.http.headers import set_headers
from kinto.core.protocol.failures import ERRORS
from kinto.core.protocol.timestamps import etag

_FIRST_SECOND = -62135596800  # 0001-01-01T00:00:00Z
_LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z: what an HTTP date can say.


def add_timestamp_header(response: Any, *, timestamp: int) -> None:
    """Set `ETag` and `Last-Modified` (RFC 9110, 8.8).

    Args:
        timestamp: in milliseconds.
    """
    set_headers(response, validators(timestamp))


def validators(timestamp: int) -> dict[str, str]:
    """The two headers of a timestamp in milliseconds."""
    return {"ETag": etag(timestamp), "Last-Modified": _http_date(timestamp // 1000)}


def not_modified(timestamp: int) -> HTTPException:
    """304, to be raised: the client has the current version already."""
    response = HTTPNotModified()
    add_timestamp_header(response, timestamp=timestamp)
    return response


def not_modified_response(timestamp: int) -> Response:
    """The same 304, to be returned: it costs a tenth of an exception."""
    response = Response(headerlist=[*validators(timestamp).items()], app_iter=[])
    response._status = "304 Not Modified"  # The property would look it up and check it.
    return response


def precondition_failed(timestamp: int, *, existing: Mapping[str, Any] | None) -> HTTPException:
    """412: the current version is not the one the client wants.

    Args:
        timestamp: of the object or list, in milliseconds.
        existing: the stored object, for a caller who may read it.
    """
    response = http_error(
        HTTPPreconditionFailed(),
        errno=ERRORS.MODIFIED_MEANWHILE,
        message="Resource was modified meanwhile",
        details={} if existing is None else {"existing": existing},
    )
    add_timestamp_header(response, timestamp=timestamp)
    return response


def object_not_found(object_id: str, resource_name: str) -> HTTPException:
    """404: no such object."""
    details = {"id": object_id, "resource_name": resource_name}
    return http_error(HTTPNotFound(), errno=ERRORS.INVALID_RESOURCE_ID, details=details)


def timestamp_unavailable(retry_after: Any) -> HTTPException:
    """503: the list was never written, and a read-only server may not give it a timestamp."""
    message = (
        "Resource timestamp cannot be written. "
        "Plural endpoint must be hit at least once from a writable instance."
    )
    response = http_error(HTTPServiceUnavailable(), errno=ERRORS.BACKEND, message=message)
    response.headers["Retry-After"] = str(retry_after)
    return response


@functools.lru_cache(maxsize=1024)
def _http_date(second: int) -> str:
    # Timestamps of clients may be before our era or absurdly late; the header is still a date.
    return email.utils.formatdate(max(_FIRST_SECOND, min(second, _LAST_SECOND)), usegmt=True)
