"""Usual reads, answered where a request has come through the tweens and would be routed.

What route, context and view would find out of the path is known from the request before
(`plans`); the caller is found by the security policy, and permissions and objects are read as the
context and the short ways of the resources do (`resource.plain`, `plain_lists`). Only a success,
or a 304, is answered here, to a user whom stored permissions let read. Everything else is routed:
what is refused, missing, granted by settings, or in part; what somebody else has a say in.
"""

from __future__ import annotations

from typing import Any

from pyramid.interfaces import VH_ROOT_KEY, IAuthorizationPolicy, ISecurityPolicy

from kinto.core.authentication.policy import OnePassSecurityPolicy
from kinto.core.authorization.context import ANNOUNCED
from kinto.core.authorization.decision import bound_permissions
from kinto.core.authorization.policy import AuthorizationPolicy
from kinto.core.authorization.principals import KnownPermissions
from kinto.core.cornice.finishing import finish_response
from kinto.core.cornice.negotiation import is_acceptable
from kinto.core.cornice.usual import BODY_TYPE
from kinto.core.initialization.plans import Plans
from kinto.core.resource import plain, plain_lists

_UNUSUAL = plain.UNUSUAL | {VH_ROOT_KEY}
_TYPES = (BODY_TYPE,)


class DirectReads:
    """The answers to usual reads of an application whose tweens are those of the core, where
    nobody is told of reads, traversals or contexts."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._utilities = registry.utilities
        self._plans = Plans(registry)
        self._look_up()

    def _look_up(self) -> None:
        registry = self._registry
        self._generation = self._utilities._generation
        self._policy = registry.queryUtility(ISecurityPolicy)
        self._rights = registry.queryUtility(IAuthorizationPolicy)
        self._is_ours = (
            type(self._policy) is OnePassSecurityPolicy
            and getattr(type(self._rights), "permits", None) is AuthorizationPolicy.permits
        )

    def answer(self, request: Any) -> Any:
        """The response to GET, or None where the request has to be routed.

        Raises:
            BackendError: as the routed request would.
        """
        attributes = request.__dict__
        environ = attributes["environ"]
        if not _UNUSUAL.isdisjoint(environ) or not is_usual(attributes):
            return None
        if "HTTP_ACCEPT" in environ and not is_acceptable(request, _TYPES):
            return None
        if self._utilities._generation != self._generation:
            self._look_up()
        if not self._plans.is_current():
            self._plans = Plans(self._registry)
        plan, object_id = self._plans.of(environ.get("PATH_INFO", ""))
        if plan is None or not self._is_ours:
            return None
        registry, uri, keys = self._registry, plan.list_uri, [*plan.keys]
        if object_id is None:
            matchdict = {**plan.matchdict}
            registry.storage.expect(keys, timestamp_of=(plan.name, plan.parent_id))
        else:
            uri = f"{uri}/{object_id}"
            matchdict = {**plan.matchdict, "id": object_id}
            keys.append((plan.name, plan.parent_id, object_id))
            registry.storage.expect(keys)
        known = KnownPermissions(registry.permission, (uri, *plan.above))
        attributes["matchdict"] = matchdict
        attributes["matched_route"] = plan.route
        attributes["request_iface"] = plan.request_iface
        attributes["_known_permissions"] = known
        attributes[ANNOUNCED] = True
        self._policy.effective_principals(request)
        if attributes.get("prefixed_userid") is None or "narrowing" in attributes:
            return None
        principals = set(request.prefixed_principals)
        if not known.grants(principals, bound_permissions(self._rights, uri, "read")):
            return None
        if object_id is None:
            return plain_lists.answer(
                request, keys, resource_name=plan.name, parent_id=plan.parent_id
            )
        return plain.answer(request, plan.resource_name, keys, uri)


def is_usual(attributes: dict[str, Any]) -> bool:
    """Whether nobody asked to be called when a request has its answer, or is at its end."""
    callbacks = attributes.get("response_callbacks", ())
    return (
        len(callbacks) == 1
        and callbacks[0] is finish_response
        and not attributes.get("finished_callbacks")
        and "override_renderer" not in attributes
    )
