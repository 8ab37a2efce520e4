"""Face: the OpenAPI description of the server."""

from kinto.core.openapi.builder import AnyTypeConverter, OpenAPI

__all__ = ["AnyTypeConverter", "OpenAPI"]
