"""Pages of texts that are kept until their list changes: the same page is asked for many times.

Only small pages are kept, and few of them for each list.
"""

from __future__ import annotations

from kinto.core.storage.memory.rows import Pages
from kinto.core.storage.pages import JSONPage, is_small

_MOST_PAGES = 8


def keep(pages: Pages, key: object | None, page: JSONPage) -> None:
    """Keep a page in `pages`, which belong to a list as it was when the page was read."""
    if key is None or not is_small(page):
        return
    if len(pages) >= _MOST_PAGES:
        pages.clear()
    pages[key] = page
