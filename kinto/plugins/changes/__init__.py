"""Changes: when each monitored collection changed last, and collections in one answer.

What clients of remote settings poll; see docs/plugins/changes.md.
"""

from __future__ import annotations

from typing import Any

from kinto.plugins.changes.settings import ChangesSettings

__all__ = ["ChangesSettings", "includeme"]

VERSION = "4.1.1"
"""Of the published plugin `kinto_changes` whose answers these are."""


def includeme(config: Any) -> None:
    """Serve the list and the changesets.

    Raises:
        ConfigurationError: what is monitored is no bucket and no collection.
    """
    settings = ChangesSettings.from_mapping(config.get_settings()).checked()
    config.registry.changes = settings
    config.add_api_capability(
        "changes",
        description="Track modifications of records in Kinto and store the collection timestamps"
        " into a specific bucket and collection.",
        url="http://kinto.readthedocs.io/en/latest/tutorials/synchronisation.html"
        "#polling-for-remote-changes",
        version=VERSION,
        collections=list(settings.resources),
    )
    config.scan("kinto.plugins.changes.views")
    config.scan("kinto.plugins.changes.changeset")
