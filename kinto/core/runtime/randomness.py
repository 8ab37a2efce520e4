"""The only source of ids, nonces and chances.

Always the system's cryptographic generator, but for `new_tag`, which protects nothing.
"""

from __future__ import annotations

import random
import secrets
import string
import uuid

_ALPHANUMERIC = string.ascii_letters + string.digits
_NAME = _ALPHANUMERIC + "-_"

_system = random.SystemRandom()


def new_uuid() -> str:
    """Return a UUID version 4 in lower case with dashes: the id of a new record."""
    return str(uuid.uuid4())


def new_name(length: int = 8) -> str:
    """Return the id of a new bucket, group or collection: first alphanumeric, then also `-_`."""
    head = _system.choice(_ALPHANUMERIC)
    return head + "".join(_system.choice(_NAME) for _ in range(length - 1))


def random_hex(bytes_length: int) -> str:
    """Return that many random bytes as hexadecimal text."""
    return secrets.token_hex(bytes_length)


def new_tag() -> str:
    """Return 32 hexadecimal digits that tell log lines apart; guessable, so never an id."""
    return f"{random.getrandbits(128):032x}"


def random_bytes(bytes_length: int) -> bytes:
    """Return that many random bytes."""
    return secrets.token_bytes(bytes_length)


def random_fraction() -> float:
    """Return a number in `[0, 1)`, for decisions left to chance."""
    return _system.random()
