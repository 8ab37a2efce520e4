"""What providers publish about themselves, read once and kept for the life of the process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pyramid.exceptions import ConfigurationError

from kinto.core.runtime import clock
from kinto.plugins.openid import requests

__all__ = ["ask", "bounds_of", "fetch_openid_config", "forget_configs", "requests"]

WELL_KNOWN = "/.well-known/openid-configuration"

_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
_known: dict[str, dict[str, Any]] = {}

SILENCE_SECONDS = 5.0
"""For which a provider that did not answer is left alone."""

_silent_until: dict[str, float] = {}


def fetch_openid_config(issuer: str) -> dict[str, Any]:
    """The discovery document of a provider.

    Args:
        issuer: URL; this host alone may have a private address, since the operator named it.
    Raises:
        ConfigurationError: the document is not of this issuer, or weakens its encryption.
        OutgoingFailed: nobody answers.
        HTTPError: the answer is no success.
        ValueError: the answer is no JSON, or the host may not be called.
    """
    issuer = issuer.rstrip("/")
    if issuer not in _known:
        host = urlsplit(issuer).netloc.lower()
        answer = requests.get(f"{issuer}{WELL_KNOWN}", allowed_hosts=[host], allow_private=True)
        answer.raise_for_status()
        _known[issuer] = _checked(answer.json(), issuer)
    return _known[issuer]


def ask(issuer: str, url: str, *, headers: Mapping[str, str] | None = None) -> Any:
    """Read a URL of a provider.

    Who did not answer a moment ago is not asked: threads would wait for it one after the other.

    Raises:
        OutgoingRefused: the URL leads elsewhere.
        OutgoingFailed: nobody answers.
    """
    issuer = issuer.rstrip("/")
    if clock.monotonic() < _silent_until.get(issuer, 0.0):
        raise requests.OutgoingFailed("The provider did not answer a moment ago.")
    try:
        return requests.get(url, headers=headers, **bounds_of(issuer, url))
    except requests.OutgoingFailed:
        _silent_until[issuer] = clock.monotonic() + SILENCE_SECONDS
        raise


def forget_configs() -> None:
    """Read the documents again, for tests whose providers come and go."""
    _known.clear()
    _silent_until.clear()


def bounds_of(issuer: str, url: str) -> dict[str, Any]:
    """Arguments that let a call reach the hosts of a provider, and nothing else.

    Args:
        url: what is to be called. Only the issuer's own host may have a private address.
    """
    issuer = issuer.rstrip("/")
    hosts = {_netloc(issuer)}
    hosts.update(_netloc(_known.get(issuer, {}).get(name, "")) for name in _ENDPOINTS)
    return {
        "allowed_hosts": sorted(hosts - {""}),
        "allow_private": _netloc(url) == _netloc(issuer),
    }


def _netloc(url: Any) -> str:
    return urlsplit(str(url)).netloc.lower()


def _checked(config: Any, issuer: str) -> dict[str, Any]:
    if not isinstance(config, dict):
        raise ConfigurationError(f"{issuer}{WELL_KNOWN} is no discovery document.")
    named = config.get("issuer")
    if isinstance(named, str) and named.rstrip("/") != issuer:
        raise ConfigurationError(f"The discovery document of {issuer} is of {named!r}.")
    if issuer.startswith("https:"):
        for name in _ENDPOINTS:
            url = config.get(name)
            if isinstance(url, str) and not url.startswith("https:"):
                raise ConfigurationError(f"{name} of {issuer} is not encrypted.")
    return config
