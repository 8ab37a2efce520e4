"""Filters, written: the SQL of each test that `conditions` knows.

No text of a user is ever written into SQL; all values are bound parameters.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from kinto.core.protocol.terms import COMPARISON
from kinto.core.protocol.values import (
    ABSENT,
    ARRAY,
    BOOLEAN,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
)
from kinto.core.storage.sql.conditions import Shape
from kinto.core.storage.sql.operands import (
    CONTAINERS,
    Binds,
    Dialect,
    Expression,
    Native,
    Operand,
    by_kind,
    constant,
    is_kind,
    operand_of,
)

_ORDERINGS: dict[COMPARISON, Callable[[Any, Any], Any]] = {
    COMPARISON.LT: operator.lt,
    COMPARISON.MAX: operator.le,
    COMPARISON.GT: operator.gt,
    COMPARISON.MIN: operator.ge,
}


def expression(shape: Shape, binds: Binds, dialect: Dialect) -> Expression:
    """Return the SQL of a condition; takes as many parameters from `binds` as it has values.

    Parameters are named, so that some may be left out of the text.
    """
    negated, place, test, *details = shape
    operand = operand_of(place, binds, dialect)
    positive: Expression = _WRITERS[test](operand, binds, dialect, *details)
    return positive.is_not(sa.true()) if negated else positive


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
    if operand.native is not None and kind == STRING:
        return operand.native.is_text(value)
    if operand.scalars is not None:
        # One condition: two would make the planner think that next to nothing is found.
        same: Expression = operand.scalar_of(kind) == value
        return same
    # What differs, nearly all, is done with after the first.
    return sa.and_(operand.scalar == value, is_kind(operand, dialect, kind))


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
    if operand.native is not None and kind == NUMBER:
        return _compares_natively(operand.native, compare, operand.native.of(next(binds), kind))
    answers: dict[int, Any] = {
        other: sa.true() if compare(other, kind) else sa.false()
        for other in (NULL, STRING, NUMBER, BOOLEAN, ARRAY, OBJECT, ABSENT)
    }
    if kind not in (NULL, ABSENT):
        value = next(binds)
        answers[kind] = lambda: compare(_comparable(operand, dialect, kind), value)
    return by_kind(operand, dialect, answers, answers[ABSENT])


def _compares_natively(
    native: Native, compare: Callable[[Any, Any], Any], value: Expression
) -> Expression:
    """As the general form, of which it is a small part: one look at the value."""
    above = compare(1, 0)  # whether greater ones are wanted: what is missing is the greatest
    if above:
        found = sa.or_(compare(native.value, value), native.misplaced)
    else:
        found = sa.and_(compare(native.value, value), sa.not_(native.misplaced))
    return sa.func.coalesce(found, sa.true() if above else sa.false())


def _comparable(operand: Operand, dialect: Dialect, kind: int) -> Expression:
    if kind == STRING:
        return dialect.ordered(operand.scalar_of(kind))
    if kind not in CONTAINERS:
        return operand.scalar_of(kind)
    assert operand.json is not None
    return dialect.order_of(operand.json)


def _write_in(
    operand: Operand,
    binds: Binds,
    dialect: Dialect,
    kinds: tuple[int, ...],
    whole: frozenset[bool | None],
) -> Expression:
    lists = {kind: dialect.in_list(operand.scalar_of(kind), next(binds)) for kind in kinds}
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
        column = sa.cast(operand.scalar, sa.Text)
        return dialect.like(column, values, native=native)
    text = operand.json if operand.text is None else operand.text
    assert text is not None
    as_text = dialect.like(operand.scalar_of(STRING), values, native=native)
    as_json = dialect.like(text, values, native=native)
    composed = dialect.like_json(text, values)
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
    if operand.kind is not None:
        return sa.false()
    held = dialect.holds(operand, kind, wanted, count)
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
