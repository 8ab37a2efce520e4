"""Basic credentials without accounts: for development, any password makes its own user."""

from __future__ import annotations

from binascii import Error, a2b_base64
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
        credentials = basic_credentials(request)
        # The one way to write them down is `username:password`: there is no need to part them.
        if credentials is None or credentials[0] == ":" or ":" not in credentials:
            return None
        return hmac_digest(request.registry.settings["userid_hmac_secret"], credentials)


def basic_credentials(request: Any) -> str | None:
    """The text that an `Authorization: Basic ...` stands for; None without, or when it is none.

    UTF-8, or Latin-1 where it is not UTF-8.
    """
    environ = getattr(request, "environ", None)
    if type(environ) is dict:
        header = environ.get("HTTP_AUTHORIZATION")
    else:  # A stand-in that has headers only.
        header = request.headers.get("Authorization")
    if not header:
        return None
    kind, blank, encoded = header.partition(" ")
    if not blank or kind.lower() != "basic":
        return None
    try:
        decoded = a2b_base64(encoded.encode("latin-1", "replace"))
    except Error:
        return None
    try:
        return decoded.decode() or None
    except UnicodeDecodeError:
        return decoded.decode("latin-1")


def includeme(config: Any) -> None:
    """Advertise the policy: capability and OpenAPI definition."""
    config.add_api_capability(
        "basicauth",
        description="Very basic authentication sessions. Not for production use.",
        url="http://kinto.readthedocs.io/en/stable/api/1.x/authentication.html",
    )
    OpenAPI.expose_authentication_method("basicauth", {"type": "basic"})
