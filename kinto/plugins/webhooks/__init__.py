"""Webhooks: changes are posted, signed, to the URLs of the settings.

A change is noted in an outbox in the unit of work that makes it, and delivered afterwards by a
thread of the server, or by `kinto webhooks deliver`: at least once, in order for each collection.
"""

from __future__ import annotations

import atexit
import weakref
from typing import Any

from pyramid.events import ApplicationCreated

from kinto.core.events import AfterResourceChanged, ResourceChanged
from kinto.core.metrics import listener_with_timer
from kinto.plugins.webhooks.background import Background
from kinto.plugins.webhooks.listener import on_resource_changed
from kinto.plugins.webhooks.settings import RESOURCES, WebhooksSettings, read_hooks

__all__ = ["WebhooksSettings", "includeme"]

_SERVING = (None, "start")


def includeme(config: Any) -> None:
    """Note changes for the hooks of the settings, and deliver them.

    Raises:
        InvalidSetting: a hook has no usable URL, or names a resource or action there is not.
        UnsafeSecret: a hook has no secret, or one of an example.
    """
    registry = config.registry
    settings = WebhooksSettings.from_mapping(config.get_settings())
    registry.webhooks = read_hooks(config.get_settings(), settings)
    registry.webhooks_settings = settings
    config.add_api_capability(
        "webhooks",
        description="Changes are posted to other servers.",
        url="https://github.com/Kinto/kinto/",
    )
    if not registry.webhooks:
        return
    config.add_subscriber(
        listener_with_timer(config, "plugins.webhooks", on_resource_changed),
        ResourceChanged,
        for_resources=RESOURCES,
    )
    if settings.deliver and getattr(registry, "command", None) in _SERVING:
        background = Background(registry)
        config.add_subscriber(lambda event: background.start(), ApplicationCreated)
        config.add_subscriber(lambda event: background.wake(), AfterResourceChanged)
        atexit.register(_stop, weakref.ref(background))


def _stop(reference: weakref.ref[Background]) -> None:
    if (background := reference()) is not None:
        background.stop()
