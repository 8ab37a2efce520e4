"""Files follow their records: what is written about them is true, and they go with them."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPBadRequest

from kinto.core.errors import http_error
from kinto.plugins.attachments import following, links
from kinto.plugins.attachments.attaching import WRITTEN, present_names
from kinto.plugins.attachments.links import RecordRef
from kinto.plugins.attachments.names import MAIN


def on_records_changed(event: Any) -> None:
    """Subscriber of updates of records: nobody but us says what an attachment is.

    Raises:
        HTTPBadRequest: an attachment was replaced by something else than null.
    """
    for change in event.impacted_objects:
        new, old = change["new"], change["old"]
        changed = _changed(new, old)
        if not changed:
            continue
        written = event.request.bound_data.get(WRITTEN, {})
        uri = _record(event, new["id"]).uri
        for name, value in changed.items():
            if value not in written.get((uri, name), ()):
                raise http_error(
                    HTTPBadRequest(), message="Attachment metadata cannot be modified."
                )


def on_descriptions_added(event: Any) -> None:
    """Subscriber of creations and updates of records: made-up descriptions lead to no file.

    A file that was set to null comes back with its own description, and with no other.
    """
    for change in event.impacted_objects:
        new, before = change["new"], present_names(change.get("old"))
        added = [name for name in present_names(new) if name not in before]
        if not added:
            continue
        written = event.request.bound_data.get(WRITTEN, {})
        record = _record(event, new["id"])
        strange = [
            link
            for link in links.find_links(event.request.registry.storage, record, added)
            if (record.uri, link["name"]) not in written
            and _told_hash(new, link["name"]) != link["hash"]
        ]
        _remove(event.request, strange)


def on_records_deleted(event: Any) -> None:
    """Subscriber of deletions of records, one by one or in a list."""
    storage = event.request.registry.storage
    for change in event.impacted_objects:
        old = change.get("old") or change["new"]
        record = _record(event, old["id"])
        names = dict.fromkeys([MAIN, *present_names(old)])
        _remove(event.request, links.find_links(storage, record, names))


def on_parents_deleted(event: Any) -> None:
    """Subscriber of deletions of collections and buckets: all files below go."""
    payload = event.payload
    for change in event.impacted_objects:
        deleted = (change.get("old") or change["new"])["id"]
        uri = f"/buckets/{deleted}"
        if payload["resource_name"] == "collection":
            uri = f"/buckets/{payload['bucket_id']}/collections/{deleted}"
        _remove(event.request, links.links_below(event.request.registry.storage, uri))


def _remove(request: Any, found: list[dict[str, Any]]) -> None:
    registry = request.registry
    for link in found:
        links.drop_link(registry.storage, link)
        _, _, bucket_id, _, collection_id = link["collection_uri"].split("/")
        if not registry.attachments_rules.of(bucket_id, collection_id).keep_old_files:
            following.delete_after_commit(request, link)


def _told_hash(record: dict[str, Any], name: str) -> Any:
    """The hash that a record tells of one of its attachments."""
    told = record["attachment"] if name == MAIN else record["attachments"][name]
    return told.get("hash") if isinstance(told, dict) else None


def _record(event: Any, rid: str) -> RecordRef:
    return RecordRef(event.payload["bucket_id"], event.payload["collection_id"], rid)


def _changed(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """Attachments whose description is another one now; what was removed is not among them."""
    found = {}
    if _is_replaced(new.get("attachment"), old.get("attachment")):
        found[MAIN] = new["attachment"]
    before, after = old.get("attachments"), new.get("attachments")
    if before and after and before != after:
        if not isinstance(before, dict) or not isinstance(after, dict):
            # It was no list of attachments before, or is none now.
            return found if not isinstance(before, dict) else {**found, "attachments": after}
        for name in before:
            if _is_replaced(after.get(name), before[name]):
                found[name] = after[name]
    return found


def _is_replaced(new: Any, old: Any) -> bool:
    return new is not None and old is not None and new != old
