"""A plugin as its author would write it, using only what plugins are promised.

It limits the records that one request may write, counts the writes of each collection once they
are committed, and shows the count under a URL, a capability and the heartbeat.
"""

from pyramid.settings import asbool

from kinto.core.events import ACTIONS, AfterResourceChanged, ResourceChanged

from . import listeners

DEFAULTS = {"tally.max_per_request": 100, "tally.strict": False, "tally.ttl_seconds": 3600}


def includeme(config):
    settings = config.get_settings()
    config.add_settings({name: DEFAULTS[name] for name in DEFAULTS.keys() - settings.keys()})
    config.add_api_capability(
        "tally",
        description="How often the records of a collection are written.",
        url="https://example.com/tally",
        max_per_request=int(settings["tally.max_per_request"]),
        strict=asbool(settings["tally.strict"]),
    )
    config.registry.heartbeats["tally"] = listeners.ping
    writes = (ACTIONS.CREATE, ACTIONS.UPDATE)
    config.add_subscriber(
        listeners.refuse_many, ResourceChanged, for_resources=("record",), for_actions=writes
    )
    config.add_subscriber(listeners.count, AfterResourceChanged, for_resources=("record",))
    config.scan(f"{__name__}.views")
