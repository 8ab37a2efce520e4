"""`kinto rebuild-quotas`: count again what buckets and collections hold."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from kinto.cli.progress import ProgressBar
from kinto.core.settings.fields import asbool
from kinto.plugins.quotas import scripts

logger = logging.getLogger(__name__)

READONLY = 41
NOT_INSTALLED = 42


def rebuild_quotas(env: Mapping[str, Any], *, dry_run: bool) -> int:
    """Rebuild the counters, or with `dry_run` only tell what they should be.

    Returns 0, or 41 on a read-only server, 42 without the quotas plugin.
    """
    registry = env["registry"]
    if asbool(registry.settings.get("readonly")):
        logger.error("Cannot rebuild quotas while in readonly mode.")
        return READONLY
    if not hasattr(registry, "quota_limits"):
        logger.error("Cannot rebuild quotas when quotas plugin is not installed.")
        return NOT_INSTALLED
    bar = ProgressBar(scripts.count_records(registry.storage), what="records")
    scripts.rebuild_quotas(registry.storage, dry_run=dry_run, counted=bar.advance)
    bar.finish()
    return 0
