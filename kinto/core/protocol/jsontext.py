"""The one JSON codec: exact numbers out and in, caps on what a text may cost.

Refused on the way in: NaN and infinities, numbers that overflow a double, lone surrogates, NUL
characters, duplicate names, too deep nesting, too long numbers. The checks that need a second
look at the text run only when the text holds a sign of trouble, so that a usual body costs
little more than the C parser. Messages for refused texts are made in `jsontext_errors`.
"""

from __future__ import annotations

import json as stdlib_json
import math
import re
from collections.abc import Callable
from typing import IO, Any

from kinto.core.protocol import jsontext_errors as json_errors
from kinto.core.protocol.jsontext_errors import JSONError
from kinto.core.protocol.limits import LIMITS, Limits

__all__ = ["JSONError", "dumps", "load", "loads", "loads_trusted"]

_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_CONTAINERS = (dict, list)


class _Refused(ValueError):
    """Raised by the parser's hooks, which do not know where they are in the text."""

    def __init__(self, locate: Callable[[str], JSONError]) -> None:
        super().__init__()
        self.locate = locate


def loads(text: str | bytes | bytearray, *, limits: Limits = LIMITS) -> Any:
    """Parse a JSON text that nobody vouches for.

    Raises:
        JSONError: whatever is wrong, with `offset` (bytes from 0) and `reason`.
    """
    if not isinstance(text, str):
        text = json_errors.decode(text)
    elif not text.isascii():
        json_errors.refuse_raw_surrogates(text)
    brackets = text.count("[") + text.count("{")
    if brackets > limits.json_containers:
        raise JSONError(json_errors.TOO_MANY, offset=0)
    long = len(text) > limits.json_digits
    try:
        value = (_decoder_of_long_texts(limits) if long else _DECODER).decode(text)
    except stdlib_json.JSONDecodeError as error:
        raise json_errors.from_stdlib(text, error.msg, position=error.pos) from None
    except _Refused as refusal:
        raise refusal.locate(text) from None
    except RecursionError:
        raise json_errors.too_deep(text, limits.json_depth) from None
    if "\\u" in text and _SUSPECT_ESCAPE.search(text):
        json_errors.refuse_bad_escapes(text)
    if brackets > limits.json_depth and _is_deeper(value, limits.json_depth):
        raise json_errors.too_deep(text, limits.json_depth)
    return value


def loads_trusted(text: str | bytes) -> Any:
    """Parse a text that `dumps` made and our own storage kept: no caps, all the speed."""
    return _TRUSTING_DECODER.decode(text if isinstance(text, str) else text.decode("utf-8"))


def load(file: IO[str] | IO[bytes], *, limits: Limits = LIMITS) -> Any:
    """Parse the JSON text that an open file holds; raises as `loads` does."""
    return loads(file.read(), limits=limits)


def dumps(value: Any, *, sort_keys: bool = False) -> str:
    """Return the compact JSON text of a value, in ASCII.

    Raises:
        TypeError: something in the value is no JSON (bytes, sets, dates...).
        ValueError: it holds NaN, an infinity, or itself.
    """
    return (_SORTING_ENCODER if sort_keys else _ENCODER).encode(value)


def _encoder(*, sort_keys: bool) -> stdlib_json.JSONEncoder:
    return stdlib_json.JSONEncoder(
        separators=(",", ":"), ensure_ascii=True, allow_nan=False, sort_keys=sort_keys
    )


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    obj = dict(pairs)
    if len(obj) != len(pairs):
        raise _Refused(json_errors.duplicate_name)
    return obj


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _Refused(json_errors.number_too_big)
    return number


def _no_constant(name: str) -> Any:
    raise _Refused(json_errors.not_a_number)


def _decoder_of_long_texts(limits: Limits) -> stdlib_json.JSONDecoder:
    """A decoder that measures numbers; pointless for a text shorter than the longest number."""
    cap = limits.json_digits

    def integer(digits: str) -> int:
        if len(digits) > cap:
            raise _Refused(lambda text: json_errors.number_too_long(text, cap))
        return int(digits)

    def decimal(digits: str) -> float:
        if len(digits) > cap:
            raise _Refused(lambda text: json_errors.number_too_long(text, cap))
        return _finite(digits)

    return stdlib_json.JSONDecoder(
        object_pairs_hook=_unique_names,
        parse_int=integer,
        parse_float=decimal,
        parse_constant=_no_constant,
    )


def _is_deeper(value: Any, depth: int) -> bool:
    """Tell whether containers are nested in more levels than `depth`; level by level."""
    level = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(depth):
        level = [
            item
            for container in level
            for item in (container.values() if type(container) is dict else container)
            if type(item) is dict or type(item) is list
        ]
        if not level:
            return False
    return True


_DECODER = stdlib_json.JSONDecoder(
    object_pairs_hook=_unique_names, parse_float=_finite, parse_constant=_no_constant
)
_TRUSTING_DECODER = stdlib_json.JSONDecoder()
_ENCODER = _encoder(sort_keys=False)
_SORTING_ENCODER = _encoder(sort_keys=True)
