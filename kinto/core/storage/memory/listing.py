"""Which rows of the lists in memory a query wants, without looking at all of them.

Ids that are known and bounds on the timestamp narrow what is looked at; an order of time needs
no sort, and stops at the limit. The rest is left to `kinto.core.protocol.matching`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from operator import attrgetter

from kinto.core.protocol.matching import compile_filters, compile_rules
from kinto.core.protocol.terms import (
    COMPARISON,
    DEFAULT_ID_FIELD,
    DEFAULT_MODIFIED_FIELD,
    Filter,
    Sort,
)
from kinto.core.storage.memory.rows import Row, Rows
from kinto.core.storage.memory.scanning import first_in_order, in_order, narrowed

PART = 5000
"""Rows that are put in order together, at least."""

_modified = attrgetter("modified")


@dataclass(frozen=True)
class Query:
    """What `list_all` is asked for, apart from the lists themselves."""

    filters: Sequence[Filter] | None = None
    sorting: Sequence[Sort] | None = None
    pagination_rules: Sequence[Sequence[Filter]] | None = None
    limit: int | None = None
    only_ids: Collection[str] | None = None
    id_field: str = DEFAULT_ID_FIELD
    modified_field: str = DEFAULT_MODIFIED_FIELD


def select_rows(lists: Sequence[Rows], query: Query, *, one_parent: bool) -> list[Row]:
    """Return the rows of `lists` that satisfy the query, in its order, up to its limit.

    The live rows and the tombstones of one list are two items of `lists`; `one_parent` tells
    that there are no others, hence no two rows with one timestamp.
    """
    first = query.sorting[0] if query.sorting else None
    by_time = first is not None and first.field == query.modified_field
    by_time = by_time and known_ids(query) is None
    if not query.sorting or (by_time and (one_parent or len(query.sorting) == 1)):
        return list(islice(_matching(lists, query, merged=by_time), query.limit))
    return _first(lists, query)


def count_rows(lists: Sequence[Rows], query: Query) -> int:
    """Return how many rows of `lists` satisfy the filters, without keeping any."""
    return sum(1 for _ in _matching(lists, query, merged=False))


def _matching(lists: Sequence[Rows], query: Query, *, merged: bool) -> Iterator[Row]:
    """Yield the rows that satisfy the query; `merged`: in the order of time."""
    query = _without_single_rule(query)
    accepts = _acceptance(query)
    candidates = _candidates(lists, query, merged=merged)
    return candidates if accepts is None else filter(accepts, candidates)


def _candidates(lists: Sequence[Rows], query: Query, *, merged: bool) -> Iterator[Row]:
    """Yield the rows that may satisfy the query, by their ids and their times."""
    ids = known_ids(query)
    if ids is None:
        return iter(_by_time(lists, query, merged=merged))
    return (rows.by_id[key] for rows in lists for key in ids if key in rows.by_id)


def _without_single_rule(query: Query) -> Query:
    """A single pagination rule is more filters, whose bounds are then seen."""
    rules = query.pagination_rules
    if not rules or len(rules) > 1:
        return query
    return replace(query, filters=[*(query.filters or ()), *rules[0]], pagination_rules=None)


def _acceptance(query: Query) -> Callable[[Row], bool] | None:
    """Return the test of a row, or None when every row will do."""
    if not query.filters and not query.pagination_rules:
        return None
    accepts = compile_filters(query.filters, id_field=query.id_field)
    if not query.pagination_rules:
        return lambda row: accepts(row.data)
    follows = compile_rules(query.pagination_rules, id_field=query.id_field)
    return lambda row: accepts(row.data) and follows(row.data)


def known_ids(query: Query) -> set[str] | None:
    """Return ids outside which nothing can match, or None when the query names none."""
    if query.only_ids is not None:
        return set(query.only_ids)
    for field, value, operator in query.filters or ():
        if field == query.id_field:
            if operator is COMPARISON.EQ and type(value) is str:
                return {value}
            if operator is COMPARISON.IN and all(type(item) is str for item in value):
                return set(value)
    return None


def _by_time(lists: Sequence[Rows], query: Query, *, merged: bool) -> Iterable[Row]:
    """Return the rows within the bounds on the timestamp; `merged`: in the order of time."""
    low, high = _time_bounds(query)
    newest_first = bool(query.sorting) and query.sorting[0].direction < 0  # type: ignore[index]
    if not merged and low is None and high is None:
        return chain.from_iterable(rows.in_any_order() for rows in lists)
    slices: list[Iterator[Row]] = [
        rows.between(low, high, newest_first=newest_first) for rows in lists
    ]
    if len(slices) == 1:
        return slices[0]
    if not merged:
        return chain.from_iterable(slices)
    return heapq.merge(*slices, key=_modified, reverse=newest_first)


def _time_bounds(query: Query) -> tuple[int | None, int | None]:
    """Return the least and greatest timestamps that the filters leave possible (None: any)."""
    low: int | None = None
    high: int | None = None
    for field, value, operator in query.filters or ():
        if field != query.modified_field or type(value) is not int:
            continue
        if operator in (COMPARISON.GT, COMPARISON.MIN, COMPARISON.EQ):
            least = value + (operator is COMPARISON.GT)
            low = least if low is None else max(low, least)
        if operator in (COMPARISON.LT, COMPARISON.MAX, COMPARISON.EQ):
            most = value - (operator is COMPARISON.LT)
            high = most if high is None else min(high, most)
    return low, high


def _first(lists: Sequence[Rows], query: Query) -> list[Row]:
    """Return the first rows in an order; few more than the limit are kept at any moment."""
    limit, sorting, modified_field = query.limit, query.sorting or (), query.modified_field
    query = _without_single_rule(query)
    follows = None
    if query.pagination_rules:
        follows = compile_rules(query.pagination_rules, id_field=query.id_field)
    candidates = _candidates(lists, query, merged=False)
    found: list[Row] = []
    while part := list(islice(candidates, max(4 * (limit or 0), PART))):
        part = narrowed(part, query.filters or (), id_field=query.id_field)
        if follows is not None:
            part = [row for row in part if follows(row.data)]
        found += part
        if limit is not None:
            found = first_in_order(found, sorting, limit, modified_field=modified_field)
    if limit is None:
        return in_order(found, sorting, modified_field=modified_field)
    return found
