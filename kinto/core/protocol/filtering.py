"""One filter of a query string: its operator, its field, and which values it accepts.

The loop over the parameters is in `querystring`; what a filter means is in `matching`.
"""

from __future__ import annotations

import re
from typing import Any

from kinto.core.protocol.failures import Problem
from kinto.core.protocol.limits import DAY_MS, LIMITS, MAX_INTEGER, Limits
from kinto.core.protocol.terms import COMPARISON, Filter
from kinto.core.protocol.timestamps import SMALLEST

_PREFIXES = sorted((item.name.lower() for item in COMPARISON), key=len, reverse=True)
_NAME = re.compile(rf"({'|'.join(_PREFIXES)})_([\w.]+)")
_DIGITS = re.compile(r"[0-9]{1,20}")
_LISTS = (COMPARISON.IN, COMPARISON.EXCLUDE)
_ARRAYS = (COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY)


def operator_of(name: str) -> tuple[COMPARISON, str]:
    """Return the operator and the field that the name of a parameter stands for.

    `min_age` is `age` at least; `age`, and what is no operator and field name, is equality.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return COMPARISON.EQ, name
    return COMPARISON[match[1].upper()], match[2]


def bound(name: str, value: Any, operator: COMPARISON, *, now: int, field: str) -> Filter:
    """Return the filter of `_since`, `_before` or `_to`.

    Null is no bound, yet it is a filter on the timestamp: tombstones are shown.
    """
    if value is None:
        return Filter(field, SMALLEST, COMPARISON.MIN)
    return Filter(field, _timestamp(name, value, now=now), operator)


def make_filter(
    name: str,
    item: Filter,
    *,
    now: int,
    id_field: str,
    modified_field: str,
    limits: Limits = LIMITS,
) -> Filter:
    """Return the filter of a parameter, its value checked and put in the form storage expects.

    Raises:
        Problem: the operator does not apply to the field, or the value to the operator.
    """
    field, value, operator = item
    check_field_name(name, field, limits=limits)
    if field == modified_field:
        return item._replace(value=_modified_value(name, value, operator, now=now))
    if operator in _LISTS or operator in _ARRAYS:
        value = list(value) if isinstance(value, (list, tuple)) else [value]
        if len(value) > limits.filter_values:
            text = f"Number of values is limited to {limits.filter_values}"
            raise Problem("querystring", name, text)
    if field == id_field:
        value = _id_value(name, value, operator)
    if operator is COMPARISON.LIKE and (
        not isinstance(value, str) or value.count("*") > limits.like_stars
    ):
        raise _invalid(name)
    if operator is COMPARISON.HAS:
        value = bool(value)
    return item._replace(value=value)


def check_field_name(parameter: str, field: str, *, limits: Limits = LIMITS) -> None:
    """Raise a Problem if a field name is longer or deeper than any stored one needs to be."""
    if len(field) > limits.field_length or field.count(".") > limits.field_depth:
        raise _invalid(parameter)


def holds_nul(value: Any) -> bool:
    """Tell whether a value is, or holds, a string with a NUL character."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in name or holds_nul(item) for name, item in value.items())
    return isinstance(value, (list, tuple)) and any(map(holds_nul, value))


def _modified_value(name: str, value: Any, operator: COMPARISON, *, now: int) -> Any:
    if operator is COMPARISON.HAS:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _invalid(name)
        return bool(value)
    if operator in _LISTS or operator in _ARRAYS or operator is COMPARISON.LIKE:
        raise _invalid(name)
    return _timestamp(name, value, now=now)


def _timestamp(name: str, value: Any, *, now: int) -> int:
    """Return a timestamp to compare with: not negative, and less than a day in the future."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _invalid(name)
    if not 0 <= value < min(now + DAY_MS, MAX_INTEGER):
        raise _invalid(name)
    return value


def _id_value(name: str, value: Any, operator: COMPARISON) -> Any:
    if operator in _ARRAYS:
        raise Problem("querystring", name, "Field 'id' is not an array")
    if operator in _LISTS:
        if not all(isinstance(item, str) for item in value):
            raise _invalid(name)
        return value
    if operator in (COMPARISON.HAS, COMPARISON.LIKE) or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise _invalid(name)


def _invalid(name: str) -> Problem:
    return Problem("querystring", name, f"Invalid value for {name}")
