"""`kinto init`: ask what is not said, then write a configuration file."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from kinto import config

logger = logging.getLogger(__name__)

_BACKENDS = {"": "memory", "1": "postgresql", "2": "sqlite", "3": "redis"}
_CACHE_BACKENDS = {
    "": "memory",
    "1": "postgresql",
    "2": "memcached",
    "3": "redis",
    "4": "sqlite",
}
_LIBRARIES = {"postgresql": "psycopg2", "memcached": "pymemcache", "redis": "redis"}


def write_configuration(
    path: str,
    *,
    backend: str | None,
    cache_backend: str | None,
    host: str,
    ask: Callable[[str], str],
    subprocess: Any,
) -> int:
    """Write `path`; returns 0, or 1 when it exists already.

    Raises:
        EOFError: the answers end before the questions do.
        KeyError: there is no backend of this name.
    """
    if os.path.exists(path):
        print(f"{path} already exists.", file=sys.stderr)
        return 1
    backend = backend or _chosen(
        ask, "backend", _BACKENDS, "1 - postgresql, 2 - sqlite, 3 - redis, default - memory"
    )
    cache_backend = cache_backend or _chosen(
        ask,
        "cache backend",
        _CACHE_BACKENDS,
        "1 - postgresql, 2 - memcached, 3 - redis, 4 - sqlite, default - memory",
    )
    config.init(path, backend, cache_backend, host)
    logger.info(f"Created config {os.path.abspath(path)}")
    for kind, name in (("storage", backend), ("cache", cache_backend)):
        _prepare(kind, name, subprocess)
    return 0


def _chosen(ask: Callable[[str], str], what: str, choices: Mapping[str, str], offered: str) -> str:
    while True:
        answer = ask(f"Select the {what} you would like to use: ({offered}) ").strip()
        if answer in choices:
            return choices[answer]


def _prepare(kind: str, name: str, subprocess: Any) -> None:
    """Install the libraries of a backend, or say that this release does not have it."""
    if importlib.util.find_spec(f"kinto.core.{kind}.{name}") is None:
        logger.warning(f"This release has no {name} {kind} yet: `kinto start` will refuse it.")
        return
    library = _LIBRARIES.get(name)
    if library and importlib.util.find_spec(library) is None:
        subprocess.check_call([sys.executable, "-m", "pip", "install", f"kinto[{name}]"])
