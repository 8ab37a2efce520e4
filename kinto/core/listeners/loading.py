"""From the setting `event_listeners` to subscribers."""

from __future__ import annotations

import logging
from typing import Any

from pyramid.settings import aslist

from kinto.core.events.kinds import ACTIONS, ResourceChanged, ResourceRead
from kinto.core.observability.metrics import listener_with_timer
from kinto.core.settings.loading import read_env

logger = logging.getLogger("kinto.core.initialization")

WRITES = (ACTIONS.CREATE, ACTIONS.UPDATE, ACTIONS.DELETE)


def setup_listeners(config: Any) -> None:
    """Start-up step: subscribe the listeners of the settings, in order of declaration.

    Raises:
        ImportError: a module that is named does not exist.
        ValueError: an action that is no action.
    """
    for name in aslist(config.get_settings().get("event_listeners") or ""):
        _subscribe(config, name)


def _subscribe(config: Any, name: str) -> None:
    logger.info("Setting up %r listener", name)
    short_name, module = _resolve(config, name)
    prefix = f"event_listeners.{short_name}."
    options = {option: _option(config, f"{prefix}{option}") for option in ("actions", "resources")}
    actions = ACTIONS.from_string_list(_lower(options["actions"])) or WRITES
    resources = tuple(aslist(options["resources"] or ""))
    listener = module.load_from_config(config, prefix)
    timed = listener_with_timer(config, f"listeners.{short_name}", listener)
    predicates: dict[str, Any] = {"for_actions": actions}
    if resources:
        predicates["for_resources"] = resources
    # A subscriber of reads only, or of changes only, is not even asked about the others.
    if ACTIONS.READ in actions:
        config.add_subscriber(timed, ResourceRead, **predicates)
    if set(actions) - {ACTIONS.READ}:
        config.add_subscriber(timed, ResourceChanged, **predicates)


def _resolve(config: Any, name: str) -> tuple[str, Any]:
    """Short name and module of a listener: `name` is a module, or an alias of one."""
    try:
        module = config.maybe_dotted(name)
    except ImportError:
        module = None
    if hasattr(module, "load_from_config"):
        return name.rsplit(".", 1)[-1], module
    return name, config.maybe_dotted(_option(config, f"event_listeners.{name}.use"))


def _option(config: Any, name: str) -> Any:
    """A setting of a listener; the environment, with the prefix, is always looked at."""
    settings = config.get_settings()
    prefix = settings.get("settings_prefix") or ""
    full_name = f"{prefix}.{name}" if prefix else name
    return read_env(full_name, settings.get(name))


def _lower(value: Any) -> list[str]:
    return [word.lower() for word in aslist(value or "")]
