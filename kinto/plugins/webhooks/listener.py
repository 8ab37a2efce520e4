"""One event in the outbox for each change and each hook that wants it, with the change itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kinto.core.runtime import randomness
from kinto.core.utils import instance_uri, msec_time
from kinto.plugins.webhooks import outbox
from kinto.plugins.webhooks.settings import Hook


def on_resource_changed(event: Any) -> None:
    """Subscriber, inside the unit of work of the change: what is undone is not delivered."""
    request, payload = event.request, event.payload
    resource_name, action = payload["resource_name"], payload["action"]
    hooks: dict[str, Hook] = request.registry.webhooks
    if not any(resource_name in hook.resources for hook in hooks.values()):
        return
    storage = request.registry.storage
    for change in event.impacted_objects:
        object_id = (change.get("old") or change["new"])["id"]
        above = {
            name: payload[name]
            for name in ("bucket_id", "collection_id")
            if name in payload and name != f"{resource_name}_id"
        }
        uri = instance_uri(request, resource_name, **above, id=object_id)
        ids = {**above, f"{resource_name}_id": object_id}
        told = {
            "date": _date(),
            "action": action,
            "resource_name": resource_name,
            "uri": uri,
            "user_id": payload["user_id"],
            **ids,
            "last_modified": change["new"].get("last_modified"),
        }
        content = {"new": change["new"], "old": change.get("old")}
        for name, hook in hooks.items():
            if hook.wants(resource_name=resource_name, action=action, uri=uri):
                list_id = outbox.list_of(
                    name, bucket_id=ids["bucket_id"], collection_id=ids.get("collection_id")
                )
                message = {"id": randomness.new_uuid(), **told}
                if hook.payload == "full":
                    message |= content
                outbox.add(storage, list_id, message)


def _date() -> str:
    moment = datetime.fromtimestamp(msec_time() / 1000, tz=UTC)
    return moment.isoformat(timespec="milliseconds")
