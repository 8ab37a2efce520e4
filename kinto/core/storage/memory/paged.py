"""Pages of texts that are kept until their list changes: the same page is asked for many times.

Only small pages are kept, and few of them for each list.
"""

from __future__ import annotations

from kinto.core.storage.memory.listing import Query
from kinto.core.storage.memory.rows import Pages
from kinto.core.storage.pages import JSONPage

_MOST_PAGES = 8
_MOST_BYTES = 65536


def key_of(query: Query) -> object | None:
    """What tells a query from all others; None for one whose page is not worth keeping."""
    if query.limit is None or query.only_ids is not None or query.pagination_rules:
        return None
    # Values that Python takes for equal may be different ones in JSON: 1 and true.
    filters = [(item[0], repr(item[1]), item[2]) for item in query.filters or ()]
    fields = (query.id_field, query.modified_field)
    return (query.limit, tuple(query.sorting or ()), tuple(filters), fields)


def keep(pages: Pages, key: object | None, page: JSONPage) -> None:
    """Keep a page in `pages`, which belong to a list as it was when the page was read."""
    if key is None or sum(map(len, page.pieces)) > _MOST_BYTES:
        return
    if len(pages) >= _MOST_PAGES:
        pages.clear()
    pages[key] = page
