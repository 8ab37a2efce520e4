"""The OpenAPI 2.0 document of the services that are registered."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, ClassVar

from cornice_swagger.swagger import CorniceSwagger
from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core.http.failures import ErrorSchema
from kinto.core.openapi import answers, paths
from kinto.core.openapi.converters import CONVERTERS, FallbackConverter, NodeConverter
from kinto.core.openapi.forms import as_form
from kinto.core.openapi.wording import summary_of

_VERBS = {"post": "create", "put": "update"}
_NOT_SAID = {"default": {"description": "What the extension answers."}}


class OpenAPI(CorniceSwagger):  # type: ignore[misc]
    """Builds the document for one request, whose host and scheme it names.

    Args:
        services: those to describe.
        request: for host, scheme and settings.
    """

    security_definitions: ClassVar[dict[str, dict[str, Any]]] = {}
    security_roles: ClassVar[dict[str, Iterable[str]]] = {}
    type_converter = NodeConverter
    custom_type_converters: ClassVar[dict[type, type]] = CONVERTERS
    default_type_converter = FallbackConverter
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
        self.error_schema = self.definitions.from_schema(ErrorSchema())

    def generate(self, **kwargs: Any) -> dict[str, Any]:
        """The document, as a mapping."""
        base = {
            "host": self.request.host,
            "schemes": [self.request.scheme],
            "securityDefinitions": {
                name: _whole(definition) for name, definition in self.security_definitions.items()
            },
        }
        kwargs.setdefault("info", {})
        document: dict[str, Any] = super().generate(
            swagger={**base, **kwargs.pop("swagger", {})}, **kwargs
        )
        return document

    def _build_paths(self) -> tuple[dict[str, Any], list[dict[str, str]]]:
        """The operations by path, and the tags in order of appearance."""
        found: dict[str, Any] = {}
        tags: dict[str, None] = dict.fromkeys(tag["name"] for tag in self.swagger.get("tags", ()))
        for service in self.services:
            path, item = self._extract_path_from_service(service)
            # The service that was registered first is the one that answers.
            item = found.setdefault(path, item)
            for method, view, arguments in service.definitions:
                verb = method.lower()
                if verb.upper() in self.ignore_methods or verb in item:
                    continue
                operation = self._operation(service, verb, view, arguments)
                if operation is None:
                    continue
                item[verb] = operation
                tags |= dict.fromkeys(operation["tags"])
        for pattern, verb, operation in vars(self.request.registry).get("openapi_routes", ()):
            path = paths.template(pattern)
            item = found.setdefault(path, _item(path))
            item.setdefault(verb, operation)
            tags |= dict.fromkeys(operation["tags"])
        return (
            {path: item for path, item in found.items() if item.keys() - {"parameters"}},
            [{"name": name} for name in tags],
        )

    def _operation(
        self, service: Any, method: str, view: Any, arguments: dict[str, Any]
    ) -> dict[str, Any] | None:
        """One operation; None for a content type that the document leaves out."""
        operation: dict[str, Any] = self._extract_operation_from_view(view, arguments)
        if any(kind in operation.get("consumes", ()) for kind in self.ignore_ctypes):
            return None
        if "response_schemas" not in arguments:
            operation["responses"] = {name: dict(value) for name, value in _NOT_SAID.items()}
        if kinds := answers.media_types(arguments):
            operation["produces"] = kinds + operation.get("produces", [])
        elif _is_empty(operation["responses"]):
            # What succeeds has no body, and therefore no type.
            operation.pop("produces", None)
        if kinds := getattr(arguments.get("schema"), "media_types", None):
            operation["consumes"] = list(kinds)
        own = list(getattr(service, "tags", ()))
        given = operation.get("tags") or self.default_tags(service, method)
        operation["tags"] = list(dict.fromkeys([*own, *given]))
        operation.setdefault("operationId", self.default_op_ids(service, method))
        operation.setdefault("security", self.default_security(service, method))
        name = _resource_of(service)
        kind = None if name is None else service.type
        operation["summary"], text = summary_of(_function(view, arguments), method, name, kind)
        if text:
            operation["description"] = text
        if name is not None:
            for status, response in operation["responses"].items():
                if status.startswith("2") and "schema" in response:
                    response["schema"] = answers.as_answered(response["schema"])
        shared = vars(self.request.registry).get("openapi_errors", ())
        answers.complete(
            operation,
            method=method,
            path=paths.template(service.path or ""),
            arguments=arguments,
            kind=kind,
            shared=[(e.status, e.description) for e in shared if e.concerns(method, name)],
            error_schema=self.error_schema,
        )
        as_form(operation)
        return operation

    def _extract_path_from_service(self, service: Any) -> tuple[str, dict[str, Any]]:
        path, _ = super()._extract_path_from_service(service)
        path = paths.template(path)
        return path, _item(path)

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


def _is_empty(responses: dict[str, Any]) -> bool:
    """Whether every success is described without a body."""
    successes = [item for status, item in responses.items() if status.startswith("2")]
    return bool(successes) and not any("schema" in item for item in successes)


def _item(path: str) -> dict[str, Any]:
    parameters = paths.parameters(path)
    return {"parameters": parameters} if parameters else {}


def _resource_of(service: Any) -> str | None:
    if not (hasattr(service, "viewset") and hasattr(service, "resource")):
        return None
    return str(service.viewset.get_name(service.resource))


def _function(view: Any, arguments: dict[str, Any]) -> Any:
    """What answers: a function, or the method of a class."""
    if isinstance(view, str) and "klass" in arguments:
        return getattr(arguments["klass"], view.lower(), None)
    return view if inspect.isroutine(view) or inspect.isclass(view) else None


def _whole(definition: dict[str, Any]) -> dict[str, Any]:
    """A security definition with what the format demands of it."""
    if definition.get("type") != "oauth2":
        return definition
    return {"flow": "implicit", "scopes": {}, **definition}
