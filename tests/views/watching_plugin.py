"""A plugin that notes what is still there when it hears of a deletion."""

from __future__ import annotations

from kinto.core.events import ACTIONS, ResourceChanged

seen: list[tuple[str, list[str]]] = []


def includeme(config):
    config.add_subscriber(
        on_deletion,
        ResourceChanged,
        for_actions=(ACTIONS.DELETE,),
        for_resources=("bucket", "collection"),
    )


def on_deletion(event):
    storage = event.request.registry.storage
    resource_name = event.payload["resource_name"]
    below = {"bucket": "collection", "collection": "record"}[resource_name]
    parent_id = "/buckets/b" + ("/collections/c" if below == "record" else "")
    seen.append((resource_name, [obj["id"] for obj in storage.list_all(below, parent_id)]))
