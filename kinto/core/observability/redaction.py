"""What never reaches a log: credentials, tokens, and characters that forge log lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "***"
MAX_LENGTH = 500
"""Characters kept of a value."""

_SECRET_NAME = re.compile(
    r"token|secret|passw|pwd|auth|credential|signature|session|cookie|api_?key"
    r"|^(?:code|state|nonce|key|sig|jwt|assertion|verifier|code_verifier|code_challenge)$",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"\beyJ[\w-]{8,}\.|\b(?:bearer|basic)\s", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def printable(value: str) -> str:
    """A text on one line, cut when long."""
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value)
    return text if len(text) <= MAX_LENGTH else text[:MAX_LENGTH] + "…"


def redacted(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Query parameters fit for a log: the values of secret ones are hidden.

    A name tells (`code`, `state`, `access_token`, ...), or the value does (a JSON web token).
    """
    return {
        printable(name): HIDDEN
        if _SECRET_NAME.search(name) or _SECRET_VALUE.search(str(value))
        else printable(str(value))
        for name, value in parameters.items()
    }
