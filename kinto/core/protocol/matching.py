"""Which objects of a list a query wants, and in which order: the meaning of filters and sorts.

Used by the memory backend, and as the oracle that SQL backends are tested against. Filters are
compiled to one function of an object, so a list of ten thousand costs milliseconds.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kinto.core.protocol.terms import (
    COMPARISON,
    DEFAULT_ID_FIELD,
    MISSING,
    Filter,
    KintoObject,
    Sort,
)
from kinto.core.protocol.values import (
    ARRAY,
    BOOLEAN,
    NUMBER,
    STRING,
    equality_key,
    json_text,
    kind_of,
    order_key,
)
from kinto.core.protocol.wildcards import LikePattern

EXACT = 2**53
"""Integers up to here compare with one another as they do among the values of the protocol."""

ORDERINGS: dict[COMPARISON, Callable[[Any, Any], Any]] = {
    COMPARISON.LT: operator.lt,
    COMPARISON.MAX: operator.le,
    COMPARISON.GT: operator.gt,
    COMPARISON.MIN: operator.ge,
}
"""What these operators do with integers that compare `EXACT`ly."""

Predicate = Callable[[KintoObject], bool]
_ValueTest = Callable[[Any], bool]


def compile_filters(
    filters: Iterable[Filter] | None, *, id_field: str = DEFAULT_ID_FIELD
) -> Predicate:
    """Return a function telling whether an object satisfies all the filters.

    A missing attribute is the value `MISSING`, greater than everything: see the operator table
    of the storage contract. No filter accepts every object.

    Args:
        filters: tuples `(field, value, operator)`; fields may be dotted.
        id_field: numbers compared with this field are turned into text.
    Raises:
        TypeError: a value is not JSON, or the operator is unknown.
    """
    tests = [_compile_filter(Filter(*item), id_field=id_field) for item in filters or ()]
    if not tests:
        return _accept
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda obj: first(obj) and second(obj)
    return lambda obj: all(test(obj) for test in tests)


def compile_rules(
    rules: Iterable[Iterable[Filter]] | None, *, id_field: str = DEFAULT_ID_FIELD
) -> Predicate:
    """Return a function for pagination rules: OR between the lists, AND inside each of them.

    No rule at all accepts every object.
    """
    tests = [compile_filters(rule, id_field=id_field) for rule in rules or ()]
    if not tests:
        return _accept
    if len(tests) == 1:
        return tests[0]
    return lambda obj: any(test(obj) for test in tests)


def sort_objects(objects: Iterable[KintoObject], sorting: Sequence[Sort] | None) -> list[Any]:
    """Return the objects in the order asked for; stable, so ties keep the given order."""
    ordered = list(objects)
    for field, direction in reversed(sorting or ()):
        ordered.sort(key=_sort_key(field), reverse=direction < 0)
    return ordered


def select(
    objects: Iterable[KintoObject],
    *,
    filters: Iterable[Filter] | None = None,
    sorting: Sequence[Sort] | None = None,
    pagination_rules: Iterable[Iterable[Filter]] | None = None,
    limit: int | None = None,
    id_field: str = DEFAULT_ID_FIELD,
) -> tuple[list[KintoObject], int]:
    """Return one page of the matching objects, and how many match without the pagination.

    The limit applies last; `None` means all.
    """
    accepts = compile_filters(filters, id_field=id_field)
    matching = [obj for obj in objects if accepts(obj)]
    total = len(matching)
    if pagination_rules:
        follows = compile_rules(pagination_rules, id_field=id_field)
        matching = [obj for obj in matching if follows(obj)]
    return sort_objects(matching, sorting)[:limit], total


def field_getter(field: str) -> Callable[[KintoObject], Any]:
    """Return a function giving the value of a field of an object, or `MISSING`."""
    if "." in field:
        return lambda obj: find_value(obj, field)
    return lambda obj: obj.get(field, MISSING)


def find_value(obj: Any, field: str) -> Any:
    """Return the value at a dotted field, or `MISSING`.

    A name that itself contains dots wins over a path: at each level the longest literal name
    present is followed, and never another one.
    """
    while isinstance(obj, dict):
        if field in obj:
            return obj[field]
        head = field
        while head not in obj:
            head, dot, _ = head.rpartition(".")
            if not dot:
                return MISSING
        obj, field = obj[head], field[len(head) + 1 :]
    return MISSING


def like_matches(value: Any, pattern: LikePattern) -> bool:
    """Tell whether a stored value matches a `like_` filter; null and missing never do."""
    if value is None or value is MISSING:
        return False
    return pattern.matches(json_text(value))


def _accept(obj: KintoObject) -> bool:
    return True


def _compile_filter(item: Filter, *, id_field: str) -> Predicate:
    value = _as_id(item.value) if item.field == id_field else item.value
    test = _VALUE_TESTS[COMPARISON(item.operator)](value)
    if "." in item.field:
        path = item.field
        return lambda obj: test(find_value(obj, path))
    return _quick_filter(item.field, item, value) or _of_field(item.field, test)


def _of_field(name: str, test: _ValueTest) -> Predicate:
    return lambda obj: test(obj.get(name, MISSING))


def _quick_filter(name: str, item: Filter, value: Any) -> Predicate | None:
    """The most usual tests as one function each: calls cost more than what they compare."""
    comparison, kind = COMPARISON(item.operator), type(value)
    if kind is str and comparison is COMPARISON.EQ:
        return lambda obj: obj.get(name) == value
    if kind is not int or not -EXACT <= value <= EXACT:
        return None
    compare = ORDERINGS.get(comparison)
    if compare is None:
        return None
    test = _VALUE_TESTS[comparison](value)

    def accepts(obj: KintoObject) -> bool:
        found = obj.get(name, MISSING)
        if type(found) is int and -EXACT <= found <= EXACT:
            return bool(compare(found, value))
        return test(found)

    return accepts


def _as_id(value: Any) -> Any:
    """Ids are text: a number stands for its digits (storage contract)."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_as_id(item) for item in value]
    return value


