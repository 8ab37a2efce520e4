"""Start-up steps about requests: shared data, JSON, read-only mode, scheme, redirections."""

from __future__ import annotations

from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from kinto.core.http import payload
from kinto.core.http.bystanders import cares_for_items
from kinto.core.http.cors import reapply_cors
from kinto.core.http.failures import bad_length, bad_path, method_not_allowed, too_large
from kinto.core.http.redirects import VersionRedirection
from kinto.core.http.rendering import json_renderer_factory
from kinto.core.http.steps import at_start
from kinto.core.initialization.backends import is_readonly
from kinto.core.protocol.limits import LIMITS

REDIRECTION = "redirect_to_version"
"""Name of the route of URLs without the version prefix: no path with a version matches it."""

_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))


def setup_request_bound_data(config: Any) -> None:
    """`request.bound_data`: a mapping shared by a request and all its sub-requests."""

    def bound_data(request: Any) -> dict[str, Any]:
        parent = getattr(request, "parent", None)
        return parent.bound_data if parent is not None else {}

    config.add_request_method(bound_data, name="bound_data", reify=True)


def setup_json_serializer(config: Any) -> None:
    """Renderer `ultrajson`, and `request.json`, by the one codec."""
    config.add_renderer("ultrajson", json_renderer_factory)
    config.add_request_method(payload.json_of, name="json", property=True)
    config.add_request_method(payload.json_of, name="json_body", property=True)


@cares_for_items()
def refuse_unreadable(request: Any) -> None:
    """Step at the start: refuse what is no text, and what is too large, before anything is read."""
    environ = request.environ
    path = environ.get("PATH_INFO", "")
    # No identifier holds a NUL, and databases refuse even to look for one.
    if "\0" in path or (not path.isascii() and not payload.is_decodable(path.replace("%", "%25"))):
        raise reapply_cors(request, bad_path())
    query = environ.get("QUERY_STRING")
    if query and not payload.is_decodable(query):
        raise reapply_cors(request, payload.bad_querystring(request))
    length = environ.get("CONTENT_LENGTH")
    # Looked at as text first: most requests have no body, and digits may be absurdly many.
    if length and not (length.isascii() and length.isdigit()):
        raise reapply_cors(request, bad_length())
    if length and (len(length) > 18 or int(length) > LIMITS.body_bytes):
        if len(length) <= 18 and _is_file(request.registry, path):
            return
        raise reapply_cors(request, too_large(LIMITS.body_bytes))


def _is_file(registry: Any, path: str) -> bool:
    """Whether the body is a file, for a plugin that streams it. Going by the path alone: what is
    said of the body does not make the other views stream it."""
    patterns = getattr(registry, "large_bodies", ())
    return any(pattern.fullmatch(path) for pattern in patterns)


def restrict_http_methods_if_readonly(config: Any) -> None:
    """With `readonly`, only methods that cannot write get past the door, whatever the URL."""
    if not is_readonly(config.get_settings()):
        return

    def refuse_writes(request: Any) -> None:
        if request.method not in _SAFE_METHODS:
            raise reapply_cors(request, method_not_allowed())

    at_start(config, refuse_writes)


def setup_requests_scheme(config: Any) -> None:
    """Scheme and host of the URLs we make, when settings say so."""
    settings = config.get_settings()
    http_scheme = settings.get("http_scheme")
    http_host = settings.get("http_host")
    if not (http_scheme or http_host):
        return

    @cares_for_items()
    def force_origin(request: Any) -> None:
        if http_scheme:
            request.scheme = http_scheme
        if http_host:
            request.host = http_host

    at_start(config, force_origin)


def setup_version_redirection(config: Any) -> None:
    """`registry.route_prefix`, and the redirection of URLs that lack it."""
    config.registry.route_prefix = config.route_prefix
    redirection = VersionRedirection.from_settings(config.get_settings(), config.route_prefix)
    # Not under the prefix, and after every other route.
    prefix, config.route_prefix = config.route_prefix, None
    # `/v1foo` is an unknown URL of this version; another version is not available here.
    config.add_route(REDIRECTION, r"/{path:(?!v[0-9]+)[^\r\n]*}")
    config.add_view(redirection.view, route_name=REDIRECTION, permission=NO_PERMISSION_REQUIRED)
    config.route_prefix = prefix
