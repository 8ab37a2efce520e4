"""`kinto trim-history`: remove the entries that the settings do not keep."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from kinto.core.settings.fields import asbool
from kinto.plugins.history import scripts

logger = logging.getLogger(__name__)

READONLY = 41
NOT_INSTALLED = 42


def trim_history(env: Mapping[str, Any]) -> int:
    """Trim every bucket; returns 0, or 41 on a read-only server, 42 without the history plugin."""
    registry = env["registry"]
    if asbool(registry.settings.get("readonly")):
        logger.error("Cannot trim the history while in readonly mode.")
        return READONLY
    settings = getattr(registry, "history_settings", None)
    if settings is None:
        logger.error("Cannot trim the history when history plugin is not installed.")
        return NOT_INSTALLED
    scripts.trim_all(registry.storage, settings)
    return 0
