"""What can be wrong with an upload, as the answers of the published plugin say it."""

from __future__ import annotations

from typing import Any, NoReturn

from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPException,
    HTTPNotFound,
    HTTPRequestEntityTooLarge,
    HTTPTooManyRequests,
)

from kinto.core.errors import ERRORS, http_error, raise_invalid


def bad_request(message: str, errno: ERRORS = ERRORS.INVALID_PARAMETERS) -> HTTPException:
    """400 about the form as a whole."""
    return http_error(HTTPBadRequest(), errno=errno, message=message)


def bad_field(message: str) -> HTTPException:
    """400 about a part of the form."""
    return bad_request(message, ERRORS.INVALID_POSTED_DATA)


def too_large() -> HTTPException:
    """413: more than is read at all."""
    return http_error(
        HTTPRequestEntityTooLarge(),
        errno=ERRORS.REQUEST_TOO_LARGE,
        message="The form is too large.",
    )


def too_many(*, seconds: int) -> HTTPException:
    """429: the caller has as many unfinished uploads as one user may have.

    Args:
        seconds: until it may be worth to try again.
    """
    error = http_error(
        HTTPTooManyRequests(),
        errno=ERRORS.UNDEFINED,
        message="Finish or delete other uploads before.",
    )
    error.headers["Retry-After"] = str(seconds)
    return error


def not_found(name: str) -> HTTPException:
    """404: the record has no such attachment, or none at all."""
    return http_error(
        HTTPNotFound(),
        errno=ERRORS.INVALID_RESOURCE_ID,
        details={"id": name, "resource_name": "attachment"},
    )


def refuse_size(request: Any, *, size: int, limit: int) -> NoReturn:
    """400: the file is larger than its collection accepts."""
    text = f"File size ({size} bytes) exceeds the limit ({limit} bytes)."
    raise_invalid(request, location="body", description=text)


def refuse_extension(request: Any) -> NoReturn:
    """400: files of this kind are not accepted."""
    raise_invalid(request, location="body", description="File extension is not allowed.")
