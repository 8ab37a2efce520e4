"""GET /__api__ and /__docs__: the description of what is served, for programs and for people."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core.openapi.answers import answer
from kinto.core.openapi.cached import document_of, page_of
from kinto.core.openapi.page import CONTENT_SECURITY_POLICY
from kinto.core.service import Service


class OpenAPIResponseSchema(colander.MappingSchema):
    body = colander.SchemaNode(colander.Mapping(unknown="preserve"))


openapi = Service(name="openapi", path="/__api__", description="OpenAPI description")
docs = Service(name="docs", path="/__docs__", description="The description as a page")


@openapi.get(
    permission=NO_PERMISSION_REQUIRED,
    tags=["Utilities"],
    operation_id="get_openapi_spec",
    response_schemas={"200": OpenAPIResponseSchema(description="Return OpenAPI description.")},
)
def openapi_view(request: Any) -> dict[str, Any]:
    """Describe every endpoint of this server as an OpenAPI 2.0 document."""
    return document_of(request)


@docs.get(
    permission=NO_PERMISSION_REQUIRED,
    tags=["Utilities"],
    operation_id="get_docs",
    response_schemas={"200": answer("A page to read.", content_type="text/html")},
)
def docs_view(request: Any) -> Response:
    """Show the same description as a page to read."""
    response: Response = request.response
    response.content_type = "text/html"
    response.charset = "utf-8"
    response.text = page_of(request)
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response
