"""Face: errors of the protocol, for views and extensions."""

from kinto.core.http.failures import (
    ERRORS,
    ErrorSchema,
    http_error,
    json_error_handler,
    raise_invalid,
)
from kinto.core.http.headers import send_alert
from kinto.core.http.payload import request_GET

__all__ = [
    "ERRORS",
    "ErrorSchema",
    "http_error",
    "json_error_handler",
    "raise_invalid",
    "request_GET",
    "send_alert",
]
