"""Kinto: a JSON storage service with synchronisation and sharing."""

from __future__ import annotations

import logging
import os
from importlib.metadata import version
from typing import Any

from pyramid.config import Configurator
from pyramid.settings import asbool, aslist

import kinto.core
from kinto.authorization import RouteFactory
from kinto.core.settings.application import check_values, kinto_defaults
from kinto.core.settings.names import check_names
from kinto.core.settings.secrets import check_secrets

__version__ = version("kinto")

# Version of the HTTP protocol: its major part is the prefix of every URL.
HTTP_API_VERSION = "1.23"

DEFAULT_SETTINGS: dict[str, Any] = kinto_defaults(http_api_version=HTTP_API_VERSION)

logger = logging.getLogger("kinto")

_SCHEMA_HELP = (
    "https://kinto.readthedocs.io/en/latest/api/1.x/collections.html#collection-json-schema"
)
_PERMISSIONS_HELP = (
    "https://kinto.readthedocs.io/en/latest/configuration/settings.html"
    "#activating-the-permissions-endpoint"
)


def main(global_config: Any, config: Configurator | None = None, **settings: Any) -> Any:
    """Make the WSGI application (paste application factory).

    Args:
        global_config: of the ini file; `command` names the command line's command.
        config: a configurator to use instead of a new one (tests).
        **settings: names with or without the prefix `kinto.`.
    Raises:
        UnknownSetting: a name is almost, but not quite, one of ours.
        InvalidSetting: a value has the wrong type, or is out of bounds.
        ConfigurationError: a backend or plugin cannot be set up.
    """
    if not config:
        config = Configurator(settings=settings, root_factory=RouteFactory)
    for notice in check_names(config.get_settings(), environ=os.environ):
        logger.warning(notice)
    config.add_settings({"kinto.settings_prefix": "kinto"})
    # Commands and plugins may want to know that they do not serve requests.
    command = global_config.get("command") if isinstance(global_config, dict) else None
    config.registry.command = command if isinstance(global_config, dict) else global_config

    kinto.core.initialize(config, version=__version__, default_settings=DEFAULT_SETTINGS)
    settings = config.get_settings()
    check_values(settings)
    check_secrets(settings)
    excluded = _add_capabilities(config, settings)
    config.scan("kinto.views", ignore=excluded)
    return kinto.core.install_middlewares(config.make_wsgi_app(), settings)


def _add_capabilities(config: Configurator, settings: dict[str, Any]) -> list[str]:
    """Advertise optional features; returns the views to leave out."""
    if asbool(settings["experimental_collection_schema_validation"]):
        config.add_api_capability(
            "schema",
            description="Validates collection records with JSON schemas.",
            url=_SCHEMA_HELP,
        )
    wants_permissions = "kinto.plugins.admin" in aslist(settings["includes"]) or asbool(
        settings["experimental_permissions_endpoint"]
    )
    if not (wants_permissions and hasattr(config.registry, "permission")):
        return ["kinto.views.permissions"]
    config.add_api_capability(
        "permissions_endpoint",
        description="The permissions endpoint can be used to list all user objects permissions.",
        url=_PERMISSIONS_HELP,
    )
    return []
