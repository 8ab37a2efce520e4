"""The OpenAPI 2.0 document of the services that are registered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from cornice_swagger.converters.schema import TypeConverter
from cornice_swagger.swagger import CorniceSwagger
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core.schema import Any as AnyType

_VERBS = {"post": "create", "put": "update"}


class AnyTypeConverter(TypeConverter):  # type: ignore[misc]
    """Any JSON value is the empty schema."""

    def __call__(self, schema_node: Any) -> dict[str, Any]:
        return {}


class OpenAPI(CorniceSwagger):  # type: ignore[misc]
    """Builds the document for one request, whose host and scheme it names.

    Args:
        services: those to describe.
        request: for host, scheme and settings.
    """

    security_definitions: ClassVar[dict[str, dict[str, Any]]] = {}
    security_roles: ClassVar[dict[str, Iterable[str]]] = {}
    custom_type_converters: ClassVar[dict[type, type]] = {AnyType: AnyTypeConverter}
    # One operation has one body schema: that of JSON patches is left out.
    ignore_ctypes: ClassVar[list[str]] = ["application/json-patch+json"]

    @classmethod
    def expose_authentication_method(cls, method_name: str, definition: dict[str, Any]) -> None:
        """Declare an authentication policy; its roles are the keys of `definition["scopes"]`."""
        cls.security_definitions[method_name] = definition
        cls.security_roles[method_name] = list(definition.get("scopes", {}))

    def __init__(self, services: Iterable[Any], request: Any) -> None:
        super().__init__(list(services), pyramid_registry=request.registry)
        self.request = request
        settings = request.registry.settings
        self.api_title = settings["project_name"]
        self.api_version = settings["http_api_version"]
        self.base_path = f"/{request.registry.route_prefix}"

    def generate(self, **kwargs: Any) -> dict[str, Any]:
        """The document, as a mapping."""
        base = {
            "host": self.request.host,
            "schemes": [self.request.scheme],
            "securityDefinitions": self.security_definitions,
        }
        kwargs.setdefault("info", {})
        document: dict[str, Any] = super().generate(
            swagger={**base, **kwargs.pop("swagger", {})}, **kwargs
        )
        return document

    def default_tags(self, service: Any, method: str) -> list[str]:
        """The name of the resource, capitalized, with an `s`; that of other services as it is."""
        if (name := _resource_of(service)) is None:
            return [service.name.capitalize()]
        return [f"{name.capitalize()}s"]

    def default_op_ids(self, service: Any, method: str) -> str:
        """`get_buckets`, `create_bucket`, `update_bucket`, ..."""
        method = method.lower()
        if (name := _resource_of(service)) is None:
            return f"{method}_{service.name}"
        if service.type == "plural" and method != "post":
            name += "s"
        return f"{_VERBS.get(method, method)}_{name}"

    def default_security(self, service: Any, method: str) -> list[dict[str, list[str]]]:
        """Every policy, for views that need a permission."""
        for verb, _, arguments in service.definitions:
            if verb.lower() == method.lower():
                if arguments.get("permission") in (None, NO_PERMISSION_REQUIRED):
                    return []
                return [{name: list(roles)} for name, roles in self.security_roles.items()]
        return []


def _resource_of(service: Any) -> str | None:
    if not (hasattr(service, "viewset") and hasattr(service, "resource")):
        return None
    return str(service.viewset.get_name(service.resource))
