"""What a failure looks like on the wire: its status, errno and JSON body.

`answer()` is the one table from exceptions to responses. Nothing is logged here: the exception
views (`kinto.core.views.errors`) do, once.
"""

from __future__ import annotations

import enum
from typing import Any, NoReturn

import colander
from pyramid import httpexceptions
from pyramid.exceptions import URLDecodeError
from pyramid.httpexceptions import HTTPException

from kinto.core.http.cors import reapply_cors
from kinto.core.protocol.failures import ERRORS as ERRORS
from kinto.core.protocol.failures import Problem, ProtocolFailure, message_of
from kinto.core.runtime import json
from kinto.core.schema import Any as AnyType
from kinto.core.storage import exceptions as storage_exceptions


class ErrorSchema(colander.MappingSchema):  # type: ignore[misc]
    """The body of every error."""

    code = colander.SchemaNode(colander.Integer())
    errno = colander.SchemaNode(colander.Integer())
    error = colander.SchemaNode(colander.String())
    message = colander.SchemaNode(colander.String(), missing=colander.drop)
    info = colander.SchemaNode(colander.String(), missing=colander.drop)
    details = colander.SchemaNode(AnyType(), missing=colander.drop)  # a list, or a mapping


UNAUTHENTICATED = "Please authenticate yourself to use this endpoint."
REFUSED = "This user cannot access this resource."
NO_SUCH_URL = "The resource you are looking for could not be found."
NO_SUCH_VERSION = "The requested API version is not available on this server."
NO_SUCH_METHOD = "Method not allowed on this endpoint."
CONFLICT = "Integrity constraint violated, please retry."
UNAVAILABLE = "Service temporary unavailable due to overloading or maintenance, please retry later."
UNEXPECTED = "A programmatic error occurred, developers have been informed."
BAD_PATH = "Invalid URL path."
BAD_LENGTH = "Invalid Content-Length."


def http_error(
    httpexception: HTTPException,
    errno: ERRORS | int | None = None,
    code: int | None = None,
    error: str | None = None,
    message: str | None = None,
    info: str | None = None,
    details: Any = None,
) -> HTTPException:
    """Turn a Pyramid HTTP exception into a JSON answer, and return that same instance.

    Args:
        errno: number or member of `ERRORS`; 999 when absent.
        code: `code` of the body, by default the status of the exception.
        error: title, by default the one of the exception.
        message, info, details: left out of the body when empty.
    """
    number = errno.value if isinstance(errno, enum.Enum) else errno
    body: dict[str, Any] = {
        "code": code or httpexception.code,
        "errno": ERRORS.UNDEFINED.value if number is None else number,
        "error": error or httpexception.title,
    }
    for name, value in (("message", message), ("info", info), ("details", details)):
        if value:
            body[name] = value
    httpexception.errno = body["errno"]
    httpexception.body = json.dumps(body).encode("utf-8")
    httpexception.content_type = "application/json"
    return httpexception


def json_error_handler(request: Any) -> HTTPException:
    """Build the answer for `request.errors`: every one of them, sorted by name.

    The first one makes the message. To be used as `error_handler=` of a service.
    """
    errors = request.errors
    response = _invalid([_printable(item) for item in errors], status=errors.status)
    return reapply_cors(request, response)


def raise_invalid(
    request: Any,
    location: str = "body",
    name: str | None = None,
    description: str | None = None,
    **kwargs: Any,
) -> NoReturn:
    """Add an error to `request.errors` and raise the 400 listing them all.

    Args:
        location: body, querystring, header, path, ...
        name: dotted path of what is wrong, None for the whole location.
        description: what is wrong with it; needed when there is a name.
        kwargs: stored in the item of `details`.
    """
    request.errors.add(location, name, description, **kwargs)
    raise json_error_handler(request)


def not_found_url() -> HTTPException:
    """404: no such URL."""
    return http_error(
        httpexceptions.HTTPNotFound(), errno=ERRORS.MISSING_RESOURCE, message=NO_SUCH_URL
    )


