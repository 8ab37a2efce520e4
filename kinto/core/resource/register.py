"""From a resource class and its viewset to routes and views."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeVar

import venusian
from pyramid import exceptions as pyramid_exceptions

from kinto.core.resource import plain_lists
from kinto.core.resource.plain import shortcut_of
from kinto.core.resource.plain_requests import PlainRequests
from kinto.core.resource.plain_writes import PlainWrites
from kinto.core.resource.schema.headers import PatchHeaderSchema
from kinto.core.resource.schema.requests import JsonPatchRequestSchema
from kinto.core.service import Service

C = TypeVar("C", bound=type)

JSON_PATCH = "application/json-patch+json"


def register(depth: int = 1, **kwargs: Any) -> Callable[[C], C]:
    """Class decorator: give the class its endpoints when its module is scanned.

    Args:
        depth: how many frames up the module to scan is.
        **kwargs: attributes of the viewset to override (`name`, `plural_path`, ...).
    """

    def wrapped(resource_cls: C) -> C:
        register_resource(resource_cls, depth=depth + 1, **kwargs)
        return resource_cls

    return wrapped


def register_resource(
    resource_cls: Any, settings: Any = None, viewset: Any = None, depth: int = 1, **kwargs: Any
) -> Callable[..., None]:
    """Register the endpoints of a resource; returns the callback that scanning runs.

    Raises (when scanned):
        ConfigurationError: without storage backend.
    """
    if viewset is None:
        viewset = resource_cls.default_viewset(**kwargs)
    else:
        viewset.update(**kwargs)

    resource_name = viewset.get_name(resource_cls)

    def callback(context: Any, name: str, ob: Any) -> None:
        config = context.config.with_package(info.module)
        if not hasattr(config.registry, "storage"):
            message = "Mandatory storage backend is missing from configuration."
            raise pyramid_exceptions.ConfigurationError(message)
        for endpoint_type in ("plural", "object"):
            path = getattr(viewset, f"{endpoint_type}_path")
            if path is not None:
                service = _service(resource_cls, viewset, resource_name, endpoint_type, path)
                _add_views(service, viewset, resource_cls, config.get_settings())
                config.add_cornice_service(service)

    info = venusian.attach(resource_cls, callback, category="pyramid", depth=depth)
    return callback


def _service(
    resource_cls: Any, viewset: Any, resource_name: str, endpoint_type: str, path: str
) -> Service:
    names = {"resource_name": resource_name}
    arguments = viewset.get_service_arguments()
    if isinstance(arguments.get("description"), str):
        arguments["description"] = arguments["description"].format_map(names)
    service = Service(
        viewset.get_service_name(endpoint_type, resource_cls),
        path.format_map(names),
        depth=1,
        **arguments,
    )
    service.viewset = viewset
    service.resource = resource_cls
    service.type = endpoint_type
    service.plain_writes = None
    if vars(resource_cls).get("plain_writes"):
        service.plain_writes = PlainRequests(PlainWrites(resource_cls, resource_name))
    service.plural_path = viewset.plural_path.format_map(names)
    service.object_path = (
        viewset.object_path.format_map(names) if viewset.object_path is not None else None
    )
    return service


def _add_views(service: Service, viewset: Any, resource_cls: Any, settings: Any) -> None:
    resource_name = viewset.get_name(resource_cls)
    for method in getattr(viewset, f"{service.type}_methods"):
        if not viewset.is_endpoint_enabled(service.type, resource_name, method.lower(), settings):
            continue
        arguments = getattr(viewset, f"{service.type}_arguments")(resource_cls, method)
        view = viewset.get_view(service.type, method.lower())
        if view == "get":
            arguments.setdefault("shortcut", shortcut_of(resource_cls))
        elif view == "plural_get":
            arguments.setdefault("shortcut", plain_lists.shortcut_of(resource_cls))
        elif service.plain_writes is not None and view in ("put", "patch", "plural_post"):
            arguments.setdefault("shortcut", service.plain_writes.answer)
        service.add_view(method, view, klass=resource_cls, **arguments)
        if method.lower() == "patch":
            arguments = dict(arguments)
            arguments["content_type"] = JSON_PATCH
            arguments["schema"] = JsonPatchRequestSchema().bind(header=PatchHeaderSchema())
            service.add_view(method, view, klass=resource_cls, **arguments)


def warn_shareable() -> None:
    """The warning of `ShareableResource`."""
    message = "`ShareableResource` is deprecated, use `Resource` instead."
    warnings.warn(message, DeprecationWarning)  # noqa: B028
