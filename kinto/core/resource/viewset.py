"""Which endpoints, methods, schemas and headers a resource has.

Every attribute may be overridden by a keyword of `register`; see `ViewSet`.
"""

from __future__ import annotations

import functools
from typing import Any

import colander
from pyramid.settings import asbool

from kinto.core.authorization.context import DYNAMIC, RouteFactory
from kinto.core.cornice.validation import colander_validator
from kinto.core.resource.schema.envelope import FreeMapping, ObjectSchema, PermissionsSchema
from kinto.core.resource.schema.headers import PatchHeaderSchema
from kinto.core.resource.schema.querystring import (
    ObjectGetQuerySchema,
    PluralGetQuerySchema,
    PluralQuerySchema,
)
from kinto.core.resource.schema.requests import PayloadRequestSchema, RequestSchema
from kinto.core.resource.schema.responses import ResourceResponses
from kinto.core.runtime.deprecation import warn_deprecated

CONTENT_TYPES = ["application/json"]
PATCH_CONTENT_TYPES = ["application/merge-patch+json"]

_VALIDATORS_HEADERS = ("Last-Modified", "ETag", "Cache-Control", "Expires", "Pragma")


class StrictSchema(colander.MappingSchema):
    """A mapping that refuses unknown members."""

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="raise")


class PartialSchema(colander.MappingSchema):
    """A mapping that drops unknown members."""

    @staticmethod
    def schema_type() -> colander.Mapping:
        return colander.Mapping(unknown="ignore")


class SimpleSchema(colander.MappingSchema):
    """A mapping that keeps whatever it is given."""

    @staticmethod
    def schema_type() -> colander.Mapping:
        return FreeMapping(unknown="preserve")


class ViewSet:
    """Default endpoints of a resource.

    Placeholders of paths are written with doubled braces (`/books/{{id}}`), because the paths
    are formatted with `resource_name` first.
    """

    service_name = "{resource_name}-{endpoint_type}"
    plural_path = "/{resource_name}s"
    object_path: str | None = "/{resource_name}s/{{id}}"

    plural_methods: tuple[str, ...] = ("HEAD", "GET", "POST", "DELETE")
    object_methods: tuple[str, ...] = ("GET", "PUT", "PATCH", "DELETE")
    readonly_methods: tuple[str, ...] = ("GET", "OPTIONS", "HEAD")

    factory: Any = RouteFactory
    responses = ResourceResponses()

    service_arguments: dict[str, Any] = {"description": "Set of {resource_name}"}
    default_arguments: dict[str, Any] = {
        "permission": DYNAMIC,
        "accept": CONTENT_TYPES,
        "schema": RequestSchema(),
    }
    default_post_arguments: dict[str, Any] = {
        "schema": PayloadRequestSchema(),
        "content_type": CONTENT_TYPES,
    }
    default_put_arguments: dict[str, Any] = {
        "schema": PayloadRequestSchema(),
        "content_type": CONTENT_TYPES,
    }
    default_patch_arguments: dict[str, Any] = {
        "content_type": CONTENT_TYPES + PATCH_CONTENT_TYPES,
        "schema": PayloadRequestSchema().bind(header=PatchHeaderSchema()),
    }
    default_plural_arguments: dict[str, Any] = {
        "schema": RequestSchema().bind(querystring=PluralQuerySchema()),
    }
    plural_head_arguments: dict[str, Any] = {
        "schema": RequestSchema().bind(querystring=PluralGetQuerySchema()),
        "cors_headers": ("Next-Page", "Total-Objects", "Total-Records", *_VALIDATORS_HEADERS),
    }
    plural_get_arguments: dict[str, Any] = {
        "schema": RequestSchema().bind(querystring=PluralGetQuerySchema()),
        "cors_headers": ("Next-Page", *_VALIDATORS_HEADERS),
    }
    plural_post_arguments: dict[str, Any] = {"schema": PayloadRequestSchema()}
    default_object_arguments: dict[str, Any] = {}
    object_get_arguments: dict[str, Any] = {
        "schema": RequestSchema().bind(querystring=ObjectGetQuerySchema()),
        "cors_headers": _VALIDATORS_HEADERS,
    }

    def __init__(self, **kwargs: Any) -> None:
        self.update(**kwargs)
        self.object_arguments = functools.partial(self.get_view_arguments, "object")
        self.plural_arguments = functools.partial(self.get_view_arguments, "plural")

    def update(self, **kwargs: Any) -> None:
        """Override attributes of this instance."""
        self.__dict__.update(**kwargs)

    def get_view_arguments(
        self, endpoint_type: str, resource_cls: Any, method: str
    ) -> dict[str, Any]:
        """Keywords for the view of one verb: defaults first, the most specific last."""
        verb = method.lower()
        arguments: dict[str, Any] = {}
        for name in (
            "default_arguments",
            f"default_{endpoint_type}_arguments",
            f"default_{verb}_arguments",
            f"{endpoint_type}_{verb}_arguments",
        ):
            arguments.update(getattr(self, name, {}))

        object_schema = self.get_object_schema(resource_cls, method)
        arguments["schema"] = arguments["schema"].bind(body=object_schema)
        arguments["response_schemas"] = self.responses.get_and_bind(
            endpoint_type, verb, object=object_schema
        )
        arguments["validators"] = [*arguments.get("validators", []), colander_validator]
        return arguments

    def get_object_schema(self, resource_cls: Any, method: str) -> Any:
        """The envelope for one verb: PATCH and DELETE take any attributes."""
        if method.lower() in ("patch", "delete"):
            data = SimpleSchema(name="data", missing=colander.drop)
        else:
            data = resource_cls.schema(name="data", missing=colander.drop)
        permissions = PermissionsSchema(
            name="permissions", missing=colander.drop, permissions=resource_cls.permissions
        )
        return ObjectSchema(name="body").bind(data=data, permissions=permissions)

    def get_view(self, endpoint_type: str, method: str) -> str:
        """Name of the resource's method that answers."""
        if endpoint_type == "object":
            return method.lower()
        return f"{endpoint_type}_{method.lower()}"

    def get_name(self, resource_cls: Any) -> str:
        """Name given at registration, else the class attribute, else the class's own name."""
        if "name" in self.__dict__:
            return str(self.__dict__["name"])
        name = getattr(resource_cls, "name", None)
        if name is not None and not callable(name):
            return str(name)
        return str(resource_cls.__name__).lower()

    def get_service_name(self, endpoint_type: str, resource_cls: Any) -> str:
        return self.service_name.format(
            resource_name=self.get_name(resource_cls), endpoint_type=endpoint_type
        )

    def get_service_arguments(self) -> dict[str, Any]:
        return {**self.service_arguments, "factory": self.factory}

    def is_endpoint_enabled(
        self, endpoint_type: str, resource_name: str, method: str, settings: dict[str, Any]
    ) -> bool:
        """False for a write on a read-only server, else what the settings say (default true)."""
        if asbool(settings.get("readonly")) and method.upper() not in self.readonly_methods:
            return False
        name = f"{endpoint_type}_{resource_name}_{method.lower()}_enabled"
        return asbool(settings.get(name, True))


class ShareableViewSet(ViewSet):
    """Deprecated: every resource can be shared."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warn_deprecated("`ShareableViewSet` is deprecated, use `ViewSet` instead.")
        super().__init__(*args, **kwargs)
