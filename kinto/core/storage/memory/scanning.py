"""Looking at many rows at once: those that satisfy filters, and the first of them in an order.

A loop over the rows for each filter costs a fraction of a function called for each row. What a
filter means is said in `kinto.core.protocol.matching`; the usual ones are said again here, for
whole lists, and everything else is asked there.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import Any

from kinto.core.protocol.matching import EXACT, ORDERINGS, compile_filters, field_getter
from kinto.core.protocol.terms import COMPARISON, MISSING, Filter, Sort
from kinto.core.protocol.values import order_key
from kinto.core.storage.memory.rows import Row

_WORTH_A_CUT = 4


def narrowed(rows: list[Row], filters: Iterable[Filter], *, id_field: str) -> list[Row]:
    """Return the rows that satisfy all the filters, in the order they have."""
    # Equality of texts is the cheapest to tell, and leaves the least.
    items = [Filter(field, value, COMPARISON(kind)) for field, value, kind in filters]
    for item in sorted(items, key=_is_not_equality_of_texts):
        rows = _satisfying(rows, item, id_field=id_field)
    return rows


def first_in_order(
    rows: list[Row], sorting: Sequence[Sort], limit: int, *, modified_field: str
) -> list[Row]:
    """Return the first rows in this order, up to a limit."""
    if limit and len(rows) > _WORTH_A_CUT * limit:
        rows = _down_to(rows, sorting[0], limit, modified_field=modified_field)
    return in_order(rows, sorting, modified_field=modified_field)[:limit]


def in_order(rows: list[Row], sorting: Sequence[Sort], *, modified_field: str) -> list[Row]:
    """Put rows in this order; ties keep the one they have."""
    for field, direction in reversed(sorting):
        places = _places(rows, field, modified_field=modified_field)
        order = sorted(range(len(rows)), key=places.__getitem__, reverse=direction < 0)
        rows = [rows[number] for number in order]
    return rows


def _satisfying(rows: list[Row], item: Filter, *, id_field: str) -> list[Row]:
    name, value, comparison = item
    kind, is_plain = type(value), "." not in name and name != id_field
    if is_plain and comparison is COMPARISON.EQ and kind is str:
        return [row for row in rows if row.data.get(name) == value]
    if is_plain and comparison is COMPARISON.EQ and kind is bool:
        return [row for row in rows if row.data.get(name) is value]
    accepts = compile_filters([item], id_field=id_field)
    compare = ORDERINGS.get(comparison)
    if is_plain and compare is not None and kind is int and -EXACT <= value <= EXACT:
        return [
            row
            for row in rows
            if (
                compare(found, value)
                if type(found := row.data.get(name)) is int and -EXACT <= found <= EXACT
                else accepts(row.data)
            )
        ]
    return [row for row in rows if accepts(row.data)]


def _is_not_equality_of_texts(item: Filter) -> bool:
    return item.operator is not COMPARISON.EQ or type(item.value) is not str


def _down_to(rows: list[Row], sort: Sort, limit: int, *, modified_field: str) -> list[Row]:
    """Leave out what comes after the first rows by one field; rows that tie with the last stay."""
    places = _places(rows, sort.field, modified_field=modified_field)
    if sort.direction < 0:
        last = heapq.nlargest(limit, places)[-1]
        return [row for row, place in zip(rows, places, strict=True) if place >= last]
    last = heapq.nsmallest(limit, places)[-1]
    return [row for row, place in zip(rows, places, strict=True) if place <= last]


def _places(rows: list[Row], field: str, *, modified_field: str) -> list[Any]:
    """What tells the place of each row in the order of a field: the value itself if it does."""
    if field == modified_field:
        return [row.modified for row in rows]
    if "." in field:
        value = field_getter(field)
        return [order_key(value(row.data)) for row in rows]
    values = [row.data.get(field, MISSING) for row in rows]
    kinds = set(map(type, values))
    if kinds == {str} or (kinds == {int} and -EXACT <= min(values) and max(values) <= EXACT):
        return values
    return [order_key(value) for value in values]
