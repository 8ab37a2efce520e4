"""From the setting `event_listeners` to subscribers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from pyramid.settings import aslist

from kinto.core.events.kinds import ACTIONS, ResourceChanged, ResourceRead
from kinto.core.events.predicates import EventActionFilter, EventResourceFilter
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
    chosen = _only(
        timed, EventActionFilter(actions, config), EventResourceFilter(resources, config)
    )
    # A subscriber of reads only, or of changes only, is not even asked about the others.
    if ACTIONS.READ in actions:
        config.add_subscriber(chosen, ResourceRead)
    if set(actions) - {ACTIONS.READ}:
        config.add_subscriber(chosen, ResourceChanged)


def _only(listener: Callable[[Any], Any], *predicates: Callable[[Any], bool]) -> Any:
    """The listener, called for the events that satisfy all predicates.

    Asked here and not by `add_subscriber`, because this step also runs on configurators where
    the core, which brings the predicates, is not included (tests of extensions).
    """

    @wraps(listener)
    def chosen(event: Any) -> None:
        if all(predicate(event) for predicate in predicates):
            listener(event)

    return chosen


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
