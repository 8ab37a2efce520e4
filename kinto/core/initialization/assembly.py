"""How the core is put together: settings, then steps, then plugins, then views."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError
from pyramid.settings import aslist

from kinto.core.events.dispatch import get_resource_events, notify_resource_event
from kinto.core.events.predicates import EventActionFilter, EventResourceFilter
from kinto.core.http.lookup import current_resource_name
from kinto.core.http.steps import at_start
from kinto.core.http.subrequests import follow_subrequest
from kinto.core.initialization.capabilities import (
    add_api_capability,
    add_migration,
    add_uri_alias,
)
from kinto.core.initialization.folding import fold
from kinto.core.initialization.requests import refuse_unreadable
from kinto.core.initialization.tweens import fold_tweens
from kinto.core.observability.logs import JsonLogFormatter, log_context
from kinto.core.service import Service
from kinto.core.settings.application import core_defaults
from kinto.core.settings.loading import merge_settings
from kinto.core.settings.plugins import resolve

logger = logging.getLogger("kinto.core")

PUBLIC_SETTINGS = ("batch_max_requests", "readonly", "explicit_permissions")


def initialize(
    config: Any,
    version: str | None = None,
    settings_prefix: str = "",
    default_settings: dict[str, Any] | None = None,
) -> None:
    """Set up an application on the core.

    Args:
        version: of the project, unless the setting `project_version` says otherwise.
        settings_prefix: `kinto` in `kinto.storage_backend`, unless settings say otherwise.
        default_settings: put over the defaults of the core.
    Raises:
        ConfigurationError: there is no version.
    """
    settings = config.get_settings()
    settings_prefix = (
        settings.pop("kinto.settings_prefix", None)
        or settings.get("settings_prefix")
        or settings_prefix
    )
    settings["settings_prefix"] = settings_prefix
    if not settings_prefix:
        warnings.warn("No value specified for `settings_prefix`", stacklevel=2)

    own_defaults = {
        name.removeprefix(f"{settings_prefix}."): value
        for name, value in (default_settings or {}).items()
    }
    load_default_settings(config, {**core_defaults(), **own_defaults})
    settings = config.get_settings()
    if settings["http_scheme"] != "https":
        warnings.warn("HTTPS is not enabled", stacklevel=2)

    project_version = settings["project_version"] or version
    if not project_version:
        raise ConfigurationError(f"Invalid project version: {project_version}")
    settings["project_version"] = project_version = str(project_version)
    api_version = settings["http_api_version"] or ".".join(project_version.split(".")[:2])
    settings["http_api_version"] = api_version = str(api_version)

    prefix = f"v{api_version.split('.')[0]}"
    config.include("kinto.core", route_prefix=prefix)
    config.route_prefix = prefix


def load_default_settings(config: Any, default_settings: dict[str, Any]) -> None:
    """Merge file, environment and defaults into the settings, under plain names.

    Raises:
        ValueError: a setting is written with and without prefix, and the two differ.
    """
    settings = config.get_settings()
    prefix = settings.get("settings_prefix") or ""
    config.add_settings(merge_settings(settings, default_settings, prefix=prefix))


def include_core(config: Any) -> None:
    """Everything the core brings; the order matters to plugins."""
    settings = config.get_settings()
    if (plugins := resolve(aslist(settings["includes"]))) != aslist(settings["includes"]):
        # Whoever looks for a plugin in the setting looks for its full name.
        settings["includes"] = " ".join(plugins)
    registry = config.registry
    registry.heartbeats = {}
    registry.api_capabilities = {}
    registry.public_settings = set(PUBLIC_SETTINGS)

    config.add_directive("add_api_capability", add_api_capability)
    config.add_directive("add_migration", add_migration)
    config.add_directive("add_uri_alias", add_uri_alias)
    config.add_request_method(get_resource_events)
    config.add_request_method(notify_resource_event)
    config.add_subscriber_predicate("for_actions", EventActionFilter)
    config.add_subscriber_predicate("for_resources", EventResourceFilter)

    config.include("kinto.core.cornice")
    config.include("kinto.core.cornice_swagger")
    at_start(config, refuse_unreadable)
    config.set_locale_negotiator(_locale)
    config.include("kinto.core.transactions")
    # Over the transaction, under the end of life, which has the last word on every answer.
    config.add_tween("kinto.core.http.last_resort.tween_factory")
    Service.init_from_settings(settings)
    JsonLogFormatter.init_from_settings(settings)

    for step in aslist(settings["initialization_sequence"]):
        config.maybe_dotted(step)(config)

    config.add_request_method(follow_subrequest)
    config.add_request_method(get_user_info)
    config.add_request_method(current_resource_name, reify=True)
    config.add_request_method(log_context)
    fold_tweens(registry)
    config.add_subscriber(fold, ApplicationCreated)

    # From here on, a plugin may override a request method or a view without a conflict.
    config.commit()
    for plugin in plugins:
        config.include(plugin)
    config.scan("kinto.core.views")
    logger.info("Running %s %s.", settings["project_name"], settings["project_version"])


def _locale(request: Any) -> str:
    """The language of messages. Pyramid would look for a parameter, and read forms for it."""
    return str(request.registry.settings.get("pyramid.default_locale_name", "en"))


def get_user_info(request: Any) -> dict[str, Any]:
    """What the root document tells users about themselves."""
    info = {"id": request.prefixed_userid, "principals": request.prefixed_principals}
    if hasattr(request, "get_user_profile"):
        info["profile"] = request.get_user_profile()
    return info
