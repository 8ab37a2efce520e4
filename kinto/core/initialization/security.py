"""Start-up steps about who calls and what browsers may do: authentication, security headers."""

from __future__ import annotations

from typing import Any

from pyramid.settings import aslist
from pyramid_multiauth import MultiAuthPolicySelected

from kinto.core.authentication.identity import (
    deprecated_effective_principals,
    on_policy_selected,
    prefixed_principals,
    prefixed_userid,
)
from kinto.core.authentication.policy import adopt
from kinto.core.http.security_headers import CONTENT_SECURITY_POLICY, add_default_header


def setup_csp_headers(config: Any) -> None:
    """A content security policy on every response that does not set its own."""
    add_default_header(config, "Content-Security-Policy", CONTENT_SECURITY_POLICY)


def setup_authentication(config: Any) -> None:
    """The policies of the settings, and what requests know of their caller."""
    settings = config.get_settings()
    policies = aslist(settings.get("multiauth.policies") or "")
    # pyramid_multiauth wants text.
    settings["multiauth.policies"] = " ".join(policies)
    config.include("pyramid_multiauth")
    adopt(config)
    if "basicauth" in policies:
        config.include("kinto.core.authentication")
    config.add_subscriber(on_policy_selected, MultiAuthPolicySelected)
    config.add_request_method(prefixed_userid, property=True)
    config.add_request_method(prefixed_principals, reify=True)
    config.add_request_method(
        deprecated_effective_principals, name="effective_principals", property=True
    )
