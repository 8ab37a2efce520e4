"""Start-up steps: storage, permission and cache, from the modules that settings name."""

from __future__ import annotations

import logging
import re
from typing import Any

from pyramid.exceptions import ConfigurationError
from pyramid.settings import asbool

from kinto.core.cache.base import CacheBase
from kinto.core.cache.base import heartbeat as cache_heartbeat
from kinto.core.permission.base import PermissionBase
from kinto.core.permission.base import heartbeat as permission_heartbeat
from kinto.core.storage.base import StorageBase
from kinto.core.storage.heartbeat import heartbeat as storage_heartbeat

logger = logging.getLogger(__name__)

TWO_PLACES = (
    "Objects and permissions are in two databases: a request commits to one after the other, and a"
    " crash in between keeps one of them only. Give storage_url and permission_url one address."
)
_OURS = ("memory", "sqlite", "postgresql", "redis")
_GENERATOR = re.compile(r"([^_]*)_?id_generator")


def setup_storage(config: Any) -> None:
    """`registry.id_generators` and, unless the setting is empty, `registry.storage`."""
    settings = config.get_settings()
    generators = {}
    for name, value in settings.items():
        if match := _GENERATOR.fullmatch(name):
            generators[match[1]] = config.maybe_dotted(value)(config)
    config.registry.id_generators = generators
    _set_up(config, "storage", kind=StorageBase, heartbeat=storage_heartbeat)


def setup_permission(config: Any) -> None:
    """`registry.permission`, unless the setting is empty."""
    _set_up(config, "permission", kind=PermissionBase, heartbeat=permission_heartbeat)
    if is_in_two_places(config.get_settings()):
        logger.warning(TWO_PLACES)


def setup_cache(config: Any) -> None:
    """`registry.cache`, unless the setting is empty."""
    _set_up(config, "cache", kind=CacheBase, heartbeat=cache_heartbeat)


def is_in_two_places(settings: Any) -> bool:
    """Whether a request commits its objects and its permissions one after the other.

    Told of the backends of this package only; others say so in their documentation.
    """
    kinds = [str(settings.get(f"{kind}_backend") or "") for kind in ("storage", "permission")]
    names = [
        name.removeprefix(f"kinto.core.{kind}.")
        for name, kind in zip(kinds, ("storage", "permission"), strict=True)
    ]
    if not all(name in _OURS for name in names):
        return False
    if names[0] != names[1]:
        return True
    urls = [str(settings.get(f"{kind}_url") or "") for kind in ("storage", "permission")]
    return names[0] != "memory" and len({url.replace("+psycopg2:", ":") for url in urls}) == 2


def is_readonly(settings: Any) -> bool:
    """Setting `readonly`."""
    return bool(asbool(settings.get("readonly", False)))


def _set_up(config: Any, name: str, *, kind: type, heartbeat: Any) -> None:
    """Make the backend of the module that `<name>_backend` names, and watch over it.

    Raises:
        ConfigurationError: what the module makes is no such backend.
    """
    module_name = config.get_settings().get(f"{name}_backend")
    if not module_name:
        return
    backend = config.maybe_dotted(module_name).load_from_config(config)
    if not isinstance(backend, kind):
        raise ConfigurationError(f"Invalid {name} backend: {backend}")
    setattr(config.registry, name, backend)
    config.registry.heartbeats[name] = heartbeat(backend)