def _equals(value: Any) -> _ValueTest:
    kind = kind_of(value)
    if kind in (STRING, BOOLEAN) or value is None or value is MISSING:
        plain = type(value)
        return lambda found: type(found) is plain and bool(found == value)
    if kind == NUMBER:
        return lambda found: bool(found == value) and found is not True and found is not False
    wanted = equality_key(value)
    return lambda found: isinstance(found, (list, tuple, dict)) and equality_key(found) == wanted


def _differs(value: Any) -> _ValueTest:
    same = _equals(value)
    return lambda found: not same(found)


def _below(value: Any) -> _ValueTest:
    key = order_key(value)
    return lambda found: order_key(found) < key


def _at_most(value: Any) -> _ValueTest:
    key = order_key(value)
    return lambda found: order_key(found) <= key


def _above(value: Any) -> _ValueTest:
    key = order_key(value)
    return lambda found: order_key(found) > key


def _at_least(value: Any) -> _ValueTest:
    key = order_key(value)
    return lambda found: order_key(found) >= key


def _among(values: Any) -> _ValueTest:
    wanted = _equality_keys(values)
    return lambda found: equality_key(found) in wanted


def _not_among(values: Any) -> _ValueTest:
    unwanted = _equality_keys(values)
    return lambda found: equality_key(found) not in unwanted


def _like(value: Any) -> _ValueTest:
    pattern = LikePattern(json_text(value))
    return lambda found: like_matches(found, pattern)


def _has(value: Any) -> _ValueTest:
    if value:
        return lambda found: found is not MISSING
    return lambda found: found is MISSING


def _contains_all(values: Any) -> _ValueTest:
    wanted = _equality_keys(values)
    return lambda found: _is_array(found) and wanted <= _equality_keys(found)


def _contains_any(values: Any) -> _ValueTest:
    wanted = _equality_keys(values)
    return lambda found: _is_array(found) and not wanted.isdisjoint(_equality_keys(found))


def _is_array(value: Any) -> bool:
    return kind_of(value) == ARRAY


def _equality_keys(values: Any) -> frozenset[Any]:
    several = isinstance(values, (list, tuple, set, frozenset))
    return frozenset(map(equality_key, values if several else [values]))


def _sort_key(field: str) -> Callable[[KintoObject], Any]:
    getter = field_getter(field)
    return lambda obj: order_key(getter(obj))


_VALUE_TESTS: dict[COMPARISON, Callable[[Any], _ValueTest]] = {
    COMPARISON.EQ: _equals,
    COMPARISON.NOT: _differs,
    COMPARISON.LT: _below,
    COMPARISON.MAX: _at_most,
    COMPARISON.GT: _above,
    COMPARISON.MIN: _at_least,
    COMPARISON.IN: _among,
    COMPARISON.EXCLUDE: _not_among,
    COMPARISON.LIKE: _like,
    COMPARISON.HAS: _has,
    COMPARISON.CONTAINS: _contains_all,
    COMPARISON.CONTAINS_ANY: _contains_any,
}
