"""From the text of a query string to filters, sorts and limits, with every refusal of a 400.

First `read_parameters` (or `convert_parameter`, one by one) turns texts into JSON values and
checks the format of the parameters with a meaning of their own; then `extract_filters` and
`extract_sorting` give them their meaning for a resource. See `filtering` for single filters,
`projection` for `_fields` and `continuation` for `_token`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kinto.core.protocol import filtering
from kinto.core.protocol.failures import Problem, render
from kinto.core.protocol.jsontext import JSONError, loads
from kinto.core.protocol.jsontext_errors import NUL
from kinto.core.protocol.limits import LIMITS, MAX_INTEGER, Limits
from kinto.core.protocol.terms import (
    COMPARISON,
    DEFAULT_DELETED_FIELD,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    Filter,
    Sort,
)

KnownField = Callable[[str], bool]

INTEGERS = ("_limit", "_since", "_to", "_before")
STRINGS = ("_token",)
LISTS = ("_sort", "_fields")
BOUNDS = {
    "_since": COMPARISON.GT,
    "_to": COMPARISON.LT,
    "_before": COMPARISON.LT,
}
"""Parameters that bound the timestamps of a list. `_to` is the deprecated name of `_before`."""

_SORT = re.compile(r"([+-]?)([\w.]+)")
_DIGITS = re.compile(r"-?[0-9]+")


def native_value(value: Any) -> Any:
    """Return the JSON value that a text stands for, or the text itself when it is no JSON.

    `1.2`, `true`, `null`, `"a"` and `[1]` are typed, `abc` and `True` are strings. What is not
    a text is returned unchanged.
    """
    if not isinstance(value, str):
        return value
    try:
        return loads(value)
    except JSONError:
        return value


def convert_parameter(name: str, raw: str | list[str]) -> Any:
    """Return the value of a free parameter, as the filter it names wants it.

    `in_` and `exclude_` split at commas, then each piece is typed; `contains_` always gives an
    array; others are typed. A repeated parameter is the list of its raw texts.

    Raises:
        Problem: the value escapes a NUL character.
    """
    if not isinstance(raw, str):
        return raw
    operator, _ = filtering.operator_of(name)
    if operator in (COMPARISON.IN, COMPARISON.EXCLUDE):
        return [_typed(name, piece) for piece in raw.split(",")] if raw else []
    value = _typed(name, raw)
    if operator in (COMPARISON.CONTAINS, COMPARISON.CONTAINS_ANY):
        return value if isinstance(value, list) else [value]
    return value


def read_parameters(
    raw: Mapping[str, Any],
    *,
    id_field: str = DEFAULT_ID_FIELD,
    modified_field: str = DEFAULT_MODIFIED_FIELD,
) -> tuple[dict[str, Any], list[Problem]]:
    """Turn the texts of a query string into values, and collect what is malformed.

    Args:
        raw: parameter to text, or to the list of its texts when it is repeated.
    Returns:
        The values of the parameters that are well-formed, and one problem for each other.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, text in raw.items():
        try:
            if name in LISTS:
                values[name] = split_list(text)
            elif name in STRINGS or name == id_field:
                values[name] = string_value(name, _typed(name, text))
            elif name in INTEGERS or name == modified_field:
                values[name] = integer_value(name, _typed(name, text))
            else:
                values[name] = convert_parameter(name, text)
        except Problem as problem:
            problems.append(problem)
    if values.get("_token", "") in ("", None):
        values.pop("_token", None)
    if values.get("_limit", "") in ("", None):
        values.pop("_limit", None)
    return values, problems


def split_list(value: Any) -> list[str]:
    """Return the items of a comma-separated parameter; repeated ones are joined."""
    texts = [value] if isinstance(value, str) else value or []
    return [item for text in texts for item in str(text).split(",")]


def string_value(name: str, value: Any) -> str | None:
    """Return a parameter that must be a string; null stands for none, except for ids.

    Raises:
        Problem: it is another JSON value (a number has to be quoted).
    """
    if isinstance(value, str) or (value is None and name in STRINGS):
        return value
    raise Problem("querystring", name, f"{render(value)} is not a string: {{'{name}': ''}}")


