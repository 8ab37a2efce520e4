"""GET /__api__: the OpenAPI description of what is served."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core.openapi.builder import OpenAPI
from kinto.core.service import Service


class OpenAPIResponseSchema(colander.MappingSchema):
    body = colander.SchemaNode(colander.Mapping(unknown="preserve"))


openapi = Service(name="openapi", path="/__api__", description="OpenAPI description")


@openapi.get(
    permission=NO_PERMISSION_REQUIRED,
    tags=["Utilities"],
    operation_id="get_openapi_spec",
    response_schemas={"200": OpenAPIResponseSchema(description="Return OpenAPI description.")},
)
def openapi_view(request: Any) -> dict[str, Any]:
    """The document; built once, since services do not change, but for host and scheme."""
    registry = request.registry
    services = list(dict.fromkeys(registry.cornice_services.values()))
    known = vars(registry).get("openapi_document")
    if known is None or known[0] != services:
        known = registry.openapi_document = (services, OpenAPI(services, request).generate())
    return {**known[1], "host": request.host, "schemes": [request.scheme]}
