"""Timestamps: which one a write gets, what a client may propose, and their text in headers.

Whole milliseconds since 1970 (UTC), unique and rising for one resource name in one parent. This
module never reads the clock: `now` is always given.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from kinto.core.protocol.limits import DAY_MS

ANY: Final = "*"
"""The precondition value that any existing version satisfies."""

Precondition = int | Literal["*"]

PRECONDITION_HELP = "The value should be integer between double quotes."

SMALLEST = -(2**63)
LARGEST = 2**63 - 1

_QUOTED_INTEGER = re.compile(r'"([0-9]+)"')
_DIGITS_OF_LARGEST = 19


def next_timestamp(previous: int, now: int, wanted: int | None = None) -> tuple[int, int]:
    """Return the timestamps (of the object, of its list) after a write.

    Args:
        previous: timestamp of the list before the write, in milliseconds.
        now: current time in milliseconds; may be behind `previous` (clocks go backwards).
        wanted: timestamp proposed by the client, already accepted by `proposal`.
    """
    if wanted is None or wanted == previous or isinstance(wanted, bool):
        fresh = max(now, previous + 1)
        return fresh, fresh
    if wanted > previous:
        return wanted, wanted
    return wanted, previous


def is_timestamp(value: Any) -> bool:
    """Tell whether a JSON value is an integer that a timestamp column can hold."""
    return isinstance(value, int) and not isinstance(value, bool) and SMALLEST <= value <= LARGEST


def proposal(value: Any, *, current: int | None = None) -> int | None:
    """Return the timestamp that a client's `last_modified` proposes, or None when ignored.

    Ignored: anything but an integer (booleans too), and a value not greater than the current
    one of the object it replaces.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return None if current is not None and value <= current else value


def is_acceptable(value: int, *, now: int) -> bool:
    """Tell whether a proposed timestamp is less than a day ahead and fits a column.

    One accepted value far in the future would be the list's timestamp for as long.
    """
    return SMALLEST <= value < now + DAY_MS


def etag(timestamp: int) -> str:
    """Return the text of the `ETag` header: the integer between double quotes."""
    return f'"{timestamp}"'


def parse_precondition(text: str) -> Precondition | None:
    """Read the value of an `If-Match` or `If-None-Match` header; None when it is empty.

    An integer too large to be a timestamp is valid; it equals no version.

    Raises:
        ValueError: with the text to show, when it is neither `*` nor a quoted integer.
    """
    if text == "":
        return None
    if text == ANY:
        return ANY
    match = _QUOTED_INTEGER.fullmatch(text)
    if match is None:
        raise ValueError(PRECONDITION_HELP)
    digits = match[1].lstrip("0")
    return LARGEST + 1 if len(digits) > _DIGITS_OF_LARGEST else int(digits or "0")
