"""Is the storage alive? Asked by the heartbeat endpoint of the server.

Writes now and then, so that a full disk is noticed; leaves neither object nor tombstone behind.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from kinto.core.runtime import randomness
from kinto.core.storage.base import StorageBase

# The package's own logger: extensions replace `kinto.core.storage.logger.exception`.
logger = logging.getLogger("kinto.core.storage")

PLACE = "__heartbeat__"
SHARE_OF_DELETIONS = 0.6


def heartbeat(backend: StorageBase) -> Callable[[Any], bool]:
    """Make the function that tells whether `backend` works.

    `ping(request) -> bool` never raises: a failure is logged with its traceback and gives False.
    In read-only mode it only reads; otherwise it removes what earlier pings left, or creates an
    object, as chance has it.
    """

    def ping(request: Any) -> bool:
        try:
            if _is_true(request.registry.settings.get("readonly")):
                # Through the old name, which is the one that backends and their tests hook.
                backend.get_all(resource_name=PLACE, parent_id=PLACE)
            elif randomness.random_fraction() < SHARE_OF_DELETIONS:
                backend.delete_all(resource_name=PLACE, parent_id=PLACE)
                backend.purge_deleted(resource_name=PLACE, parent_id=PLACE)
            else:
                backend.create(resource_name=PLACE, parent_id=PLACE, obj={"ping": True})
            return True
        except Exception:
            logger.exception("Heartbeat Failure")
            return False

    return ping


def _is_true(value: object) -> bool:
    return str(value).strip().lower() in ("t", "true", "y", "yes", "on", "1")
