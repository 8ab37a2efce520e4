"""The only source of ids, nonces and chances.

Always the system's cryptographic generator, but for `new_tag`, which protects nothing.
"""

from __future__ import annotations

import os
import random
import secrets
import string

_ALPHANUMERIC = string.ascii_letters + string.digits
_NAME = _ALPHANUMERIC + "-_"

_system = random.SystemRandom()

# Asking the system lets go of Python's lock, which other threads then take: a server that makes
# records under the lock of a list would wait for them, so it asks for many ids at once.
_IDS_AT_ONCE = 64
_drawn: list[str] = []
if hasattr(os, "register_at_fork"):
    # Two processes must not hand out the same ids.
    os.register_at_fork(after_in_child=_drawn.clear)


def new_uuid() -> str:
    """Return a UUID version 4 in lower case with dashes: the id of a new record."""
    while True:
        try:
            text = _drawn.pop()
        except IndexError:
            digits = secrets.token_hex(16 * _IDS_AT_ONCE)
            _drawn.extend(digits[start : start + 32] for start in range(0, len(digits), 32))
            continue
        variant = "89ab"[int(text[16], 16) % 4]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def new_ordered_uuid(milliseconds: int) -> str:
    """Return a UUID version 7 (RFC 9562): ids in order of time lie side by side in an index.

    Args:
        milliseconds: since the epoch; whoever sees the id sees this time, too.
    """
    text = new_uuid()
    time = f"{milliseconds:012x}"
    return f"{time[:8]}-{time[8:]}-7{text[15:]}"


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
