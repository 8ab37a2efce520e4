"""Keeping about so many entries of each kind in a bucket, without counting at each write."""

from __future__ import annotations

import logging
from typing import Any

from kinto.core.runtime import clock
from kinto.core.storage import Filter
from kinto.core.utils import COMPARISON
from kinto.plugins.history.settings import history_settings

logger = logging.getLogger("kinto.plugins.history")

_KNOWN = 10_000
"""Lists of which a process remembers how far they are from being trimmed."""


def trim(
    request: Any, bucket_uri: str, *, resource_name: str, user_id: str | None, added: int
) -> None:
    """Remove the oldest entries of a kind once there are too many, leaving no tombstones.

    Entries are counted again when this process has added half of what was missing to the limit:
    other processes add, too.

    Args:
        added: entries that were just written.
    """
    registry = request.registry
    settings = history_settings(registry)
    maximum = settings.auto_trim_max_count
    if maximum <= 0:
        logger.info("Trimming of old history entries is not enabled.")
        return
    if settings.auto_trim_user_ids and user_id not in settings.auto_trim_user_ids:
        logger.info(
            "No old history to trim for %r on %r in %r.", user_id, resource_name, bucket_uri
        )
        return
    filters = [Filter("resource_name", resource_name, COMPARISON.EQ)]
    if settings.auto_trim_user_ids:
        filters.append(Filter("user_id", user_id, COMPARISON.EQ))
    margins: dict[Any, int] = vars(registry).setdefault("history_margins", {})
    key = (bucket_uri, resource_name, user_id if settings.auto_trim_user_ids else None)
    margins[key] = margins.get(key, 0) - added
    if margins[key] >= 0:
        return
    count = registry.storage.count_all("history", bucket_uri, filters=filters)
    excess = count - maximum
    if excess > settings.auto_trim_threshold:
        started = clock.monotonic()
        removed = registry.storage.trim_objects("history", bucket_uri, filters, maximum)
        seconds = clock.monotonic() - started
        logger.info("Trimmed %s old history entries, in %.3f seconds.", removed, seconds)
        excess = 0
    if len(margins) > _KNOWN:
        margins.clear()
    margins[key] = (settings.auto_trim_threshold - excess) // 2
