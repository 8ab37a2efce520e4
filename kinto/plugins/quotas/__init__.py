"""Quotas: how much a bucket, or a collection, may hold. What would be too much answers 507."""

from __future__ import annotations

from typing import Any

from kinto.core.events import ResourceChanged
from kinto.core.metrics import listener_with_timer
from kinto.core.openapi import describe_error
from kinto.plugins.quotas.listener import on_resource_changed
from kinto.plugins.quotas.settings import Limits, QuotasSettings

__all__ = ["QuotasSettings", "includeme"]


def includeme(config: Any) -> None:
    """Count what buckets and collections hold, within the limits of the settings.

    Raises:
        InvalidSetting: a limit is no whole number, or a name under `quotas.` is none of a limit.
    """
    config.registry.quota_limits = Limits(config.get_settings())
    config.add_api_capability(
        "quotas",
        description="Quotas Management on buckets and collections.",
        url="https://kinto.readthedocs.io",
    )
    describe_error(config, 507, "A quota would be exceeded; nothing was changed.")
    config.add_subscriber(
        listener_with_timer(config, "plugins.quotas", on_resource_changed),
        ResourceChanged,
        for_resources=("bucket", "group", "collection", "record"),
        for_actions=("create", "update", "delete"),
    )
