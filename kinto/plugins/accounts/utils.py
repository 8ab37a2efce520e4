"""Passwords: how they are hashed, compared, and kept apart from what accounts show.

The hash lives in an object of its own kind that no endpoint serves, so that it cannot be read,
filtered, sorted by, or put in an event.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import bcrypt

from kinto.core.runtime import randomness

ACCOUNT_CACHE_KEY = "accounts:{}:verified"
ACCOUNT_POLICY_NAME = "account"

ACCOUNTS = {"resource_name": "account", "parent_id": ""}
"""Where accounts are kept."""

CREDENTIALS = {"resource_name": "account-credentials", "parent_id": ""}
"""Where the hash and the version of each account are kept, under the same id."""

DEFAULT_ROUNDS = 12

_SALT = b"abcdefghijklmnopqrstuu"


def hash_password(password: str, *, rounds: int = DEFAULT_ROUNDS) -> str:
    """The text to store for a password of any length."""
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(rounds)).decode("ascii")


def is_password(password: str, hashed: str | None, *, rounds: int = DEFAULT_ROUNDS) -> bool:
    """Whether a password is the one that was hashed; as slow when there is nothing to compare.

    Args:
        hashed: None for an unknown account.
        rounds: cost of the comparison with nothing, and at least that of any other.
    """
    digest = _digest(password)
    if hashed is None:
        _spend(digest, rounds)
        return False
    is_same = bcrypt.checkpw(digest, hashed.encode("ascii"))
    # Hashes of a time when they cost less: 2**n and 2**n + ... + 2**m are 2**(m + 1).
    for missing in range(_rounds_of(hashed, rounds), rounds):
        _spend(digest, missing)
    return is_same


def store_credentials(storage: Any, account_id: str, *, hashed: str) -> str:
    """Replace the password of an account; returns the new version of its credentials.

    Everything verified before is verified again, in every process, because the version changes.
    """
    version = randomness.random_hex(16)
    obj = {"id": account_id, "hash": hashed, "version": version}
    storage.update(**CREDENTIALS, object_id=account_id, obj=obj)
    return version


def make_account(registry: Any, account_id: str, *, data: Any, hashed: str) -> dict[str, Any]:
    """Store an account, in place of any former one, that belongs to whom it names."""
    storage = registry.storage
    account: dict[str, Any] = storage.update(
        **ACCOUNTS, object_id=account_id, obj={**data, "id": account_id}
    )
    store_credentials(storage, account_id, hashed=hashed)
    registry.permission.add_principal_to_ace(
        f"/accounts/{account_id}", "write", f"{ACCOUNT_POLICY_NAME}:{account_id}"
    )
    return account


def _spend(digest: bytes, rounds: int) -> None:
    """Take the time of a comparison."""
    bcrypt.hashpw(digest, b"$2b$%02d$" % rounds + _SALT)


def _rounds_of(hashed: str, default: int) -> int:
    cost = hashed.split("$")[2]
    return max(4, int(cost)) if cost.isdigit() else default


def _digest(password: str) -> bytes:
    """What bcrypt is given: it reads 72 bytes at most, and stops at a NUL."""
    raw = hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest()
    return base64.b64encode(raw)
