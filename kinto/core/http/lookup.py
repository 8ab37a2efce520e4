"""From URLs to services and objects, and back.

What Pyramid's route mapper knows is indexed once by number of segments, because these questions
are asked several times in a request. The index notices routes added later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request
from pyramid.traversal import PATH_SAFE

_PREFIX = re.compile(r"/v[0-9]+(?=/|\Z)")
_SEGMENT = re.compile(r"\{([^{}:]+)\}|([^{}*]+)")
_UNRESERVED = re.compile(r"/[A-Za-z0-9._~/-]*")
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/-]*")


def strip_uri_prefix(path: str) -> str:
    """The path without its `/v<number>`; anything else than text is read as its `str()`."""
    path = str(path)  # The requests of extensions' tests give mocks.
    match = _PREFIX.match(path)
    return path[match.end() :] if match else path


def quoted_path(request: Any) -> str:
    """`request.path`, found faster where nothing in it needs quotes."""
    environ = getattr(request, "environ", None)
    if isinstance(environ, dict) and not environ.get("SCRIPT_NAME"):
        path = environ.get("PATH_INFO", "")
        if _UNRESERVED.fullmatch(path):
            return str(path)
    return request.path  # type: ignore[no-any-return]


def routed_path(request: Any) -> str:
    """The decoded path by which the request was routed, or would be."""
    found = getattr(request, "__dict__", {}).get("_routed_path")
    return str(found or request.path_info)


class IndexedRoutes:
    """Pyramid's route mapper, trying only the routes that have as many segments as the path."""

    def __init__(self, registry: Any, mapper: Any) -> None:
        self._registry = registry
        self._mapper = mapper
        self._routes = mapper.get_routes()  # A list that Pyramid changes in place.
        self._index = index_of(registry, mapper)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mapper, name)

    def __call__(self, request: Any) -> dict[str, Any]:
        """The route and what its pattern found, as `IRoutesMapper` says.

        Raises:
            URLDecodeError: the path is not UTF-8.
        """
        path = request.environ.get("PATH_INFO") or "/"
        if not path.isascii():
            try:
                path = request.path_info
            except UnicodeDecodeError:
                return self._mapper(request)  # type: ignore[no-any-return]
        request.__dict__["_routed_path"] = path
        index, routes = self._index, self._routes
        if not index.is_of(routes):
            index = self._index = index_of(self._registry, self._mapper)
        for route in index.candidates(path):
            if (match := route.match(path)) is None:
                continue
            info = {"match": match, "route": route}
            if not route.predicates or all(item(info, request) for item in route.predicates):
                return info
        return {"route": None, "match": None}


def current_service(request: Any) -> Any:
    """The service whose pattern is the one of `request.matched_route`, or None.

    Looked up at each call: an extension may change the pattern of the route meanwhile.
    """
    route = getattr(request, "matched_route", None)
    if not route:
        return None
    services = request.registry.cornice_services
    return services.get(route.pattern, services.get(f"__cornice{route.name}"))


def current_resource_name(request: Any) -> str:
    """Name of the resource that the request is about.

    Raises:
        AttributeError: the request is not about a resource.
    """
    service = current_service(request)
    return str(service.viewset.get_name(service.resource))


def view_lookup(request: Any, uri: str) -> tuple[str, dict[str, Any]]:
    """Like `view_lookup_registry`, with the registry of the request."""
    return view_lookup_registry(request.registry, uri)


def view_lookup_registry(registry: Any, uri: str) -> tuple[str, dict[str, Any]]:
    """Resource name and identifiers of a URI without version prefix.

    The name is the one of the route, less `-object` or `-plural`: `hello` for `/`.

    Raises:
        ValueError: no route leads there.
    """
    mapper = registry.queryUtility(IRoutesMapper)
    path = unquote(f"/{registry.route_prefix}{uri.partition('?')[0]}")
    for route in index_of(registry, mapper).candidates(path):
        if (match := route.match(path)) is None:
            continue
        if route.predicates:
            # Predicates want a request: leave it to Pyramid, which also knows the precedence.
            info = mapper(Request.blank(quote(path)))
            route, match = info["route"], info["match"]
            if route is None:
                break
        name = str(route.name)
        return name.replace("-object", "").replace("-plural", ""), match
    raise ValueError("URI has no route")


