"""Filters, read: which of a few tests each is, on what kind of place, with which bound values.

Two filters of one shape share their SQL text, which `filters` writes; so compiling is paid once.
The meaning is that of `kinto.core.protocol.matching`, the oracle of the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from kinto.core.protocol.terms import COMPARISON, Filter
from kinto.core.protocol.values import (
    ABSENT,
    BOOLEAN,
    NULL,
    NUMBER,
    STRING,
    json_text,
    kind_of,
    order_key,
)
from kinto.core.storage.sql.operands import CONTAINERS, ID, MODIFIED, Dialect, Place

Shape = tuple[Any, ...]
"""(whether negated, shape of the place, name of the test, its details)"""

_NEGATIONS = {COMPARISON.NOT: COMPARISON.EQ, COMPARISON.EXCLUDE: COMPARISON.IN}
_ORDER = (COMPARISON.LT, COMPARISON.MAX, COMPARISON.GT, COMPARISON.MIN)
_EXACT = 2**63


class Fields(NamedTuple):
    """Names of the attributes that are columns."""

    id: str
    modified: str

    def locate(self, field: str, dialect: Dialect) -> Place:
        if field == self.id:
            return Place(ID)
        if field == self.modified:
            return Place(MODIFIED)
        return dialect.locate(field)


class Condition(NamedTuple):
    """One filter: `shape` decides the SQL text, `values` are bound to it in order."""

    shape: Shape
    values: tuple[Any, ...]


def read_filter(item: Filter, fields: Fields, dialect: Dialect) -> Condition:
    """Return the condition that a filter is.

    Raises:
        TypeError: the value is not JSON.
        ValueError: the operator is unknown.
    """
    field, value, comparison = item
    comparison = COMPARISON(comparison)
    place = fields.locate(field, dialect)
    if place.kind == ID:
        value = _as_id(value)
    positive = _NEGATIONS.get(comparison, comparison)
    test, values = _READERS[positive](value, positive, dialect)
    shape = (comparison is not positive, place.shape, *test)
    return Condition(shape, (*place.values, *values))


def names_ids(shape: Shape) -> bool:
    """Does a condition of this shape leave only objects whose ids it lists?"""
    negated, place, test, *_ = shape
    return not negated and place[0] == ID and test == "in"


_Read = tuple[tuple[Any, ...], tuple[Any, ...]]


def _read_equality(value: Any, comparison: COMPARISON, dialect: Dialect) -> _Read:
    kind = kind_of(value)
    if kind in (NULL, ABSENT):
        return ("is", kind), ()
    if kind == BOOLEAN:
        return ("is_flag", bool(value)), ()
    if kind in CONTAINERS or not _is_plain(value):
        return ("same",), (dialect.identity_value(value),)
    return ("equals", kind), (value,)


def _read_order(value: Any, comparison: COMPARISON, dialect: Dialect) -> _Read:
    kind = kind_of(value)
    test = ("compares", comparison, kind)
    if kind in (NULL, ABSENT):
        return test, ()
    if kind in CONTAINERS:
        return test, (dialect.order_value(value),)
    ordered = order_key(value)[1]
    return test, (int(ordered) if kind == BOOLEAN else ordered,)


def _read_membership(value: Any, comparison: COMPARISON, dialect: Dialect) -> _Read:
    values = _several(value)
    if not all(map(_is_plain, values)):
        identities = [dialect.identity_value(item) for item in values]
        return ("same_in",), (dialect.bind_list(identities),)
    kinds = {kind: [item for item in values if kind_of(item) == kind] for kind in (STRING, NUMBER)}
    lists = [(kind, dialect.bind_list(items)) for kind, items in kinds.items() if items]
    whole = frozenset(item for item in values if item is None or isinstance(item, bool))
    return ("in", tuple(kind for kind, _ in lists), whole), tuple(bound for _, bound in lists)


def _read_like(value: Any, comparison: COMPARISON, dialect: Dialect) -> _Read:
    native, values = dialect.like_values(json_text(value))
    return ("like", native), values


def _read_presence(value: Any, comparison: COMPARISON, dialect: Dialect) -> _Read:
    return ("has", bool(value)), ()


def _read_contents(value: Any, comparison: COMPARISON, dialect: Dialect) -> _Read:
    values = _several(value)
    every = comparison is COMPARISON.CONTAINS
    kinds = {kind_of(item) for item in values}
    if len(kinds) == 1 and kinds <= {STRING, NUMBER} and all(map(_is_plain, values)):
        distinct = list(dict.fromkeys(values))
        kind = kinds.pop()
        count = (len(distinct),) if every else ()
        return ("holds", kind, every), (dialect.bind_list(distinct), *count)
    identities = sorted({dialect.identity_value(item) for item in values})
    return ("contains", every), (dialect.bind_list(identities),)


_READERS: dict[COMPARISON, Callable[[Any, COMPARISON, Dialect], _Read]] = {
    COMPARISON.EQ: _read_equality,
    COMPARISON.IN: _read_membership,
    COMPARISON.LIKE: _read_like,
    COMPARISON.HAS: _read_presence,
    COMPARISON.CONTAINS: _read_contents,
    COMPARISON.CONTAINS_ANY: _read_contents,
    **dict.fromkeys(_ORDER, _read_order),
}


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]


def _as_id(value: Any) -> Any:
    """Ids are text: a number stands for its digits."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_as_id(item) for item in value]
    return value


def _is_plain(value: Any) -> bool:
    """Is the value compared exactly by the database's own operators?

    Not so integers that a column cannot hold, and doubles that could equal one of them.
    """
    kind = kind_of(value)
    if kind == NUMBER:
        return bool(-_EXACT < value < _EXACT)
    if kind == STRING:
        return "\0" not in value
    return kind in (NULL, BOOLEAN)
