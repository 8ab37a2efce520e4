"""Which browser is calling: a signed cookie tells, for the time that a login may take."""

from __future__ import annotations

from typing import Any

from kinto.core.runtime import clock, randomness
from kinto.core.runtime.secrets import InvalidSignature, derive_key, sign, verify
from kinto.core.utils import hmac_digest

COOKIE = "kinto_openid"


def marked(request: Any, browser: str, state: str) -> str:
    """What ties a state to a browser; the cookie cannot be found from it."""
    return hmac_digest(_key(request), f"{browser}:{state}")


def browser_of(request: Any) -> str | None:
    """The browser that the cookie tells, if it is one of ours."""
    try:
        return verify(
            request.cookies.get(COOKIE, ""),
            _key(request),
            purpose="openid-browser",
            now=clock.now_ms(),
        )
    except InvalidSignature:
        return None


def remember_browser(request: Any, response: Any, browser: str, *, seconds: int) -> None:
    value = sign(
        browser,
        _key(request),
        purpose="openid-browser",
        expires_at=clock.now_ms() + seconds * 1000,
    )
    response.set_cookie(
        COOKIE,
        value,
        max_age=seconds,
        path=f"/{request.registry.route_prefix}/openid",
        httponly=True,
        secure=request.scheme == "https",
        # The provider's redirection is a navigation from another site.
        samesite="Lax",
    )


def _key(request: Any) -> bytes:
    secret = str(request.registry.settings.get("userid_hmac_secret") or "")
    if not secret:
        # Only where nothing outlives the process: start-up refuses it elsewhere.
        registry = vars(request.registry)
        secret = registry.setdefault("_openid_secret", randomness.random_hex(32))
    return derive_key(secret, purpose="openid")
