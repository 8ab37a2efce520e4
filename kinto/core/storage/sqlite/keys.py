"""JSON values as bytes and texts that the database compares by itself.

`order_bytes` compares as `protocol.values.order_key` does, `identity_text` is shared by exactly
the values that `protocol.values.equal` calls equal.
"""

from __future__ import annotations

import struct
from typing import Any

from kinto.core.protocol.values import (
    ARRAY,
    BOOLEAN,
    NULL,
    NUMBER,
    STRING,
    kind_of,
    order_key,
)
from kinto.core.runtime import json

_END_OF_TEXT = b"\0\0"
_SIGN = 1 << 63
_ALL = (1 << 64) - 1
_MIDDLE = 1 << 15


def order_bytes(value: Any) -> bytes:
    """Return bytes whose order is the total order of JSON values."""
    kind = kind_of(value)
    rank = bytes((kind,))
    if kind == NULL:
        return rank
    if kind == STRING:
        return rank + _text(value)
    if kind == NUMBER:
        return rank + _number(value)
    if kind == BOOLEAN:
        return rank + (b"\1" if value else b"\0")
    size = rank + struct.pack(">I", len(value))
    if kind == ARRAY:
        return size + b"".join(map(order_bytes, value))
    return size + b"".join(_text(name) + order_bytes(value[name]) for name in sorted(value))


def identity_text(value: Any) -> str:
    """Return a JSON text that two equal values share, and two different ones do not."""
    return json.dumps(_whole_floats(value), sort_keys=True)


def _text(value: str) -> bytes:
    # UTF-8 keeps the order of code points; the end sorts before any continuation.
    return value.encode("utf-8", "surrogatepass").replace(b"\0", b"\0\xff") + _END_OF_TEXT


def _number(value: Any) -> bytes:
    """The double nearest to the number, then how far the number is from it."""
    exact = order_key(value)[1]
    double = float(exact) + 0.0  # -0.0 becomes 0.0
    bits: int = struct.unpack(">Q", struct.pack(">d", double))[0]
    bits = bits ^ _ALL if bits & _SIGN else bits | _SIGN
    apart = exact - int(double) if isinstance(exact, int) else 0
    return struct.pack(">QH", bits, apart + _MIDDLE)


def _whole_floats(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _whole_floats(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_whole_floats(item) for item in value]
    return value
