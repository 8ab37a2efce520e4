"""Equality and order of JSON values, the same for every backend.

The total order is null < string < number < boolean < array < object < MISSING. Arrays and
objects order by length first, then element by element (objects by their sorted keys). SQL
backends compile the same rules; this module is the oracle their tests compare with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kinto.core.protocol.terms import MISSING

NULL, STRING, NUMBER, BOOLEAN, ARRAY, OBJECT, ABSENT = range(7)

OrderKey = tuple[Any, ...]

_NULL_KEY = (NULL, 0)
_ABSENT_KEY = (ABSENT, 0)
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1


def order_key(value: Any) -> OrderKey:
    """Return a key whose natural order is the total order of JSON values.

    Two values have the same key exactly when `equal` says so, except integers beyond signed
    64 bits, which order as doubles (all a database column can promise).
    """
    kind = type(value)
    if kind is str:
        return (STRING, value)
    if kind is int:
        return (NUMBER, value if _INT_MIN <= value <= _INT_MAX else _as_double(value))
    if kind is float:
        return (NUMBER, value)
    if value is None:
        return _NULL_KEY
    if kind is bool:
        return (BOOLEAN, value)
    if value is MISSING:
        return _ABSENT_KEY
    return _composite_key(value)


def equal(left: Any, right: Any) -> bool:
    """Tell whether two JSON values are the same: `1` is `1.0`, but neither `"1"` nor `true`.

    `MISSING` equals only itself. Tuples count as arrays.
    """
    kind = type(left)
    if kind is type(right) and kind in _SCALARS:
        return bool(left == right)
    left_kind = kind_of(left)
    if left_kind != kind_of(right):
        return False
    if left_kind == ARRAY:
        return len(left) == len(right) and all(map(equal, left, right))
    if left_kind == OBJECT:
        return len(left) == len(right) and all(
            name in right and equal(item, right[name]) for name, item in left.items()
        )
    return bool(left == right)


def kind_of(value: Any) -> int:
    """Return the rank of the type of a value in the total order (`NULL` ... `ABSENT`).

    Raises:
        TypeError: the value is not JSON.
    """
    if value is None:
        return NULL
    if isinstance(value, str):
        return STRING
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, (int, float)):
        return NUMBER
    if isinstance(value, Mapping):
        return OBJECT
    if isinstance(value, (list, tuple)):
        return ARRAY
    if value is MISSING:
        return ABSENT
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def json_text(value: Any) -> str:
    """Return the compact JSON text of a value, for the `like` filter (strings are themselves)."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def equality_key(value: Any) -> OrderKey:
    """Return a hashable key: two values have the same one exactly when `equal` says so."""
    kind = kind_of(value)
    if kind == ARRAY:
        return (ARRAY, tuple(equality_key(item) for item in value))
    if kind == OBJECT:
        return (OBJECT, frozenset((name, equality_key(item)) for name, item in value.items()))
    return (kind, value)


def clone(value: Any) -> Any:
    """Return a copy of a JSON value that shares no array and no object with it."""
    if type(value) is dict:
        return {name: clone(item) for name, item in value.items()}
    if type(value) is list:
        return [clone(item) for item in value]
    return value


_SCALARS = frozenset({str, int, float, bool, type(None)})


def _composite_key(value: Any) -> OrderKey:
    kind = kind_of(value)
    if kind == ARRAY:
        return _array_key(value)
    if kind == OBJECT:
        return _object_key(value)
    # Subclasses of the scalar types: as their plain value.
    plain: Any = {STRING: str, NUMBER: float, BOOLEAN: bool}[kind](value)
    return order_key(int(value) if isinstance(value, int) and kind == NUMBER else plain)


def _array_key(value: Sequence[Any]) -> OrderKey:
    return (ARRAY, len(value), tuple(order_key(item) for item in value))


def _object_key(value: Mapping[str, Any]) -> OrderKey:
    names = sorted(value)
    return (OBJECT, len(names), tuple((name, order_key(value[name])) for name in names))


def _as_double(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
