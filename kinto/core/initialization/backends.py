"""Start-up steps: storage, permission and cache, from the modules that settings name."""

from __future__ import annotations

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


def setup_cache(config: Any) -> None:
    """`registry.cache`, unless the setting is empty."""
    _set_up(config, "cache", kind=CacheBase, heartbeat=cache_heartbeat)


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
