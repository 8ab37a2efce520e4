"""@title@: how often the records of each collection are written."""

from typing import Any

from kinto.core.events import ACTIONS, ResourceChanged

from @module@ import listeners
from @module@.settings import @class@Settings

__all__ = ["@class@Settings", "includeme"]


def includeme(config: Any) -> None:
    """Called at start because the setting `includes` names this plugin.

    Raises:
        InvalidSetting: a setting has a wrong value.
    """
    settings = config.get_settings()
    own = @class@Settings.from_mapping(settings)
    config.registry.@slug@_settings = own

    # Clients look here to know what the server can do.
    config.add_api_capability(
        "@slug@",
        description="Counts the writes of each collection.",
        url="https://example.com/@distribution@",
        max_per_request=own.max_per_request,
    )
    # Called within the transaction: what listeners raise cancels the request.
    config.add_subscriber(
        listeners.on_records_changed,
        ResourceChanged,
        for_resources=("record",),
        for_actions=(ACTIONS.CREATE, ACTIONS.UPDATE, ACTIONS.DELETE),
    )
    config.scan("@module@.views")

    if "postgresql" in settings["storage_backend"]:
        from @module@.migrations import Migration

        config.add_migration(Migration())
