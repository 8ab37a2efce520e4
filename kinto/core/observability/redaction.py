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
_ROOTS = ("token", "secret", "passw", "pwd", "authorization", "credential", "cookie", "session")
_ROOTS += ("api_key", "apikey")
_WORDS = rf"[\w-]{{0,40}}(?:{'|'.join(_ROOTS)})[\w-]{{0,40}}"
_SHORT = ("code", "state", "nonce", "sig", "signature", "jwt", "assertion", "code_verifier")
_IN_TEXT = tuple(
    (triggers, re.compile(pattern, re.IGNORECASE), rf"\g<kept>{HIDDEN}")
    for triggers, pattern in (
        # A JSON web token; the credentials of a header; those in an address.
        (("eyj",), r"(?P<kept>)\beyJ[\w-]{8,400}\.[\w.-]*"),
        (
            ("authorization:", "cookie:"),
            r"(?P<kept>\b(?:authorization|cookie):\s*)[^\r\n\"'\\]+",
        ),
        (("bearer", "basic "), r"(?P<kept>\b(?:bearer|basic)\s+)[^\s\"',;\\]{4,}"),
        (
            ("://",),
            r"(?P<kept>\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@\"']{0,100}:)[^\s/@\"']+(?=@)",
        ),
        # A parameter of a query string or of a form.
        (
            tuple(f"{name}=" for name in _SHORT),
            rf"(?P<kept>[?&](?:{'|'.join(_SHORT)})=)[^&\s\"'#\\]+",
        ),
        # `password=...` there, in colored log lines and in messages of drivers.
        (_ROOTS, rf"(?P<kept>\b{_WORDS}=)[^\s&,;\"'\\)]+"),
        # A member of a JSON text, or of the way Python shows a dictionary.
        (
            _ROOTS,
            rf"(?P<kept>(?:\\?[\"']){_WORDS}(?:\\?[\"'])\s*[:,]\s*(?P<quote>\\?[\"']))"
            r"(?:(?!(?P=quote)).)+",
        ),
    )
)
"""Words without which a pattern need not be tried (lower case), the pattern, what replaces it."""

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


def redacted_text(text: str) -> str:
    """A log line, or a message, without what looks like a credential in it."""
    lower = text.lower()
    for triggers, pattern, replacement in _IN_TEXT:
        if any(word in lower for word in triggers):
            text = pattern.sub(replacement, text)
    return text


def redacted_value(value: Any) -> Any:
    """A JSON value without credentials: members with secret names, and texts that hold one."""
    if isinstance(value, str):
        return redacted_text(value)
    if isinstance(value, Mapping):
        return {
            name: HIDDEN
            if _SECRET_NAME.search(str(name)) and isinstance(item, str | bytes | list | tuple)
            else redacted_value(item)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redacted_value(item) for item in value]
    return value
