"""One entry for each change, written in the unit of work of the change.

An entry has no permission of its own: who may read it is decided when it is read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from kinto.core.events import ACTIONS, changes_in_order
from kinto.core.storage import generators
from kinto.core.utils import instance_uri, msec_time
from kinto.plugins.history.settings import history_settings
from kinto.plugins.history.trimming import trim

RESOURCE_NAME = "history"
RESOURCES = ("bucket", "group", "collection", "record")

_new_id = generators.UUID7()


class Recorded(NamedTuple):
    """What is to be recorded of one change."""

    payload: dict[str, Any]
    uri: str
    ids: dict[str, str]
    new: dict[str, Any]
    permissions: dict[str, list[str]]


def on_resource_changed(event: Any) -> None:
    """Subscriber: record the changes of a unit of work, in the order in which they happened."""
    entries: dict[str, list[dict[str, Any]]] = {}
    written: dict[tuple[str, str, str | None], int] = {}
    for change in _to_record(event):
        payload, bucket_uri = change.payload, f"/buckets/{change.ids['bucket_id']}"
        entry = {
            **change.ids,
            "action": payload["action"],
            "date": _date(),
            "resource_name": payload["resource_name"],
            "target": {"data": change.new, "permissions": change.permissions},
            "uri": change.uri,
            "user_id": payload["user_id"],
        }
        if payload["resource_name"] != "bucket":
            del entry["bucket_id"]
        entries.setdefault(bucket_uri, []).append(entry)
        key = (bucket_uri, payload["resource_name"], payload["user_id"])
        written[key] = written.get(key, 0) + 1
    for bucket_uri, of_bucket in entries.items():
        event.request.registry.storage.append(RESOURCE_NAME, bucket_uri, of_bucket, _new_id)
    for (bucket_uri, resource_name, user_id), count in written.items():
        trim(event.request, bucket_uri, resource_name=resource_name, user_id=user_id, added=count)


def _to_record(event: Any) -> list[Recorded]:
    """The changes that this event completes, except what is excluded."""
    settings = history_settings(event.request.registry)
    found: list[Recorded] = []
    for told_by, change, (uri, ids, permissions) in changes_in_order(
        event, resources=RESOURCES, reader="history", note=_described
    ):
        payload = told_by.payload
        if payload["resource_name"] == "bucket" and _is_deletion(payload):
            # Its history goes with it, and has gone already if this is not the last event.
            found = [item for item in found if item.ids["bucket_id"] != ids["bucket_id"]]
        elif not settings.excludes(uri, user_id=payload["user_id"]):
            found.append(Recorded(payload, uri, ids, change["new"], permissions))
    return found


def _is_deletion(payload: dict[str, Any]) -> bool:
    return bool(payload["action"] == ACTIONS.DELETE.value)


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


def _described(event: Any) -> list[tuple[str, dict[str, str], dict[str, list[str]]]]:
    """URI and ids of the objects of an event, and their permissions as they are now."""
    request, payload = event.request, event.payload
    named = [_identified(request, payload, change) for change in event.impacted_objects]
    if _is_deletion(payload):
        return [(uri, ids, {}) for uri, ids in named]
    found = request.registry.permission.get_objects_permissions([uri for uri, _ in named])
    return [
        (uri, ids, {name: sorted(principals) for name, principals in held.items() if principals})
        for (uri, ids), held in zip(named, found, strict=True)
    ]


def _date() -> str:
    moment = datetime.fromtimestamp(msec_time() / 1000, tz=UTC)
    return moment.isoformat(timespec="microseconds")
