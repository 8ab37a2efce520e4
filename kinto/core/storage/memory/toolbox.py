"""Selection in plain lists of dicts, for backends that scan and for whoever filters by hand.

The meaning of filters and sorts is that of `kinto.core.protocol.matching`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kinto.core.protocol.matching import compile_filters, compile_rules, sort_objects
from kinto.core.protocol.terms import (
    DEFAULT_DELETED_FIELD,
    DEFAULT_ID_FIELD,
    Filter,
    KintoObject,
    Sort,
)
from kinto.core.protocol.values import order_key
from kinto.core.runtime import json


def extract_object_set(
    objects: Iterable[KintoObject],
    filters: Sequence[Filter] | None,
    sorting: Sequence[Sort] | None,
    pagination_rules: Sequence[Sequence[Filter]] | None = None,
    limit: int | None = None,
    include_deleted: bool = False,
    id_field: str = DEFAULT_ID_FIELD,
    deleted_field: str = DEFAULT_DELETED_FIELD,
) -> tuple[list[KintoObject], int]:
    """Return the objects asked for, in order, and how many satisfy the filters.

    The count ignores pagination and limit, and the tombstones unless `include_deleted`. Which
    tombstones there are to select from is the caller's choice: all of `objects` are candidates.
    """
    accepts = compile_filters(filters, id_field=id_field)
    matching = [obj for obj in objects if accepts(obj)]
    total = sum(include_deleted or obj.get(deleted_field) is not True for obj in matching)
    if pagination_rules:
        follows = compile_rules(pagination_rules, id_field=id_field)
        matching = [obj for obj in matching if follows(obj)]
    return sort_objects(matching, sorting)[:limit], total


def apply_filters(
    objects: Iterable[KintoObject], filters: Sequence[Filter] | None
) -> Iterator[KintoObject]:
    """Yield the objects that satisfy all the filters."""
    return filter(compile_filters(filters), objects)


def apply_sorting(
    objects: Iterable[KintoObject], sorting: Sequence[Sort] | None
) -> list[KintoObject]:
    """Return the objects in the order asked for; ties keep the given order."""
    return sort_objects(objects, sorting)


def schwartzian_transform(value: Any) -> tuple[Any, ...]:
    """Return a key whose natural order is the order of JSON values of different types."""
    return order_key(value)


def canonical_json(value: Any) -> str:
    """Return a JSON text that two equal values share."""
    return json.dumps(value, sort_keys=True)


def tree() -> defaultdict[Any, Any]:
    """Return a dict of dicts of dicts, to any depth, made as they are looked up."""
    return defaultdict(tree)
