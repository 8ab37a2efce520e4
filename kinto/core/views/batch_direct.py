"""Usual requests of a batch, answered without making requests of them.

As in `resource.plain`, only successes are decided here, by the same functions. Whatever is unusual,
or refused, is left to a request of its own: another caller than that of the batch, a header, a
path that has to be decoded, somebody who wants to see every request.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any, NamedTuple

from pyramid.interfaces import IAuthorizationPolicy

from kinto.core.authentication.identity import may_share_identity, share_identity, take_identity
from kinto.core.authorization.context import DYNAMIC, RouteFactory
from kinto.core.authorization.decision import is_permitted
from kinto.core.authorization.narrowing import narrowing_of
from kinto.core.authorization.policy import AuthorizationPolicy
from kinto.core.authorization.principals import expect_permissions
from kinto.core.cornice.negotiation import is_acceptable
from kinto.core.cornice.usual import BODY_TYPE, usual_definition
from kinto.core.events.dispatch import has_readers
from kinto.core.http import cors
from kinto.core.http.bystanders import texts_of_interest
from kinto.core.http.lookup import route_of
from kinto.core.http.subrequests import build_request
from kinto.core.protocol.identifiers import ancestors
from kinto.core.resource import plain
from kinto.core.runtime import json

# Paths that no alias, no decoding and no redirection has to do with.
PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
# Headers of the batch that its requests inherit, and that make them unusual.
_UNUSUAL = (
    "HTTP_IF_MATCH",
    "HTTP_IF_NONE_MATCH",
    "HTTP_ORIGIN",
    "HTTP_RESPONSE_BEHAVIOR",
)
# Headers of answers that those of the settings do not replace.
_OWN = frozenset(("content-type", "content-length", "etag", "last-modified"))


class Deputy:
    """Stands for the requests of the caller of a batch.

    Args:
        request: the batch, or one of its requests.
    """

    current_service = None

    def __init__(self, request: Any) -> None:
        self.registry = request.registry
        self.bound_data = request.bound_data
        self.prefixed_userid = request.prefixed_userid
        self.prefixed_principals = request.prefixed_principals


class _Kind(NamedTuple):
    """What all requests of one method and one route have in common."""

    resource_cls: Any
    resource_name: str
    headers: dict[str, str]


class DirectItems:
    """Answers to usual requests of one batch. Make it with `of`."""

    def __init__(self, request: Any, texts: frozenset[str]) -> None:
        self._request = request
        self._registry = request.registry
        self._texts = texts
        self._policy = self._registry.queryUtility(IAuthorizationPolicy)
        self._kinds: dict[tuple[Any, str], _Kind | None] = {}
        self._deputy: Deputy | None = None
        self._has_changes = False

    @classmethod
    def of(cls, request: Any) -> DirectItems | None:
        """None where every request of this batch has to be made."""
        registry, environ = request.registry, request.environ
        if any(name in environ for name in _UNUSUAL) or environ.get("SCRIPT_NAME"):
            return None
        if not is_acceptable(request, (BODY_TYPE,)) or not may_share_identity(registry):
            return None
        if request.prefixed_userid is None or narrowing_of(request) is not None:
            return None
        policy = registry.queryUtility(IAuthorizationPolicy)
        if getattr(type(policy), "permits", None) is not AuthorizationPolicy.permits:
            return None
        texts = texts_of_interest(registry)
        return None if texts is None else cls(request, texts)

    def answer(self, specification: Any, path: str, uri: str) -> dict[str, Any] | None:
        """The description of a response, or None where a request has to be made.

        Args:
            specification: without credentials of its own.
            path: with the version prefix, matching `PLAIN_PATH`.
            uri: without it.
        """
        if specification.get("method", "GET") != "GET":
            return None
        if specification.get("headers") or specification.get("body"):
            return None
        if any(text in path for text in self._texts):
            return None
        routed = route_of(self._registry, path)
        if routed is None:
            return None
        route, matchdict = routed
        kind = self._kind_of(route, "GET")
        if kind is None or has_readers(self._registry):
            return None
        found = self._read(kind, uri, matchdict)
        if found is None:
            return None
        return _described(path, 200, kind, plain.headers_of(found.timestamp), found.body)

    def forget_caller(self) -> None:
        """Something was changed: the groups of the caller may not be what they were."""
        self._deputy = None
        self._has_changes = True

    def _read(self, kind: _Kind, uri: str, matchdict: dict[str, str]) -> plain.Found | None:
        list_uri, _, object_id = uri.rpartition("/")
        name, parent_id = kind.resource_cls.__name__.lower(), list_uri.rpartition("/")[0]
        keys = [*kind.resource_cls.ancestor_keys(matchdict), (name, parent_id, object_id)]
        caller = self._caller()
        expect_permissions(caller, [uri, *ancestors(uri)])
        context = RouteFactory(caller)
        context.resource_name = kind.resource_name
        context.required_permission = "read"
        context.permission_object_id = uri
        if not is_permitted(self._policy, context):
            return None
        return plain.find(caller, kind.resource_name, keys, uri)

    def _caller(self) -> Deputy:
        if self._deputy is None:
            request = self._request
            if self._has_changes:
                # What a request was found to be once, it stays.
                request = build_request(request, {"path": "/"})
                take_identity(request)
            self._deputy = Deputy(request)
            share_identity(request)
        return self._deputy

    def _kind_of(self, route: Any, method: str) -> _Kind | None:
        key = (route.name, method)
        if key not in self._kinds:
            self._kinds[key] = self._make_kind(route, method)
        return self._kinds[key]

    def _make_kind(self, route: Any, method: str) -> _Kind | None:
        registry = self._registry
        definition = usual_definition(registry, route, method)
        service = registry.cornice_services.get(route.pattern)
        if definition is None or service is None or definition.get("permission") != DYNAMIC:
            return None
        shortcut = definition.get("shortcut")
        if not isinstance(shortcut, partial) or shortcut.func is not plain.read:
            return None
        (resource_cls,) = shortcut.args
        if resource_cls is not getattr(service, "resource", None):
            return None
        if route.factory is not RouteFactory:
            return None
        rules = registry.cors_rules.get(route.name)
        if rules is not None and rules.always:
            return None
        defaults: dict[str, str] = vars(registry).get("default_headers", {})
        headers = {name: text for name, text in defaults.items() if name.lower() not in _OWN}
        headers["X-Content-Type-Options"] = "nosniff"
        exposed = "" if rules is None else rules.methods.get(method, rules.without_method).exposed
        if exposed:
            headers[cors.EXPOSE_HEADERS] = exposed
        return _Kind(resource_cls, service.viewset.get_name(resource_cls), headers)


def _described(
    path: str, status: int, kind: _Kind, headers: dict[str, str], body: Any
) -> dict[str, Any]:
    """As `build_response` describes the response of a request."""
    text = json.dumps_bytes(body)
    described = {**kind.headers, **headers}
    described["Content-Type"] = BODY_TYPE
    described["Content-Length"] = str(len(text))
    return {"path": path, "status": status, "headers": described, "body": json.Fragment(text)}
