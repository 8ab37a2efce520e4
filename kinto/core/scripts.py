"""Maintenance of a configured server from outside any request.

Each function takes what `pyramid.paster.bootstrap` returns. The code is at this promised path,
and not behind it, because suites replace `scripts.logger` and look at what was told.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from kinto.core.migrations import IMigratable
from kinto.core.settings.fields import asbool

__all__ = ["flush_cache", "logger", "migrate", "purge_deleted"]

logger = logging.getLogger(__name__)


def migrate(env: Mapping[str, Any], dry_run: bool = False) -> None:
    """Bring the schemas of cache, storage and permission up to date, then those of plugins.

    Storage and permission are refused, with an error line, when the server is read-only.
    """
    registry = env["registry"]
    readonly = asbool(registry.settings.get("readonly"))
    for kind in ("cache", "storage", "permission"):
        backend = getattr(registry, kind, None)
        if backend is None:
            continue
        if readonly and kind != "cache":
            logger.error(f"Cannot migrate the {kind} backend while in readonly mode.")
            continue
        backend.initialize_schema(dry_run=dry_run)
    if "postgresql" in str(registry.settings.get("storage_backend", "")):
        for name, migration in registry.getUtilitiesFor(IMigratable):
            logger.info(f"Running migrations for plugin '{name}'.")
            migration.initialize_schema(registry.storage.client, dry_run=dry_run)


def flush_cache(env: Mapping[str, Any]) -> int:
    """Empty the cache; returns 0."""
    env["registry"].cache.flush()
    logger.info("Cache has been cleared.")
    return 0


def purge_deleted(env: Mapping[str, Any], resource_names: Sequence[str], max_retained: int) -> int:
    """Keep only the `max_retained` newest tombstones of each list; returns 0."""
    storage = env["registry"].storage
    logger.info(f"Keep only {max_retained} tombstones per parent and resource.")
    count = sum(
        storage.purge_deleted(
            resource_name=name, parent_id="*", max_retained=max_retained, force_commit=True
        )
        for name in resource_names
    )
    logger.info(f"{count} tombstone(s) deleted.")
    return 0
