"""Every id of a list, however long it is and however little a backend gives at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kinto.core.protocol.terms import COMPARISON, DEFAULT_ID_FIELD, Filter, Sort

PAGE = 1000
"""Objects read at a time."""


def all_ids(registry: Any, resource_name: str, *, parent_id: str) -> Iterator[str]:
    """Give the ids of the live objects of a list, in their order."""
    # A backend gives at most so many objects, whatever the limit.
    ceiling = registry.settings.get("storage_max_fetch_size") or PAGE
    size = max(1, min(PAGE, int(ceiling)))
    rules = None
    while True:
        page = registry.storage.list_all(
            resource_name=resource_name,
            parent_id=parent_id,
            sorting=[Sort(DEFAULT_ID_FIELD, 1)],
            pagination_rules=rules,
            limit=size,
        )
        yield from (obj[DEFAULT_ID_FIELD] for obj in page)
        if len(page) < size:
            return
        rules = [[Filter(DEFAULT_ID_FIELD, page[-1][DEFAULT_ID_FIELD], COMPARISON.GT)]]