def not_found_version() -> HTTPException:
    """404: another version of the API, or none when redirects are off."""
    return http_error(
        httpexceptions.HTTPNotFound(), errno=ERRORS.VERSION_NOT_AVAILABLE, message=NO_SUCH_VERSION
    )


def method_not_allowed(allow: Any = None) -> HTTPException:
    """405, with `Allow` unless `allow` is None."""
    response = http_error(
        httpexceptions.HTTPMethodNotAllowed(),
        errno=ERRORS.METHOD_NOT_ALLOWED,
        message=NO_SUCH_METHOD,
    )
    if allow is not None:
        response.headers["Allow"] = allow if isinstance(allow, str) else ", ".join(allow)
    return response


def bad_path() -> HTTPException:
    """400: the path is not UTF-8."""
    return http_error(
        httpexceptions.HTTPBadRequest(), errno=ERRORS.INVALID_PARAMETERS, message=BAD_PATH
    )


def bad_length() -> HTTPException:
    """400: the length of the body is no number."""
    return http_error(
        httpexceptions.HTTPBadRequest(), errno=ERRORS.INVALID_PARAMETERS, message=BAD_LENGTH
    )


def too_large(limit: int) -> HTTPException:
    """413: the body has more than `limit` bytes."""
    return http_error(
        httpexceptions.HTTPRequestEntityTooLarge(),
        errno=ERRORS.REQUEST_TOO_LARGE,
        message=f"Request body is limited to {limit} bytes.",
    )


def answer(failure: BaseException, *, settings: Any) -> HTTPException:
    """The response for an exception that nothing else has answered.

    Args:
        failure: what was raised.
        settings: of the registry (`retry_after_seconds`, `error_info_link`).
    """
    if isinstance(failure, HTTPException):
        return _in_envelope(failure)
    if isinstance(failure, storage_exceptions.IntegrityError):
        return _retriable(
            httpexceptions.HTTPConflict(), ERRORS.CONSTRAINT_VIOLATED, CONFLICT, settings
        )
    if isinstance(failure, storage_exceptions.BackendError):
        return _retriable(
            httpexceptions.HTTPServiceUnavailable(), ERRORS.BACKEND, UNAVAILABLE, settings
        )
    if isinstance(failure, URLDecodeError):
        return bad_path()
    if isinstance(failure, Problem):
        return _invalid([failure.as_detail()])
    if isinstance(failure, ProtocolFailure):
        return http_error(
            httpexceptions.HTTPBadRequest(), errno=failure.errno, message=str(failure)
        )
    return http_error(
        httpexceptions.HTTPInternalServerError(),
        message=UNEXPECTED,
        info=settings.get("error_info_link"),
    )


def _invalid(items: list[dict[str, Any]], *, status: int = 400) -> HTTPException:
    items.sort(key=lambda item: str(item["name"]))
    message = None
    if items:
        first = items[0]
        message = message_of(first["location"], first["name"], str(first["description"]))
    return http_error(
        httpexceptions.status_map[status](),
        errno=ERRORS.INVALID_PARAMETERS,
        error="Invalid parameters",
        message=message,
        details=items,
    )


def _retriable(
    response: HTTPException, errno: ERRORS, message: str, settings: Any
) -> HTTPException:
    http_error(response, errno=errno, message=message)
    response.headers["Retry-After"] = str(settings.get("retry_after_seconds", 3))
    return response


def _in_envelope(response: HTTPException) -> HTTPException:
    """Give the JSON body to an error that has no body of its own."""
    if response.status_int < 400 or response.has_body or response.empty_body:
        return response
    return http_error(response, message=response.detail or response.explanation)


def _printable(item: dict[str, Any]) -> dict[str, Any]:
    """An error whose description is text (some libraries give bytes)."""
    description = item.get("description")
    if isinstance(description, bytes):
        return {**item, "description": description.decode("utf-8", "replace")}
    return dict(item)