def route_of(registry: Any, path: str) -> tuple[Any, dict[str, Any]] | None:
    """The route of a decoded path, with the version prefix, and the identifiers in it.

    None where there is none, and where a request is needed to tell.
    """
    mapper = registry.queryUtility(IRoutesMapper)
    for route in index_of(registry, mapper).candidates(path):
        if (match := route.match(path)) is not None:
            return None if route.predicates else (route, match)
    return None


def instance_uri(request: Any, resource_name: str, **params: Any) -> str:
    """URI of an object, without version prefix.

    Args:
        params: identifiers, e.g. `bucket_id="b", id="c"`; others are ignored.
    Raises:
        KeyError: unknown resource, or missing identifier.
    """
    registry = request.registry
    template = None
    # Requests may be stand-ins, whose registries answer to anything.
    if "cornice_services" in vars(registry):
        mapper = registry.queryUtility(IRoutesMapper)
        template = index_of(registry, mapper).templates.get(f"{resource_name}-object")
    if template is None:
        return strip_uri_prefix(request.route_path(f"{resource_name}-object", **params))
    return template.fill(params)


@dataclass(frozen=True)
class _Template:
    """A pattern made of plain segments: `literals[0] + value + literals[1] + ...`."""

    literals: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def parse(cls, pattern: str) -> _Template | None:
        literals, names, text, position = [], [], "", 0
        while position < len(pattern):
            part = _SEGMENT.match(pattern, position)
            if part is None:
                return None
            position = part.end()
            if part[1]:
                literals.append(text)
                names.append(part[1])
                text = ""
            else:
                text += part[2]
        return cls((*literals, text), tuple(names))

    def fill(self, params: dict[str, Any]) -> str:
        text = ""
        for literal, name in zip(self.literals, self.names, strict=False):
            text += literal + _quoted(str(params[name]))
        return text + self.literals[-1]


def _quoted(segment: str) -> str:
    if _PLAIN.fullmatch(segment):
        return segment
    return _quote(segment)


@lru_cache(maxsize=1024)
def _quote(segment: str) -> str:
    return quote(segment, safe=PATH_SAFE)


class RouteIndex:
    """Routes by number of segments, and the templates of those that name objects."""

    def __init__(self, routes: list[Any]) -> None:
        self._size = len(routes)
        self._last = routes[-1] if routes else None
        self.templates: dict[str, _Template] = {}
        self._by_length: dict[int, list[Any]] = {}
        self._floating = []
        lengths = {}
        for route in routes:
            pattern = "/" + route.pattern.lstrip("/")
            template = _Template.parse(pattern)
            lengths[route] = pattern.count("/") if template else None
            if template and route.name.endswith("-object"):
                stripped = _Template.parse(strip_uri_prefix(pattern))
                if stripped is not None:
                    self.templates[route.name] = stripped
        self._floating = [route for route in routes if lengths[route] is None]
        for length in {n for n in lengths.values() if n is not None}:
            self._by_length[length] = [
                route for route in routes if lengths[route] in (length, None)
            ]

    def is_of(self, routes: list[Any]) -> bool:
        """Whether these are the routes: Pyramid puts a new one at the end, always."""
        return len(routes) == self._size and (not routes or routes[-1] is self._last)

    def candidates(self, path: str) -> list[Any]:
        """Routes that may match a path, in the order in which Pyramid tries them."""
        return self._by_length.get(path.count("/"), self._floating)


def index_of(registry: Any, mapper: Any) -> RouteIndex:
    """The index of the routes as they are now."""
    routes = mapper.get_routes() if mapper is not None else []
    index: RouteIndex | None = vars(registry).get("route_index")
    if index is None or not index.is_of(routes):
        index = registry.route_index = RouteIndex(routes)
    return index
