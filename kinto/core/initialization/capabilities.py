"""Directives for plugins: capabilities and migrations, both taking effect at once."""

from __future__ import annotations

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
