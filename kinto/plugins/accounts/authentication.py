"""The policy: passwords as HTTP Basic; tokens and sessions as Bearer, or in place of a password.

bcrypt is slow on purpose, so a verified password is remembered for a fixed time, bound to the
credentials and to their version in the storage. It runs before any list is locked.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import bcrypt
from pyramid import authentication as base_auth

from kinto.core.authorization import narrow
from kinto.core.storage.exceptions import BackendError
from kinto.core.utils import hmac_digest
from kinto.plugins.accounts import keys
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

_SHOWN = "account_credential"


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
        """The account whose password, token or session was given, or None.

        Raises:
            HTTPTooManyRequests: too many wrong passwords for this account or address.
        """
        header = request.headers.get("Authorization")
        if not header:
            return None
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "bearer":
            username, password = keys.owner_of(value.strip()), value.strip()
        else:
            credentials = base_auth.extract_http_basic_credentials(request)
            username, password = credentials or (None, "")
        if not username or account_check(username, password, request) is None:
            return None
        return str(username)


def account_check(username: str, password: str, request: Any) -> list[str] | None:
    """`[]` when the password is the account's, or a text that stands for it, else None.

    It is found out once for each request. What the caller is narrowed to is noted on the request.

    Raises:
        HTTPTooManyRequests: too many wrong passwords for this account or address.
    """
    answers = request.bound_data.setdefault(VERIFIED, {})
    key = (username, token_of(request, username, version="", password=password))
    if key not in answers:
        answers[key] = _verified(username, password, request)
    credential = answers[key]
    if credential is None or not _serves(credential, request, username=username):
        return None
    request.__dict__[_SHOWN] = credential
    narrow(request, credential.narrowing)
    return []


def credential_of(request: Any) -> keys.Credential | None:
    """What the caller of a request showed; None when another policy recognised it."""
    request.authenticated_userid  # noqa: B018
    if getattr(request, "authn_type", None) != ACCOUNT_POLICY_NAME:
        return None
    shown: keys.Credential | None = request.__dict__.get(_SHOWN)
    return shown


def token_of(request: Any, username: str, *, version: str, password: str) -> str:
    """What is remembered of credentials: nobody finds the password from it."""
    secret = str(request.registry.settings.get("userid_hmac_secret") or "")
    key = hmac_digest(secret, ACCOUNT_CACHE_KEY.format(username))
    return hmac_digest(key, f"{version}:{password}".encode("utf-8", "surrogatepass"))


def forget_answers(request: Any) -> None:
    """Verify credentials again: an account was changed by this request."""
    request.bound_data.pop(VERIFIED, None)


def version_of(request: Any, username: str) -> str | None:
    """Version of the credentials of an account; None when there is no such account."""
    hashed, version = _stored(request, username)
    return None if hashed is None else version


def _verified(username: str, password: str, request: Any) -> keys.Credential | None:
    kind = keys.kind_of(password)
    if kind in keys.RESOURCES:
        return keys.check(request, password) if keys.owner_of(password) == username else None
    if kind == keys.RESET:
        version = keys.check_reset(request.registry, username, password)
        if version is None or version != version_of(request, username):
            return None
        return keys.Credential(keys.RESET, version=version)
    return keys.Credential(keys.PASSWORD) if _is_right(username, password, request) else None


def _serves(credential: keys.Credential, request: Any, *, username: str) -> bool:
    """Whether this is a request that the credential is for: a reset sets the password, only."""
    if credential.kind != keys.RESET:
        return True
    path = request.path_info.split("/")
    if request.method not in ("PUT", "PATCH") or path[2:] != ["accounts", username]:
        return False
    try:
        body = request.json
    except ValueError:
        return False
    data = body.get("data") if isinstance(body, dict) and set(body) == {"data"} else None
    return isinstance(data, dict) and set(data) == {"password"}


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
    if hashed is not None and settings.cache_ttl_seconds:
        # Without the cache the password is compared, which is slower and as strict.
        with suppress(BackendError):
            if cache.get(cache_key) == token:
                return True
    throttle = Throttle(request, settings, username=username)
    throttle.check()
    if not is_password(password, hashed, rounds=settings.bcrypt_rounds):
        throttle.count_failure()
        return False
    # Never renewed by use: it ends when it was said to end.
    with suppress(BackendError):
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
