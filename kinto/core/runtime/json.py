"""The one JSON codec of bodies, caches and stored rows: exact numbers, caps on what a text costs.

The rules are in `kinto.core.protocol.jsontext`, because the query string and page tokens are read
with the same codec, and the protocol may import nothing of the runtime. What needs no check (our
own texts, answers) goes through orjson, and through the rules where orjson is not exact.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from kinto.core.protocol import jsontext
from kinto.core.protocol.jsontext import JSONError, dumps, load, loads

__all__ = [
    "Fragment",
    "JSONError",
    "dumps",
    "dumps_ascii",
    "dumps_bytes",
    "load",
    "loads",
    "loads_trusted",
]

Fragment = orjson.Fragment
"""JSON text of this server's own, for `dumps_bytes` to take over as it is (never for `dumps`)."""

# orjson reads integers beyond 64 bits as floats: texts that may hold one are not for it.
_LONG_NUMBER = re.compile(r"[0-9]{19}")
_LONG_NUMBER_BYTES = re.compile(rb"[0-9]{19}")
_OPTIONS = (
    orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


def loads_trusted(text: str | bytes) -> Any:
    """Read a text that this server wrote itself, as exactly as `loads` and without its caps.

    Raises:
        JSONError: it is no JSON after all.
    """
    pattern: Any = _LONG_NUMBER if isinstance(text, str) else _LONG_NUMBER_BYTES
    if pattern.search(text) is None:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass  # The other codec says why.
    return jsontext.loads_trusted(text)


def dumps_bytes(value: Any) -> bytes:
    """The compact text of a value, in UTF-8.

    Raises:
        TypeError: the value is no JSON.
    """
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        # Integers beyond 64 bits, numbers as keys, subclasses: or really no JSON.
        return dumps(_without_fragments(value)).encode("ascii")


def dumps_ascii(value: Any) -> str:
    """As `dumps`, and much sooner where the value is all ASCII; numbers may be spelled otherwise.

    Raises:
        TypeError: the value is no JSON.
        ValueError: it holds NaN or an infinity.
    """
    try:
        text = orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        return dumps(value)
    # For orjson, NaN is null.
    return text.decode("ascii") if text.isascii() and b"null" not in text else dumps(value)


def _without_fragments(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_fragments(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_fragments(item) for item in value]
    return jsontext.loads_trusted(orjson.dumps(value)) if isinstance(value, Fragment) else value
