"""A listener that logs all that it is told."""

from __future__ import annotations

import logging
from typing import Any

from kinto.core.listeners import ListenerBase

logger = logging.getLogger("loud")


class Listener(ListenerBase):
    def __call__(self, event: Any) -> None:
        logger.debug("payload %s impacted %s", event.payload, event.impacted_objects)


def load_from_config(config: Any, prefix: str) -> Listener:
    return Listener()
