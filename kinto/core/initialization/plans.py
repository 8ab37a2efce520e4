"""What all usual reads of one list, or of the objects in it, have in common: worked out once for a
path, of the routes and views as they are registered (`initialization.reads`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from pyramid.interfaces import IRouteRequest, IRoutesMapper

from kinto.core.authorization.context import DYNAMIC, objects_above
from kinto.core.cornice.usual import usual_definition
from kinto.core.http.lookup import index_of, strip_uri_prefix
from kinto.core.initialization.requests import REDIRECTION
from kinto.core.resource import plain, plain_lists

ObjectKey = tuple[str, str, str]

# Paths that no decoding has to do with, and no longer than is worth keeping.
_PLAIN_PATH = re.compile(r"/v[0-9]+(?:/[A-Za-z0-9._~-]+)+")
_LONGEST = 512
# Patterns whose number of segments is not known.
_FLOATING = re.compile(r"\*|\{[^{}]*:")
_A_VERSION = re.compile(r"/v[0-9]")


class Plan(NamedTuple):
    """How a list, or any object of a list, is read.

    Attributes:
        request_iface: of requests for this route, as Pyramid tells them apart.
        matchdict: identifiers in the path; of an object, without its own.
        resource_name: the name that its viewset gives to the resource.
        name: the one under which its objects are stored.
        list_uri: without the version prefix.
        parent_id: URI of what holds the list.
        above: URIs of the objects above, the nearest first.
        keys: of those that have to exist.
    """

    route: Any
    request_iface: Any
    matchdict: Mapping[str, str]
    resource_name: str
    name: str
    list_uri: str
    parent_id: str
    above: tuple[str, ...]
    keys: tuple[ObjectKey, ...]


class Plans:
    """The plans of a router's paths. Forgotten when routes or views change (`is_current`)."""

    _most = 1024

    def __init__(self, registry: Any) -> None:
        mapper = registry.queryUtility(IRoutesMapper)
        self._registry = registry
        self._all_routes = mapper.get_routes()  # A list that Pyramid changes in place.
        self._index = index_of(registry, mapper)
        self._views = registry._view_lookup_cache  # Another one whenever a view is added.
        self._lists: dict[str, Plan | None] = {}
        self._members: dict[str, Plan | None] = {}

    def is_current(self) -> bool:
        """Whether what was worked out is still so."""
        return self._registry._view_lookup_cache is self._views and self._index.is_of(
            self._all_routes
        )

    def of(self, path: str) -> tuple[Plan | None, str | None]:
        """The plan of a path, None where there is none; and the id, for that of an object."""
        list_path, _, object_id = path.rpartition("/")
        try:
            plan = self._members[list_path]
            if plan is not None and object_id:
                return plan, object_id
            return self._lists[path], None
        except KeyError:
            return self._make(path, list_path, object_id)

    def _make(self, path: str, list_path: str, object_id: str) -> tuple[Plan | None, str | None]:
        if len(path) > _LONGEST or _PLAIN_PATH.fullmatch(path) is None:
            return None, None
        if len(self._members) >= self._most or len(self._lists) >= self._most:
            self._members.clear()
            self._lists.clear()
        plan = self._members[list_path] = self._plan(path, is_member=True)
        if plan is not None:
            return plan, object_id
        plan = self._lists[path] = self._plan(path, is_member=False)
        return plan, None

    def _plan(self, path: str, *, is_member: bool) -> Plan | None:
        registry = self._registry
        matching = _first_match(self._index.candidates(path), path, is_member=is_member)
        if matching is None:
            return None
        route, matchdict = matching
        service = registry.cornice_services.get(route.pattern)
        resource_cls = getattr(service, "resource", None)
        if resource_cls is None or not vars(route.factory).get("plain_writes"):
            return None  # A context says of itself that nothing it overrides counts here.
        definition = usual_definition(registry, route, "GET")
        short_way = plain.read if is_member else plain_lists.read
        if definition is None or definition.get("permission") != DYNAMIC:
            return None
        if not _is_of(definition.get("shortcut"), short_way, resource_cls):
            return None
        keys = tuple(resource_cls.ancestor_keys(matchdict))
        list_uri = strip_uri_prefix(path)
        if is_member:
            list_uri = list_uri.rpartition("/")[0]
            matchdict = {name: text for name, text in matchdict.items() if name != "id"}
        elif not keys:
            return None
        return Plan(
            route,
            registry.queryUtility(IRouteRequest, name=route.name),
            matchdict,
            service.viewset.get_name(resource_cls),
            resource_cls.__name__.lower(),
            list_uri,
            list_uri.rpartition("/")[0],
            objects_above(list_uri if is_member else list_uri.rpartition("/")[0]),
            keys,
        )


def _is_of(shortcut: Any, function: Any, resource_cls: Any) -> bool:
    if not isinstance(shortcut, partial) or shortcut.func is not function:
        return False
    return shortcut.args == (resource_cls,) and not shortcut.keywords


def _first_match(
    routes: Iterable[Any], path: str, *, is_member: bool
) -> tuple[Any, dict[str, str]] | None:
    """The route of a path, and what it finds in it; of a member, if all of its list have this
    one. None where only a request could tell."""
    for route in routes:
        match = route.match(path)
        if match is None:
            if is_member and _may_match_another(route, path):
                return None
            continue
        if route.predicates or (is_member and not route.pattern.endswith("/{id}")):
            return None
        return route, match
    return None


def _may_match_another(route: Any, path: str) -> bool:
    """Whether a route that does not match a path may match one with another last segment."""
    if route.name == REDIRECTION:
        return _A_VERSION.match(path) is None
    pattern = "/" + route.pattern.lstrip("/")
    above = path.rpartition("/")[0]
    if _FLOATING.search(pattern):
        literal = re.split(r"[{*]", pattern, maxsplit=1)[0]
        return path.startswith(literal[: len(above) + 1])
    segments = pattern.split("/")
    wanted = path.split("/")
    return len(segments) == len(wanted) and all(
        "{" in segment or segment == text
        for segment, text in zip(segments[:-1], wanted[:-1], strict=True)
    )
