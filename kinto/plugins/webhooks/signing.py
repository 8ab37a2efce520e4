"""The signature of a delivery: the receiver knows who sent it, and when."""

from __future__ import annotations

from kinto.core.utils import hmac_digest

HEADER = "X-Kinto-Signature"


def signature(body: bytes, *, secret: str, seconds: int) -> str:
    """The value of the header `X-Kinto-Signature`.

    Args:
        seconds: since 1970; part of what is signed, so that an old delivery cannot be replayed
            for long (docs/plugins/webhooks.md has the receiver's side).
    """
    return f"t={seconds},v1={hmac_digest(secret, b'%d.' % seconds + body)}"
