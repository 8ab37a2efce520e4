"""GET /: what this server is, and who it thinks is asking."""

from __future__ import annotations

from typing import Any

import colander
from pyramid.authorization import Authenticated
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.settings import asbool

from kinto.core.http.headers import cache_for
from kinto.core.schema import Any as AnyType
from kinto.core.service import Service
from kinto.core.settings.origin import config_attributes


def _text(description: str, **options: Any) -> Any:
    return colander.SchemaNode(colander.String(), description=description, **options)


def _mapping(description: str, **options: Any) -> Any:
    mapping = colander.Mapping(unknown="preserve")
    return colander.SchemaNode(mapping, description=description, **options)


class HelloBodySchema(colander.MappingSchema):
    """What the root URL tells."""

    project_name = _text("Name of the service.")
    project_version = _text("Release that runs.")
    http_api_version = _text("Version of the protocol.")
    project_docs = _text("Where the service is documented.")
    url = _text("Root of the API.")
    config = colander.SchemaNode(
        AnyType(), description="Path, hash and time of the configuration file, or null."
    )
    eos = _text("When the service ends.", missing=colander.drop)
    settings = _mapping("Settings that clients need.")
    user = _mapping("The caller: id, principals.", missing=colander.drop)
    capabilities = _mapping("What is enabled, by name.")

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="preserve")


class HelloResponseSchema(colander.MappingSchema):
    body = HelloBodySchema()


hello = Service(name="hello", path="/", description="Welcome")


@hello.get(
    permission=NO_PERMISSION_REQUIRED,
    tags=["Utilities"],
    operation_id="server_info",
    response_schemas={
        "200": HelloResponseSchema(description="Return information about the running Instance")
    },
)
def get_hello(request: Any) -> dict[str, Any]:
    """Version, settings and capabilities; bad credentials are no error here."""
    registry = request.registry
    settings = registry.settings
    data = {
        "project_name": settings["project_name"],
        "project_version": settings["project_version"],
        "http_api_version": settings["http_api_version"],
        "project_docs": settings["project_docs"],
        "url": request.route_url(hello.name),
        "config": config_attributes(),
    }
    if eos := get_eos(request):
        data["eos"] = eos
    data["settings"] = {
        name: settings[name] for name in registry.public_settings if name in settings
    }
    if Authenticated in request.prefixed_principals:
        data["user"] = request.get_user_info()
    data["capabilities"] = registry.api_capabilities
    if asbool(settings.get("readonly")):
        # Nothing of this changes until the next deployment.
        cache_for(request.response, int(settings["root_cache_expires_seconds"]))
    return data


def get_eos(request: Any) -> Any:
    """Setting `eos`: the announced end of the service."""
    return request.registry.settings["eos"]
