"""Types of the Pyramid objects as this application extends them; for annotations only."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator as PyramidConfigurator
from pyramid.registry import Registry as PyramidRegistry
from pyramid.request import Request as PyramidRequest


class Registry(PyramidRegistry):
    """What the start-up leaves on the registry."""

    storage: Any
    permission: Any
    cache: Any
    metrics: Any
    heartbeats: dict[str, Any]
    api_capabilities: dict[str, Any]
    public_settings: set[str]
    id_generators: dict[str, Any]
    command: Any
    route_prefix: str
    cornice_services: dict[str, Any]
    settings: dict[str, Any]


class Request(PyramidRequest):
    """What the application adds to requests."""

    registry: Registry
    bound_data: dict[str, Any]
    parent: Any
    authn_type: str
    selected_userid: str
    prefixed_userid: str | None
    prefixed_principals: list[str]
    current_service: Any
    current_resource_name: str
    validated: dict[str, Any]
    errors: Any
    info: dict[str, Any]


class Configurator(PyramidConfigurator):
    """A configurator whose registry is ours."""

    registry: Registry
