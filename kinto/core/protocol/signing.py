"""Texts that a client carries and cannot make: signed, tied to one use, compared in constant time.

Pure functions of a key; the keys are made and guarded in `kinto.core.runtime.secrets`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from functools import lru_cache

SEPARATOR = "."
_SIGNATURE_BYTES = 32
_COMPACT = json.JSONEncoder(separators=(",", ":"))


class InvalidSignature(ValueError):
    """A text was not signed here, or not for this use."""


class ExpiredSignature(InvalidSignature):
    """A text was signed here for this use, but its time is over."""


@lru_cache(maxsize=32)
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
    body = _COMPACT.encode([expires_at, payload]).encode()
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
        ExpiredSignature: only its time is over.
    """
    encoded_body, _, encoded_signature = text.partition(SEPARATOR)
    body, signature = _decode(encoded_body), _decode(encoded_signature)
    if len(signature) != _SIGNATURE_BYTES or not hmac.compare_digest(
        signature, _signature(body, secret, purpose, binding)
    ):
        raise InvalidSignature("bad signature")
    expires_at, payload = json.loads(body)
    if expires_at is not None and now >= expires_at:
        raise ExpiredSignature("expired")
    return str(payload)


def _signature(body: bytes, secret: str | bytes, purpose: str, binding: Sequence[str]) -> bytes:
    key = derive_key(secret, purpose=purpose)
    # JSON keeps the parts apart: ("ab", "c") and ("a", "bc") sign differently.
    bound = json.dumps(list(binding)).encode()
    return hmac.digest(key, bound + b"\0" + body, "sha256")


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
