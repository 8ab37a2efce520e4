"""The policy: HTTP Basic credentials, verified against accounts.

bcrypt is slow on purpose, so a verified password is remembered for a fixed time, bound to the
credentials and to their version in the storage. It runs before any list is locked.
"""

from __future__ import annotations

from typing import Any

import bcrypt
from pyramid import authentication as base_auth

from kinto.core.utils import hmac_digest
from kinto.plugins.accounts.settings import accounts_settings
from kinto.plugins.accounts.throttling import Throttle
from kinto.plugins.accounts.utils import (
    ACCOUNT_CACHE_KEY,
    ACCOUNT_POLICY_NAME,
    ACCOUNTS,
    CREDENTIALS,
    is_password,
)

__all__ = ["AccountsAuthenticationPolicy", "account_check", "bcrypt"]

VERIFIED = "accounts_verified"
"""Key in `request.bound_data`: answers by credentials, for a request and its sub-requests."""

CHANGED = "accounts_changed"
"""Key in `request.bound_data`: account -> token of the password set by this very request."""


class AccountsAuthenticationPolicy(base_auth.BasicAuthAuthenticationPolicy):  # type: ignore[misc]
    """Users are `account:<id>`, whatever name the policy has in the settings.

    Args:
        realm: shown in the `WWW-Authenticate` challenge.
    """

    name = ACCOUNT_POLICY_NAME

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("realm", "Realm")
        super().__init__(account_check, *args, **kwargs)

    def effective_principals(self, request: Any) -> list[str]:
        # Only the group finder adds principals; the user is asked for once.
        return []

    def authenticated_userid(self, request: Any) -> str | None:
        """The account whose password was given, or None.

        Raises:
            HTTPTooManyRequests: too many wrong passwords for this account or address.
        """
        if not request.headers.get("Authorization"):
            return None
        credentials = base_auth.extract_http_basic_credentials(request)
        if credentials is None or not credentials.username:
            return None
        if account_check(credentials.username, credentials.password, request) is None:
            return None
        return str(credentials.username)


def account_check(username: str, password: str, request: Any) -> list[str] | None:
    """`[]` when the password is the account's, else None; once for each request.

    Raises:
        HTTPTooManyRequests: too many wrong passwords for this account or address.
    """
    answers = request.bound_data.setdefault(VERIFIED, {})
    key = (username, token_of(request, username, version="", password=password))
    if key not in answers:
        answers[key] = _is_right(username, password, request)
    return [] if answers[key] else None


def token_of(request: Any, username: str, *, version: str, password: str) -> str:
    """What is remembered of credentials: nobody finds the password from it."""
    secret = str(request.registry.settings.get("userid_hmac_secret") or "")
    key = hmac_digest(secret, ACCOUNT_CACHE_KEY.format(username))
    return hmac_digest(key, f"{version}:{password}".encode("utf-8", "surrogatepass"))


def forget_answers(request: Any) -> None:
    """Verify credentials again: an account was changed by this request."""
    request.bound_data.pop(VERIFIED, None)


def _is_right(username: str, password: str, request: Any) -> bool:
    changed = request.bound_data.get(CHANGED, {})
    if username in changed:
        # Set by this very request, which may hold a lock: no slow comparison.
        token = token_of(request, username, version="", password=password)
        return bool(changed[username] == token)
    settings = accounts_settings(request.registry)
    hashed, version = _stored(request, username)
    token = token_of(request, username, version=version, password=password)
    cache_key = _cache_key(request, username)
    cache = request.registry.cache
    if hashed is not None and settings.cache_ttl_seconds and cache.get(cache_key) == token:
        return True
    throttle = Throttle(request, settings, username=username)
    throttle.check()
    if not is_password(password, hashed, rounds=settings.bcrypt_rounds):
        throttle.count_failure()
        return False
    # Never renewed by use: it ends when it was said to end.
    cache.set(cache_key, token, ttl=settings.cache_ttl_seconds)
    return True


def _stored(request: Any, username: str) -> tuple[str | None, str]:
    """Hash and version of an account's credentials; None for an account that does not exist."""
    account, credentials = request.registry.storage.get_many(
        [(*ACCOUNTS.values(), username), (*CREDENTIALS.values(), username)]
    )
    if account is None or credentials is None:
        return None, ""
    return credentials["hash"], credentials["version"]


def _cache_key(request: Any, username: str) -> str:
    secret = str(request.registry.settings.get("userid_hmac_secret") or "")
    return "accounts:verified:" + hmac_digest(secret, ACCOUNT_CACHE_KEY.format(username))
