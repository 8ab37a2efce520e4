"""What a plugin registers (`config.add_migration`) to have its schema kept up to date."""

from __future__ import annotations

from typing import Any

from zope.interface import Attribute, Interface


class IMigratable(Interface):  # type: ignore[misc]
    """One schema of a plugin."""

    name = Attribute("Name of the plugin; shown while migrating.")

    def initialize_schema(client: Any = None, dry_run: bool = False) -> None:
        """Create the schema, or bring it up to date.

        Args:
            client: of the storage backend.
            dry_run: say what would be done, and do nothing.
        """
