"""OpenID Connect: users of identity providers, and the login of browsers."""

from __future__ import annotations

from typing import Any

import jwt

from kinto.core.openapi import OpenAPI
from kinto.core.settings import aslist
from kinto.plugins.openid import requests
from kinto.plugins.openid.policy import OpenIDConnectPolicy, get_user_profile
from kinto.plugins.openid.settings import ProviderSettings, provider_settings
from kinto.plugins.openid.utils import fetch_openid_config

__all__ = [
    "OpenIDConnectPolicy",
    "ProviderSettings",
    "get_user_profile",
    "includeme",
    "jwt",
    "requests",
]


def includeme(config: Any) -> None:
    """Show the providers, and serve the two URLs of the login.

    Raises:
        ConfigurationError: a provider lacks its issuer or client id.
        OSError, ValueError: a discovery document cannot be read.
    """
    settings = config.get_settings()
    providers = provider_settings(settings)
    config.registry.openid_providers = providers
    config.add_request_method(get_user_profile)
    listed = [name for name in aslist(settings.get("multiauth.policies")) if name in providers]
    shown = [_shown(name, providers[name]) for name in listed]
    for name in listed:
        endpoint = fetch_openid_config(providers[name].issuer).get("authorization_endpoint")
        definition = {"type": "oauth2", "authorizationUrl": endpoint}
        OpenAPI.expose_authentication_method(name, definition)
    if shown:
        config.add_api_capability(
            "openid",
            description="OpenID connect support.",
            url="http://kinto.readthedocs.io/en/stable/api/1.x/authentication.html",
            providers=shown,
        )
    config.scan("kinto.plugins.openid.views")


def _shown(name: str, settings: ProviderSettings) -> dict[str, Any]:
    document = fetch_openid_config(settings.issuer)
    return {
        "name": name,
        "issuer": document.get("issuer", settings.issuer),
        "auth_path": f"/openid/{name}/login",
        "client_id": settings.client_id,
        "audience": settings.audience,
        "header_type": settings.header_type,
        "userinfo_endpoint": document.get("userinfo_endpoint"),
    }
