"""Filters as SQL: each becomes a condition of a known shape, and bound values.

`read_filter` looks at a filter's value and says which of a few tests it is; `expression` writes
that test. Two filters of one shape share their SQL text, so compiling is paid once. No text of a
user is ever written into SQL. The meaning is that of `kinto.core.protocol.matching`, the oracle
of the tests.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import sqlalchemy as sa

from kinto.core.protocol.terms import COMPARISON, Filter
from kinto.core.protocol.values import (
    ABSENT,
    ARRAY,
    BOOLEAN,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    json_text,
    kind_of,
    order_key,
)
from kinto.core.storage.sql.operands import (
    CONTAINERS,
    ID,
    MODIFIED,
    Binds,
    Dialect,
    Expression,
    Operand,
    Place,
    by_kind,
    constant,
    is_kind,
    operand_of,
)

Shape = tuple[Any, ...]
_ORDERINGS: dict[COMPARISON, Callable[[Any, Any], Any]] = {
    COMPARISON.LT: operator.lt,
    COMPARISON.MAX: operator.le,
    COMPARISON.GT: operator.gt,
    COMPARISON.MIN: operator.ge,
}
_NEGATIONS = {COMPARISON.NOT: COMPARISON.EQ, COMPARISON.EXCLUDE: COMPARISON.IN}
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


def expression(shape: Shape, binds: Binds, dialect: Dialect) -> Expression:
    """Return the SQL of a condition; takes as many parameters from `binds` as it has values.

    Parameters are named, so that some may be left out of the text.
    """
    negated, place, test, *details = shape
    operand = operand_of(place, binds, dialect)
    positive: Expression = _WRITERS[test](operand, binds, dialect, *details)
    return positive.is_not(sa.true()) if negated else positive


def names_ids(shape: Shape) -> bool:
    """Does a condition of this shape leave only objects whose ids it lists?"""
    negated, place, test, *_ = shape
    return not negated and place[0] == ID and test == "in"


# -- reading: value -> (test and its details), bound values ---------------------------------

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
    **dict.fromkeys(_ORDERINGS, _read_order),
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


# -- writing: test -> SQL -------------------------------------------------------------------


def _write_is(operand: Operand, binds: Binds, dialect: Dialect, kind: int) -> Expression:
    return is_kind(operand, dialect, kind)


def _write_is_flag(operand: Operand, binds: Binds, dialect: Dialect, flag: bool) -> Expression:
    if operand.type is None:
        return sa.false()
    name_of_true, name_of_false = dialect.type_names[BOOLEAN]
    return operand.type == constant(name_of_true if flag else name_of_false)


def _write_equals(operand: Operand, binds: Binds, dialect: Dialect, kind: int) -> Expression:
    value = next(binds)
    if operand.kind is not None:
        return operand.scalar == value if operand.kind == kind else sa.false()
    return sa.and_(is_kind(operand, dialect, kind), operand.scalar == value)


def _write_same(operand: Operand, binds: Binds, dialect: Dialect) -> Expression:
    value = next(binds)
    if operand.json is None:
        return sa.false()  # a column holds no such value
    compared = dialect.identity_of(operand.json) == value
    kinds = (NUMBER, STRING, *CONTAINERS)
    return by_kind(operand, dialect, dict.fromkeys(kinds, compared), sa.false())


def _write_compares(
    operand: Operand, binds: Binds, dialect: Dialect, comparison: COMPARISON, kind: int
) -> Expression:
    compare = _ORDERINGS[comparison]
    answers: dict[int, Any] = {
        other: sa.true() if compare(other, kind) else sa.false()
        for other in (NULL, STRING, NUMBER, BOOLEAN, ARRAY, OBJECT, ABSENT)
    }
    if kind not in (NULL, ABSENT):
        value = next(binds)
        answers[kind] = lambda: compare(_comparable(operand, dialect, kind), value)
    return by_kind(operand, dialect, answers, answers[ABSENT])


def _comparable(operand: Operand, dialect: Dialect, kind: int) -> Expression:
    if kind not in CONTAINERS:
        return operand.scalar
    assert operand.json is not None
    return dialect.order_of(operand.json)


def _write_in(
    operand: Operand,
    binds: Binds,
    dialect: Dialect,
    kinds: tuple[int, ...],
    whole: frozenset[bool | None],
) -> Expression:
    lists = {kind: dialect.in_list(operand.scalar, next(binds)) for kind in kinds}
    if operand.kind is not None:
        return lists.get(operand.kind, sa.false())
    answers: dict[int, Any] = dict(lists)
    if None in whole:
        answers[NULL] = sa.true()
    if True in whole or False in whole:
        flags = [item for item in whole if item is not None]
        booleans = [_write_is_flag(operand, binds, dialect, flag) for flag in flags]
        answers[BOOLEAN] = sa.or_(*booleans)
    return by_kind(operand, dialect, answers, sa.false())


def _write_same_in(operand: Operand, binds: Binds, dialect: Dialect) -> Expression:
    values = next(binds)
    if operand.json is None:
        operand = dialect.quoted(operand)
    assert operand.json is not None
    return dialect.in_list(dialect.identity_of(operand.json), values)


def _write_like(operand: Operand, binds: Binds, dialect: Dialect, native: bool) -> Expression:
    values = [next(binds), next(binds)]
    if operand.kind is not None:
        text = sa.cast(operand.scalar, sa.Text)
        return dialect.like(text, values, native=native)
    assert operand.json is not None
    as_text = dialect.like(operand.scalar, values, native=native)
    as_json = dialect.like(operand.json, values, native=native)
    composed = dialect.like_json(operand.json, values)
    answers: dict[int, Any] = {STRING: as_text, NUMBER: as_json, BOOLEAN: as_json}
    answers |= dict.fromkeys(CONTAINERS, composed)
    return by_kind(operand, dialect, answers, sa.false())


def _write_has(operand: Operand, binds: Binds, dialect: Dialect, wanted: bool) -> Expression:
    if operand.type is None:
        return sa.true() if wanted else sa.false()
    return operand.type.is_not(None) if wanted else operand.type.is_(None)


def _write_holds(
    operand: Operand, binds: Binds, dialect: Dialect, kind: int, every: bool
) -> Expression:
    wanted = next(binds)
    count = next(binds) if every else None
    if operand.elements is None:
        return sa.false()
    element = operand.elements
    names = [constant(name) for name in dialect.type_names[kind]]
    found = sa.and_(element.c.type.in_(names), dialect.in_list(element.c.value, wanted))
    if count is None:
        held: Expression = sa.exists(sa.select(element.c.value).where(found))
    else:
        distinct = sa.func.count(sa.distinct(element.c.value))
        held = sa.select(distinct).select_from(element).where(found).scalar_subquery() == count
    return by_kind(operand, dialect, {ARRAY: held}, sa.false())


def _write_contains(operand: Operand, binds: Binds, dialect: Dialect, every: bool) -> Expression:
    wanted = next(binds)
    if operand.json is None:
        return sa.false()
    held = dialect.contains(operand.json, wanted, every=every)
    return by_kind(operand, dialect, {ARRAY: held}, sa.false())


_WRITERS: dict[str, Callable[..., Expression]] = {
    "is": _write_is,
    "is_flag": _write_is_flag,
    "equals": _write_equals,
    "same": _write_same,
    "compares": _write_compares,
    "in": _write_in,
    "same_in": _write_same_in,
    "like": _write_like,
    "has": _write_has,
    "holds": _write_holds,
    "contains": _write_contains,
}
