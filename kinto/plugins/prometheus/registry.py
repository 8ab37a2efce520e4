"""Where the metrics of this process are, and those of its siblings when they share a folder."""

from __future__ import annotations

import importlib
import logging
import os
import re
from pathlib import Path
from typing import Any

from kinto.core.utils import read_env

logger = logging.getLogger(__name__)


def _library() -> Any:
    try:
        importlib.import_module("prometheus_client.multiprocess")
        return importlib.import_module("prometheus_client")
    except ImportError:
        return None


prometheus_module: Any = _library()
"""The library, None when it is not installed."""

PROMETHEUS_MULTIPROC_DIR: str | None = read_env("prometheus_multiproc_dir", None)
"""Folder shared by the worker processes of a server; None when each one counts for itself. The
library looks at the variable once, when it is imported."""

_OF_PROCESS = re.compile(r".+_(\d+)\.db")

_REGISTRY: Any = None


def get_registry() -> Any:
    """What this process counts in."""
    return reset_registry() if _REGISTRY is None else _REGISTRY


def reset_registry() -> Any:
    """Begin with nothing counted; the files of processes that are gone are removed."""
    global _REGISTRY
    _REGISTRY = prometheus_module.CollectorRegistry()
    if PROMETHEUS_MULTIPROC_DIR:
        _tidy(Path(PROMETHEUS_MULTIPROC_DIR))
    else:
        for name in ("ProcessCollector", "PlatformCollector", "GCCollector"):
            getattr(prometheus_module, name)(registry=_REGISTRY)
    return _REGISTRY


def exposed() -> bytes | None:
    """The text for the scraper; None when the shared folder is gone."""
    registry = get_registry()
    if PROMETHEUS_MULTIPROC_DIR:
        if not Path(PROMETHEUS_MULTIPROC_DIR).is_dir():
            return None
        registry = prometheus_module.CollectorRegistry()
        prometheus_module.multiprocess.MultiProcessCollector(
            registry, path=PROMETHEUS_MULTIPROC_DIR
        )
    return bytes(prometheus_module.generate_latest(registry))


def show_created(shown: bool) -> None:
    """Whether series also tell when they began. The library has one switch for the process."""
    if shown:
        prometheus_module.enable_created_metrics()
    else:
        prometheus_module.disable_created_metrics()


def _tidy(folder: Path) -> None:
    """Empty the folder, but for the files that processes alive are writing."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_file() and not _is_used(path):
            path.unlink(missing_ok=True)


def _is_used(path: Path) -> bool:
    match = _OF_PROCESS.fullmatch(path.name)
    if match is None:
        return False
    try:
        os.kill(int(match.group(1)), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True
