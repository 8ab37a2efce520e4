"""Views that are as our own code made them: which definition of a service answers a request,
going by what Pyramid has registered, where nothing foreign stands before it or around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.config.views import MultiView
from pyramid.interfaces import IRouteRequest, IViewDerivers
from pyramid.predicates import RequestMethodPredicate
from pyramid.view import _find_views
from zope.interface import implementedBy

from kinto.core.cornice.negotiation import AcceptPredicate, BodyTypePredicate
from kinto.core.cornice.views import DEFINITION, is_ours

BODY_TYPE = "application/json"

_DERIVERS = frozenset(
    (
        "secured_view",
        "csrf_view",
        "owrapped_view",
        "http_cached_view",
        "decorated_view",
        "rendered_view",
        "mapped_view",
    )
)
_KNOWN_ARGUMENTS = frozenset(
    (
        "accept",
        "content_type",
        "cors_headers",
        "cors_origins",
        "error_handler",
        "filters",
        "klass",
        "permission",
        "renderer",
        "response_schemas",
        "schema",
        "shortcut",
        "validators",
    )
)


def usual_definition(registry: Any, route: Any, method: str) -> Mapping[str, Any] | None:
    """The arguments of the definition that answers on a route, to a body of JSON if there is one.

    None if it does more, or something else, than its `shortcut` and, before that, asking the
    security policy for its `permission`. `Accept` and `Origin` are not looked at.
    """
    # Pyramid makes another cache whenever a view is added.
    cache = registry._view_lookup_cache
    known = vars(registry).get("usual_definitions")
    if known is None or known[0] is not cache:
        known = registry.usual_definitions = (cache, {})
    key = (route.name, route.factory, method)
    if key not in known[1]:
        known[1][key] = _find(registry, route, method)
    return known[1][key]  # type: ignore[no-any-return]


def _find(registry: Any, route: Any, method: str) -> Mapping[str, Any] | None:
    derivers = registry.queryUtility(IViewDerivers)
    request_iface = registry.queryUtility(IRouteRequest, name=route.name)
    if derivers is None or request_iface is None or not isinstance(route.factory, type):
        return None
    if {name for name, _ in derivers.sorted()} != _DERIVERS:
        return None
    found = _find_views(registry, request_iface, implementedBy(route.factory), "")
    if len(found) != 1 or type(found[0]) is not MultiView or found[0].accepts:
        return None
    for _, view, _ in found[0].views:
        predicates = getattr(view, "__predicates__", None) or ()
        if not all(_is_known(predicate) for predicate in predicates):
            return None
        if all(_holds(predicate, method) for predicate in predicates):
            return _arguments(registry, view)
    return None


def _arguments(registry: Any, view: Any) -> Mapping[str, Any] | None:
    prepared = getattr(view, "__original_view__", None)
    function, arguments = getattr(prepared, DEFINITION, (None, {}))
    if function is not prepared or not arguments.keys() <= _KNOWN_ARGUMENTS:
        return None  # A wrapper of the function has its attributes.
    if arguments.get("filters") or not is_ours(registry, arguments.get("renderer")):
        return None
    return arguments  # type: ignore[no-any-return]


def _is_known(predicate: Any) -> bool:
    if type(predicate) in (AcceptPredicate, BodyTypePredicate):
        return bool(predicate.static)
    return type(predicate) is RequestMethodPredicate


def _holds(predicate: Any, method: str) -> bool:
    if type(predicate) is RequestMethodPredicate:
        return method in predicate.val
    return BODY_TYPE in predicate.types
