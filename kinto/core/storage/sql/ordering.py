"""Sorts as SQL: the rank of the type first, then the value among those of its type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from kinto.core.protocol.values import ARRAY, BOOLEAN, NUMBER, OBJECT, STRING
from kinto.core.storage.sql.operands import (
    Binds,
    Dialect,
    Expression,
    Operand,
    by_kind,
    constant,
    operand_of,
    rank_of,
)

SortShape = tuple[tuple[str, int], bool]
"""Shape of the place, and whether the order is descending."""


def order_terms(
    shape: SortShape, binds: Binds, dialect: Dialect, *, by_index: bool
) -> Iterator[Expression]:
    """Yield the terms of ORDER BY for one sort.

    Args:
        by_index: whether the database may walk the list in the order of its timestamps. Not
            when few rows are named by their ids: it would read them all to save a small sort.
    """
    place, descending = shape
    operand = operand_of(place, binds, dialect)
    for term in _keys(operand, dialect):
        if operand.kind == NUMBER and not by_index:
            term = term + sa.literal_column("0")
        yield term.desc() if descending else term.asc()


def _keys(operand: Operand, dialect: Dialect) -> Iterator[Expression]:
    if operand.kind is not None:
        is_text = operand.kind == STRING
        yield dialect.ordered(operand.scalar) if is_text else operand.scalar
        return
    assert operand.json is not None
    if (native := operand.native) is not None:
        # Each mention of the attribute looks it up anew.
        absent = constant("absent")
        ranks = {native.array: constant(1), native.object: constant(2), absent: constant(3)}
        known = sa.func.coalesce(native.kind, absent)
        yield sa.case(ranks, value=known, else_=constant(0))
        is_composed = native.kind.in_([native.array, native.object])
        yield sa.case((is_composed, sa.null()), else_=native.value)
        yield dialect.order_of(operand.json)
        return
    yield rank_of(operand, dialect)
    if operand.scalars is not None:
        # One term for each type: a CASE cannot give now a text and now a number.
        for kind, scalar in operand.scalars.items():
            yield dialect.ordered(scalar) if kind == STRING else scalar
        yield dialect.order_of(operand.json)
        return
    composed = dialect.order_of(operand.json)
    keys: dict[int, Any] = dict.fromkeys((STRING, NUMBER, BOOLEAN), operand.scalar)
    keys |= dict.fromkeys((ARRAY, OBJECT), composed)
    yield by_kind(operand, dialect, keys, sa.null())
