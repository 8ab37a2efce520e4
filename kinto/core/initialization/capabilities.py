"""Directives for plugins: capabilities, migrations, aliases; all take effect at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kinto.core.migrations import IMigratable


def add_api_capability(
    config: Any, identifier: str, description: str = "", url: str = "", **kw: Any
) -> None:
    """Directive: show a feature in the root document.

    Raises:
        ValueError: the identifier is taken.
    """
    capabilities = config.registry.api_capabilities
    if (existing := capabilities.get(identifier)) is not None:
        raise ValueError(f"The '{identifier}' API capability was already registered ({existing}).")
    capabilities[identifier] = {"description": description, "url": url, **kw}


def add_migration(config: Any, migration: Any) -> None:
    """Directive: have the schema of a plugin kept up to date by `kinto migrate`."""
    config.registry.registerUtility(migration, IMigratable, name=migration.name)


def add_uri_alias(config: Any, alias: Callable[[Any, str], str]) -> None:
    """Directive: URIs that stand for others. Requests are rewritten by their plugin, on NewRequest.

    Args:
        alias: gives the URI meant by a request, from the one it was sent to (both without version
            prefix, decoded). Batches use it to lock and read what their requests are about.
    """
    config.registry.uri_aliases = (*getattr(config.registry, "uri_aliases", ()), alias)
