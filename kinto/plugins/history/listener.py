"""One entry for each change, written in the unit of work of the change.

An entry has no permission of its own: who may read it is decided when it is read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kinto.core.events import ACTIONS
from kinto.core.storage import generators
from kinto.core.utils import instance_uri, msec_time
from kinto.plugins.history.settings import history_settings
from kinto.plugins.history.trimming import trim

RESOURCE_NAME = "history"

_new_id = generators.UUID4()


def on_resource_changed(event: Any) -> None:
    """Subscriber: record the changes of one event."""
    request, payload = event.request, event.payload
    resource_name = payload["resource_name"]
    is_deletion = payload["action"] == ACTIONS.DELETE.value
    if is_deletion and resource_name == "bucket":
        return  # Its history goes with it.
    settings = history_settings(request.registry)
    user_id = payload["user_id"]
    changes = []
    for change in event.impacted_objects:
        uri, ids = _identified(request, payload, change)
        if not settings.excludes(uri, user_id=user_id):
            changes.append((uri, ids, change["new"]))
    if not changes:
        return
    permissions = _permissions(request, [uri for uri, _, _ in changes])
    recorded: dict[str, int] = {}
    for (uri, ids, new), stored in zip(changes, permissions, strict=True):
        bucket_uri = f"/buckets/{ids['bucket_id']}"
        entry = {
            **ids,
            "action": payload["action"],
            "date": _date(),
            "resource_name": resource_name,
            "target": {"data": new, "permissions": {} if is_deletion else stored},
            "uri": uri,
            "user_id": user_id,
        }
        if resource_name != "bucket":
            del entry["bucket_id"]
        _store(request, bucket_uri, entry)
        recorded[bucket_uri] = recorded.get(bucket_uri, 0) + 1
    for bucket_uri, count in recorded.items():
        trim(request, bucket_uri, resource_name=resource_name, user_id=user_id, added=count)


def _identified(request: Any, payload: dict[str, Any], change: Any) -> tuple[str, dict[str, str]]:
    """URI of a changed object, and its ids by name."""
    resource_name = payload["resource_name"]
    object_id = (change.get("old") or change["new"])["id"]
    above = {
        name: payload[name]
        for name in ("bucket_id", "collection_id")
        if name in payload and name != f"{resource_name}_id"
    }
    uri = instance_uri(request, resource_name, **above, id=object_id)
    return uri, {**above, f"{resource_name}_id": object_id}


def _permissions(request: Any, uris: list[str]) -> list[dict[str, list[str]]]:
    found = request.registry.permission.get_objects_permissions(uris)
    return [
        {name: sorted(principals) for name, principals in item.items() if principals}
        for item in found
    ]


def _store(request: Any, bucket_uri: str, entry: dict[str, Any]) -> None:
    storage = request.registry.storage
    storage.lock_parent(RESOURCE_NAME, bucket_uri)
    storage.create(RESOURCE_NAME, bucket_uri, entry, id_generator=_new_id)


def _date() -> str:
    moment = datetime.fromtimestamp(msec_time() / 1000, tz=UTC)
    return moment.isoformat(timespec="microseconds")
