"""`kinto create-user`, as long as no plugin keeps accounts in this release: it only refuses."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from kinto.core.settings.fields import asbool

logger = logging.getLogger(__name__)

READONLY = 51
NO_ACCOUNTS = 52


def create_user(
    env: Mapping[str, Any], username: str | None = None, password: str | None = None
) -> int:
    """Return 51 on a read-only server, else 52: the accounts plugin is not installed."""
    if asbool(env["registry"].settings.get("readonly")):
        logger.error("Cannot create a user with a readonly server.")
        return READONLY
    logger.error("Cannot create a user when the accounts plugin is not installed.")
    return NO_ACCOUNTS
