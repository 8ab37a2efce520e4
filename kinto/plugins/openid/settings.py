"""The settings of one provider, under `multiauth.policy.<name>.`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.exceptions import ConfigurationError

from kinto.core.settings import Section, field

PREFIX = "multiauth.policy."
CLASS_NAME = "OpenIDConnectPolicy"


class ProviderSettings(Section, title="OpenID providers"):
    """A provider, who we are for it, and what its users may ask for."""

    issuer: str = field("", help="URL of the provider; its discovery document is read at start.")
    client_id: str = field("", help="Who this server is for the provider.")
    client_secret: str = field("", help="Secret of the client; none for public clients.")
    audience: str = field(
        "", help="Whom tokens have to be made for; they are then JSON web tokens, and verified."
    )
    header_type: str = field("Bearer", help="Scheme of the `Authorization` header.")
    realm: str = field("Realm", help="Shown in the challenge.")
    userid_field: str = field("sub", help="Field of the user information that is the user id.")
    verification_ttl_seconds: int = field(
        86_400, ge=0, help="Seconds for which a verified token is remembered; use adds none."
    )
    state_ttl_seconds: int = field(3600, ge=1, help="Seconds that a login may take.")
    state_length: int = field(32, ge=16, le=256, help="Random bytes of the state of a login.")
    allowed_scopes: tuple[str, ...] = field(
        ("openid", "email", "profile"), help="Scopes that clients may ask for."
    )
    trusted_callback_urls: tuple[str, ...] = field(
        (), help="Where users may be sent with their tokens; `*` is any text."
    )


def provider_settings(settings: Mapping[str, Any]) -> dict[str, ProviderSettings]:
    """The providers that the settings declare, by name.

    Raises:
        InvalidSetting: a number is none.
        ConfigurationError: a provider lacks its issuer or client id.
    """
    found = {}
    for key, value in settings.items():
        if not (key.startswith(PREFIX) and key.endswith(".use")):
            continue
        name = key.removeprefix(PREFIX).removesuffix(".use")
        if not str(value).endswith(CLASS_NAME):
            continue
        start = f"{PREFIX}{name}."
        own = {k.removeprefix(start): v for k, v in settings.items() if k.startswith(start)}
        for needed in ("issuer", "client_id"):
            if not own.get(needed):
                raise ConfigurationError(f"The setting '{start}{needed}' is missing.")
        found[name] = ProviderSettings.from_mapping(own)
    return found
