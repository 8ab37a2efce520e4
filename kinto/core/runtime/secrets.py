"""Keyed hashes and signed texts: compared in constant time, never made with an empty key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence

SEPARATOR = "."
_SIGNATURE_BYTES = 32


class InvalidSignature(ValueError):
    """A text was not signed here, not for this use, or its time is over."""


def hmac_digest(secret: str | bytes, message: str | bytes, encoding: str = "utf-8") -> str:
    """Return the SHA-256 HMAC in hexadecimal. Texts are encoded with `encoding`."""
    return hmac.new(
        _as_bytes(secret, encoding), _as_bytes(message, encoding), hashlib.sha256
    ).hexdigest()


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


def derive_key(secret: str | bytes, *, purpose: str) -> bytes:
    """Return an independent key for one purpose, so that no two uses share one."""
    return hmac.new(
        _as_bytes(secret, "utf-8"), b"kinto-key\0" + purpose.encode(), hashlib.sha256
    ).digest()


def sign(
    payload: str,
    secret: str | bytes,
    *,
    purpose: str,
    binding: Sequence[str] = (),
    expires_at: int | None = None,
) -> str:
    """Return a text that carries the payload and can be verified by `verify`.

    Args:
        payload: any text; it is readable by whoever holds the result.
        secret: the server's key.
        purpose: name of the use; a text signed for another one is refused.
        binding: what the text is tied to (user, path, query), not carried by it.
        expires_at: end of validity in milliseconds since 1970; None for ever.
    """
    body = json.dumps([expires_at, payload], separators=(",", ":")).encode()
    signature = _signature(body, secret, purpose, binding)
    return f"{_encode(body)}{SEPARATOR}{_encode(signature)}"


def verify(
    text: str,
    secret: str | bytes,
    *,
    purpose: str,
    now: int,
    binding: Sequence[str] = (),
) -> str:
    """Return the payload of a signed text.

    Args:
        now: current time in milliseconds.
    Raises:
        InvalidSignature: whatever is wrong with the text; nothing else is raised.
    """
    encoded_body, _, encoded_signature = text.partition(SEPARATOR)
    body, signature = _decode(encoded_body), _decode(encoded_signature)
    if len(signature) != _SIGNATURE_BYTES or not hmac.compare_digest(
        signature, _signature(body, secret, purpose, binding)
    ):
        raise InvalidSignature("bad signature")
    expires_at, payload = json.loads(body)
    if expires_at is not None and now >= expires_at:
        raise InvalidSignature("expired")
    return str(payload)


def _signature(body: bytes, secret: str | bytes, purpose: str, binding: Sequence[str]) -> bytes:
    key = derive_key(secret, purpose=purpose)
    # JSON keeps the parts apart: ("ab", "c") and ("a", "bc") sign differently.
    bound = json.dumps(list(binding)).encode()
    return hmac.new(key, bound + b"\0" + body, hashlib.sha256).digest()


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    try:
        raw = text.encode("ascii")
        content = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise InvalidSignature("not a signed text") from None
    if _encode(content) != text:
        raise InvalidSignature("not the canonical form")
    return content


def _as_bytes(value: str | bytes, encoding: str) -> bytes:
    return value.encode(encoding) if isinstance(value, str) else value
