"""Face: the OpenAPI description of the server."""

from kinto.core.openapi.answers import (
    WRITES,
    answer,
    describe_error,
    describe_route,
    failure,
    many,
    one,
)
from kinto.core.openapi.builder import OpenAPI
from kinto.core.openapi.converters import AnyTypeConverter

__all__ = [
    "WRITES",
    "AnyTypeConverter",
    "OpenAPI",
    "answer",
    "describe_error",
    "describe_route",
    "failure",
    "many",
    "one",
]