def integer_value(name: str, value: Any) -> Any:
    """Return a parameter that must be an integer between 0 and 2^63, once typed.

    A quoted integer is one too (the form of an `ETag`), a decimal number is truncated. None,
    the empty string and the empty object pass: their meaning depends on the parameter.

    Raises:
        Problem: it is not a number, or out of bounds.
    """
    if value is None or value == "" or value == {}:
        return "" if value == {} else value
    if isinstance(value, float):
        number = int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and _DIGITS.fullmatch(value):
        # Longer than any bound: a shorter stand-in is refused just the same.
        number = int(value[:40])
    else:
        raise Problem("querystring", name, f'"{render(value)}" is not a number')
    if number < 0:
        raise Problem("querystring", name, f"{number} is less than minimum value 0")
    if number > MAX_INTEGER:
        text = f"{render(value)} is greater than maximum value {MAX_INTEGER}"
        raise Problem("querystring", name, text)
    return number


def extract_filters(
    params: Mapping[str, Any],
    *,
    known_field: KnownField,
    now: int,
    id_field: str = DEFAULT_ID_FIELD,
    modified_field: str = DEFAULT_MODIFIED_FIELD,
    deleted_field: str = DEFAULT_DELETED_FIELD,
    limits: Limits = LIMITS,
) -> list[Filter]:
    """Return the filters that the parameters of a list ask for; all of them are ANDed.

    Tombstones belong to the answer exactly when `shows_tombstones` says so of the result.

    Args:
        params: parameter to typed value, as `read_parameters` gives them.
        known_field: tells whether the resource has a field (open resources say yes to all).
        now: current time in milliseconds.
    Raises:
        Problem: the first parameter that is refused.
    """
    filters: list[Filter] = []
    for name, value in params.items():
        if "\0" in name or filtering.holds_nul(value):
            raise Problem("querystring", name, "Invalid character 0x00")
        if name in BOUNDS:
            filters.append(
                filtering.bound(name, value, BOUNDS[name], now=now, field=modified_field)
            )
        elif not name.startswith("_"):
            operator, field = filtering.operator_of(name)
            if not known_field(field):
                raise Problem("querystring", name, f"Unknown filter field '{name}'")
            filters.append(
                filtering.make_filter(
                    name,
                    Filter(field, value, operator),
                    now=now,
                    id_field=id_field,
                    modified_field=modified_field,
                    limits=limits,
                )
            )
        if len(filters) > limits.filters:
            text = f"Number of filters is limited to {limits.filters}"
            raise Problem("querystring", None, text)
    return filters


def shows_tombstones(
    filters: Iterable[Filter], *, modified_field: str = DEFAULT_MODIFIED_FIELD
) -> bool:
    """Tell whether a list with these filters includes tombstones: one bears on timestamps."""
    return any(item.field == modified_field for item in filters)


def extract_sorting(
    spec: Iterable[str],
    *,
    known_field: KnownField,
    modified_field: str = DEFAULT_MODIFIED_FIELD,
    limits: Limits = LIMITS,
) -> list[Sort]:
    """Return the order that the items of `_sort` ask for, ending with the timestamp.

    Items that are not a field name with an optional sign are ignored, repeated fields too.

    Raises:
        Problem: a closed resource has no such field, or there are too many.
    """
    sorting: dict[str, Sort] = {}
    for item in spec:
        match = _SORT.fullmatch(item.strip())
        if match is None:
            continue
        sign, field = match.groups()
        if not known_field(field):
            raise Problem("querystring", None, f"Unknown sort field '{field}'")
        filtering.check_field_name("_sort", field, limits=limits)
        sorting.setdefault(field, Sort(field, -1 if sign == "-" else 1))
    if len(sorting) > limits.sorts:
        text = f"Number of sort fields is limited to {limits.sorts}"
        raise Problem("querystring", "_sort", text)
    sorting.setdefault(modified_field, Sort(modified_field, -1))
    return list(sorting.values())


def effective_limit(
    requested: int | None, *, paginate_by: int | None, max_fetch_size: int | None
) -> int | None:
    """Return the size of a page; None when nothing bounds it.

    Args:
        requested: `_limit`; None when absent. An explicit 0 escapes `paginate_by`.
        paginate_by: the setting of that name.
        max_fetch_size: most objects that storage gives at once.
    """
    size = requested or None
    if requested != 0 and paginate_by:
        size = min(size or paginate_by, paginate_by)
    if max_fetch_size:
        size = min(size or max_fetch_size, max_fetch_size)
    return size


def _typed(name: str, text: Any) -> Any:
    """As `native_value`, but a NUL that hides in an escape is refused as a plain one is."""
    if isinstance(text, str) and "\\u0000" in text:
        try:
            return loads(text)
        except JSONError as error:
            if error.reason == NUL:
                raise Problem("querystring", name, "Invalid character 0x00") from None
    return native_value(text)
