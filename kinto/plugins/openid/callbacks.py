"""Where a browser may be sent with the tokens of its user: only where a pattern says so.

Both sides are taken apart first, so that no `*` for a port reaches into a host, and what browsers
read in two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

_WHOLE = re.compile(r"(?P<scheme>[A-Za-z]+)://(?P<authority>[^/?#\\]*)(?P<rest>.*)", re.DOTALL)
_AUTHORITY = re.compile(
    r"(?P<host>[A-Za-z0-9.*-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9*]*))?",
)
_PORTS = {"http": "80", "https": "443"}


class Parts(NamedTuple):
    """A URL, or a pattern of URLs. `rest` is path, query and fragment as one text."""

    scheme: str
    host: str
    port: str
    rest: str


def is_trusted(callback: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns covers a callback."""
    url = _split(callback)
    if url is None or "*" in url.host + url.port:
        return False
    for pattern in patterns:
        parts = _split(pattern)
        if parts is None or parts.scheme != url.scheme:
            continue
        if all(_covers(*pair) for pair in zip(parts[1:], url[1:], strict=True)):
            return True
    return False


def _split(text: str) -> Parts | None:
    """None for what is no plain http URL."""
    match = _WHOLE.fullmatch(text)
    if match is None or not text.isprintable() or any(char.isspace() for char in text):
        return None
    scheme = match["scheme"].lower()
    authority = _AUTHORITY.fullmatch(match["authority"])
    if scheme not in _PORTS or authority is None:
        return None
    path = unquote(re.split(r"[?#]", match["rest"], maxsplit=1)[0])
    if any(segment in (".", "..") for segment in re.split(r"[/\\]", path)):
        return None
    port = authority["port"] or _PORTS[scheme]
    return Parts(scheme, authority["host"].lower(), port, match["rest"] or "/")


def _covers(pattern: str, text: str) -> bool:
    """Whether a text matches when `*` stands for any run of characters; takes linear time."""
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    last = others.pop()
    if not (text.startswith(first) and text.endswith(last)):
        return False
    position, end = len(first), len(text) - len(last)
    for part in others:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return position <= end
