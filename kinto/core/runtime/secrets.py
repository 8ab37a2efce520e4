"""Keyed hashes and the server's secret keys: never empty, compared in constant time.

Signed texts (`sign`, `verify`) are rules of `kinto.core.protocol.signing`, given again here for
the rooms that hold a key.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import Any

from kinto.core.protocol.signing import (
    ExpiredSignature,
    InvalidSignature,
    derive_key,
    sign,
    verify,
)

__all__ = [
    "ExpiredSignature",
    "InvalidSignature",
    "derive_key",
    "hmac_digest",
    "require_secret",
    "same_secret",
    "sign",
    "verify",
]


_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


def hmac_digest(secret: str | bytes, message: str | bytes, encoding: str = "utf-8") -> str:
    """Return the SHA-256 HMAC in hexadecimal. Texts are encoded with `encoding`."""
    inner, outer = _keyed(secret, encoding)
    inner, outer = inner.copy(), outer.copy()
    inner.update(message.encode(encoding) if isinstance(message, str) else message)
    outer.update(inner.digest())
    return outer.hexdigest()  # type: ignore[no-any-return]


def same_secret(left: str | bytes, right: str | bytes) -> bool:
    """Compare two secrets in a time that does not depend on where they differ."""
    return hmac.compare_digest(_as_bytes(left, "utf-8"), _as_bytes(right, "utf-8"))


def require_secret(value: str | bytes, *, name: str) -> bytes:
    """Return a key as bytes.

    Raises:
        ValueError: the key is empty; `name` tells the operator which setting to fill.
    """
    if not value.strip():
        raise ValueError(f"The setting `{name}` must not be empty: it is a secret key.")
    return _as_bytes(value, "utf-8")


@lru_cache(maxsize=16)
def _keyed(secret: str | bytes, encoding: str) -> tuple[Any, Any]:
    """The two hashes of an HMAC (RFC 2104) as they are when the key has gone through them.

    Most requests have credentials, and setting up the key is half of the work.
    """
    key = _as_bytes(secret, encoding)
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    padded = key.ljust(_BLOCK, b"\0")
    return hashlib.sha256(padded.translate(_INNER)), hashlib.sha256(padded.translate(_OUTER))


def _as_bytes(value: str | bytes, encoding: str) -> bytes:
    return value.encode(encoding) if isinstance(value, str) else value
