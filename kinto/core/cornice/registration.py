"""From services to Pyramid routes and views, with little left to do in a request.

The published cornice registers one view for each combination of method, `Accept` and
`Content-Type`, and works out CORS headers at each request. Here a method has one view for each
definition, content negotiation is one predicate, and the CORS rules are compiled. Services stay
the inspectable objects of cornice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any

from cornice.cors import CORS_PARAMETERS
from cornice.errors import Errors
from cornice.pyramidhook import register_resource_views
from cornice.renderer import CorniceRenderer
from cornice.util import ContentTypePredicate
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.settings import asbool

from kinto.core.cornice.finishing import finish_response
from kinto.core.cornice.negotiation import AcceptPredicate, BodyTypePredicate, fallback_view
from kinto.core.cornice.views import prepared_view
from kinto.core.http import cors
from kinto.core.http.bystanders import cares_for_items
from kinto.core.http.lookup import current_service
from kinto.core.http.steps import at_start

OPENAPI_PARAMETERS = ("response_schemas", "tags", "operation_id", "api_security")
"""Arguments of views that only describe them."""

_CORNICE_PARAMETERS = frozenset(
    (
        "filters",
        "validators",
        "schema",
        "klass",
        "error_handler",
        "deserializer",
        "shortcut",
        "accept",
        "content_type",
        *CORS_PARAMETERS,
        *OPENAPI_PARAMETERS,
    )
)
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def includeme(config: Any) -> None:
    """Directives, predicates and the request attributes of services."""
    config.registry.cornice_services = {}
    config.registry.cors_rules = {}
    config.add_directive("add_cornice_service", register_service_views)
    config.add_directive("add_cornice_resource", register_resource_views)
    at_start(config, wrap_request)
    config.add_renderer("cornicejson", CorniceRenderer())
    config.add_view_predicate("content_type", ContentTypePredicate)
    config.add_view_predicate("acceptable_types", AcceptPredicate)
    config.add_view_predicate("body_types", BodyTypePredicate)
    config.add_request_method(current_service, reify=True)


@cares_for_items()
def wrap_request(request: Any) -> None:
    """Give a request `validated`, `errors` and `info` unless it has them."""
    attributes = request.__dict__
    if "response_callbacks" in attributes:
        request.add_response_callback(finish_response)
    else:
        attributes["response_callbacks"] = deque((finish_response,))
    if "validated" not in attributes:
        attributes["validated"] = {}
    if "errors" not in attributes:
        attributes["errors"] = Errors()
    if "info" not in attributes:
        attributes["info"] = {}


def register_service_views(config: Any, service: Any) -> None:
    """Directive `add_cornice_service`: the route and the views of a service."""
    registry = config.registry
    prefix = config.route_prefix or ""
    if service.pyramid_route:
        route_name = service.pyramid_route
        registry.cornice_services[f"__cornice{route_name}"] = service
    else:
        route_name = service.name
        registry.cornice_services[prefix + service.path] = service
    route_arguments = _route_arguments(config, service)
    if not service.pyramid_route:
        config.add_route(route_name, service.path, **route_arguments)

    rules = _compile_rules(service, config.get_settings() or {})
    if rules is not None:
        registry.cors_rules[route_name] = rules
        if "OPTIONS" not in service.defined_methods:
            config.add_view(
                _preflight_view(service, rules),
                route_name=route_name,
                request_method="OPTIONS",
                renderer=service.renderer,
                permission=NO_PERMISSION_REQUIRED,
            )
    for method, view, arguments in _definitions(service):
        _add_view(config, route_name, route_arguments, rules, (method, view, arguments))
    # A service without any method answers 405, too: its URL exists (`/__user_data__`).
    config.add_view(
        fallback_view(service, allowed=_allowed_methods(service, rules)),
        route_name=route_name,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )


def _definitions(service: Any) -> list[tuple[str, Any, dict[str, Any]]]:
    """Definitions of a service; a `HEAD` of its own goes first, for Pyramid's `GET` serves both.

    The `HEAD` that cornice adds to each `GET` is then left out.
    """
    definitions = list(service.definitions)
    gets = {id(args) for method, _, args in definitions if method == "GET"}
    own = [item for item in definitions if item[0] == "HEAD" and id(item[2]) not in gets]
    if not own:
        return definitions
    return [*own, *(item for item in definitions if item[0] != "HEAD")]


def _add_view(
    config: Any,
    route_name: str,
    route_arguments: dict[str, Any],
    rules: cors.ServiceRules | None,
    definition: tuple[str, Any, dict[str, Any]],
) -> None:
    method, view, arguments = definition
    arguments = {**arguments, "validators": list(arguments.get("validators", ()))}
    if rules is not None:
        arguments["validators"].insert(0, partial(_check_origin, rules))
    prepared = prepared_view(view, arguments, method, gives_context="factory" in route_arguments)
    only_for_routes = set(config.get_predlist("route").sorter.names) - set(
        config.get_predlist("view").sorter.names
    )
    options = {
        name: value
        for name, value in arguments.items()
        if name not in _CORNICE_PARAMETERS and name not in only_for_routes
    }
    for name, option in (("accept", "acceptable_types"), ("content_type", "body_types")):
        if types := _types(arguments.get(name)):
            options[option] = types
    config.add_view(prepared, route_name=route_name, request_method=method, **options)


def _types(value: Any) -> tuple[Any, ...]:
    if value is None or value == ():
        return ()
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _route_arguments(config: Any, service: Any) -> dict[str, Any]:
    arguments = {}
    if hasattr(service, "factory"):
        arguments["factory"] = service.factory
    for predicate in config.get_predlist("route").sorter.names:
        if predicate != "accept" and hasattr(service, predicate):
            arguments[predicate] = getattr(service, predicate)
    return arguments


def _check_origin(rules: cors.ServiceRules, request: Any, **kwargs: Any) -> None:
    """Validator: a foreign origin must not have anything executed."""
    if (refused := rules.refusal(request)) is not None:
        request.errors.add("header", "Origin", f"{refused} not allowed")


def _preflight_view(service: Any, rules: cors.ServiceRules) -> Any:
    def preflight(context: Any, request: Any) -> Any:
        _check_origin(rules, request)
        cors.preflight(rules, request)
        return service.error_handler(request) if request.errors else None

    return preflight


def _allowed_methods(service: Any, rules: cors.ServiceRules | None) -> list[str]:
    methods = list(service.defined_methods)
    if rules is not None and "OPTIONS" not in methods:
        methods.append("OPTIONS")
    return methods


def _compile_rules(service: Any, settings: Any) -> cors.ServiceRules | None:
    """The CORS rules of a service, or None when CORS is off."""
    own = getattr(service, "own_cors_origins", None)
    if own is None:
        origins = list(getattr(service, "cors_origins", ()))
        max_age = getattr(service, "cors_max_age", None)
    else:
        origins = [*cors.origins_of(settings), *own]
        max_age = cors.max_age_of(settings)
    if service._cors_enabled is False or not (origins or service._cors_enabled):
        return None
    methods: dict[str, cors.MethodRules] = {}
    for method, _, args in service.definitions:
        if method in methods or not args.get("cors_enabled", True):
            continue
        own_of_method = list(args.get("cors_origins", ()))[len(service.cors_origins) :]
        methods[method] = cors.MethodRules(
            origins=cors.Origins.compile([*origins, *own_of_method]),
            exposed=", ".join(dict.fromkeys(args.get("cors_headers", ()))),
            credentials=bool(args.get("cors_credentials", False)),
            max_age=args.get("cors_max_age", max_age),
        )
    is_readonly = asbool(settings.get("readonly", False))
    known = [*(method for method in methods if method != "OPTIONS"), "OPTIONS"]
    supported = [method for method in known if not is_readonly or method in _SAFE_METHODS]
    return cors.ServiceRules(
        methods=methods,
        origins=cors.Origins.compile(origins),
        supported=tuple(supported),
        headers=tuple(dict.fromkeys(_exposable(service))),
        always=cors.always_of(settings),
    )


def _exposable(service: Any) -> Iterator[str]:
    for _, _, args in service.definitions:
        if args.get("cors_enabled", True):
            yield from args.get("cors_headers", ())
