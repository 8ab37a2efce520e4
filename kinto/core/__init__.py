"""The core: a toolbox for HTTP services that store JSON objects.

This face holds what applications and plugins import, and the entry point of `config.include`.
"""

from __future__ import annotations

from typing import Any

from kinto.core.initialization import install_middlewares
from kinto.core.initialization.assembly import (
    get_user_info,
    include_core,
    initialize,
    load_default_settings,
    logger,
)
from kinto.core.observability.logs import JsonLogFormatter, StreamHandlerWithRequestID
from kinto.core.runtime.version import distribution_version
from kinto.core.service import Service
from kinto.core.settings.application import core_defaults

__all__ = [
    "DEFAULT_SETTINGS",
    "JsonLogFormatter",
    "Service",
    "StreamHandlerWithRequestID",
    "__version__",
    "get_user_info",
    "includeme",
    "initialize",
    "install_middlewares",
    "load_default_settings",
    "logger",
]

__version__ = distribution_version()

DEFAULT_SETTINGS: dict[str, Any] = core_defaults()


def includeme(config: Any) -> None:
    """What `config.include("kinto.core")` does."""
    include_core(config)
