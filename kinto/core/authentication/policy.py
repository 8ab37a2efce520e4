"""The security policy: pyramid_multiauth's, finding out who calls in one pass.

The rules are those of `MultiAuthSecurityPolicy`. What is known of the caller is kept where the
published policy and our properties of requests keep it, so that none of them asks again.
"""

from __future__ import annotations

from typing import Any

from pyramid.authorization import Authenticated, Everyone
from pyramid.interfaces import PHASE2_CONFIG, ISecurityPolicy
from pyramid_multiauth import MultiAuthIdentity, MultiAuthPolicySelected, MultiAuthSecurityPolicy

from kinto.core.authentication.identity import on_policy_selected, remember_caller
from kinto.core.http.notifying import is_heard_by_nobody_but

_NOBODY = frozenset((Everyone, Authenticated))


class OnePassSecurityPolicy(MultiAuthSecurityPolicy):  # type: ignore[misc]
    """See the module; its class is set on the policy that pyramid_multiauth made (`adopt`)."""

    only_headers_count = True  # As far as each of its policies says the same.

    def permits(self, request: Any, context: Any, permission: str) -> Any:
        principals = request.__dict__.get("_multiauth_principals")
        if principals is None:
            principals = self.effective_principals(request)
        return self._helper.permits(context, principals, permission)

    def effective_principals(self, request: Any) -> Any:
        known: dict[str, Any] = request.__dict__
        if "_multiauth_principals" in known:
            return known["_multiauth_principals"]
        principals = {Everyone}
        for policy in self._policies:
            if found := policy.effective_principals(request):
                principals.update(set(found) - _NOBODY)
        if "_multiauth_identity" in known:
            identity = known["_multiauth_identity"]
        else:
            identity = known["_multiauth_identity"] = self._compute_identity(request)
        if identity is not None:
            principals.add(Authenticated)
            principals.add(identity.userid)
            principals.update(identity.groups)
        known["_multiauth_principals"] = principals
        return principals

    def _compute_identity(self, request: Any) -> Any:
        find_groups = self._callback
        for policy in self._policies:
            userid = policy.authenticated_userid(request)
            if userid is None:
                continue
            _select(policy, request, userid)
            if find_groups is None:
                return MultiAuthIdentity(userid, [])
            groups = find_groups(userid, request)
            if groups is not None:
                return MultiAuthIdentity(userid, groups)
        return None


def adopt(config: Any) -> None:
    """Make the policy that pyramid_multiauth is about to set one of ours, when it is set.

    A plugin that sets a policy of its own is not concerned.
    """

    def set_class() -> None:
        policy = config.registry.queryUtility(ISecurityPolicy)
        if type(policy) is MultiAuthSecurityPolicy:
            policy.__class__ = OnePassSecurityPolicy

    # After the policies are set, before views are made.
    config.action(None, set_class, order=PHASE2_CONFIG + 1)


def _select(policy: Any, request: Any, userid: str) -> None:
    """Notify `MultiAuthPolicySelected`; without the event where only our subscriber hears it."""
    registry = request.registry
    if is_heard_by_nobody_but(registry, MultiAuthPolicySelected, on_policy_selected):
        remember_caller(request, policy, userid)
    else:
        registry.notify(MultiAuthPolicySelected(policy, request, userid))
