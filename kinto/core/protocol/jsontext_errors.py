"""What is wrong with a refused JSON text, and at which byte: the texts clients rely on.

Runs only once a text is refused. Nothing here decides; each function explains one refusal.
"""

from __future__ import annotations

import json as stdlib_json
import re
from collections.abc import Iterator

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_STRUCTURE = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)
_NUMBER = re.compile(rf"{_STRING}|-?[0-9][0-9.eE+-]*", re.DOTALL)
_CONSTANT = re.compile(rf"{_STRING}|-?Infinity|NaN", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_LONGEST_LOCATED = 1_000_000
"""Characters of a text that is worth a second, slower reading to find where it is wrong."""

_SPACES = re.compile(r"[ \t\n\r]*")
_COLON = re.compile(r"[ \t\n\r]*:")

EMPTY = "The document is empty."
NOT_SINGULAR = "The document root must not be followed by other values."
INVALID_VALUE = "Invalid value."
MISSING_NAME = "Missing a name for object member."
MISSING_COLON = "Missing a colon after a name of object member."
MISSING_COMMA_IN_OBJECT = "Missing a comma or '}' after an object member."
MISSING_COMMA_IN_ARRAY = "Missing a comma or ']' after an array element."
MISSING_QUOTE = "Missing a closing quotation mark in string."
INVALID_ESCAPE = "Invalid escape character in string."
INVALID_HEX = r"Incorrect hex digit after \u escape in string."
INVALID_SURROGATE = "The surrogate pair in string is invalid."
INVALID_ENCODING = "Invalid encoding in string."
TOO_BIG = "Number too big to be stored in double."
MISSING_FRACTION = "Miss fraction part in number."
MISSING_EXPONENT = "Miss exponent in number."
# Refusals that are ours: the reference accepted these texts, or failed on them.
NUL = "The NUL character is not allowed in string."
TOO_LONG = "The number has too many digits."
TOO_DEEP = "Arrays and objects are nested too deep."
TOO_MANY = "There are too many arrays and objects."
DUPLICATE = "The name of an object member is repeated."


class JSONError(ValueError):
    """A text is not acceptable JSON.

    Attributes:
        reason: one sentence of the catalogue of the protocol.
        offset: byte, from 0, where reading stopped.
    """

    def __init__(self, reason: str, *, offset: int, text: str | None = None) -> None:
        super().__init__(reason, offset)
        self.reason = reason
        self.offset = offset
        self._text = text

    def __str__(self) -> str:
        return self._text or f"Parse error at offset {self.offset}: {self.reason}"


def decode(content: bytes | bytearray) -> str:
    """Return the text of UTF-8 bytes; JSONError when they are not."""
    try:
        return bytes(content).decode("utf-8")
    except UnicodeDecodeError as error:
        raise JSONError(INVALID_ENCODING, offset=error.start, text=str(error)) from None


def refuse_raw_surrogates(text: str) -> None:
    """Raise if a text that never was bytes holds half a character."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _error(text, error.start, INVALID_ENCODING) from None


def refuse_bad_escapes(text: str) -> None:
    r"""Raise if a well-formed text escapes half a character or NUL (`\ud800`, `\u0000`)."""
    high_end = high_start = -1
    for match in _ESCAPE.finditer(text):
        code = int(match[1], 16) if match[1] else 0x20
        completes = high_end == match.start() and 0xDC00 <= code <= 0xDFFF
        if high_end >= 0 and not completes:
            raise _error(text, high_start, INVALID_SURROGATE)
        if code == 0:
            raise _error(text, match.start(), NUL)
        if 0xDC00 <= code <= 0xDFFF and not completes:
            raise _error(text, match.start(), INVALID_SURROGATE)
        high = 0xD800 <= code <= 0xDBFF
        high_start, high_end = (match.start(), match.end()) if high else (-1, -1)
    if high_end >= 0:
        raise _error(text, high_start, INVALID_SURROGATE)


def from_stdlib(text: str, message: str, *, position: int) -> JSONError:
    """Return the error for what the standard parser said, at a character position."""
    if number := _unfinished_number(text, position):
        return number
    if message.startswith("Expecting value"):
        empty = not text.strip(" \t\n\r")
        return _error(text, 0 if empty else position, EMPTY if empty else INVALID_VALUE)
    if message.startswith("Expecting ','"):
        inside = _is_in_object(text, position)
        comma = MISSING_COMMA_IN_OBJECT if inside else MISSING_COMMA_IN_ARRAY
        return _error(text, position, comma)
    if message.startswith("Unterminated string"):
        return _error(text, len(text), MISSING_QUOTE)
    if message.startswith("Invalid \\u"):
        return _error(text, position - 1, INVALID_HEX)
    if message.startswith("Illegal trailing comma"):
        # Python 3.13 points at the comma, its predecessors at what follows.
        after = _SPACES.match(text, position + 1)
        position = after.end() if after else position
    for start, reason in _REASONS.items():
        if message.startswith(start):
            return _error(text, position, reason)
    return _error(text, position, INVALID_VALUE)


def duplicate_name(text: str) -> JSONError:
    """Return the error for an object that has a name twice."""
    opened: list[set[str]] = []
    for match in _located(_STRUCTURE, text):
        mark = match[0]
        if mark in "[{":
            opened.append(set())
        elif mark in "]}":
            opened.pop()
        elif opened and _COLON.match(text, match.end()):
            name = stdlib_json.loads(mark)
            if name in opened[-1]:
                return _error(text, match.start(), DUPLICATE)
            opened[-1].add(name)
    return _error(text, 0, DUPLICATE)


def number_too_big(text: str) -> JSONError:
    """Return the error for a decimal number that overflows a double."""
    for match in _numbers(text):
        if any(mark in match[0] for mark in ".eE") and "inf" in str(_as_float(match[0])):
            return _error(text, match.start(), TOO_BIG)
    return _error(text, 0, TOO_BIG)


def number_too_long(text: str, digits: int) -> JSONError:
    """Return the error for a number of more than `digits` characters."""
    start = next((match.start() for match in _numbers(text) if len(match[0]) > digits), 0)
    return _error(text, start, TOO_LONG)


def not_a_number(text: str) -> JSONError:
    """Return the error for `NaN` and the infinities."""
    found = (match for match in _located(_CONSTANT, text) if match[0][0] != '"')
    return _error(text, next((match.start() for match in found), 0), INVALID_VALUE)


def too_deep(text: str, depth: int) -> JSONError:
    """Return the error for containers nested in more than `depth` levels."""
    level = 0
    for match in _located(_STRUCTURE, text):
        level += (match[0] in "[{") - (match[0] in "]}")
        if level > depth:
            return _error(text, match.start(), TOO_DEEP)
    return _error(text, 0, TOO_DEEP)


_REASONS = {
    "Expecting property name": MISSING_NAME,
    "Expecting ':'": MISSING_COLON,
    "Extra data": NOT_SINGULAR,
    "Invalid \\escape": INVALID_ESCAPE,
    "Invalid control character": INVALID_ENCODING,
    "Illegal trailing comma before end of object": MISSING_NAME,
    "Illegal trailing comma before end of array": INVALID_VALUE,
}


def _error(text: str, position: int, reason: str) -> JSONError:
    return JSONError(reason, offset=len(text[:position].encode("utf-8", "surrogatepass")))


def _unfinished_number(text: str, position: int) -> JSONError | None:
    """`1.` and `1e`: the standard parser stops before the mark, as if something followed."""
    mark = text[position : position + 1]
    if mark not in (".", "e", "E") or not text[position - 1 : position].isdigit():
        return None
    if mark == ".":
        return _error(text, position + 1, MISSING_FRACTION)
    signed = text[position + 1 : position + 2] in ("+", "-")
    return _error(text, position + 1 + signed, MISSING_EXPONENT)


def _is_in_object(text: str, position: int) -> bool:
    """Tell whether the innermost container at a position is an object.

    Where a comma is missing, a closing brace is welcome in an object and in no array. Asking
    the parser costs less than reading the structure of the text here.
    """
    try:
        stdlib_json.loads(text[:position] + "}")
    except stdlib_json.JSONDecodeError as error:
        return error.pos != position
    return True


def _numbers(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _located(_NUMBER, text) if match[0][0] != '"')


def _located(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    return pattern.finditer(text) if len(text) <= _LONGEST_LOCATED else iter(())


def _as_float(digits: str) -> float:
    try:
        return float(digits)
    except ValueError:
        return 0.0
