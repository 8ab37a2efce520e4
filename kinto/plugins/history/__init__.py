"""History: a copy of every version of buckets, groups, collections and records."""

from __future__ import annotations

from typing import Any

from kinto.core.events import ResourceChanged
from kinto.core.metrics import listener_with_timer
from kinto.plugins.history.listener import RESOURCES, on_resource_changed
from kinto.plugins.history.settings import HistorySettings, uri_to_dict
from kinto.plugins.history.trimming import on_history_deleted

__all__ = ["HistorySettings", "includeme", "uri_to_dict"]


def includeme(config: Any) -> None:
    """Record changes, and serve them.

    Raises:
        ValueError: an excluded resource is no URI of an object, or a number is none.
    """
    settings = HistorySettings.from_mapping(config.get_settings())
    config.registry.history_settings = settings
    shown: dict[str, Any] = {}
    if settings.auto_trim_max_count > 0:
        shown["auto_trim_max_count"] = settings.auto_trim_max_count
    if settings.auto_trim_user_ids:
        shown["auto_trim_user_ids"] = list(settings.auto_trim_user_ids)
    if settings.exclude_resources:
        shown["excluded_resources"] = [uri_to_dict(uri) for uri in settings.exclude_resources]
    config.add_api_capability(
        "history",
        description="Track changes on data.",
        url="http://kinto.readthedocs.io/en/latest/api/1.x/history.html",
        **shown,
    )
    config.add_subscriber(
        listener_with_timer(config, "plugins.history", on_resource_changed),
        ResourceChanged,
        for_resources=RESOURCES,
    )
    config.add_subscriber(
        on_history_deleted, ResourceChanged, for_resources=("history",), for_actions=("delete",)
    )
    config.scan("kinto.plugins.history.views")
    config.scan("kinto.plugins.history.restoring")
    config.scan("kinto.plugins.history.snapshot")
