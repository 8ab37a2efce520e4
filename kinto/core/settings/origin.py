"""Which configuration file the server knows: what the root document tells about it."""

from __future__ import annotations

import hashlib
import logging
import os
from datetime import datetime
from functools import cache
from pathlib import Path

logger = logging.getLogger(__name__)

DEFAULT_PATH = os.path.join(".", "config", "kinto.ini")


@cache
def config_attributes() -> dict[str, str] | None:
    """Return `path`, `hash` (SHA-256) and `modified` (local ISO time) of the file that the
    variable `KINTO_INI` names, or None when it is missing. Read once; see `cache_clear`."""
    path = os.environ.get("KINTO_INI", DEFAULT_PATH)
    try:
        content = Path(path).read_bytes()
        modified = os.path.getmtime(path)
    except OSError:
        logger.info("Could not find config file at %s", path)
        return None
    return {
        "path": path,
        "hash": hashlib.sha256(content).hexdigest(),
        "modified": datetime.fromtimestamp(modified).isoformat(),
    }
