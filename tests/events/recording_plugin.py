"""A plugin, and a listener, that note what they are told; and do as a test says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyramid.httpexceptions import HTTPForbidden

from kinto.core.errors import http_error
from kinto.core.events import ACTIONS, AfterResourceChanged, ResourceChanged, ResourceRead
from kinto.core.listeners import ListenerBase
from kinto.core.runtime import units
from kinto.core.utils import build_request


@dataclass
class Told:
    """What was told, in order; and what to do when it is."""

    before: list[tuple[str, str, list[str]]] = field(default_factory=list)
    after: list[tuple[str, str, list[str]]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    heard: list[tuple[str, str]] = field(default_factory=list)
    stored_after: list[bool] = field(default_factory=list)
    in_unit: list[bool] = field(default_factory=list)
    refuse: bool = False
    fail: bool = False
    fail_after: bool = False
    also_write: bool = False
    author: tuple[str, str] | None = None


told = Told()


def start_again() -> Told:
    """Forget everything; returns the notes of what comes."""
    told.__init__()  # type: ignore[misc]
    return told


def includeme(config: Any) -> None:
    config.add_subscriber(before, ResourceChanged)
    config.add_subscriber(after, AfterResourceChanged)
    config.add_subscriber(read, ResourceRead)
    config.add_subscriber(
        write_too, ResourceChanged, for_resources=("collection",), for_actions=(ACTIONS.CREATE,)
    )


def summary(event: Any) -> tuple[str, str, list[str]]:
    changes = event.impacted_objects
    ids = [(change.get("new") or change["old"])["id"] for change in changes]
    return event.payload["resource_name"], event.payload["action"], ids


def before(event: Any) -> None:
    told.before.append(summary(event))
    told.in_unit.append(units.current() is not None)
    if told.refuse:
        raise http_error(HTTPForbidden(), errno=121, message="A plugin refuses")
    if told.fail:
        raise RuntimeError("a plugin fails")


def after(event: Any) -> None:
    told.after.append(summary(event))
    if event.payload["resource_name"] == "record":
        key = {"resource_name": "record", "parent_id": "/buckets/b/collections/c"}
        ids = {item["id"] for item in event.request.registry.storage.list_all(**key)}
        told.stored_after.append(set(summary(event)[2]) <= ids)
    if told.fail_after:
        raise RuntimeError("a plugin fails late")


def read(event: Any) -> None:
    told.reads.append(event.payload["resource_name"])


def write_too(event: Any) -> None:
    """A change caused by a change: a group for each new collection."""
    if not told.also_write:
        return
    request = event.request
    for change in event.impacted_objects:
        data = {"id": f"of-{change['new']['id']}", "members": []}
        storage = request.registry.storage
        group = storage.create("group", "/buckets/b", data)
        fake = build_request(request, {"method": "PUT", "path": f"/buckets/b/groups/{group['id']}"})
        fake.matchdict = {"bucket_id": "b", "id": group["id"]}
        fake.bound_data = request.bound_data
        author = (request.authn_type, request.selected_userid)
        fake.authn_type, fake.selected_userid = told.author or author
        fake.current_resource_name = "group"
        fake.notify_resource_event(
            parent_id="/buckets/b",
            timestamp=group["last_modified"],
            data=group,
            action=ACTIONS.CREATE,
        )


class Listener(ListenerBase):
    def __call__(self, event: Any) -> None:
        told.heard.append((event.payload["resource_name"], event.payload["action"]))


def load_from_config(config: Any, prefix: str) -> Listener:
    return Listener()
