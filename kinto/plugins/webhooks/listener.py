"""One event in the outbox for each change and each hook that wants it, with the change itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kinto.core.events import changes_in_order
from kinto.core.runtime import randomness
from kinto.core.utils import instance_uri, msec_time
from kinto.plugins.webhooks import outbox
from kinto.plugins.webhooks.settings import RESOURCES, Hook


def on_resource_changed(event: Any) -> None:
    """Subscriber, inside the unit of work of the change: what is undone is not delivered."""
    hooks: dict[str, Hook] = event.request.registry.webhooks
    storage = event.request.registry.storage
    for told_by, change, _ in changes_in_order(event, resources=RESOURCES, reader="webhooks"):
        ids, message = _told(told_by, change)
        content = {"new": change["new"], "old": change.get("old")}
        for name, hook in hooks.items():
            if hook.wants(
                resource_name=message["resource_name"],
                action=message["action"],
                uri=message["uri"],
            ):
                list_id = outbox.list_of(
                    name, bucket_id=ids["bucket_id"], collection_id=ids.get("collection_id")
                )
                extra = content if hook.payload == "full" else {}
                outbox.add(storage, list_id, {"id": randomness.new_uuid(), **message, **extra})


def _told(event: Any, change: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """The ids of a changed object by name, and what is told of the change."""
    payload = event.payload
    resource_name = payload["resource_name"]
    object_id = (change.get("old") or change["new"])["id"]
    above = {
        name: payload[name]
        for name in ("bucket_id", "collection_id")
        if name in payload and name != f"{resource_name}_id"
    }
    ids = {**above, f"{resource_name}_id": object_id}
    return ids, {
        "date": _date(),
        "action": payload["action"],
        "resource_name": resource_name,
        "uri": instance_uri(event.request, resource_name, **above, id=object_id),
        "user_id": payload["user_id"],
        **ids,
        "last_modified": change["new"].get("last_modified"),
    }


def _date() -> str:
    moment = datetime.fromtimestamp(msec_time() / 1000, tz=UTC)
    return moment.isoformat(timespec="milliseconds")
