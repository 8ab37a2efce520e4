"""Texts that stand for a user: API tokens, sessions, and what is mailed to reset a password.

Tokens and sessions are random, shown once and stored hashed, in a list of each account: they are
read at each use, so that one that is revoked is refused at once in every process. Reset texts are
signed and tied to the version of the credentials, hence good for one change.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any

from kinto.core.authentication import OWN_PREFIX
from kinto.core.authorization import Narrowing
from kinto.core.runtime import clock, randomness
from kinto.core.runtime.secrets import InvalidSignature, derive_key, sign, verify
from kinto.plugins.accounts.utils import ACCOUNT_POLICY_NAME, ACCOUNTS, CREDENTIALS

TOKEN = "token"  # noqa: S105 - the name of a kind
SESSION = "session"
RESET = "reset"
PASSWORD = "password"  # noqa: S105

RESOURCES = {TOKEN: "account-token", SESSION: "account-session"}
"""Kind of key -> resource name in the storage; the parent is the URI of the account."""

_PREFIXES = {
    f"{OWN_PREFIX}{letter}": kind
    for letter, kind in zip("tsr", (TOKEN, SESSION, RESET), strict=True)
}
_ID = re.compile(r"[0-9a-f]{32}")
_ACCOUNT_ID = re.compile(r"[a-zA-Z0-9][+.@a-zA-Z0-9_-]{0,254}")


@dataclass(frozen=True)
class Credential:
    """What a caller showed.

    Attributes:
        kind: `password`, `token`, `session` or `reset`.
        key_id: of a token or session.
        version: of the credentials, for a reset.
        narrowing: what a token is limited to.
    """

    kind: str
    key_id: str | None = None
    version: str | None = None
    narrowing: Narrowing | None = None


def parent_of(account_id: str) -> str:
    """Where the keys of an account are kept."""
    return f"/accounts/{account_id}"


def kind_of(text: str) -> str | None:
    """The kind of key that a text has the shape of; None for anything else, as a password."""
    return _PREFIXES.get(text.partition(".")[0])


def new_key(kind: str, account_id: str) -> tuple[str, dict[str, str]]:
    """A text to show once, and the attributes to store (`id`, `hash`)."""
    prefix = next(name for name, item in _PREFIXES.items() if item == kind)
    key_id, secret = randomness.random_hex(16), randomness.random_hex(32)
    owner = base64.urlsafe_b64encode(account_id.encode()).rstrip(b"=").decode("ascii")
    return f"{prefix}.{owner}.{key_id}.{secret}", {"id": key_id, "hash": _hashed(secret)}


def owner_of(text: str) -> str | None:
    """The account that a token or session says it is of; None when it says nothing readable."""
    parts = text.split(".")
    if kind_of(text) not in RESOURCES or len(parts) != 4:
        return None
    try:
        raw = base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), b"-_", validate=True)
        owner = raw.decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        return None
    return owner if _ACCOUNT_ID.fullmatch(owner) else None


def check(request: Any, text: str) -> Credential | None:
    """What a token or session is good for; None when it is none, expired or revoked."""
    owner, kind = owner_of(text), kind_of(text)
    if owner is None or kind is None:
        return None
    _, _, key_id, secret = text.split(".")
    if not _ID.fullmatch(key_id):
        return None
    account, credentials, stored = request.registry.storage.get_many(
        [
            (*ACCOUNTS.values(), owner),
            (*CREDENTIALS.values(), owner),
            (RESOURCES[kind], parent_of(owner), key_id),
        ]
    )
    if account is None or credentials is None or stored is None:
        return None
    is_same = hmac.compare_digest(stored["hash"], _hashed(secret))
    if not is_same or stored["expires_at"] <= clock.now_ms():
        return None
    if kind == SESSION:
        is_current = stored["version"] == credentials["version"]
        return Credential(SESSION, key_id=key_id) if is_current else None
    narrowing = Narrowing(
        user_id=f"{ACCOUNT_POLICY_NAME}:{owner}",
        roots=tuple(stored["resources"]),
        read_only=stored["access"] != "write",
    )
    return Credential(TOKEN, key_id=key_id, narrowing=narrowing)


def new_reset(registry: Any, account_id: str, *, version: str, seconds: int) -> str:
    """A text that stands for the password once, until the credentials change."""
    signed = sign(
        version,
        secret_key(registry),
        purpose="account-reset",
        binding=(account_id,),
        expires_at=clock.now_ms() + seconds * 1000,
    )
    return f"{OWN_PREFIX}r.{signed}"


def check_reset(registry: Any, account_id: str, text: str) -> str | None:
    """The version of the credentials that a reset text is for; None when it is not good."""
    try:
        return verify(
            text.partition(".")[2],
            secret_key(registry),
            purpose="account-reset",
            now=clock.now_ms(),
            binding=(account_id,),
        )
    except InvalidSignature:
        return None


def secret_key(registry: Any) -> bytes:
    """Key of what accounts sign, the same in all processes that share `userid_hmac_secret`."""
    secret = str(registry.settings.get("userid_hmac_secret") or "")
    if not secret:
        # Only where nothing outlives the process: start-up refuses it elsewhere.
        secret = vars(registry).setdefault("_accounts_secret", randomness.random_hex(32))
    return derive_key(secret, purpose="accounts")


def remove_all(storage: Any, account_id: str, *, kinds: tuple[str, ...] = (TOKEN, SESSION)) -> None:
    """Revoke every key of these kinds."""
    for kind in kinds:
        storage.delete_all(
            resource_name=RESOURCES[kind], parent_id=parent_of(account_id), with_deleted=False
        )


def _hashed(secret: str) -> str:
    """Random secrets of 256 bits are not guessed: a fast hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
