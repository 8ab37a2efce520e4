"""Who the caller is: the prefixed user id and the principals, found out once a request."""

from __future__ import annotations

from typing import Any

from pyramid.authorization import Authenticated, Everyone
from pyramid.interfaces import ISecurityPolicy
from pyramid_multiauth import MultiAuthPolicySelected

from kinto.core.http.notifying import is_heard_by_nobody_but
from kinto.core.runtime.deprecation import warn_deprecated

# `forget_principals` goes by the ending.
_SHARED = "shared_principals"
_IDENTITY = (
    "_multiauth_identity",
    "_multiauth_principals",
    "authn_type",
    "prefixed_principals",
    "prefixed_userid",
    "selected_userid",
)


def prefixed_userid(request: Any) -> str | None:
    """`<policy>:<user id>`, or None until a policy has recognised the user."""
    authn_type = getattr(request, "authn_type", None)
    return None if authn_type is None else f"{authn_type}:{request.selected_userid}"


def prefixed_principals(request: Any) -> list[str]:
    """`system.Everyone` and, for a user, the prefixed id (first), the groups and the rest.

    The bare user id is left out: it could be the one of another policy.
    """
    principals = request.__dict__.get("_multiauth_principals")
    if principals is None:
        policy = request.registry.queryUtility(ISecurityPolicy)
        if not hasattr(policy, "effective_principals"):
            return [Everyone]
        principals = policy.effective_principals(request)
    if Authenticated not in principals:
        return list(principals)
    prefixed = request.prefixed_userid
    others = set(principals)
    others -= {prefixed.partition(":")[2], prefixed}
    return [prefixed, *others]


def deprecated_effective_principals(request: Any) -> list[str]:
    """Former name of `request.prefixed_principals`."""
    warn_deprecated(
        "`request.effective_principals` is deprecated, use `request.prefixed_principals` instead."
    )
    return request.prefixed_principals  # type: ignore[no-any-return]


def share_identity(request: Any) -> None:
    """Let the sub-requests to come have the caller that this one was found to have.

    Forgotten with the principals of users (`forget_principals`), because groups are part of it.
    """
    known = vars(request)
    if "_multiauth_principals" in known:
        request.bound_data[_SHARED] = {name: known[name] for name in _IDENTITY if name in known}


def take_identity(request: Any) -> None:
    """Have the caller of a sub-request before, if it is known and no group changed since."""
    vars(request).update(request.bound_data.get(_SHARED, ()))


def may_share_identity(registry: Any) -> bool:
    """Whether the caller depends on nothing but headers, and nobody is told who it is each time.

    A policy says so of itself with `only_headers_count = True`; what derives from it does not.
    """
    policy = registry.queryUtility(ISecurityPolicy)
    if not vars(type(policy)).get("only_headers_count"):
        return False
    return is_heard_by_nobody_but(registry, MultiAuthPolicySelected, on_policy_selected) and all(
        vars(type(each)).get("only_headers_count") for _, each in policy.get_policies()
    )


def on_policy_selected(event: Any) -> None:
    """Subscriber: remember which policy recognised the user, and under which id."""
    remember_caller(event.request, event.policy, event.userid)


def remember_caller(request: Any, policy: Any, userid: str) -> None:
    """Let a request know which policy recognised the user, and under which id."""
    authn_type = getattr(policy, "name", None) or policy._pyramid_multiauth_name.lower()
    request.authn_type = authn_type
    request.selected_userid = userid
    # Asked for many times in a request: this hides the property, which would build it each time.
    request.prefixed_userid = f"{authn_type}:{userid}"
    request.log_context(uid=userid, authn_type=authn_type)
