"""Basic credentials without accounts: for development, any password makes its own user."""

from __future__ import annotations

from typing import Any

from pyramid import authentication as base_auth

from kinto.core.openapi.builder import OpenAPI
from kinto.core.runtime.secrets import hmac_digest


class BasicAuthAuthenticationPolicy(base_auth.BasicAuthAuthenticationPolicy):
    """The user id is the HMAC of `username:password` (RFC 7617 credentials).

    Args:
        realm: shown in the `WWW-Authenticate` challenge.
    """

    only_headers_count = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        def any_user(username: str, password: str, request: Any) -> list[str]:
            return []

        kwargs.setdefault("realm", "Realm")
        super().__init__(any_user, *args, **kwargs)

    def effective_principals(self, request: Any) -> list[str]:
        # Only the group finder adds principals; the user is asked for once.
        return []

    def authenticated_userid(self, request: Any) -> str | None:
        return self.unauthenticated_userid(request)

    def unauthenticated_userid(self, request: Any) -> str | None:
        environ = getattr(request, "environ", None)
        if isinstance(environ, dict) and not environ.get("HTTP_AUTHORIZATION"):
            return None
        credentials = base_auth.extract_http_basic_credentials(request)
        if credentials is None or not credentials.username:
            return None
        secret = request.registry.settings["userid_hmac_secret"]
        return hmac_digest(secret, f"{credentials.username}:{credentials.password}")


def includeme(config: Any) -> None:
    """Advertise the policy: capability and OpenAPI definition."""
    config.add_api_capability(
        "basicauth",
        description="Very basic authentication sessions. Not for production use.",
        url="http://kinto.readthedocs.io/en/stable/api/1.x/authentication.html",
    )
    OpenAPI.expose_authentication_method("basicauth", {"type": "basic"})
