"""Adapter from the decision to Pyramid's authorization policy."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from pyramid.authorization import Authenticated
from pyramid.interfaces import IAuthorizationPolicy
from pyramid.threadlocal import get_current_request
from zope.interface import implementer

from kinto.core.authorization.decision import is_permitted
from kinto.core.authorization.narrowing import narrowing_of
from kinto.core.authorization.principals import PRIVATE

logger = logging.getLogger("kinto.core.authorization")


@implementer(IAuthorizationPolicy)
class AuthorizationPolicy:
    """What counts is the context's `required_permission`, not the view's permission string."""

    # Callable (object URI, permission) -> pairs that grant it; None: only the object counts.
    get_bound_permissions: Callable[..., Any] | None = None

    def permits(self, context: Any, principals: Any, permission: str) -> bool:
        """Whether the request of this context may go on.

        Args:
            context: a `RouteFactory`.
            principals: as Pyramid knows them; the context's prefixed ones are used.
            permission: `PRIVATE`, or anything else to ask the context.
        """
        if permission == PRIVATE:
            # Nothing tells what such a view does: it is for users with all their rights.
            request = getattr(context, "_request", None) or get_current_request()
            return Authenticated in principals and narrowing_of(request) is None
        allowed = is_permitted(self, context)
        if not allowed:
            logger.info(
                "Permission %r on %r not granted to %r.",
                context.required_permission,
                context.permission_object_id,
                getattr(getattr(context, "_request", None), "prefixed_userid", None),
            )
        return allowed

    def principals_allowed_by_permission(self, context: Any, permission: str) -> Any:
        raise NotImplementedError  # Pyramid's optional half of the interface.
